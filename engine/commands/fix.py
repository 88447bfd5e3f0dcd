"""`onewindow lint --fix FILE -o OUT`: do what may be done to a diagram, and say what was done and what is left.

OUT is written in one piece or not at all, and never in place of FILE unless `--in-place` says so. Exit code as of `lint`,
for the file as it is now: 0 deployable, 1 errors are left, 2 unreadable; 64 wrong usage, wrong answers among it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.bpmn.judge import House, Judgement, judge, trial
from engine.bpmn.linked import TEMPLATES, Library, in_folders
from engine.bpmn.lint import deployable
from engine.bpmn.mends.apply import SUGGESTED, AnswersWrong, mend
from engine.bpmn.model import Fix
from engine.bpmn.read import read
from engine.settings import PROCESSES

UNREADABLE = 2
WRONG_USAGE = 64
STDOUT = "-"
_MOST_ANSWERS = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fixing:
    """What is asked for: which file, where to, and with which answers."""

    name: str
    out: str
    answers: Mapping[str, str] | str | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `lint` that mend."""
    parser.add_argument("--fix", action="store_true", help="修补并写入 OUT / mend, and write to OUT")
    parser.add_argument(
        "--answers",
        metavar="FILE",
        help="对问题的回答：JSON {fix id: option}，或 suggested / answers, as JSON {fix id: option}, or: suggested",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="修补后的文件，- 为标准输出 / the mended file, - is stdout"
    )
    parser.add_argument("--in-place", action="store_true", help="直接修改 FILE / write FILE itself")


def wanted(asked: argparse.Namespace) -> Fixing | None:
    """What is to be mended; None when mending is not asked for. Wrong usage ends the program."""
    wrong = asked.parser.error
    if not asked.fix:
        if asked.answers is not None or asked.output is not None or asked.in_place:
            wrong("--answers、-o 和 --in-place 要和 --fix 一起用 / --answers, -o and --in-place go with --fix")
        return None
    if len(asked.files) != 1:
        wrong("--fix 一次修补一个文件 / --fix takes one file at a time")
    name = asked.files[0]
    if asked.in_place and (asked.output is not None or name == "-"):
        wrong("--in-place 不能和 -o 或标准输入一起用 / --in-place goes neither with -o nor with standard input")
    if not asked.in_place and not asked.output:
        wrong("请用 -o OUT 指定写到哪里 / say with -o OUT where to write")
    out = name if asked.in_place else asked.output
    if not asked.in_place and out != STDOUT and name != "-" and same(name, out):
        wrong("OUT 就是 FILE：要直接修改请用 --in-place / OUT is FILE itself: say --in-place to write it")
    if out != STDOUT and (os.path.isdir(out) or not os.path.isdir(os.path.dirname(out) or ".")):
        wrong(f"不能写入 {out} / {out} can't be written")
    try:
        return Fixing(name, out, _answers(asked.answers))
    except (OSError, ValueError) as error:
        wrong(f"读不了答案文件 {asked.answers}：{error} / the answers can't be read")
        raise


def library_of(name: str) -> Library:
    """Where processes are looked up that a file links: beside it, and among the shipped templates."""
    shared = PROCESSES / TEMPLATES
    return (
        in_folders(shared)
        if name == "-"
        else in_folders(Path(name).parent, Path(name).parent.parent / TEMPLATES, shared)
    )


def same(one: str, other: str) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samefile(one, other)
    return os.path.abspath(one) == os.path.abspath(other)


def _answers(said: str | None) -> Mapping[str, str] | str | None:
    """The answers as given.

    Raises:
        OSError, ValueError: the file can't be read, or is no JSON object of texts.
    """
    if said is None or said == SUGGESTED:
        return said
    with open(said, "rb") as file:
        data = file.read(_MOST_ANSWERS + 1)
    if len(data) > _MOST_ANSWERS:
        raise ValueError("over 5 MB")
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError("it must be a JSON object {fix id: option}")
    return found


def mended(data: bytes, fixing: Fixing, profile: str, lang: str) -> bytes:
    """What a child answers: a line of JSON with what was done and what is left, then the file as it is now."""
    library = library_of(fixing.name)
    judgement = judge(data, profile, House(library=library))
    if not judgement.readable or any(finding.rule in _UNMENDABLE for finding in judgement.findings):
        return unmended(judgement, lang)
    try:
        found = mend(data, fixing.answers, profile, library)
    except AnswersWrong as error:
        return json.dumps({"refused": error.sentence(lang)}).encode() + b"\n"
    left = [*found.findings, *(trial(read(found.data)) if found.deployable else ())]
    said = {
        "readable": True,
        "deployable": deployable(left),
        "done": [_done(each.mend.fix, each.answer, lang) for each in found.done],
        "findings": [finding.as_data(lang) for finding in left],
    }
    return json.dumps(said).encode() + b"\n" + found.data


#: What can be read but holds no diagram.
_UNMENDABLE = frozenset({"not-bpmn", "process-missing"})


def unmended(judgement: Judgement, lang: str) -> bytes:
    """What is said of a file that holds no diagram, or could not even be looked at."""
    findings = [finding.as_data(lang) for finding in judgement.findings]
    said = {"readable": judgement.readable, "deployable": judgement.deployable, "done": [], "findings": findings}
    return json.dumps(said).encode() + b"\n"


def finish(
    answer: bytes, fixing: Fixing, asked: argparse.Namespace, lang: str, told: Callable[[dict[str, Any], str], str]
) -> int:
    """Write the file, say what was done; answers the exit code."""
    said, _, data = answer.partition(b"\n")
    found: dict[str, Any] = json.loads(said)
    if "refused" in found:
        print(found["refused"], file=sys.stderr)
        return WRONG_USAGE
    if data and not write(data, fixing.out):
        print(f"不能写入 {fixing.out} / {fixing.out} can't be written", file=sys.stderr)
        return WRONG_USAGE
    name = fixing.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    found = {"file": name, "out": fixing.out if data else None, **found}
    stream = sys.stderr if fixing.out == STDOUT else sys.stdout
    if asked.format == "json":
        print(json.dumps({"files": [found]}, ensure_ascii=False, indent=2), file=stream)
    else:
        print(f"{_in_words(found, lang)}\n{told(found, lang)}", file=stream)
    if not found["readable"]:
        return UNREADABLE
    return int(any(finding["severity"] == "error" for finding in found["findings"]))


def _done(fix: Fix, answer: str, lang: str) -> dict[str, Any]:
    option = next((each for each in fix.options if each.value == answer), None)
    label = answer if option is None else option.zh if lang == "zh" else option.en
    return {
        "id": fix.id,
        "safe": fix.safe,
        "does": fix.does if lang == "zh" else fix.does_en,
        "answer": None if fix.safe else answer,
        "label": None if fix.safe else label,
    }


def _in_words(data: Mapping[str, Any], lang: str) -> str:
    if data["out"] is None:
        return "未写入任何文件" if lang == "zh" else "Nothing was written"
    count, out = len(data["done"]), data["out"]
    head = f"已修补 {count} 处，写入 {out}" if lang == "zh" else f"Mends done: {count}; written to {out}"
    return "\n".join([head, *(f"  - {each['does']}{_chosen(each)}" for each in data["done"])])


def _chosen(each: Mapping[str, Any]) -> str:
    return f" [{each['label']}]" if each["label"] is not None else ""


def write(data: bytes, out: str) -> bool:
    """Put the bytes where they belong, whole or not at all, with the rights that the file had."""
    if out == STDOUT:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return True
    target = os.path.realpath(out)
    try:
        if os.path.exists(target) and not os.path.isfile(target):  # a device or a pipe: nothing to replace
            with open(target, "wb") as device:
                device.write(data)
            return True
        descriptor, half = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".onewindow-")
    except OSError:
        return False
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(half, os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o666 & ~_umask())
        os.replace(half, target)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(half)
        return False
    return True


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
