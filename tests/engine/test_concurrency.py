"""Many hands on one case at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from engine.cases.complete_task import Completion
from engine.cases.states import TaskStateConflict
from engine.unit_of_work import Once
from tests.engine.drawn import parallel_reviews
from tests.engine.stories import SYSTEM, accepted, deploy, open_tasks

HANDS = 8


def at_once(work, count=HANDS):
    """Run `work(n)` in `count` threads that start together; answers results and errors in order of n."""
    barrier = Barrier(count)

    def run(n):
        barrier.wait()
        try:
            return work(n)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.parametrize("rounds", [50])
def test_eight_officers_complete_eight_reviews_of_one_case_at_the_same_moment(engine, actor, rounds):
    deploy(engine, parallel_reviews(HANDS))
    for _ in range(rounds):
        number = accepted(engine, actor)
        tasks = open_tasks(engine, number)

        def review(n, tasks=tasks):
            task = tasks[f"review_{n}"]
            return engine.complete(SYSTEM, Completion(task.case_id, task.task, "passed", f"意见 {n}"))

        answers = at_once(review)
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        file = engine.case_file(number)
        assert sorted(row["opinion"] for row in file["timeline"] if row["state"] == "completed") == [
            f"意见 {n}" for n in range(HANDS)
        ]
        assert list(open_tasks(engine, number)) == ["merge"]
        assert engine.verify_record(number).whole


def test_of_two_who_complete_the_same_task_one_wins_and_the_other_learns_its_state(engine, actor):
    number = accepted(engine, actor)
    task = open_tasks(engine, number)["planning"]

    answers = at_once(lambda n: engine.complete(SYSTEM, Completion(task.case_id, task.task, "passed", f"意见 {n}")), 2)

    (conflict,) = [answer for answer in answers if isinstance(answer, Exception)]
    assert isinstance(conflict, TaskStateConflict)
    assert conflict.params["state"] == "completed"


def test_the_same_request_twice_at_once_has_one_effect_and_one_answer(engine, actor):
    number = accepted(engine, actor)
    task = open_tasks(engine, number)["planning"]
    once = Once("planning.zhao complete", "key-1", b"hash")
    asked = Completion(task.case_id, task.task, "passed", "意见")

    first, second = at_once(lambda n: engine.complete(SYSTEM, asked, once), 2)

    assert first == second
    assert (
        sum(row["node_id"] == "planning" and row["opinion"] == "意见" for row in engine.case_file(number)["timeline"])
        == 1
    )


def test_instants_never_go_back_along_the_record(engine, actor):
    deploy(engine, parallel_reviews(HANDS))
    number = accepted(engine, actor)
    tasks = open_tasks(engine, number)
    at_once(
        lambda n: engine.complete(SYSTEM, Completion(tasks[f"review_{n}"].case_id, tasks[f"review_{n}"].task, "passed"))
    )
    with engine.database.connect() as connection:
        instants = connection.exec_driver_sql("SELECT at FROM events ORDER BY case_id, seq").scalars().all()
    assert instants == sorted(instants)
