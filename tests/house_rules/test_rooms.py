"""Imports go down only, and every room has its place: the contracts stand in `setup.cfg`.

If this fails: the message names the import and the contract. Hand the thing down as an argument, or move it to the room
that both may see. A better wall is welcome: change the contract in the same commit and say why in `docs/adr/`.
"""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys

from tests.house_rules.tree import ROOT, at, files, python_files, tree_of

#: Top folders with Python that are not part of the product.
BESIDE = {"tests", "bench"}


def test_imports_go_down_only() -> None:
    program = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-logo",
        "--no-cache",
    ]
    said = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_every_package_of_the_product_is_under_a_contract() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    held = set(settings["importlinter"]["root_packages"].split())
    packages = {path.parts[0] for path in files() if path.name == "__init__.py" and len(path.parts) == 2}
    assert packages - BESIDE == held


def test_nobody_imports_the_console_script_nor_the_tests() -> None:
    above = {"onewindow", "server", *BESIDE}
    found = [
        at(path, node)
        for path in python_files()
        if path.name != "onewindow.py"  # the console script itself starts the server
        for node in ast.walk(tree_of(path))
        if above & {name.split(".")[0] for name in _imported(node)}
    ]
    assert not found, found


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
