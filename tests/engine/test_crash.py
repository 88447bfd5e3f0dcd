"""`kill -9` of web and worker processes at random under load: every case is whole, nothing is stuck, nothing is told twice.

Clients are officers who repeat a request (same Idempotency-Key) until it is answered. What they were told was done must be
there exactly once afterwards.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import uuid
from collections import Counter
from http.client import HTTPException

import pytest

from engine.assemble import open_engine
from engine.cases.apply_step import StepDraft
from engine.cases.step_store import lock_case
from engine.clock import monotonic
from engine.settings import DEMONSTRATION_PASSWORD, Settings
from engine.store.database import raw
from engine.store.embedded import serve
from tests.conftest import LONG
from tests.engine.running import eventually, starting
from tests.engine.stories import APPLICANT, ITEM, REGION, REVIEWERS, SYSTEM, complete, open_tasks

LOAD_SECONDS = 240 if LONG else 14
CASES = 5
CLIENTS = 4
GOOD = dict.fromkeys(REVIEWERS, "passed") | {
    "accept": "accepted",
    "rectify": "rectified",
    "merge": "merged",
    "decide": "granted",
    "certificate": "issued",
}
OFFICERS = [*REVIEWERS.values(), "clerk.chen", "housing.huang", "housing.luo"]
OURS = "case_id IN (SELECT id FROM cases WHERE item = %s)"
TOLD = ("case.submitted", "case.accepted", "case.concluded", "document.issued", "task.opened")


class Office:
    """The officers at work over HTTP. `answered` holds the opinion of every completion that was answered with success."""

    def __init__(self, running):
        self.running = running
        self.random = random.Random(20260921)
        self.over = threading.Event()
        self.answered, self.oddities = [], []
        self.tokens = {who: self.log_in(who) for who in OFFICERS}

    def log_in(self, username):
        status, answer = self.ask("POST", "/tokens", {"username": username, "password": DEMONSTRATION_PASSWORD})
        assert status in (200, 201), answer
        return answer["token"]

    def ask(self, method, path, body=None, who=None):
        """One request, repeated while nobody answers it; a write under one key."""
        said = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        said |= {"Idempotency_Key": uuid.uuid4().hex} if who and method == "POST" else {}
        patience = monotonic() + 60
        while True:
            try:
                status, answer = self.running.ask(method, f"/api/v1{path}", body, **said)
            except (OSError, HTTPException):  # nobody there, or killed in the middle of an answer
                assert monotonic() < patience, f"nobody answers {method} {path}"
                threading.Event().wait(0.1)
                continue
            if status < 500 or monotonic() > patience:
                return status, answer
            threading.Event().wait(0.1)

    def new_case(self):
        asked = {"item": ITEM, "region": REGION, "applicant": APPLICANT, "form": {"project_name": "示例"}}
        status, case = self.ask("POST", "/cases", asked, "clerk.chen")
        assert status in (200, 201), case
        status, answer = self.ask("POST", f"/cases/{case['number']}/acceptance", {"answer": "accepted"}, "clerk.chen")
        assert status in (200, 409), answer  # another client has already completed the window's task

    def work(self):
        """One client: an officer at random looks into the inbox and completes something, until it is over."""
        while not self.over.is_set():
            who = self.random.choice(OFFICERS)
            _, inbox = self.ask("GET", "/tasks?limit=20", who=who)
            mine = [task for task in inbox["items"] if task["node"] in GOOD and is_for(task, who)]
            if mine:
                self.complete(who, self.random.choice(mine))
            elif who == "housing.huang":
                self.new_case()

    def complete(self, who, task):
        fault = task["node"] in REVIEWERS and self.random.random() < 0.15
        opinion = f"意见 {uuid.uuid4().hex}"
        asked = {"outcome": "faults" if fault else GOOD[task["node"]], "opinion": opinion}
        status, answer = self.ask("POST", f"/tasks/{task['id']}/complete", asked, who)
        if status == 200:
            self.answered.append(opinion)
        elif status not in (404, 409):  # another client was faster
            self.oddities.append((status, answer))

    def guarded(self):
        try:
            self.work()
        except BaseException as error:
            self.oddities.append(error)
            raise

    def run(self, seconds, disturb):
        """All clients at work for a while, and `disturb` again and again."""
        clients = [threading.Thread(target=self.guarded) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        until = monotonic() + seconds
        while monotonic() < until:
            threading.Event().wait(self.random.uniform(0.2, 1.5))
            disturb()
        self.over.set()
        for client in clients:
            client.join()


def is_for(task, who):
    """The inbox of a department also shows what waits for its applicants and for one of its officers."""
    return who == "clerk.chen" if task["kind"] == "applicant" else task["officer"] in (None, who)


@pytest.fixture
def start(folder):
    with starting(folder) as begin:
        yield begin


def test_kill_9_under_load_breaks_no_case_and_loses_no_job(start, folder):
    running = start()
    office = Office(running)
    for _ in range(CASES):
        office.new_case()
    killed = Counter()

    def kill():
        kind = office.random.choice(("web", "web", "worker"))
        if pids := running.pids(kind):
            os.kill(office.random.choice(pids), signal.SIGKILL)
            killed[kind] += 1

    office.run(LOAD_SECONDS, kill)
    for pid in running.processes():
        os.kill(pid, signal.SIGKILL)  # the supervisor and the database, too
    running.ended()
    assert office.oddities == []
    assert min(killed["web"], killed["worker"]) > 0
    assert len(office.answered) > LOAD_SECONDS

    start()
    with serve(folder / "demo") as server:
        engine = open_engine(Settings(demo=True), server.url(), pool_size=4)
        try:
            check(engine, office.answered)
        finally:
            engine.close()


def check(engine, answered):
    """Everything that must hold after the restart, the worker being at work again."""
    numbers = [number for (number,) in rows(engine, "SELECT number FROM cases ORDER BY number")]
    assert len(numbers) >= CASES
    for number in numbers:
        assert engine.verify_record(number).whole
        assert open_rows(engine, number) == open_in_run(engine, number)

    kept = Counter(text for (text,) in rows(engine, "SELECT text FROM opinions WHERE text LIKE '意见 %%'"))
    assert set(answered) <= set(kept)
    assert max(kept.values()) == 1

    # The demonstration's cases of other items stand in the middle of their stories.
    for (number,) in rows(engine, "SELECT number FROM cases WHERE item = %s ORDER BY number", ITEM):
        finish(engine, number)
    eventually(lambda: rows(engine, "SELECT 1 FROM jobs.procrastinate_jobs LIMIT 1") == [], seconds=60)
    # What is said of a limit goes to several; everything else to one.
    told = rows(
        engine,
        "SELECT case_id, seq, count(*) FROM notices JOIN events USING (case_id, seq) "
        f"WHERE kind NOT LIKE 'limit.%%' AND {OURS} GROUP BY 1, 2",
        ITEM,
    )
    due = rows(engine, f"SELECT case_id, seq FROM events WHERE kind = ANY(%s) AND {OURS}", list(TOLD), ITEM)
    assert {(case, seq): count for case, seq, count in told} == dict.fromkeys(due, 1)
    assert engine.incidents(SYSTEM) == []


def finish(engine, number):
    """The case can still be brought to its certificate."""
    while tasks := open_tasks(engine, number):
        node = next(iter(tasks))
        complete(engine, SYSTEM, number, node, GOOD[node])
    assert engine.case_file(number)["state"] == "concluded"
    assert engine.verify_record(number).whole


def rows(engine, sql, *values):
    with engine.database.begin() as connection:
        return raw(connection).execute(sql, values or None).fetchall()


def open_rows(engine, number):
    sql = (
        "SELECT t.number, t.node FROM tasks t JOIN cases c ON c.id = t.case_id "
        "WHERE c.number = %s AND t.state IN ('open', 'claimed')"
    )
    return dict(rows(engine, sql, number))


def open_in_run(engine, number):
    ((case_id,),) = rows(engine, "SELECT id FROM cases WHERE number = %s", number)

    def ask(uow):
        case = lock_case(uow, case_id)
        return StepDraft.of(engine.house, uow, case).resume().open_tasks()

    return engine.perform(SYSTEM, ask)
