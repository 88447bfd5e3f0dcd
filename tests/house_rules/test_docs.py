"""Documentation that is checked: links lead somewhere, commands exist, settings and errors are named as they are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.house_rules.tree import ROOT, files, text_of

PAGES = [path for path in files() if path.suffix == ".md"]
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:)([^)\s]+)\)")
COMMAND = re.compile(r"(?m)(?:^|[`\s/])(make|onewindow) ([a-z][a-z-]*)(?=[`\s,.;:)]|$)")
#: What is written as code.
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\u4e00-\u9fff -]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(CODE.sub("", text_of(page))):
        name, _, anchor = target.partition("#")
        found = (ROOT / page).parent / name if name else ROOT / page
        assert found.exists(), f"{page}: {target}"
        if anchor and found.suffix == ".md":
            assert anchor in _anchors(found.read_text("utf-8")), f"{page}: {target}"


#: A path of the repository, said as such: a folder of ours and a name with its ending.
FILE = re.compile(
    r"`((?:engine|api|admin|portal|web|bench|tests|docs|processes)/[\w./-]+\.\w+|(?:engine|tests)/[\w/]+/)`"
)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_file_that_is_named_exists(page: Path) -> None:
    assert not [name for name in FILE.findall(text_of(page)) if not (ROOT / name).exists()]


def _commands(page: Path) -> set[tuple[str, str]]:
    return {found for code in CODE.findall(text_of(page)) for found in COMMAND.findall(code)}


NAMED = sorted({command for page in PAGES for command in _commands(page)})


@cache
def _targets() -> set[str]:
    return set(re.findall(r"(?m)^([a-z][a-z-]*):", text_of(Path("Makefile"))))


@pytest.mark.parametrize("target", [name for program, name in NAMED if program == "make"])
def test_every_make_target_that_is_named_exists(target: str) -> None:
    assert target in _targets()


#: Asks each of its arguments, a command, for help: in one process, for to load them all takes two seconds.
_ASK = """
import sys, onewindow
for command in sys.argv[1:]:
    try:
        code = onewindow.main([command, "--help"])
    except SystemExit as left:
        code = left.code
    if code:
        print("UNKNOWN", command)
"""


def test_every_command_that_is_named_exists() -> None:
    commands = [name for program, name in NAMED if program == "onewindow"]
    assert len(commands) > 10
    asked = [sys.executable, "-c", _ASK, *commands, "no-such-command"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall("UNKNOWN (.*)", said.stdout) == ["no-such-command"], said.stderr


def test_both_readmes_name_the_same_commands() -> None:
    assert _commands(Path("README.md")) == _commands(Path("README.zh-CN.md"))


def test_every_setting_is_told_in_the_guide_for_operators() -> None:
    read = {
        node.args[0].value
        for node in ast.walk(ast.parse(text_of(Path("engine/settings.py"))))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func) == "environment.get"
        and isinstance(node.args[0], ast.Constant)
    }
    assert read, "engine/settings.py reads its settings otherwise now: adapt this test"
    guide = text_of(Path("docs/operations.md"))
    assert not [name for name in read if f"`{name}`" not in guide]


def test_every_decision_is_listed() -> None:
    index = text_of(Path("docs/adr/README.md"))
    pages = [path.name for path in files() if path.parts[:2] == ("docs", "adr") and path.name[:4].isdigit()]
    assert pages
    assert not [name for name in pages if f"({name})" not in index]
    assert [name[:4] for name in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
