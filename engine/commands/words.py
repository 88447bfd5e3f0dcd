"""How every command speaks and is declared. It imports neither database nor web."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from engine.errors import ApprovalError

REFUSED = 2
INTERRUPTED = 130
Command = Callable[[argparse.Namespace], int]
Commands = Any  # argparse has no public name for what add_subparsers gives


def tell(error: ApprovalError, lang: str | None = None) -> None:
    """Say an error in the person's language; in both when nobody said which."""
    chosen = lang or language()
    sentences = [error.sentence(one) for one in ((chosen,) if chosen else ("zh", "en"))]
    for sentence in dict.fromkeys(sentences):
        say(sentence)


def say(sentence: str) -> None:
    """Tell a person something that is not the answer."""
    print(sentence, file=sys.stderr, flush=True)


def add_command(
    commands: Commands, name: str, command: Command, told: str, *, data: bool = True, as_json: bool = False
) -> argparse.ArgumentParser:
    """Declare a command: `data` when it works on a database, `as_json` when it can answer as JSON."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=told, description=told)
    parser.set_defaults(command=command)
    if data:
        # SUPPRESS: a subcommand's default must not undo what its parent was told.
        parser.add_argument(
            "--demo", action="store_true", default=argparse.SUPPRESS, help="演示数据库 / the demonstration's"
        )
    if as_json:
        parser.add_argument("--json", action="store_true", help="输出 JSON / answer as JSON")
    return parser


def as_json(value: Any) -> str:
    """A value as the JSON that `--json` prints."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def language() -> str | None:
    """The person's language as the shell has it; None when it says neither."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return spoken[:2] if spoken[:2] in ("zh", "en") else None
