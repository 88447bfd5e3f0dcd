"""`onewindow catalogue`: what regions differ in, what they may not do, and power lists for exchange."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from engine.commands.line import Commands, add_command, as_json, opened_engine
from engine.organization.actor import Actor

SYSTEM = Actor.system("command")


def add_commands(commands: Commands) -> None:
    """Declare `catalogue` and what is below it."""
    about = "事项目录 / the catalogue of items"
    catalogue = commands.add_parser("catalogue", help=about, description=about)
    below = catalogue.add_subparsers(metavar="{drift,lint,export}", required=True)
    told = "哪些地区的名称、颗粒度或要素与标准不一致 / regions whose names, granularity or elements differ"
    drift = add_command(below, "drift", _drift, told, as_json=True)
    drift.add_argument("--base-code", metavar="CODE", help="基本编码或事项编码 / of one base code, or one item")
    lint = add_command(below, "lint", _lint, "地区实施清单不合标准之处 / what regions may not do", as_json=True)
    export = add_command(below, "export", _export, "按 GB/T 39046 交换字段导出权力清单 / power lists for exchange")
    export.add_argument("--format", choices=("json", "csv"), default="json")
    export.add_argument("--department", metavar="D", help="部门编号 / id of a department")
    for asks in (drift, lint, export):
        asks.add_argument("--region", metavar="R", help="区划代码 / code of a region")


def _drift(asked: argparse.Namespace) -> int:
    with opened_engine(asked) as engine:
        report = engine.catalogue_office.drift(SYSTEM, asked.base_code, asked.region)
    if asked.json:
        print(as_json(report))
        return 0
    for item in report["items"]:
        print(f"{item['base_code']}　{item['name']} / {item['name_en']}")
        for row in item["regions"]:
            lawful = "允许 / lawful" if row["lawful"] else "须纠正 / to be mended"
            print(f"　{row['region']} {row['region_name']}（{row['source']}，{lawful}）")
            for one in row["differences"]:
                print(f"　　{_said(one)}")
    print(f"共 {report['count']} 个地区有差异 / regions that differ: {report['count']}")
    return 0


def _said(one: Mapping[str, Any]) -> str:
    return f"{one['kind']} {one['element']}：{_value(one['standard'])} → {_value(one['regional'])}"


def _value(value: Any) -> str:
    return "—" if value is None else str(value)


def _lint(asked: argparse.Namespace) -> int:
    with opened_engine(asked) as engine:
        found = engine.catalogue_office.lint(SYSTEM, asked.region)
    if asked.json:
        print(as_json(found))
    for one in [] if asked.json else found:
        print(f"{one['item']} {one['region']} {one['path']} [{one['rule']}]\n　{one['message']}{one['advice']}")
        print(f"　{one['message_en']} {one['advice_en']}")
    if not asked.json and not found:
        print("没有发现问题。/ Nothing is wrong.")
    return 1 if found else 0


def _export(asked: argparse.Namespace) -> int:
    with opened_engine(asked) as engine:
        if asked.format == "csv":
            print(engine.powers.export_csv(asked.region, asked.department), end="")
        else:
            print(as_json(engine.powers.export(asked.region, asked.department)))
    return 0
