"""What house rules look at: the files of the repository, their syntax trees, and the texts in them that a program runs.

Files come from git (tracked, or new and not ignored), so that a rule sees what a commit would hold and nothing else.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: The rooms of the product (bench and tests measure time and make databases: they are not).
ROOMS = ("engine", "api", "admin", "portal", "web", "onewindow.py", "server.py")


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository, relative to its root."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted(Path(name) for name in set(names) if name and (ROOT / name).is_file()))


def python_files(*rooms: str) -> list[Path]:
    """The Python files below the named top folders (or the top files named)."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in (rooms or ROOMS)]


def text_of(path: Path) -> str:
    """The text of a file."""
    return (ROOT / path).read_text("utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(text_of(path), filename=str(path))


def texts(path: Path) -> Iterator[ast.Constant]:
    """The string constants that a program can do something with: not docstrings, nor strings that stand alone."""
    tree = tree_of(path)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node


def calls(path: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call with what it is called on and its name: `("time", "sleep")` of `time.sleep(1)`, `("", "sleep")` of `sleep(1)`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, ast.unparse(node.func.value), node.func.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, "", node.func.id


def at(path: Path, node: ast.AST) -> str:
    """Where a node stands, for the person who has to change it."""
    return f"{path}:{getattr(node, 'lineno', 0)}"
