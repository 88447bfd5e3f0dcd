"""`onewindow compare A B`: the same applicants go through two processes; how often they have to come, and how long it takes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine import simulation
from engine.commands.line import Commands, add_command, as_json
from engine.settings import read_settings
from engine.simulation import MOST_CASES, Assumptions


def add_commands(commands: Commands) -> None:
    """Declare `compare`."""
    comparing = add_command(
        commands,
        "compare",
        _compare,
        "用同一批模拟申请人比较两种办理方式 / two ways of handling, over the same simulated applicants",
        as_json=True,
    )
    comparing.add_argument("folders", nargs="+", metavar="FOLDER", help="processes/ 下的文件夹 / folders of processes/")
    told = f"办件数，1 至 {MOST_CASES} / how many cases (default 40)"
    comparing.add_argument("--cases", type=int, default=40, metavar="N", help=told)
    comparing.add_argument("--seed", type=int, default=1, metavar="S", help="随机种子 / of what is drawn (default 1)")


def _compare(asked: argparse.Namespace) -> int:
    settings = replace(read_settings(os.environ, demo=True), database_url=None)
    assumed = Assumptions()
    found = simulation.simulate(settings, asked.folders, asked.cases, asked.seed, assumed)
    if asked.json:
        print("\n".join([*_unfinished(found), *_assumed(asked, assumed)]), file=sys.stderr)
        print(as_json(found))
    else:
        print("\n".join([*_table(found), "", *_assumed(asked, assumed)]))
    return 0


def _table(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = ["到现场次数（平均）/ visits　用时中位数 / p50　90% 不超过 / p90（工作日 / working days）"]
    lines.append(
        "用时自申请至办结；决定后另有核验、核查的，至其结束 / from the application to the end, of a check after the decision, too"
    )
    for name, one in found.items():
        days = f"{_told(one['working_days_p50'])}　{_told(one['working_days_p90'])}"
        lines.append(
            f"{name}　{_told(one['visits'])}　{days}{_until_decided(one)}　（{one['finished']}/{one['cases']}）"
        )
    return [*lines, *_unfinished(found)]


def _until_decided(one: Mapping[str, Any]) -> str:
    """Where a check follows the decision: how long the decision itself took."""
    taken = [(one[f"decision_working_days_{share}"], one[f"working_days_{share}"]) for share in ("p50", "p90")]
    if all(decided == ended for decided, ended in taken):
        return ""
    return "　其中至作出决定 / to the decision: " + "　".join(_told(decided) for decided, _ in taken)


def _unfinished(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each process with cases that came to no end: of it no figures are given."""
    return [
        f"{name}：{one['cases'] - one['finished']} 件未能办结，因此不给出数字 / cases came to no end, so no figures are given"
        for name, one in found.items()
        if one["finished"] < one["cases"]
    ]


def _told(value: object) -> str:
    return "—" if value is None else str(value)


def _assumed(asked: argparse.Namespace, assumed: Assumptions) -> list[str]:
    head = f"假设 / assumed　（{asked.cases} 件，种子 / seed {asked.seed}）"
    return [head, *(f"　{zh} / {en}: {value}" for zh, en, value in assumed.told())]
