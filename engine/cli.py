"""The command line: every command that needs no web server. `server.py` adds `run` and is what `onewindow` starts.

Exit codes: 0 done; 1 the answer is no (a broken record, a scenario that went otherwise) or the program failed; 2 refused,
with a sentence on stderr; 130 Ctrl-C; `lint` has its own (`commands/lint.py`). With `--json`, stdout holds one JSON value
and nothing else.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.exc import OperationalError

from engine import play, rehearsal
from engine.background import demonstration_clock
from engine.cases.verify_record import Verdict
from engine.clock import CST
from engine.commands import calendar as calendar_commands
from engine.commands import catalogue as catalogue_commands
from engine.commands import comparing, played, publishing
from engine.commands import limits as limits_commands
from engine.commands.line import (
    Commands,
    DatabaseAway,
    add_command,
    as_json,
    located,
    opened_engine,
)
from engine.commands.start import ALONE, run_line
from engine.errors import ApprovalError
from engine.organization.actor import Actor
from engine.settings import read_settings
from engine.store import backup, schema
from engine.store.database import connect_engine
from engine.store.files import FileStore
from engine.store.location import files_of


def main(argv: Sequence[str] | None = None, more: Callable[[Commands], None] | None = None) -> int:
    """Run a command line and answer the exit code. `more` adds commands."""
    return run_line(argv, [more, _add_commands] if more else [_add_commands], meaning)


def meaning(error: Exception) -> ApprovalError | None:
    """What an error of the database's driver means."""
    if not isinstance(error, (psycopg.OperationalError, OperationalError)):
        return None
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()
    return DatabaseAway(reason=reason[0] if reason else type(error).__name__)


# -- the commands


def _play(asked: argparse.Namespace) -> int:
    settings = replace(read_settings(os.environ, demo=True), database_url=None)
    if asked.scenario is None:
        result = play.demo(settings)
    elif asked.diagram is not None:
        bpmn = publishing.bytes_of(Path(asked.diagram))
        result = rehearsal.play_draft(settings, bpmn, play.read_scenario(Path(asked.scenario)))
    else:
        result = play.play(Path(asked.scenario), settings)
    print(as_json(result) if asked.json else played.told(result, getattr(asked, "lang", None) or "zh"))
    return 0 if result["passed"] else 1


def _incidents(asked: argparse.Namespace) -> int:
    with opened_engine(asked) as engine:
        found = engine.incidents(Actor.system("command"), all_states=asked.all)
    if asked.json:
        print(as_json([asdict(one) for one in found]))
    elif not found:
        print("没有待处理的事件。/ No open incidents.")
    else:
        print("\n\n".join(_told(asdict(one)) for one in found))
    return 0


def _told(one: Mapping[str, Any]) -> str:
    waits = one["next_try_at"] and f"{one['next_try_at'].astimezone(CST):%Y-%m-%d %H:%M:%S}"
    again = waits or ("—" if one["state"] != "open" else f"等待人工 / by hand: onewindow incidents retry {one['id']}")
    return (
        f"事件 {one['id']}（{one['state']}）　办件 {one['case']}　环节 {one['node'] or '—'}　原因 {one['cause']}\n"
        f"　　{one['detail']}\n　　{one['detail_en']}\n　　已试 {one['tries']} 次　下次重试 {again}"
    )


def _retry(asked: argparse.Namespace) -> int:
    with opened_engine(asked) as engine:
        resolved = engine.retry_incident(Actor.system("command"), asked.id)
    print("已解决。/ Resolved." if resolved else "已重新发起调用，由后台执行。/ Called again; the worker is at it.")
    return 0


def _verify(asked: argparse.Namespace) -> int:
    with opened_engine(asked) as engine:
        verdict = engine.verify_record(asked.case)
    if asked.json:
        print(as_json({"case": asked.case, "whole": verdict.whole, **asdict(verdict)}))
    elif verdict.whole:
        erased = f"（已依法清除 {verdict.erased} 项个人信息 / erased）" if verdict.erased else ""
        print(f"记录完整：{verdict.entries} 条。/ The record is whole: {verdict.entries} entries.{erased}")
    else:
        print(f"记录被破坏：{_where(verdict)}。/ The record is broken ({_where(verdict)}): {verdict.reason}.")
    return 0 if verdict.whole else 1


def _where(verdict: Verdict) -> str:
    """The entry that does not hold, or the row that no entry speaks of."""
    places = [f"第 {verdict.broken_at} 条 / entry {verdict.broken_at}" if verdict.broken_at else "", verdict.row or ""]
    return "，".join(place for place in places if place)


def _clock(asked: argparse.Namespace) -> int:
    with opened_engine(asked) as engine:
        if asked.moves == "set":
            state = demonstration_clock.set_clock(engine, demonstration_clock.read_instant(asked.instant))
        elif asked.moves == "advance":
            state = demonstration_clock.advance_clock(engine, asked.amount, asked.unit)
        else:
            state = demonstration_clock.show_clock(engine)
    data = state.as_data()
    if asked.json:
        print(as_json(data))
        return 0
    day = "工作日 / a working day" if data["working_day"] else "非工作日 / no working day"
    print(f"演示时钟 / the demonstration's clock: {data['now']}（{day}）")
    if state.moved_from:
        print(f"原为 / it was {data['moved_from']}；途中到期 / due on the way: {state.stops}")
    print(f"下一到期 / next due: {data['next_due'] or '—'}")
    return 0


def _backup(asked: argparse.Namespace) -> int:
    with located(asked) as (settings, found):
        size = backup.backup(found.url, Path(asked.file), found.binaries, FileStore(files_of(settings)))
    print(f"已备份到 {asked.file}（{size} 字节）。/ Backed up: {size} bytes.")
    return 0


def _restore(asked: argparse.Namespace) -> int:
    with located(asked, make=True) as (settings, found):
        files = FileStore(files_of(settings))
        backup.restore(found.url, Path(asked.file), found.binaries, replace=asked.replace, files=files)
        database = connect_engine(found.url, 0)
        try:
            schema.migrate(database)
        finally:
            database.dispose()
    print("已恢复。/ Restored.")
    return 0


def _incident_id(text: str) -> int:
    """The number of an incident, as the database counts them."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise argparse.ArgumentTypeError("事件编号应为数字 / an incident's number is digits")
    return int(text)


def _amount(text: str) -> int:
    """How many units the clock goes forward."""
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise argparse.ArgumentTypeError("应为 1 至 1000 的整数 / a whole number from 1 to 1000")
    return int(text)


def _add_commands(commands: Commands) -> None:
    for declare in ALONE.values():
        declare(commands)
    publishing.add_commands(commands)
    demo = add_command(
        commands, "demo", _play, "播放竣工联合验收演示 / play the joint final inspection", data=False, as_json=True
    )
    demo.set_defaults(scenario=None, diagram=None)
    played = add_command(commands, "play", _play, "播放一个场景文件 / play a scenario file", data=False, as_json=True)
    played.add_argument("scenario", metavar="SCENARIO")
    played.add_argument(
        "--diagram",
        metavar="FILE",
        help="在此流程图草稿上播放，事项可以尚未入库 / play it on this draft, which needs no item",
    )
    incidents = add_command(
        commands, "incidents", _incidents, "无法继续的办件 / what can't go on, and why", as_json=True
    )
    incidents.add_argument("--all", action="store_true", help="包括已解决的 / resolved ones too")
    retry = add_command(
        incidents.add_subparsers(metavar="[retry]"), "retry", _retry, "重试一个事件 / try an incident again"
    )
    retry.add_argument("id", type=_incident_id, metavar="ID")
    verify = add_command(
        commands, "verify-record", _verify, "核验办件记录是否完整 / whether a record is whole", as_json=True
    )
    verify.add_argument("case", metavar="CASE")
    clock = add_command(commands, "clock", _clock, "演示时钟 / the demonstration's clock", as_json=True)
    clock.set_defaults(moves="show")
    moves = clock.add_subparsers(metavar="[show|set|advance]")
    add_command(moves, "show", _clock, "显示 / where it stands", as_json=True).set_defaults(moves="show")
    setting = add_command(moves, "set", _clock, "调到某一时刻 / move it to an instant", as_json=True)
    setting.add_argument("instant", metavar="2026-09-21[T09:00]")
    setting.set_defaults(moves="set")
    advancing = add_command(moves, "advance", _clock, "向前调 / move it forward", as_json=True)
    advancing.add_argument("amount", type=_amount, metavar="N")
    advancing.add_argument("--unit", choices=demonstration_clock.UNITS, default="working-day")
    advancing.set_defaults(moves="advance")
    calendar_commands.add_commands(commands)
    comparing.add_commands(commands)
    catalogue_commands.add_commands(commands)
    limits_commands.add_commands(commands)
    saving = add_command(commands, "backup", _backup, "备份数据库，可在运行时进行 / back up, also while it runs")
    saving.add_argument("file", metavar="FILE")
    restoring = add_command(commands, "restore", _restore, "恢复备份 / restore a backup")
    restoring.add_argument("file", metavar="FILE")
    restoring.add_argument("--replace", action="store_true", help="替换已有数据 / replace the data that is there")
