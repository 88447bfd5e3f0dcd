"""What `make check` looks at, as tests, so that one command and one closing line say that all is well.

If this fails: `make format` puts most of it right; the rest is named with file and line.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house_rules.tree import ROOT

CHECKS = {
    "ruff": ["ruff", "check", "--output-format", "concise", "."],
    "format": ["ruff", "format", "--check", "--output-format", "concise", "."],
    "mypy": ["mypy"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_tree_passes(check: str) -> None:
    said = subprocess.run([sys.executable, "-m", *CHECKS[check]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
