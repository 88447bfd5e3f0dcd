"""How fast a step is: `python -m bench.step [--json] [--commit-delay-ms N]`. One run, one database, ratios against a floor.

floor    prepared statements one after the other on one connection: the rows of a step, no product (`bench/floor.py`)
engine   `Engine.complete` on the joint final inspection, one thread, one connection
http     the same through the web server (gunicorn as in `onewindow run`), 8 clients, and 1
stock    SpiffWorkflow restored and saved by its own serializer, in memory (`bench/stock.py`)

With `--commit-delay-ms N` PostgreSQL waits N ms at every commit (`commit_delay`, `commit_siblings = 0`), as a disk across a
network would; floor and engine then both use 8 connections.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from bench import floor
from engine.assemble import Engine, open_engine
from engine.cases.access import task_id
from engine.cases.complete_task import Completion
from engine.demonstration import load_demonstration
from engine.settings import DEMONSTRATION_PASSWORD, Settings, default_home
from engine.store.database import connect_engine
from engine.store.embedded import EmbeddedServer, serve
from engine.store.schema import migrate
from tests.engine.stories import ITEM, REGION, REVIEWERS, SYSTEM
from tests.engine.wire import counted_engine

STEPS = 1200
CLIENTS = 8


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.step", description="How fast a step is, against a floor.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--commit-delay-ms", type=int, default=0, metavar="N", help="make every commit N ms slower")
    asked = parser.parse_args()
    with serve(default_home() / "bench", durable=True) as server:
        name = f"bench_{os.getpid()}_{secrets.token_hex(3)}"
        server.create_database(name)
        try:
            _commit_delay(server, asked.commit_delay_ms)
            figures = measure(server.url(name), CLIENTS if asked.commit_delay_ms else 1)
        finally:
            _commit_delay(server, 0)
            server.drop_database(name)
    print(json.dumps(figures) if asked.json else "\n".join(f"{key:28} {value}" for key, value in figures.items()))
    return 0


def _commit_delay(server: EmbeddedServer, milliseconds: int) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        for setting in (f"commit_delay = {milliseconds * 1000}", f"commit_siblings = {0 if milliseconds else 5}"):
            admin.execute(f"ALTER SYSTEM SET {setting}")
        admin.execute("SELECT pg_reload_conf()")


def measure(url: str, connections: int) -> dict[str, Any]:
    """Every figure, in one database."""
    database = connect_engine(url, 0)
    migrate(database)
    database.dispose()
    engine = open_engine(Settings(demo=True), url, pool_size=max(connections, 1))
    load_demonstration(engine, cases=False)
    floor.run(url, floor.prepare(url, 200), 200, connections)
    engine_steps(engine, 120, connections)
    # Floor and engine take turns, so that whatever else the machine does falls on both.
    floor_time = engine_time = cpu = 0.0
    turns = 4
    for _ in range(turns):
        fresh = floor.prepare(url, 200)
        begun = time.perf_counter()
        floor.run(url, fresh, STEPS // turns, connections)
        floor_time += time.perf_counter() - begun
        took, used = engine_steps(engine, STEPS // turns, connections)
        engine_time, cpu = engine_time + took, cpu + used
    wire, state = counts(url)
    engine.close()
    http_8, http_1 = http_steps(url)
    stock = subprocess.run([sys.executable, "-m", "bench.stock", "200"], capture_output=True, text=True, check=True)
    per_s = {"floor": STEPS / floor_time, "engine": STEPS / engine_time}
    return {
        "floor_per_s": round(per_s["floor"], 1),
        "engine_per_s": round(per_s["engine"], 1),
        "http_per_s": round(http_8, 1),
        "http_1_per_s": round(http_1, 1),
        "engine_over_floor": round(per_s["engine"] / per_s["floor"], 3),
        "http_over_floor": round(http_8 / per_s["floor"], 3),
        "engine_cpu_ms": round(cpu / STEPS * 1000, 3),
        "statements_per_completion": wire.statements,
        "round_trips_per_completion": wire.round_trips,
        "commits_per_completion": wire.commits,
        "state_bytes": state,
        "stock_per_s": round(float(stock.stdout), 1),
        "connections": connections,
    }


def engine_steps(engine: Engine, count: int, threads: int) -> tuple[float, float]:
    """Complete `count` tasks of fresh cases; answers seconds of wall and of CPU time (this process)."""
    work = tasks_of(engine, count)

    def complete(asked: Completion) -> None:
        engine.complete(SYSTEM, asked)

    begun, used = time.perf_counter(), time.process_time()
    spread(work, complete, threads)
    return time.perf_counter() - begun, time.process_time() - used


def tasks_of(engine: Engine, count: int) -> list[Completion]:
    """The open reviews of as many fresh cases as it takes, department by department."""
    cases = []
    for _ in range(-(-count // len(REVIEWERS))):
        case, opened = _accepted(engine)
        cases.append((case, {row["node"]: row["number"] for row in opened}))
    work = [
        Completion(case, numbers[node], "passed", "验收合格，同意。") for node in REVIEWERS for case, numbers in cases
    ]
    return work[:count]


def _accepted(engine: Engine) -> tuple[Any, list[dict[str, Any]]]:
    from uuid import UUID

    from engine.cases.submit import Application

    case = engine.submit(SYSTEM, Application(ITEM, REGION, {"name": "示例"}, {"project_name": "示例"}))
    answer = engine.complete(SYSTEM, Completion(UUID(case["id"]), 1, "accepted", "受理"))
    opened = [{"node": row["node"], "number": int(row["id"].split(".")[1])} for row in answer["opened"]]
    return UUID(case["id"]), opened


def spread(work: list[Any], do: Callable[[Any], None], threads: int) -> None:
    """Do every piece of work, in one thread or in several."""
    if threads == 1:
        for piece in work:
            do(piece)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(do, work))


def counts(url: str) -> tuple[Any, int]:
    """What one completion costs over the wire, and how many bytes its state is with six reviews open."""
    engine = open_engine(Settings(demo=True), url, pool_size=1)
    first, second = tasks_of(engine, 2)
    engine.complete(SYSTEM, first)
    with counted_engine(engine) as wire:
        engine.complete(SYSTEM, second)
    with engine.database.connect() as connection:
        size = connection.exec_driver_sql(
            "SELECT octet_length(run) FROM cases WHERE id = %s", (second.case_id,)
        ).scalar()
    engine.close()
    return wire, int(size)


def http_steps(url: str) -> tuple[float, float]:
    """Completions a second through the web server: with 8 clients, and with 1."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listening.getsockname()[1]
    environment = {**os.environ, "DATABASE_URL": url, "PORT": str(port)}
    command = [
        sys.executable,
        "-m",
        "server",
        "web",
        "--demo",
        "--parent",
        str(os.getpid()),
        "--fd",
        str(listening.fileno()),
    ]
    web = subprocess.Popen(
        command, env=environment, pass_fds=[listening.fileno()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await(port)
        engine = open_engine(Settings(demo=True), url, pool_size=4)
        tokens = {
            node: engine.log_in(username, DEMONSTRATION_PASSWORD)["token"] for node, username in REVIEWERS.items()
        }
        _http(port, _http_work(engine, tokens, 96), CLIENTS)
        many = _http(port, _http_work(engine, tokens, STEPS // 2), CLIENTS)
        one = _http(port, _http_work(engine, tokens, STEPS // 4), 1)
        engine.close()
        return many, one
    finally:
        web.send_signal(signal.SIGTERM)
        web.wait(20)
        listening.close()


def _http_work(engine: Engine, tokens: dict[str, str], count: int) -> list[tuple[str, str]]:
    cases = [_accepted(engine) for _ in range(-(-count // len(REVIEWERS)))]
    found = [
        (task_id(case, row["number"]), tokens[row["node"]]) for node in REVIEWERS for case, rows in cases for row in rows
        if row["node"] == node
    ]  # fmt: skip
    return found[:count]


def _http(port: int, work: list[tuple[str, str]], clients: int) -> float:
    local = threading.local()
    body = json.dumps({"outcome": "passed", "opinion": "验收合格，同意。"})

    def post(piece: tuple[str, str]) -> None:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Bearer {piece[1]}", "Content-Type": "application/json"}
        local.connection.request("POST", f"/api/v1/tasks/{piece[0]}/complete", body, headers)
        answer = local.connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {said[:300]!r}")

    begun = time.perf_counter()
    spread(work, post, clients)
    return len(work) / (time.perf_counter() - begun)


def _await(port: int) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the web server does not answer")


if __name__ == "__main__":
    sys.exit(main())
