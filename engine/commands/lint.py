"""`onewindow lint FILE…`: everything that is wrong with BPMN files, of any tool, without a database.

Exit code of the worst file: 0 no error, 1 some, 2 unreadable; 64 wrong usage. Each file is judged in a child of its own
(`children.py`): never more than 10 s or 500 MB, whatever it holds.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import stat
import sys
from collections.abc import Sequence
from typing import Any

from engine.bpmn.bounds import Failure
from engine.bpmn.judge import House, Judgement, failed, judge, unread
from engine.bpmn.read import MAX_BYTES
from engine.bpmn.rules import unreadable
from engine.bpmn.rules.rule import APPROVAL, BPMN, ERROR
from engine.bpmn.schema import load_schema
from engine.commands import fix
from engine.commands.children import in_children

WRONG_USAGE = 64
UNREADABLE = 2
STDIN = "-"


def add(commands: Any) -> argparse.ArgumentParser:
    """Register the command; `wrong_usage` is the exit code of its mistakes."""
    told = "检查 BPMN 流程图（不需要数据库）/ check BPMN files, no database needed"
    parser: argparse.ArgumentParser = commands.add_parser("lint", help=told, description=told)
    parser.add_argument("files", nargs="+", metavar="FILE", help="BPMN 2.0 文件，- 为标准输入 / - is standard input")
    parser.add_argument("--profile", choices=(BPMN, APPROVAL), default=BPMN, help="能否运行 / 能否在本平台发布")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help="语言 / language")
    fix.add_arguments(parser)
    parser.set_defaults(command=run, parser=parser, wrong_usage=WRONG_USAGE)
    return parser


def run(asked: argparse.Namespace) -> int:
    """Judge the files and say what was found; answers the exit code."""
    lang = asked.lang or spoken()
    fixing = fix.wanted(asked)
    if asked.format == "json" and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    elif hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    if fixing is not None:
        return _fix(asked, fixing, lang)
    files = judged(asked.files, asked.profile, lang)
    if asked.format == "json":
        print(json.dumps({"files": files}, ensure_ascii=False, indent=2))
    else:
        print("\n\n".join(_told(file, lang) for file in files))
    return max(_code(file) for file in files)


def _fix(asked: argparse.Namespace, fixing: fix.Fixing, lang: str) -> int:
    """Mend one file into another, and say what was done and what is left."""

    def work(name: str) -> bytes:
        try:
            data = bytes_of(name)
        except (OSError, ValueError) as error:
            return fix.unmended(unopened(error), lang)
        return fix.mended(data, fixing, asked.profile, lang)

    ((_, answer),) = in_children([fixing.name], work)
    said = fix.unmended(failed(answer), lang) if isinstance(answer, Failure) else answer
    return fix.finish(said, fixing, asked, lang, _told)


def judged(names: Sequence[str], profile: str, lang: str) -> list[dict[str, Any]]:
    """What there is to say of each file, as JSON, in the order of the names."""
    load_schema()  # once, before the children are forked
    standard = _opened(STDIN) if STDIN in names else b""

    def work(name: str) -> bytes:
        judgement = _judgement(name, standard if name == STDIN else _opened(name), profile)
        return json.dumps(_as_data(name, judgement, lang)).encode()

    found: dict[int, dict[str, Any]] = {}
    progress = _Progress(len(names))
    with progress:
        for index, answer in in_children(names, work):
            if isinstance(answer, Failure):
                found[index] = _as_data(names[index], failed(answer), lang)
            else:
                found[index] = json.loads(answer)
            progress.show(len(found))
    return [found[index] for index in range(len(names))]


def spoken() -> str:
    """The language of the shell, Chinese where it has none of ours."""
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if said[:2] == "en" else "zh"


def _judgement(name: str, data: bytes | Judgement, profile: str) -> Judgement:
    return judge(data, profile, House(library=fix.library_of(name))) if isinstance(data, bytes) else data


def _opened(name: str) -> bytes | Judgement:
    try:
        return bytes_of(name)
    except (OSError, ValueError) as error:
        return unopened(error)


def unopened(error: OSError | ValueError) -> Judgement:
    """The judgement of a file that could not be opened."""
    return unread(unreadable.MISSING, reason=getattr(error, "strerror", None) or type(error).__name__)


def bytes_of(name: str) -> bytes:
    """The first bytes of a file (`-`: of standard input), one more than may be; never waits for a device.

    Raises:
        OSError, ValueError: it can't be opened or read.
    """
    if name == STDIN:
        if sys.stdin is None:  # whoever called closed it
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(21, os.strerror(21))
        if stat.S_ISFIFO(mode):
            os.set_blocking(descriptor, True)  # `lint <(…)`: the child's own time limit ends the wait
        return file.read(MAX_BYTES + 1)


def _as_data(name: str, judgement: Judgement, lang: str) -> dict[str, Any]:
    return {
        "file": name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        "readable": judgement.readable,
        "deployable": judgement.deployable,
        "findings": [finding.as_data(lang) for finding in judgement.findings],
    }


def _code(file: dict[str, Any]) -> int:
    if not file["readable"]:
        return UNREADABLE
    return int(any(finding["severity"] == ERROR for finding in file["findings"]))


_WORDS = {
    "zh": {"error": "错误", "warning": "警告", "info": "提示", "do": "处理：", "mend": "可修复：", "ask": "需选择："},
    "en": {"error": "error", "warning": "warning", "info": "info", "do": "do: ", "mend": "mend: ", "ask": "asks: "},
}
_VERDICTS = {
    "zh": ("可以部署", "不能部署", "无法读取"),
    "en": ("deployable", "not deployable", "unreadable"),
}


def _told(file: dict[str, Any], lang: str) -> str:
    deployable, not_deployable, cannot = _VERDICTS[lang]
    verdict = deployable if file["deployable"] else not_deployable if file["readable"] else cannot
    lines = [f"{file['file']}: {verdict}"]
    for finding in file["findings"]:
        lines += _lines(finding, file["file"], _WORDS[lang])
    return "\n".join(lines)


def _lines(finding: dict[str, Any], file: str, words: dict[str, str]) -> list[str]:
    place = f"{file}:{finding['line']}" if finding["line"] else file
    lines = [
        f"  {place} {words[finding['severity']]} {finding['rule']}: {finding['message']}",
        f"      {words['do']}{finding['advice']} ({finding['docs']})",
    ]
    fix = finding["fix"]
    if fix:
        said = (
            fix["question"]
            and f"{words['ask']}{fix['question']} [{' / '.join(option['label'] for option in fix['options'])}]"
        )
        lines.append(f"      {said or words['mend'] + fix['does']}")
    return lines


class _Progress:
    """A bar on stderr, where a person sees it; nothing anywhere else."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.shown = most > 1 and sys.stderr.isatty()

    def show(self, done: int) -> None:
        if self.shown:
            filled = 30 * done // self.most
            print(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done}/{self.most}", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> None:
        self.show(0)

    def __exit__(self, *_: object) -> None:
        if self.shown:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
