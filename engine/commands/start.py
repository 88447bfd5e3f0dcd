"""How a command line is read and how it ends: in an answer, or in a sentence and an exit code, never in a traceback.

It imports neither database nor web, so that commands which need none start at once (`onewindow.py`).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from engine.clock import wall_now
from engine.commands import convert, lint, templates
from engine.commands.words import INTERRUPTED, REFUSED, Command, Commands, say, tell
from engine.errors import ApprovalError
from engine.settings import default_home

#: The commands that need neither database nor web, each with what declares it.
ALONE: dict[str, Callable[[Commands], argparse.ArgumentParser]] = {
    "lint": lint.add,
    "convert": convert.add,
    "element-templates": templates.add,
}
#: What an error of a library means; None when it means nothing to a person.
Meaning = Callable[[Exception], ApprovalError | None]


def run_line(
    argv: Sequence[str] | None, add: Sequence[Callable[[Commands], object]], meaning: Meaning = lambda error: None
) -> int:
    """Run a command line of the commands that `add` declares, and answer the exit code."""
    parser = _Parser(prog="onewindow", description="一窗 OneWindow：跨部门行政审批 / approvals across departments")
    parser.add_argument("--lang", choices=("zh", "en"), help="消息语言 / language of messages")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for declare in add:
        declare(commands)
    asked, unknown = parser.parse_known_args(argv)
    if unknown:
        getattr(asked, "parser", parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    return guarded(asked.command, asked, meaning)


def run_alone(argv: Sequence[str]) -> int | None:
    """Run a line whose command stands alone; None when it is another's."""
    name = next((word for word in _after_options(argv)), None)
    return run_line(argv, [ALONE[name]]) if name in ALONE else None


def _after_options(argv: Sequence[str]) -> Sequence[str]:
    """The line from its command on: `--lang` is the only option that may stand before it."""
    if argv and argv[0].startswith("--lang="):
        return argv[1:]
    return argv[2:] if argv and argv[0] == "--lang" else argv


class _Parser(argparse.ArgumentParser):
    """A parser whose exit code for wrong usage a command may choose."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(self.get_default("wrong_usage") or REFUSED, f"{self.prog}: error: {message}\n")


def guarded(command: Command, asked: argparse.Namespace, meaning: Meaning) -> int:
    """Run a command; whatever goes wrong ends in a sentence and an exit code, never in a traceback."""
    try:
        return command(asked)
    except ApprovalError as error:
        tell(error, asked.lang)
        return REFUSED
    except KeyboardInterrupt:
        say("已中断。/ Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:  # `onewindow … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:
        known = meaning(error)
        if known is not None:
            tell(known, asked.lang)
            _keep_traceback()
            return REFUSED
        say(f"程序错误 / the program failed: {type(error).__name__}: {error}")
        say(f"详情 / details: {_keep_traceback()}")
        return 1


def _keep_traceback() -> str:
    """Write the traceback of what is being handled where whoever mends it finds it; answers where."""
    words = f"{wall_now().isoformat()} {' '.join(sys.argv)}\n{traceback.format_exc()}\n"
    for folder in (default_home(), Path(tempfile.gettempdir())):
        path = folder / f"onewindow-errors-{os.geteuid()}.log"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:
            continue
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(words)
        return str(path)
    return words
