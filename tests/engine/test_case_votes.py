"""表决 in a case: what the record, the tasks and the clocks come to, and who may vote."""

from __future__ import annotations

import json
from datetime import datetime
from threading import Thread
from types import SimpleNamespace

import pytest

from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.inbox import InboxQuery
from engine.cases.progress import _diagram
from engine.cases.replay_record import Said, replay
from engine.cases.return_task import Returning
from engine.cases.states import TaskStateConflict
from engine.cases.votes import VotedAlready
from engine.clock import CST
from tests.engine.stories import SYSTEM, accepted, complete, deploy, open_tasks
from tests.unit.diagrams import boundary, diagram, end, extended, flows, gateway, many, scope, start, user

NOW = datetime(2026, 3, 2, 9, tzinfo=CST)
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
    other = open_tasks(engine, number)["vote"]
    with pytest.raises(VotedAlready):
        engine.claim(liu, other.case_id, other.task)
    # and the page does not offer it
    for who, voted, can in ((liu, True, []), (sun, False, ["claim", "complete"])):
        seen = engine.get_task(who, other.case_id, other.task)
        assert (seen["voted"], seen["can"]) == (voted, can)
    vote(engine, sun, number, "no")
    vote(engine, actor("planning.zhao"), number, "abstain")
    vote(engine, actor("archives.zheng"), number, "no")
    (decided,) = entries(engine, number, "vote.decided")
    assert {name: decided[name] for name in ("round", "assents", "others", "invited", "needed", "result")} == {
        **{"round": 1, "assents": 1, "others": 3, "invited": 5, "needed": 3, "result": "rejected"}
    }
    (off,) = entries(engine, number, "task.called-off")
    assert off["stops"]
    file = engine.case_file(number)
    assert [row["state_name"] for row in file["timeline"] if row["task"] == off["task"]] == ["表决已定，不再办理"]
    assert file["votes"] == [
        {"node_id": "vote", "node": "专家评审", "node_en": "Expert review", "round": 1}
        | {"assents": 1, "others": 3, "invited": 5, "needed": 3, "open": False, "result": "rejected"}
    ]
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


def test_two_last_votes_at_the_same_moment_make_one_result(engine, actor, number):
    """Whoever comes second finds the task called off; the record holds one result."""
    for who, outcome in (("fire.liu", "yes"), ("planning.zhao", "yes")):
        vote(engine, actor(who), number, outcome)
    answers = []

    def last(who):
        task = tasks[next(iter(actor(who).departments))]
        try:
            answers.append(engine.complete(actor(who), Completion(*parse_task_id(task), "yes"))["state"])
        except TaskStateConflict as conflict:
            answers.append(conflict.params["state"])

    rows = engine.inbox(SYSTEM, InboxQuery(case=number, limit=200))["items"]
    tasks = {row["department_id"]: row["id"] for row in rows}
    threads = [Thread(target=last, args=(who,)) for who in ("archives.zheng", "water.jiang")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["called-off", "completed"]
    (decided,) = entries(engine, number, "vote.decided")
    assert (decided["assents"], decided["others"], decided["result"]) == (3, 0, "passed")
    assert engine.verify_record(number).whole


def test_a_vote_that_was_taken_away_as_soon_as_it_was_called_is_no_round(engine, actor):
    """What opens a vote and takes it away in one step leaves no task: the record's rounds are those that somebody saw."""
    inside = (
        *(start("s"), user("prepare", _AGAIN), gateway("parallel", "f"), user("vote", _VOTE, many()), end("voted")),
        *(gateway("exclusive", "g", default="g_ok"), end("ok"), end("bad", '<errorEventDefinition errorRef="err"/>')),
        flows("s > prepare > f > vote > voted; f > g > ok; g > bad [case.outcomes.prepare == 'stop']"),
    )
    deploy(
        engine,
        diagram(
            *(start(), scope("sub", *inside), boundary("b", "sub", '<errorEventDefinition errorRef="err"/>')),
            *(user("mend", _AGAIN), gateway("exclusive", "x", default="x_no")),
            *(end("yes", extended('<ow:result value="granted"/>')), end("no")),
            flows("start > sub > x > no; b > mend > sub; x > yes [case.votes.vote == 'passed']"),
            before='<error id="err" errorCode="E"/>',
        ),
    )
    number = accepted(engine, actor)
    for node, outcome in (("prepare", "stop"), ("mend", "again"), ("prepare", "again")):
        complete(engine, actor("clerk.chen"), number, node, outcome)
    for who in ("fire.liu", "planning.zhao", "archives.zheng"):
        vote(engine, actor(who), number, "yes")
    (stands,) = engine.case_file(number)["votes"]
    assert (stands["round"], stands["result"], engine.case_file(number)["result"]) == (1, "passed", "granted")
    assert engine.verify_record(number).whole


@pytest.mark.parametrize("one_by_one", ["false", "true"])
def test_two_rounds_side_by_side_are_each_counted_as_its_own(engine, actor, one_by_one):
    """Events that do not interrupt may call the same vote again while it is open."""
    calls = [
        boundary(f"b{n}", "wait", f'<messageEventDefinition messageRef="m{n}"/>', cancelActivity="false")
        for n in (1, 2)
    ]
    deploy(
        engine,
        diagram(
            *(start(), user("wait", _AGAIN), *calls, user("vote", _VOTE, many(isSequential=one_by_one))),
            *(end("voted"), end(), flows("start > wait > end; b1 > vote > voted; b2 > vote")),
            before='<message id="m1" name="m1"/><message id="m2" name="m2"/>',
        ),
    )
    number = accepted(engine, actor)
    for message in ("m1", "m2"):
        engine.deliver(SYSTEM, number, message, {})
    for n in range(6):
        rows = engine.inbox(SYSTEM, InboxQuery(case=number, node="vote", limit=200))["items"]
        rows.sort(key=lambda row: (row["visit"], int(row["id"].rpartition(".")[2])))
        engine.complete(SYSTEM, Completion(*parse_task_id(rows[-(n % 2)]["id"]), "no"))
    decided = entries(engine, number, "vote.decided")
    assert sorted((one["round"], one["others"]) for one in decided) == [(1, 3), (2, 3)]
    assert engine.verify_record(number).whole


def test_a_record_whose_count_is_not_that_of_its_votes_is_told():
    said = {"task": 1, "node": "vote", "department": "d", "due": None, "actor": "a", "ledger": []}
    opened = [Said(n, "task.opened", NOW, {**said, "task": n, "visit": 1}, {}, n) for n in (1, 2)]
    voted = [
        Said(n + 2, "task.completed", NOW, {**said, "task": n, "outcome": outcome}, {}, n + 2)
        for n, outcome in ((1, "yes"), (2, "no"))
    ]
    count = {"node": "vote", "round": 1, "assent": "yes", "needed": 2, "invited": 2, "actor": "a"}
    right = {**count, "assents": 1, "others": 1, "result": "rejected"}
    for told, faults in ((right, []), ({**right, "result": "passed"}, [5]), ({**right, "assents": 2}, [5])):
        claims = replay([*opened, *voted, Said(5, "vote.decided", NOW, told, {}, 5)], {})
        assert [fault.seq for fault in claims.faults] == faults


def test_a_vote_that_is_returned_is_broken_off_and_the_next_round_is_the_second(engine, actor):
    returnable = _VOTE.replace("<ow:vote ", '<ow:return to="prepare"/><ow:vote ')
    deploy(
        engine,
        diagram(
            *(start(), user("prepare", _AGAIN), user("vote", returnable, many())),
            *(
                gateway("exclusive", "x", default="x_no"),
                end("yes", extended('<ow:result value="granted"/>')),
                end("no"),
            ),
            flows("start > prepare > vote > x > no; x > yes [case.votes.vote == 'passed']"),
        ),
    )
    number = accepted(engine, actor)
    complete(engine, actor("clerk.chen"), number, "prepare", "again")
    for who in ("fire.liu", "planning.zhao"):
        vote(engine, actor(who), number, "yes")
    rows = engine.inbox(SYSTEM, InboxQuery(case=number, node="vote"))["items"]
    task = next(row["id"] for row in rows if row["department_id"] in actor("water.jiang").departments)
    engine.returns.send_back(actor("water.jiang"), Returning(*parse_task_id(task), "prepare", "材料不全。"))
    (stands,) = engine.case_file(number)["votes"]
    assert (stands["assents"], stands["open"], stands["result"]) == (2, False, "")
    assert set(open_tasks(engine, number)) == {"prepare"}
    complete(engine, actor("clerk.chen"), number, "prepare", "again")
    for who in ("fire.liu", "planning.zhao", "archives.zheng"):
        vote(engine, actor(who), number, "yes")
    (stands,) = engine.case_file(number)["votes"]
    assert (stands["round"], stands["assents"], stands["result"]) == (2, 3, "passed")
    assert engine.case_file(number)["result"] == "granted"
    assert engine.verify_record(number).whole


def test_what_was_returned_is_not_marked_as_done():
    """Of a vote that was broken off some have voted: the diagram must not say that it is done."""
    ids = {"review": "n1", "vote": "n2"}
    live = SimpleNamespace(pictures={"zh": SimpleNamespace(xml=b"<x/>", ids=ids)})
    row = {"light": "green", "remaining_working_days": None}
    voted = [row | {"node_id": "vote", "visit": 1, "state": state} for state in ("completed", "returned", "cancelled")]
    again = [row | {"node_id": "review", "visit": visit, "state": s} for visit, s in ((1, "completed"), (2, "open"))]
    second = [row | {"node_id": "vote", "visit": 2, "state": "completed"}]
    marked = [_diagram(rows, live, "zh")["marks"] for rows in ([*voted, *again], [*voted, *again, *second])]
    assert [{mark["id"]: mark["status"] for mark in marks} for marks in marked] == [
        {"n1": "current"},
        {"n1": "current", "n2": "done"},
    ]
