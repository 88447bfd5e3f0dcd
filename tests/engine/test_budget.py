"""What a step may cost, counted where no machine's speed matters: statements, round trips, commits, bytes."""

import pytest

from engine.assemble import open_engine
from engine.cases.complete_task import Completion
from engine.settings import Settings
from tests.engine.stories import SYSTEM, accepted, complete, open_tasks
from tests.engine.wire import counted_engine

ANSWERS = [
    ("planning", "passed"),
    ("fire", "faults"),
    ("archives", "faults"),
    ("drainage", "passed"),
    ("municipal_works", "passed"),
]


@pytest.fixture
def lone_engine(database_url):
    """An engine with one connection, so that everything it sends can be counted."""
    opened = open_engine(Settings(demo=True), database_url, pool_size=1)
    yield opened
    opened.close()


def test_completing_a_task_takes_at_most_16_statements_6_round_trips_and_one_commit(lone_engine, actor):
    number = accepted(lone_engine, actor)
    counts = []
    for node, outcome in ANSWERS:
        task = open_tasks(lone_engine, number)[node]
        with counted_engine(lone_engine) as wire:
            lone_engine.complete(SYSTEM, Completion(task.case_id, task.task, outcome, "意见"))
        counts.append((wire.statements, wire.round_trips, wire.commits))
    assert all(s <= 16 and r <= 6 and c == 1 for s, r, c in counts), counts


def test_a_completion_that_opens_six_tasks_costs_no_more_statements(lone_engine, actor):
    from tests.engine.stories import submitted

    number = submitted(lone_engine, actor)
    task = open_tasks(lone_engine, number)["accept"]
    with counted_engine(lone_engine) as wire:
        answer = lone_engine.complete(SYSTEM, Completion(task.case_id, task.task, "accepted", "受理"))
    assert len(answer["opened"]) == 6
    assert (wire.statements <= 16, wire.round_trips <= 6, wire.commits) == (True, True, 1), wire


def test_a_step_that_issues_a_document_takes_at_most_three_statements_more(lone_engine, actor):
    number = accepted(lone_engine, actor)
    for node, outcome in ANSWERS:
        complete(lone_engine, SYSTEM, number, node, outcome)
    task = open_tasks(lone_engine, number)["civil_air_defence"]
    with counted_engine(lone_engine) as wire:
        lone_engine.complete(SYSTEM, Completion(task.case_id, task.task, "passed", "合格"))
    assert lone_engine.case_file(number)["documents"][-1]["kind"] == "rectification-notice"
    assert (wire.statements <= 19, wire.round_trips <= 6, wire.commits) == (True, True, 1), wire


def test_the_stored_state_is_small(lone_engine, actor):
    number = accepted(lone_engine, actor)
    with lone_engine.database.connect() as connection:
        size = connection.exec_driver_sql("SELECT octet_length(run) FROM cases WHERE number = %s", (number,)).scalar()
    assert size <= 1500 + 800 * 6


def test_the_500th_round_of_a_loop_costs_what_the_2nd_does(lone_engine, actor):
    from tests.engine.drawn import diagram, flow, node, path
    from tests.engine.stories import deploy

    loop = diagram(
        node("startEvent", "s"), node("exclusiveGateway", "again"), node("userTask", "review"),
        node("exclusiveGateway", "x", default="done"), node("endEvent", "e"), path("s", "again", "review", "x"),
        flow("x", "again", "outcome == 'back'"), flow("x", "e", name="done"),
    )  # fmt: skip
    deploy(lone_engine, loop)
    number = accepted(lone_engine, actor)
    first = open_tasks(lone_engine, number)["review"]
    costs, token = {}, first.task
    for round_ in range(1, 501):
        with counted_engine(lone_engine) as wire:
            answer = lone_engine.complete(SYSTEM, Completion(first.case_id, token, "back", "再来"))
        token = int(answer["opened"][0]["id"].split(".")[1])
        with lone_engine.database.connect() as connection:
            size = connection.exec_driver_sql(
                "SELECT octet_length(run) + octet_length(progress::text) FROM cases"
            ).scalar()
        costs[round_] = (wire.statements, wire.round_trips, size)
    assert costs[500][:2] == costs[2][:2]
    assert costs[500][2] <= 1.5 * costs[2][2]
