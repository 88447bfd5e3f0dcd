"""What no file of the repository may hold: a path of somebody's machine, the address of a package registry, a secret, or
code of somebody else. The house must build anywhere, from any mirror."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from tests.house_rules.tree import ROOT, files, text_of

#: Written so that this file does not hold what it looks for.
SOMEBODYS_PATH = re.compile(
    "|".join(("/" + r"work/", "/" + r"root/", "/" + r"home/[a-z]", "/" + r"Users/[A-Za-z]", r"\.pye" + "nv"))
)
REGISTRY = re.compile(
    r"pypi"
    + r"\.org|python"
    + r"hosted\.org|npm"
    + r"js\.(org|com)|npm"
    + r"mirror|/sim"
    + r"ple/|index"
    + r"-url|find"
    + r"-links",
)
#: The switches that keep addresses out of the locks have to be named where the locks are made.
SPEAK_OF_REGISTRIES = {"Makefile": r"--no-emit-[a-z-]+"}
BINARY = {".png", ".ico", ".woff2", ".gz", ".zip", ".pdf"}
THIRD_PARTY = {"vendor", "vendored", "third_party", "third-party", "node_modules", "site-packages", "_vendor"}

TEXTS = [path for path in files() if path.suffix not in BINARY]


def _found(pattern: re.Pattern[str], path: Path) -> list[str]:
    text = re.sub(SPEAK_OF_REGISTRIES.get(str(path), r"(?!)"), "", text_of(path))
    return [f"{path}: {match.group()}" for match in pattern.finditer(text)]


@pytest.mark.parametrize("pattern", [SOMEBODYS_PATH, REGISTRY], ids=["path of a machine", "package registry"])
def test_no_file_names_a(pattern: re.Pattern[str]) -> None:
    found = [found for path in TEXTS for found in _found(pattern, path)]
    assert not found, "\n".join(found)


def test_no_code_of_others_lies_in_the_tree() -> None:
    assert not [path for path in files() if THIRD_PARTY & set(path.parts)]


def test_every_line_of_a_lock_pins_a_version_by_its_hash() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n?", "", text_of(Path(name))).strip())
        assert all(re.match(r"[a-z0-9.-]+==[^ ]+( ;[^\\]+)? \\\n", entry) for entry in entries), name
        assert all("--hash=sha256:" in entry for entry in entries), name
        assert len(entries) > 20, name


def test_the_test_lock_holds_the_run_time_lock() -> None:
    run_time, tests = (
        set(re.findall(r"(?m)^[^ #]+==[^ ]+", text_of(Path(n))))
        for n in ("requirements.lock", "requirements-test.lock")
    )
    assert run_time <= tests


def test_the_locks_hold_what_is_asked_for() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    asked = settings["options"]["install_requires"].split() + settings["options.extras_require"]["test"].split()
    names = {re.split(r"[\[=<>,]", entry)[0].lower().replace("_", "-") for entry in asked}
    locked = set(re.findall(r"(?m)^([a-z0-9.-]+)==", text_of(Path("requirements-test.lock"))))
    assert names <= locked
