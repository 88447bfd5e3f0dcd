"""`onewindow calendar import FILE`: a holiday notice from a file; first what it would move, then, when told so, its import."""

from __future__ import annotations

import argparse
import csv
import getpass
import json
from pathlib import Path
from typing import Any

from engine.commands.line import Commands, add_command, as_json, opened_engine, say
from engine.errors import Invalid
from engine.organization.actor import Actor

MOST_BYTES = 256 * 1024
MOST_SHOWN = 50


class NoticeFileInvalid(Invalid):
    """A file that is no notice. Params: file, reason_zh, reason."""

    code = "notice-file-invalid"
    zh = (
        "无法读取通知文件 {file}：{reason_zh}。请提供 JSON（year、notice、document_number、days），"
        "或首行为 date,kind,name 的 CSV 并用 --year 和 --notice 写明年份和通知名称。"
    )
    en = (
        "The notice file {file} can't be read: {reason}. Give JSON (year, notice, document_number, days), or CSV with the "
        "first line date,kind,name, and say --year and --notice."
    )


def add_import(below: Commands) -> None:
    """Declare the command."""
    told = "导入放假通知，先预览后生效 / import a holiday notice: first a preview, then --apply"
    importing = add_command(below, "import", _import, told, as_json=True)
    importing.add_argument("file", metavar="FILE", help="JSON | CSV (date,kind,name; kind: rest | work)")
    importing.add_argument("--year", metavar="YEAR", help="年份 / the year, when the file doesn't say it")
    importing.add_argument("--notice", metavar="TITLE", help="通知名称 / its name")
    importing.add_argument("--number", metavar="NUMBER", help="文号 / its document number")
    importing.add_argument("--region", metavar="R", help="仅适用的区划 / the region it is for, when not the nation")
    importing.add_argument("--department", metavar="D", help="仅适用的部门 / the department it is for")
    apply = importing.add_mutually_exclusive_group()
    apply.add_argument("--apply", metavar="HASH", help="按该预览生效 / apply what the preview of this hash said")
    apply.add_argument("--yes", action="store_true", help="预览后立即生效 / apply what the preview says at once")


def _import(asked: argparse.Namespace) -> int:
    year, notice = _read(asked)
    who = Actor.system(f"onewindow calendar import ({getpass.getuser()})")
    with opened_engine(asked) as engine:
        if asked.apply:
            done = engine.calendars.apply(who, year, notice, asked.apply)
        else:
            done = engine.calendars.preview(who, year, notice)
            if not asked.json:
                _show(done)
            if asked.yes:
                done = engine.calendars.apply(who, year, notice, done["hash"])
    if asked.json:
        print(as_json(done))
    elif asked.apply or asked.yes:
        print(f"已导入：日历第 {done['version']} 版。/ Imported: version {done['version']} of the calendar.")
    else:
        say(f"尚未生效。确认后 / nothing is changed yet; to apply it: --apply {done['hash']}")
    return 0


def _show(preview: dict[str, Any]) -> None:
    for day in preview["days"]:
        print(f"{day['date']} → {'上班 / works' if day['works'] else '休息 / rests'} {day['name']}".rstrip())
    for warning in preview["warnings"]:
        say(f"注意：{warning['zh']}。/ {warning['en']}.")
    print(
        f"在办件 {preview['moved_cases']} 件、期限 {preview['moved_limits']} 项将变动，其中 {preview['told_to_applicants']} 项"
        f"已告知申请人 / {preview['moved_cases']} open cases move, {preview['told_to_applicants']} dates were told to applicants"
    )
    for move in preview["moves"][:MOST_SHOWN]:
        told = "　已告知申请人 / told" if move["told_to_applicant"] else ""
        print(f"{move['case']}　{move['name'] or move['clock']}　{move['kind']}　{move['from']} → {move['to']}{told}")
    if len(preview["moves"]) > MOST_SHOWN:
        print("…")


def _read(asked: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """The year and the notice of a file, with what the command line adds. Raises NoticeFileInvalid."""
    try:
        with Path(asked.file).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise _wrong(asked, f"超过 {MOST_BYTES} 字节", f"it is over {MOST_BYTES} bytes")
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise _wrong(asked, "文件不存在或不可读", str(error.strerror)) from None
    except UnicodeDecodeError:
        raise _wrong(asked, "不是 UTF-8 文本", "it is no UTF-8 text") from None
    notice = _json(asked, text) if text.lstrip().startswith("{") else _csv(asked, text)
    said = {"notice": asked.notice, "document_number": asked.number}
    said |= {"region": asked.region, "department": asked.department}
    notice |= {name: value for name, value in said.items() if value is not None}
    year = asked.year or str(notice.get("year", ""))
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        raise _wrong(asked, "没有写明年份", "it doesn't say its year")
    return int(year), notice


def _json(asked: argparse.Namespace, text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise _wrong(asked, f"不是有效的 JSON（{broken}）", f"it is no JSON ({broken})") from None
    return found


def _csv(asked: argparse.Namespace, text: str) -> dict[str, Any]:
    lines = csv.DictReader(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    if not {"date", "kind"} <= set(lines.fieldnames or ()):
        raise _wrong(asked, "首行不是 date,kind,name", "its first line is not date,kind,name")
    return {"days": [{key: value for key, value in line.items() if key} for line in lines]}


def _wrong(asked: argparse.Namespace, zh: str, en: str) -> NoticeFileInvalid:
    return NoticeFileInvalid(file=asked.file, reason_zh=zh, reason=en)
