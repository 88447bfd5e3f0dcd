"""One PostgreSQL cluster in one folder: make it, start its server, stop it. Callers hold the folder's lock.

What is at work is known by a lock, not by a number in a file: every process of the server (and of `initdb`) inherits
a descriptor that holds `running`, and the kernel lets go of it when the last one ends, however it ends. A
`postmaster.pid` that survived a power cut is therefore known to be stale even when its number has become another
process's; and that process is never signalled, since before signalling the command line must be that of the server of
this very folder.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from urllib.parse import quote

from psycopg import pq

from engine.clock import monotonic
from engine.store.embedded_errors import PasswordLost, ServerDidNotStart
from engine.store.embedded_folder import Account, is_held, sharing

SUPERUSER = "onewindow"
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
#: What a socket's whole path may take, in bytes: 104 with the final NUL on macOS, 108 on Linux.
SOCKET_PATH_LIMIT = 103
#: Recovery after a crash may have much to read.
START_SECONDS = 120.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.02
LOG_TAIL = 4000
#: What PostgreSQL says while processes of a killed server are still ending.
STILL_IN_USE = "pre-existing shared memory block"

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "log_checkpoints": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A folder, its account, the programs to run, and whether what is committed must survive a power cut."""

    folder: Path
    account: Account
    binaries: Path
    durable: bool

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "cluster"

    @property
    def password_file(self) -> Path:
        """The superuser's password."""
        return self.folder / "password"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def running(self) -> Path:
        """Held by every process of the server."""
        return self.folder / "running"

    @property
    def socket_folder(self) -> Path:
        """In the folder, unless its path is too long or has a comma (libpq splits there); elsewhere never by TMPDIR."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside / SOCKET)) <= SOCKET_PATH_LIMIT and "," not in str(inside):
            return inside
        return Path("/tmp") / f"onewindow-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]}"  # noqa: S108

    def url(self, database: str) -> str:
        """The address of a database for libpq; the port is said so that PGPORT doesn't change it."""
        password = quote(self.password_file.read_text(encoding="utf-8").strip())
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{SUPERUSER}:{password}@/{quote(database, safe='')}?host={host}&port={PORT}"


def create(cluster: Cluster) -> None:
    """Make the data directory and its password if they aren't there; one that was broken off is made anew.

    Raises:
        PasswordLost: a cluster without its password; no other is invented.
        ServerDidNotStart: `initdb` failed; its words.
    """
    if cluster.data.exists():
        if not cluster.password_file.exists():
            raise PasswordLost(path=cluster.password_file)
        return
    _await_rest(cluster)
    _write_password(cluster)
    partial = cluster.folder / "cluster.partial"
    shutil.rmtree(partial, ignore_errors=True)
    with sharing(cluster.running, cluster.account) as held:
        done = cluster.account.run(_initdb(cluster, partial), cwd=cluster.folder, pass_fds=(held,))
    if done.returncode != 0:
        raise ServerDidNotStart(log=done.stdout[-LOG_TAIL:])
    partial.rename(cluster.data)


def start(cluster: Cluster) -> None:
    """Return once the server answers: the one at work, perhaps still in recovery, or else a new one.

    Raises:
        ServerDidNotStart: it ended at once, or doesn't answer in time; the end of its log.
        FolderOfAnother: the socket's folder is not ours.
    """
    cluster.account.make_folder(cluster.socket_folder)
    deadline = monotonic() + START_SECONDS
    while not _comes_up(cluster, deadline):
        before = cluster.log.stat().st_size if cluster.log.exists() else 0
        _clear_traces(cluster)
        _launch(cluster)
        if not _comes_up(cluster, deadline):
            if STILL_IN_USE not in _log(cluster, since=before):
                raise ServerDidNotStart(log=_log(cluster, since=before))
            sleep(10 * POLL_SECONDS)


def stop(cluster: Cluster) -> None:
    """Stop the server, if one runs here, rolling back what is open; if it won't, at once (the next start recovers)."""
    pid = server_pid(cluster)
    if pid is None:
        return
    if not _end(cluster, pid, signal.SIGINT, STOP_SECONDS):
        _end(cluster, pid, signal.SIGQUIT, STOP_SECONDS / 6)
    if cluster.socket_folder.parent != cluster.folder:
        with suppress(OSError):
            cluster.socket_folder.rmdir()


def answers(cluster: Cluster) -> bool:
    """Whether the server takes connections (also when it has no more to give)."""
    address = f"host='{_escaped(cluster.socket_folder)}' port={PORT} dbname=postgres connect_timeout=2"
    return pq.PGconn.ping(address.encode()) == pq.Ping.OK


def server_pid(cluster: Cluster) -> int | None:
    """The process that is the server of this folder; None for a pid file that is stale or whose pid is another's."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return pid if pid > 1 and f"postgres -D {cluster.data} -c" in _command_line(pid) else None


def _end(cluster: Cluster, pid: int, order: signal.Signals, patience: float) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, order)
    deadline = monotonic() + patience
    while server_pid(cluster) == pid and monotonic() < deadline:
        sleep(POLL_SECONDS)
    return server_pid(cluster) != pid


def _comes_up(cluster: Cluster, deadline: float) -> bool:
    """Wait until the server answers (True) or there is none (False)."""
    while not answers(cluster):
        if not is_held(cluster.running, cluster.account) and server_pid(cluster) is None:
            return False
        if monotonic() > deadline:
            raise ServerDidNotStart(log=_log(cluster))
        sleep(POLL_SECONDS)
    return True


def _await_rest(cluster: Cluster) -> None:
    """Wait for the `initdb` that a killed starter left behind; it ends at its next word, having no listener."""
    deadline = monotonic() + START_SECONDS
    while is_held(cluster.running, cluster.account):
        if monotonic() > deadline:
            raise ServerDidNotStart(log=_log(cluster))
        sleep(POLL_SECONDS)


def _clear_traces(cluster: Cluster) -> None:
    """Nothing is at work here, so these are stale; PostgreSQL would believe a pid in them that is in use again."""
    socket = cluster.socket_folder / SOCKET
    for path in (cluster.data / "postmaster.pid", socket, socket.with_name(f"{SOCKET}.lock")):
        path.unlink(missing_ok=True)


def _launch(cluster: Cluster) -> None:
    """In a session of its own, so that Ctrl-C is not for it, and as nobody's child, so that nobody must wait for it."""
    in_background = ["/bin/sh", "-c", 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 &', "sh", str(cluster.log)]
    with sharing(cluster.running, cluster.account) as held:
        cluster.account.run([*in_background, *_postgres(cluster)], cwd=cluster.folder, detached=True, pass_fds=(held,))


def _postgres(cluster: Cluster) -> list[str]:
    """The order of the first three words is what `server_pid` knows the server by."""
    sockets = str(cluster.socket_folder).replace('"', '""')
    settings = SETTINGS | {"unix_socket_directories": f'"{sockets}"'} | ({} if cluster.durable else NOT_DURABLE)
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [str(cluster.binaries / "postgres"), "-D", str(cluster.data), *options]


def _initdb(cluster: Cluster, target: Path) -> list[str]:
    words = f"-U {SUPERUSER} -A scram-sha-256 -E UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
    paths = ["-D", str(target), f"--pwfile={cluster.password_file}"]
    durability = [] if cluster.durable else ["--no-sync"]
    return [str(cluster.binaries / "initdb"), *paths, *words.split(), "--no-instructions", *durability]


def _write_password(cluster: Cluster) -> None:
    partial = cluster.folder / "password.partial"
    partial.unlink(missing_ok=True)
    with open(cluster.account.open(partial), "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(cluster.password_file)


def _command_line(pid: int) -> str:
    """The words of a process, joined by spaces; empty when it has ended, whether or not its parent has noticed."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="surrogateescape")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    ask = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ask, capture_output=True, text=True, check=False).stdout  # noqa: S603 - constant but the number


def _log(cluster: Cluster, since: int = 0) -> str:
    with open(cluster.account.open(cluster.log), "rb") as file:
        file.seek(max(since, file.seek(0, os.SEEK_END) - LOG_TAIL))
        return file.read().decode(errors="replace")


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace("'", "\\'")
