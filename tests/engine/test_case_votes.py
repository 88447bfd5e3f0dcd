"""表决 in a case: what the record, the tasks and the clocks come to, and who may vote."""

from __future__ import annotations

import json

import pytest

from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.inbox import InboxQuery
from engine.cases.votes import VotedAlready
from tests.engine.stories import SYSTEM, accepted, complete, deploy, open_tasks
from tests.unit.diagrams import diagram, end, extended, flows, gateway, many, start, user

_EXPERTS = '["fire", "fire", "planning", "archives", "drainage"]'
_VOTE = extended(
    '<ow:assignment function="{item}" level="city"/><ow:timeLimit promised="5" unit="working-day"/>',
    '<ow:outcomes values="yes=同意,no=不同意,abstain=弃权" valuesEn="yes=agree,no=disagree,abstain=abstain"/>',
    f"<ow:collection of='{_EXPERTS}'/>",
    '<ow:vote rule="majority" outcome="yes"/><ow:public name="专家评审" nameEn="Expert review"/>',
)
_AGAIN = extended(
    '<ow:assignment function="window" level="city"/><ow:outcomes values="again=再次表决,stop=终止"/>',
    '<ow:public name="复核"/>',
)
DRAWN = diagram(
    *(start(), user("vote", _VOTE, many()), gateway("exclusive", "x", default="x_look")),
    *(user("look", _AGAIN), gateway("exclusive", "y", default="y_no")),
    *(end("yes", extended('<ow:result value="granted"/>')), end("no", extended('<ow:result value="denied"/>'))),
    flows("start > vote > x > look > y > no; x > yes [case.votes.vote == 'passed']; y > vote [outcome == 'again']"),
)


def vote(engine, who, number, outcome):
    """Complete the first open instance of the voter's department."""
    rows = engine.inbox(SYSTEM, InboxQuery(case=number, limit=200))["items"]
    mine = {department for department, _ in who.posts}
    task = next(row["id"] for row in rows if row["department_id"] in mine)
    return engine.complete(who, Completion(*parse_task_id(task), outcome, "意见。"))


def entries(engine, number, kind):
    with engine.database.connect() as connection:
        return [
            json.loads(row[0])
            for row in connection.exec_driver_sql(
                "SELECT e.payload FROM events e JOIN cases c ON c.id = e.case_id "
                "WHERE c.number = %(n)s AND e.kind = %(k)s ORDER BY e.seq",
                {"n": number, "k": kind},
            )
        ]


@pytest.fixture
def number(engine, actor):
    deploy(engine, DRAWN)
    return accepted(engine, actor)


def test_a_case_goes_by_its_votes(engine, actor, number):
    liu, sun = actor("fire.liu"), actor("fire.sun")
    vote(engine, liu, number, "yes")
    with pytest.raises(VotedAlready):  # the other vote of the same department is somebody else's
        vote(engine, liu, number, "yes")
    with pytest.raises(VotedAlready):
        engine.claim(liu, *next((t.case_id, t.task) for t in [open_tasks(engine, number)["vote"]]))
    vote(engine, sun, number, "no")
    vote(engine, actor("planning.zhao"), number, "abstain")
    vote(engine, actor("archives.zheng"), number, "no")
    (decided,) = entries(engine, number, "vote.decided")
    assert {name: decided[name] for name in ("round", "assents", "others", "invited", "needed", "result")} == {
        **{"round": 1, "assents": 1, "others": 3, "invited": 5, "needed": 3, "result": "rejected"}
    }
    (off,) = entries(engine, number, "task.cancelled")
    assert off["reason"] == "vote-decided"
    assert off["stops"]
    assert set(open_tasks(engine, number)) == {"look"}
    complete(engine, actor("clerk.chen"), number, "look", "again")
    # a new round counts anew, and whoever voted in the first may vote again
    for who in ("fire.liu", "fire.sun"):
        vote(engine, actor(who), number, "yes")
    vote(engine, actor("planning.zhao"), number, "yes")
    assert engine.case_file(number)["result"] == "granted"
    assert [one["round"] for one in entries(engine, number, "vote.decided")] == [1, 2]
    visits = {row["visit"] for row in engine.case_file(number)["timeline"] if row["node_id"] == "vote"}
    assert visits == {1, 2}
    assert engine.verify_record(number).whole
