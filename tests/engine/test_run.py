"""`onewindow run`: it starts, says where it is, stops leaving nothing behind, and refuses with a sentence."""

from __future__ import annotations

import json
import os
import signal
import socket

import pytest

import server
from engine import cli
from engine.background.worker import run_dry
from engine.cases.incidents import StepHeldUp
from engine.commands.words import REFUSED
from tests.engine.drawn import diagram, flow, node, path
from tests.engine.running import NOT_OURS, eventually, free_port, onewindow, starting
from tests.engine.stories import SYSTEM, accepted, complete, deploy, open_tasks

SECRET = "a secret of this test only"
NO_MATCH = diagram(
    node("startEvent", "s"), node("userTask", "first"), node("exclusiveGateway", "x"), node("userTask", "a"),
    node("endEvent", "e"), path("s", "first", "x"), flow("x", "a", "form.area > 100"), path("a", "e"),
)  # fmt: skip


@pytest.fixture
def start(folder):
    with starting(folder) as begin:
        yield begin


def test_it_starts_says_where_it_is_stops_without_a_trace_and_starts_again(start, folder):
    first = start()
    assert f"http://127.0.0.1:{first.port}/" in first.said
    assert "clerk.chen" in first.said
    assert "onewindow-demo" in first.said
    assert first.ask("GET", "/")[0] == 200
    assert len(first.pids("postgres")) == 1
    assert first.stop(signal.SIGTERM) == 0
    assert first.processes() == {}
    assert "Traceback" not in first.log.read_text("utf-8")

    second = start()
    assert "clerk.chen" in second.said
    listed = onewindow("incidents", "--demo", "--json", ONEWINDOW_DATA=folder)  # joins the database that runs
    assert (listed.returncode, json.loads(listed.stdout)) == (0, [])
    saved = onewindow("backup", str(folder / "saved.backup"), "--demo", ONEWINDOW_DATA=folder)
    assert saved.returncode == 0, saved.stderr
    in_use = onewindow("restore", str(folder / "saved.backup"), "--replace", "--demo", ONEWINDOW_DATA=folder)
    assert in_use.returncode == REFUSED
    assert second.stop(signal.SIGINT) == 0
    assert second.processes() == {}

    again = onewindow("restore", str(folder / "saved.backup"), "--replace", "--demo", ONEWINDOW_DATA=folder)
    assert again.returncode == 0, again.stderr


def test_children_leave_with_a_supervisor_that_is_killed_and_the_next_start_adopts_the_database(start):
    killed = start()
    (database,) = killed.pids("postgres")
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.ended()
    eventually(lambda: list(killed.processes()) == [database])

    adopting = start()
    assert adopting.pids("postgres") == [database]
    os.kill(database, signal.SIGKILL)
    eventually(lambda: adopting.pids("postgres") not in ([], [database]) and adopting.ask("GET", "/")[0] == 200)
    assert adopting.stop() == 0
    assert adopting.processes() == {}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"ONEWINDOW_DATA": "/nowhere"}, "ONEWINDOW_SECRET_KEY"),
        ({"ONEWINDOW_SECRET_KEY": "short", "ONEWINDOW_DATA": "/nowhere"}, "ONEWINDOW_SECRET_KEY"),
        ({"ONEWINDOW_SECRET_KEY": SECRET}, "ONEWINDOW_DATA"),
        ({"ONEWINDOW_SECRET_KEY": SECRET, "ONEWINDOW_DATA": "/nowhere", "PORT": "no"}, "PORT"),
    ],
)
def test_it_refuses_what_it_cannot_start_with(monkeypatch, capsys, given, named):
    for name in NOT_OURS:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert server.main(["run"]) == REFUSED
    assert named in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_one_sentence():
    away = "postgresql://x:hidden@127.0.0.1:1/x"
    refused = onewindow("run", PORT=free_port(), ONEWINDOW_SECRET_KEY=SECRET, DATABASE_URL=away)
    assert refused.returncode == REFUSED
    assert "DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "hidden" not in refused.stderr
    assert refused.stdout == ""


def test_a_port_that_is_taken_is_named(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = onewindow("--lang", "zh", "run", "--demo", PORT=port, ONEWINDOW_DATA=folder)
    assert refused.returncode == REFUSED
    assert f"无法使用端口 {port}" in refused.stderr
    assert not (folder / "demo").exists()


def test_a_database_of_a_newer_release_or_of_the_other_mode_is_refused(engine, database_url):
    port = free_port()
    real = onewindow("run", DATABASE_URL=database_url, ONEWINDOW_SECRET_KEY=SECRET, PORT=port)
    assert (real.returncode, "passwords are public" in real.stderr) == (REFUSED, True)
    with engine.database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    newer = onewindow("run", "--demo", DATABASE_URL=database_url, PORT=port)
    assert (newer.returncode, "9999" in newer.stderr) == (REFUSED, True)
    assert "Traceback" not in newer.stderr


@pytest.fixture
def command(database_url, monkeypatch, capsys):
    """Runs a command on the test's database: its exit code, what it answered, what it said beside that."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")

    def run(*words):
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_incidents_are_listed_with_their_cause_and_retried(engine, actor, command):
    assert command("incidents")[0] == 0
    deploy(engine, NO_MATCH)
    number = accepted(engine, actor)
    with pytest.raises(StepHeldUp):
        complete(engine, SYSTEM, number, "first", "ok", "我的意见")

    code, listed, _ = command("incidents")
    assert code == 0
    for word in (number, "condition-failed", "环节 x", "已试 1 次"):
        assert word in listed
    (row,) = json.loads(command("incidents", "--json")[1])
    assert (row["case"], row["cause"], row["node"]) == (number, "condition-failed", "x")
    assert row["next_try_at"]

    code, _, said = command("incidents", "retry", str(row["id"]))
    assert (code, number in said) == (REFUSED, True)
    with engine.database.begin() as connection:
        connection.exec_driver_sql("""UPDATE cases SET form = '{"area": 200}'""")
    assert command("incidents", "retry", str(row["id"]))[0] == 0
    assert list(open_tasks(engine, number)) == ["a"]
    assert json.loads(command("incidents", "--json")[1]) == []
    assert json.loads(command("incidents", "--all", "--json")[1])[0]["state"] == "resolved"
    assert command("incidents", "retry", "999")[0] == REFUSED


def test_a_broken_record_is_told_by_the_exit_code(engine, actor, command):
    number = accepted(engine, actor)
    run_dry(engine)
    assert command("verify-record", number)[0] == 0
    with engine.database.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # as the database's owner could
        connection.exec_driver_sql("UPDATE events SET payload = payload || ' ' WHERE seq = 2")
    code, told, _ = command("verify-record", number)
    assert (code, "entry 2" in told) == (1, True)
    assert json.loads(command("verify-record", number, "--json")[1])["whole"] is False
    assert command("verify-record", "no-such-number")[0] == REFUSED


def test_a_command_never_makes_a_database_and_says_which_one_it_takes(monkeypatch, folder, capsys):
    for name in ("DATABASE_URL", "ONEWINDOW_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ONEWINDOW_DATA", str(folder))
    assert cli.main(["--lang", "en", "incidents"]) == REFUSED
    assert str(folder / "data") in capsys.readouterr().err
    assert cli.main(["--lang", "en", "incidents", "--demo"]) == REFUSED
    assert str(folder / "demo") in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_fault_of_the_program_is_one_sentence_and_a_file(monkeypatch, tmp_path, capsys):
    def fails(_):
        raise RuntimeError("a bug")

    monkeypatch.setenv("ONEWINDOW_DATA", str(tmp_path))
    monkeypatch.setattr(cli, "_incidents", fails)
    assert cli.main(["incidents", "--demo"]) == 1
    said = capsys.readouterr().err
    assert "a bug" in said
    assert "Traceback" not in said
    (kept,) = tmp_path.iterdir()
    assert "Traceback" in kept.read_text("utf-8")
