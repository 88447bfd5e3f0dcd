"""The rule tables of supervision: when somebody is told, and which card what costs. Data, a table a region where it has one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class CardRule:
    """What costs a card: `on` a stage or a default, of limits of a kind."""

    rule: str
    on: str
    kind: str
    colour: str  #: yellow | red
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Rules:
    """A region's table. `prompt` and `escalate` are working days before the last day, and after it."""

    prompt: int
    escalate: int
    cards: tuple[CardRule, ...]
    no_cards_for: frozenset[str]  #: clocks that are not the authority's

    def card(self, on: str, clock: str, kind: str) -> CardRule | None:
        """The card for something that came to pass with a limit; None when it costs none."""
        if clock in self.no_cards_for:
            return None
        return next((rule for rule in self.cards if (rule.on, rule.kind) == (on, kind)), None)


def rules_of(region: str) -> Rules:
    """The table of a region: its own, or everybody's."""
    tables = rule_tables()
    return tables.get(region, tables[""])


@cache
def rule_tables() -> Mapping[str, Rules]:
    """All tables by region; "" is everybody's."""
    text = resources.files("engine.timelimits").joinpath("rules.json").read_text(encoding="utf-8")
    data = json.loads(text)
    return {"": _rules(data["default"])} | {region: _rules(table) for region, table in data["regions"].items()}


def card_names() -> Mapping[str, tuple[str, str]]:
    """The names of rules, in Chinese and in English."""
    return {one.rule: (one.name, one.name_en) for table in rule_tables().values() for one in table.cards}


def _rules(data: Mapping[str, Any]) -> Rules:
    cards = tuple(CardRule(**card) for card in data["cards"])
    return Rules(data["prompt"], data["escalate"], cards, frozenset(data["no_cards_for"]))
