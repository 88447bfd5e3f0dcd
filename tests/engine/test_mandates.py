"""Agents act by a recorded mandate: whose, for what, where, until when; and not a day longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from engine.cases.mandates import MandateEnded, MandateMissing, NewMandate, masked
from engine.cases.submit import Application
from engine.errors import Forbidden, Invalid, NotFound

WHO = {"kind": "person", "name": "王秀英", "id_number": "11010519491231002X"}
ASKED = Application("joint-final-inspection", "440106900201", WHO)
MANDATE = NewMandate(WHO, "agent.he", "demo-village-station", date(2026, 1, 1), date(2030, 12, 31), "委托书 2026-1 号")


@pytest.fixture
def agent(actor):
    return actor("agent.he")


def test_an_agent_hands_in_for_who_gave_a_mandate_and_the_record_names_it(engine, agent):
    with pytest.raises(MandateMissing):
        engine.submit(agent, ASKED)
    mandate = engine.mandates.record(agent, MANDATE)
    assert (mandate["valid"], mandate["principal"]) == (True, {"name": "王秀英", "number": "1101**********002X"})
    number = engine.submit(agent, ASKED)["number"]
    with engine.database.connect() as connection:
        payload = connection.scalar(text("SELECT payload::jsonb FROM events WHERE seq = 1"))
    assert (payload["channel"], payload["mandate"], payload["actor"]) == ("agent", mandate["id"], "agent.he")
    assert engine.get_case(agent, number)["number"] == number
    assert engine.intake.withdraw(agent, number, "本人要求")["result"] == "withdrawn"
    assert engine.verify_record(number).whole


@pytest.mark.parametrize(
    "change",
    [
        {"items": ("other-item",)},
        {"principal": {"name": "王秀英", "id_number": "440524188001010014"}},
        {"first_day": date(2029, 1, 1)},
    ],
)
def test_a_mandate_for_something_else_is_none(engine, agent, change):
    engine.mandates.record(agent, replace(MANDATE, **change))
    with pytest.raises(MandateMissing):
        engine.submit(agent, ASKED)


def test_a_mandate_that_was_ended_opens_nothing_also_not_what_was_begun_under_it(engine, agent):
    mandate = engine.mandates.record(agent, MANDATE)["id"]
    number = engine.submit(agent, ASKED)["number"]
    assert engine.mandates.revoke(agent, mandate, "本人撤销")["valid"] is False
    with pytest.raises(MandateMissing):
        engine.intake.withdraw(agent, number, "")
    with pytest.raises(MandateMissing):
        engine.submit(agent, ASKED)
    with pytest.raises(MandateEnded):
        engine.mandates.revoke(agent, mandate, "")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"evidence": " "}, {"evidence"}),
        ({"principal": {"name": "王秀英"}}, {"principal"}),
        ({"principal": {"name": " ", "id_number": "x"}}, {"principal.name"}),
        ({"last_day": date(2020, 1, 1)}, {"last_day"}),
        ({"last_day": date(2099, 1, 1)}, {"last_day"}),
        ({"items": ()}, {"items"}),
        ({"agent": "nobody"}, {"agent"}),
        ({"agent": "clerk.chen"}, {"agent"}),
        ({"station": "gz-housing"}, {"agent"}),
    ],
)
def test_what_is_wrong_with_a_mandate_is_named(engine, agent, change, fields):
    with pytest.raises(Invalid) as refused:
        engine.mandates.record(agent, replace(MANDATE, **change))
    assert set(refused.value.params["fields"]) == fields
    assert engine.mandates.list(agent, None, None, 10)["items"] == []


def test_others_neither_see_nor_end_it(engine, agent, actor):
    mandate = engine.mandates.record(agent, MANDATE)["id"]
    assert engine.mandates.list(actor("clerk.chen"), None, None, 10)["items"] == []
    with pytest.raises(NotFound):
        engine.mandates.revoke(actor("clerk.chen"), mandate, "")
    with pytest.raises(Forbidden):
        engine.mandates.revoke(actor("fire.liu"), mandate, "")
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(NotFound):
            engine.mandates.revoke(agent, wrong, "")


def test_numbers_are_shown_by_their_ends():
    assert masked("11010519491231002X") == "1101**********002X"
    assert masked("12345678") == "12345678"
