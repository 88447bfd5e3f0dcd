"""`kill -9` of workers while limits come due: each fires once in effect, no card is there twice, the log is the pure list."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from bench.limits import NOW, load
from engine.background.sweep import due_cases, sweep
from engine.cases.step_limits import LOAD_LEDGERS, ledgers_of
from engine.clock import monotonic
from engine.organization.actor import Actor
from engine.timelimits.judge import firings
from engine.timelimits.rules import rules_of

WORKER = """
import sys
from engine.assemble import open_engine
from engine.background.sweep import sweep
from engine.settings import Settings
engine = open_engine(Settings(demo=True), sys.argv[1])
print("ready", flush=True)
while True:
    sweep(engine)
"""


class Workers:
    """Processes that sweep, of which one after the other is killed at a random moment."""

    def __init__(self, url):
        self.url, self.random, self.kills = url, random.Random(20260615), 0
        self.running = [self.start() for _ in range(2)]

    def start(self):
        return subprocess.Popen(
            [sys.executable, "-c", WORKER, self.url],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env=os.environ,
        )

    def kill_one(self):
        gone = self.running.pop(0)
        gone.send_signal(signal.SIGKILL)
        gone.wait()
        self.kills += 1
        self.running.append(self.start())

    def stop(self):
        for one in self.running:
            one.kill()
            one.wait()


def count(engine, sql):
    with engine.database.connect() as connection:
        return connection.scalar(text(sql))


PASSED = "SELECT count(*) FROM limit_firings WHERE stage = 'passed'"


def ends_well(engine, url, coming):
    swept = load(engine, url, 2 * coming, 4 * coming, coming)[:coming]  # the others are the benchmark's floor's
    workers = Workers(url)
    try:
        until, seen = monotonic() + 60 + coming / 20, 0
        while (done := count(engine, PASSED)) < coming and monotonic() < until:
            if done > seen:  # in the middle of it, not while the next one still starts
                time.sleep(workers.random.uniform(0, 0.2))
                workers.kill_one()
                seen = done
            time.sleep(0.02)
    finally:
        workers.stop()
    while sweep(engine):
        pass
    assert workers.kills > 0
    log, pure = logged(engine, swept), listed(engine, swept)
    assert log == pure
    assert max(log.values()) == 1
    assert count(engine, PASSED) == coming
    assert count(engine, "SELECT count(*) FROM cards") == coming
    assert count(engine, "SELECT count(*) FROM events WHERE kind = 'limit.passed'") == coming
    assert count(engine, "SELECT count(*) FROM incidents") == 0
    assert due_cases(engine, 10) == {}


def logged(engine, swept):
    with engine.database.connect() as connection:
        rows = connection.execute(
            text("SELECT case_id, owner, clock, kind, stage, due_at FROM limit_firings WHERE case_id = ANY(:swept)"),
            {"swept": swept},
        )
        return Counter(tuple(row) for row in rows)


def listed(engine, swept):
    """What the pure function says of every limit that the sweep may have seen."""

    def work(uow):
        (entries,) = uow.read((LOAD_LEDGERS, (swept,)))
        by_case = {}
        for entry in entries:
            by_case.setdefault(entry["case_id"], []).append(entry)
        found = Counter()
        for case_id, of_case in by_case.items():
            for key, ledger in ledgers_of(engine.house, of_case).items():
                stands = ledger.stands(NOW)
                calendar = ledger.almanacs(stands.calendar_version).calendar
                for one in firings(stands, calendar, rules_of(ledger.region), NOW):
                    found[case_id, key.owner, key.clock, key.kind, str(one.stage), one.due_at] += 1
        return found

    return engine.perform(Actor.system("test"), work)


def test_each_limit_fires_once_though_workers_are_killed(engine, database_url):
    ends_well(engine, database_url, 120)


@pytest.mark.long
def test_each_of_5000_limits_fires_once_though_workers_are_killed(engine, database_url):
    ends_well(engine, database_url, 5000)
