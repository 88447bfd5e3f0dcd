"""A dry run: a diagram that is no draft yet, of an item that the catalogue does not have, is played, and nothing is kept."""

from __future__ import annotations

import json

import pytest

from engine import cli, rehearsal
from engine.commands.played import told
from engine.definitions.deploy import NotDeployable
from engine.errors import Forbidden
from engine.play import ScenarioInvalid
from tests.engine.drawn import diagram, flow, node, path

TASK = (
    '<extensionElements><ow:assignment function="fire" level="city"/><ow:timeLimit promised="3" unit="working-day"/>'
    '<ow:public name="审查"/><ow:outcomes values="passed=合格,failed=不合格"/></extensionElements>'
)
BPMN = diagram(
    node("startEvent", "s"), node("userTask", "review", TASK), node("endEvent", "e"), path("s", "review", "e")
)
STORY = {
    "name": "一次通过 😀 \\u0000",
    "item": "never-heard-of",
    "region": "440100",
    "starts_on": "2026-06-15",
    "applicant": {"kind": "enterprise", "name": "甲公司"},
    "steps": [
        {"on": "2026-06-15", "who": "clerk.li", "does": "submit"},
        {"on": "2026-06-16", "who": "clerk.li", "does": "accept"},
        {"on": "2026-06-18", "who": "fire.liu", "does": "complete", "node": "review", "outcome": "passed"},
    ],
    "expect": {"state": "concluded", "documents": ["receipt", "acceptance-notice"]},
}


def with_steps(*steps, **more):
    return STORY | {"steps": [*STORY["steps"], *steps]} | more


def test_each_step_is_told_with_its_day_what_is_open_until_when_and_what_was_issued(engine, actor):
    before = rows(engine)
    (played,) = rehearsal.dry_run(engine, actor("designer.xu"), BPMN, [STORY], item="never-heard-of")
    assert (played["passed"], played["failures"], played["parted_step"]) == (True, [], None)
    submitted, accepted, completed = played["steps"]
    assert (submitted["on"], submitted["open"], accepted["state"]) == ("2026-06-15", [], "accepted")
    assert [(one["node"], one["due_date"]) for one in accepted["open"]] == [("review", "2026-06-22")]
    assert (completed["state"], [one["kind"] for one in completed["documents"]]) == (
        "concluded",
        STORY["expect"]["documents"],
    )
    assert rows(engine) == before


def test_from_a_shell_a_draft_file_plays_and_where_it_parts_is_said(tmp_path, capfd):
    (tmp_path / "draft.bpmn").write_bytes(BPMN)
    parts = with_steps({"on": "2026-06-19", "who": "clerk.li", "does": "end-procedure"}, expect={"result": "denied"})
    (tmp_path / "story.json").write_text(json.dumps(parts), "utf-8")
    code = cli.main(["play", str(tmp_path / "story.json"), "--diagram", str(tmp_path / "draft.bpmn"), "--json"])
    played = json.loads(capfd.readouterr().out)
    assert (code, played["parted_step"], len(played["failures"])) == (1, 4, 1)
    assert "第 4 步" in played["failures_zh"][0]
    assert played["steps"][3]["refused"] == "scenario-invalid"


def test_what_can_not_be_played_is_refused_before_a_database_is_made(engine, actor, monkeypatch):
    monkeypatch.setattr(rehearsal, "scratch_engine", None)
    who = actor("designer.xu")
    with pytest.raises(Forbidden):
        rehearsal.dry_run(engine, actor("clerk.chen"), BPMN, [STORY])
    with pytest.raises(NotDeployable):
        rehearsal.dry_run(engine, who, BPMN.replace(b"<ow:assignment", b"<ow:asignment"), [STORY])
    for wrong in (
        [],
        STORY | {"expect": {"nodes": ["review"]}},
        STORY | {"expect": []},
        STORY | {"name": "\0"},
        STORY | {"name": "\ud800"},
        with_steps({"on": "2062-06-19", "does": "wait"}),
        with_steps(*[{"on": "2026-06-19", "does": "wait"}] * 300),
    ):
        with pytest.raises(ScenarioInvalid):
            rehearsal.dry_run(engine, who, BPMN, [wrong])


VOTE = (
    '<extensionElements><ow:assignment function="{item}" level="city"/><ow:timeLimit promised="3" unit="working-day"/>'
    '<ow:collection of=\'["fire", "planning", "archives"]\'/><ow:outcomes values="yes=同意,no=不同意"/>'
    '<ow:vote rule="majority" outcome="yes"/><ow:public name="专家评审"/></extensionElements><multiInstanceLoopCharacteristics/>'
)
GRANTED, DENIED = (
    f'<extensionElements><ow:result value="{said}"/></extensionElements>' for said in ("granted", "denied")
)
VOTED = diagram(
    *(node("startEvent", "s"), node("userTask", "review", VOTE), node("exclusiveGateway", "x", default="x_n")),
    *(node("endEvent", "y", GRANTED), node("endEvent", "n", DENIED), path("s", "review", "x", "n")),
    flow("x", "y", "case.votes.review == 'passed'"),
)


@pytest.mark.parametrize(("votes", "result"), [("yes no yes", "granted"), ("no no", "denied"), ("no no yes", None)])
def test_a_vote_is_played_until_it_is_decided(engine, actor, votes, result):
    voters = zip(("planning.zhao", "archives.zheng", "fire.liu"), votes.split(), strict=False)
    cast = [
        {"on": "2026-06-18", "who": who, "does": "complete", "node": "review", "outcome": said} for who, said in voters
    ]
    story = STORY | {"steps": [*STORY["steps"][:2], *cast], "expect": {"result": result} if result else {}}
    (played,) = rehearsal.dry_run(engine, actor("designer.xu"), VOTED, [story], item="never-heard-of")
    assert played["passed"] == (result is not None), played["failures"]
    if result == "granted":
        assert "专家评审：2 同意 / 1 未同意 / 共 3" in told(played, "zh")
        assert "2 assent / 1 do not / 3 invited, 2 needed　passed" in told(played, "en")
    if result is None:  # the third is not asked any more
        assert played["parted_step"] == 5


def rows(engine):
    with engine.database.connect() as connection:
        asked = "SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM definitions), (SELECT count(*) FROM items)"
        return connection.exec_driver_sql(asked).one()
