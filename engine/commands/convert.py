"""`onewindow convert FILE -o OUT`: another tool's diagram as one of ours, with a report of what became of its settings.

Exit code: 0 written; 1 written, but something has no counterpart here and has to be written anew; 2 unreadable, nothing
written; 64 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from engine.bpmn.bounds import Failure
from engine.bpmn.dialects.convert import convert
from engine.bpmn.judge import Judgement, failed, judge
from engine.bpmn.read import UnreadableDiagram
from engine.commands.children import in_children
from engine.commands.fix import same, write
from engine.commands.lint import STDIN, UNREADABLE, WRONG_USAGE, bytes_of, spoken, unopened

_KINDS = {
    "kept": ("保留", "kept"),
    "translated": ("已翻译", "translated"),
    "dropped": ("已去除", "dropped"),
    "refused": ("无法翻译", "could not be translated"),
}


def add(commands: Any) -> argparse.ArgumentParser:
    """Register the command."""
    told = "把其他工具的流程图转换为本平台的格式 / another tool's BPMN file as one of ours"
    parser: argparse.ArgumentParser = commands.add_parser("convert", help=told, description=told)
    parser.add_argument("file", metavar="FILE", help="BPMN 2.0 文件，- 为标准输入 / - is standard input")
    parser.add_argument(
        "-o", "--output", metavar="OUT", required=True, help="写到哪里，- 为标准输出 / - is standard output"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help="语言 / language")
    parser.set_defaults(command=run, parser=parser, wrong_usage=WRONG_USAGE)
    return parser


def run(asked: argparse.Namespace) -> int:
    """Translate the file, write it, and say what became of what; answers the exit code."""
    lang = asked.lang or spoken()
    out = asked.output
    if out != "-" and asked.file != STDIN and same(asked.file, out):
        asked.parser.error("OUT 就是 FILE / OUT is FILE itself")
    if out != "-" and (os.path.isdir(out) or not os.path.isdir(os.path.dirname(out) or ".")):
        asked.parser.error(f"不能写入 {out} / {out} can't be written")

    def work(name: str) -> bytes:
        try:
            data = bytes_of(name)
        except (OSError, ValueError) as error:
            return _unread(unopened(error), lang)
        return _converted(data, lang)

    ((_, answer),) = in_children([asked.file], work)
    said, _, data = (_unread(failed(answer), lang) if isinstance(answer, Failure) else answer).partition(b"\n")
    report: dict[str, Any] = json.loads(said)
    name = asked.file.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    report = {"file": name, "out": out if report["readable"] else None, **report}
    if report["readable"] and not write(data, out):
        asked.parser.error(f"不能写入 {out} / {out} can't be written")
    _say(report, asked.format, lang, sys.stderr if out == "-" else sys.stdout)
    if not report["readable"]:
        return UNREADABLE
    return int(bool(report["refused"]))


def _converted(data: bytes, lang: str) -> bytes:
    try:
        found = convert(data)
    except UnreadableDiagram:
        return _unread(judge(data), lang)
    return json.dumps({"readable": True, **found.as_data(lang)}).encode() + b"\n" + found.data


def _unread(judgement: Judgement, lang: str) -> bytes:
    findings = [finding.as_data(lang) for finding in judgement.findings]
    nothing: dict[str, list[Any]] = {kind: [] for kind in _KINDS}
    return json.dumps({"readable": False, **nothing, "findings": findings}).encode() + b"\n"


def _say(report: dict[str, Any], form: str, lang: str, stream: Any) -> None:
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")
    if form == "json":
        print(json.dumps(report, ensure_ascii=False, indent=2), file=stream)
        return
    english = lang == "en"
    stop = "; " if english else "；"
    for finding in report.get("findings", ()):
        print(f"{report['file']}: {finding['message']}{stop}{finding['advice']}", file=stream)
    if report["out"] is None:
        return
    print(f"{report['file']} → {report['out']}", file=stream)
    for kind, told in _KINDS.items():
        if report[kind]:
            print(f"{told[english]} ({len(report[kind])}):", file=stream)
        for each in report[kind]:
            rest = f" → {each['into']}" if "into" in each else f": {each['reason']}" if each.get("reason") else ""
            print(f"  {each['element'] or '-'}: {each['what']}{rest}", file=stream)
