"""`onewindow limits explain CASE`: why the dates of a case are what they are, line by line, as of any instant."""

from __future__ import annotations

import argparse
from typing import Any

from engine.background.demonstration_clock import read_instant
from engine.catalogue.demonstration_values import VALUES
from engine.commands.line import Commands, add_command, as_json, opened_engine
from engine.organization.actor import Actor


def add_commands(commands: Commands) -> None:
    """Declare `limits` and what is below it."""
    asking = "办件时限 / the limits of cases"
    limits = commands.add_parser("limits", help=asking, description=asking)
    below = limits.add_subparsers(metavar="{explain}", required=True)
    explaining = add_command(below, "explain", _explain, "逐行说明期限的由来 / why a date is what it is", as_json=True)
    explaining.add_argument("case", metavar="CASE", help="办件编号 / the number of the case")
    explaining.add_argument("--at", metavar="INSTANT", help="截至何时，如 / as of, such as 2026-09-21T09:00")


def _explain(asked: argparse.Namespace) -> int:
    at = read_instant(asked.at) if asked.at else None
    with opened_engine(asked) as engine:
        found = engine.limits.of_case(Actor.system("command"), asked.case, at)
    print(as_json(found) if asked.json else told(found, asked.lang))
    return 0


def told(found: dict[str, Any], lang: str | None) -> str:
    """The derivations as text, in one language or, when nobody said which, in both."""
    if not found["limits"]:
        return f"{found['case']}：截至 {found['at']} 没有时限。/ No limits as of {found['at']}."
    values = {"zh": VALUES[:1], "en": VALUES[1:]}.get(lang or "", VALUES) if found["demonstration"] else ()
    return "\n\n".join([*(_clock(one, lang) for one in found["limits"]), *("\n".join(values),) * bool(values)])


def _clock(one: dict[str, Any], lang: str | None) -> str:
    task = f" [{one['task']}]" if one["task"] else ""
    heads = {"zh": f"{one['clock_name']}：{one['name']}{task}", "en": f"{one['clock_name_en']}: {one['name_en']}{task}"}
    lines = {"zh": one["derivation"], "en": one["derivation_en"]}
    chosen = (lang,) if lang in heads else ("zh", "en")
    return "\n".join(line for each in chosen for line in (heads[each], *(f"  {line}" for line in lines[each])))
