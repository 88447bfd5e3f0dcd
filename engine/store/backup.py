"""Backup and restore of a whole installation: the database, jobs and all, by PostgreSQL's own programs, and the files.

A backup is one consistent snapshot, taken while everything runs, written beside its place and moved there when complete,
readable by its owner alone: it holds personal data. A restore is one transaction: it happens wholly or not at all.

Where there are files, a backup is a tar of the dump and of every file by its hash. The dump is made first: a file that a row of
it names was there before the row was, and is never changed. A restore places the files first, each checked by its hash.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO

import psycopg
from alembic.script import ScriptDirectory
from psycopg.conninfo import conninfo_to_dict

from engine.errors import Refused
from engine.store.files import FileStore
from engine.store.schema import DatabaseNewer, config

CHUNK = 1 << 20
DUMP, FILES = "database.dump", "files"
#: What of an address goes to a program by its environment: arguments are for everybody to read.
VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
_TABLES = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'jobs')"
)
_USERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)
_EMPTIED = "DROP SCHEMA IF EXISTS jobs CASCADE; DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;"


class BackupFailed(Refused):
    """`pg_dump` failed; nothing was left behind. Params: reason."""

    code = "backup-failed"
    zh = "备份失败，未留下文件：{reason}"
    en = "The backup failed and left no file: {reason}"


class RestoreFailed(Refused):
    """The file could not be restored; the database is as it was. Params: reason."""

    code = "restore-failed"
    zh = "恢复失败，数据库保持原样：{reason}"
    en = "The restore failed and the database is as it was: {reason}"


class DatabaseNotEmpty(Refused):
    """A restore met a database with data in it."""

    code = "database-not-empty"
    status = 409
    zh = "数据库中已有数据，恢复会覆盖它们。确认要替换时请加 --replace。"
    en = "The database holds data that a restore would replace. Add --replace if that is what you mean."


class DatabaseInUse(Refused):
    """A restore met a database that somebody is connected to. Params: users."""

    code = "database-in-use"
    status = 409
    zh = "数据库正在使用中（{users} 个连接）。请先停止 onewindow run，再恢复。"
    en = "The database is in use ({users} connections). Stop 'onewindow run' first, then restore."


def backup(url: str, target: Path, binaries: Path, files: FileStore | None = None) -> int:
    """Write a backup to `target` (0600), replacing a file of that name; answers its size in bytes.

    Raises:
        BackupFailed: the folder can't be written to, or PostgreSQL's own reason.
    """
    dump = [str(binaries / "pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--no-password"]
    try:
        with _appearing(target) as file, TemporaryFile() as said:
            # By its name, not as stdout: there pg_dump appends what belongs at the start of an archive.
            into = [*dump, f"--file={file.name}"]
            done = subprocess.run(into, env=_environment(url), stdout=said, stderr=said, check=False)  # noqa: S603
            if done.returncode != 0:
                raise BackupFailed(reason=_tail(said))
            hashes = list(files.hashes()) if files is not None else []
            if files is not None and hashes:
                _wrap(Path(file.name), files, hashes)
    except OSError as error:
        raise BackupFailed(reason=f"{target}: {error.strerror}") from error
    return target.stat().st_size


def _wrap(dump: Path, files: FileStore, hashes: list[str]) -> None:
    """Put the dump and the files into one tar, in the dump's place."""
    with NamedTemporaryFile(dir=dump.parent, prefix=f"{dump.name}.", delete=False) as whole:
        try:
            with tarfile.open(fileobj=whole, mode="w") as archive:
                archive.add(dump, DUMP)
                for sha256 in hashes:
                    with contextlib.suppress(FileNotFoundError):  # nobody's, and cleaned just now
                        archive.add(files.place(sha256), f"{FILES}/{sha256}")
            whole.flush()
            os.fsync(whole.fileno())
            os.replace(whole.name, dump)
        except BaseException:
            os.unlink(whole.name)
            raise


def restore(url: str, source: Path, binaries: Path, *, replace: bool = False, files: FileStore | None = None) -> None:
    """Put a backup into an empty database, or with `replace` into any that nobody uses. Migrate it afterwards.

    Raises:
        DatabaseNotEmpty, DatabaseInUse, DatabaseNewer: nothing was touched.
        RestoreFailed: the file is no backup, or is damaged: everything is as it was.
    """
    if not source.is_file():
        raise RestoreFailed(reason=f"{source}: no such file / 没有这个文件")
    with _unwrapped(source) as (dump, archive):
        _check_source(dump, binaries)
        _check_target(url, replace)
        if archive is not None and files is not None:
            _place(archive, files)
        _restore(url, dump, binaries)


@contextlib.contextmanager
def _unwrapped(source: Path) -> Iterator[tuple[Path, tarfile.TarFile | None]]:
    """The dump of a backup, and the archive around it where there are files."""
    if not tarfile.is_tarfile(source):
        yield source, None
        return
    try:
        with (
            tarfile.open(source) as archive,
            NamedTemporaryFile(dir=source.absolute().parent, prefix=f".{source.name}.") as dump,
        ):
            shutil.copyfileobj(_member(archive, DUMP), dump, CHUNK)
            dump.flush()
            yield Path(dump.name), archive
    except (tarfile.TarError, EOFError) as broken:
        raise RestoreFailed(reason=f"{source}: {broken}") from broken


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        found = archive.extractfile(name)
    except KeyError:
        found = None
    if found is None:
        raise RestoreFailed(reason=f"{name}: not in the backup / 备份中没有")
    return found


def _place(archive: tarfile.TarFile, files: FileStore) -> None:
    """Give every file of a backup its place, if its content is what its name says."""
    for member in archive:
        folder, _, sha256 = member.name.partition("/")
        if folder != FILES or not member.isfile():
            continue
        with files.receiving(_member(archive, member.name), member.size) as received:
            if received.size != member.size or received.sha256 != sha256:
                raise RestoreFailed(reason=f"{member.name}: damaged / 已损坏")
            files.keep(received)


def _restore(url: str, source: Path, binaries: Path) -> None:
    environment = _environment(url)
    read = [str(binaries / "pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(source)]
    write = [str(binaries / "psql"), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"]
    with TemporaryFile() as said, TemporaryFile() as answered:
        with (
            subprocess.Popen(read, env=environment, stdout=subprocess.PIPE, stderr=said) as reader,  # noqa: S603
            subprocess.Popen(write, env=environment, stdin=subprocess.PIPE, stdout=answered, stderr=answered) as writer,  # noqa: S603
        ):
            assert reader.stdout is not None
            assert writer.stdin is not None
            sent = _send(reader.stdout, writer.stdin, reader)
        if reader.returncode != 0 or writer.returncode != 0 or not sent:
            raise RestoreFailed(reason=_tail(said) or _tail(answered))


def _send(script: IO[bytes], target: IO[bytes], reader: subprocess.Popen[bytes]) -> bool:
    """The script in one transaction; without COMMIT, hence rolled back, when it broke off. False when psql gave up."""
    with contextlib.suppress(BrokenPipeError), target:
        target.write(f"BEGIN; {_EMPTIED}\n".encode())
        while chunk := script.read(CHUNK):
            target.write(chunk)
        if reader.wait() == 0:
            target.write(b"\nCOMMIT;\n")
        target.flush()
        return True
    return False


def _check_source(source: Path, binaries: Path) -> None:
    """An archive of ours, of a release that we know: before anything is touched."""
    read = [str(binaries / "pg_restore"), "--data-only", "--table=alembic_version", "--file=-", str(source)]
    done = subprocess.run(read, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    found = re.search(r"^COPY .*alembic_version .*\n(\w+)$", done.stdout, re.MULTILINE)
    if done.returncode != 0 or found is None:
        raise RestoreFailed(reason=done.stderr.strip() or f"{source}: not a backup of OneWindow / 不是一窗的备份文件")
    if found[1] not in {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}:
        raise DatabaseNewer(found=found[1])


def _check_target(url: str, replace: bool) -> None:
    with psycopg.connect(_libpq(url), autocommit=True, connect_timeout=10) as connection:
        tables, users = (connection.execute(query).fetchone() for query in (_TABLES, _USERS))
    if tables and tables[0] and not replace:
        raise DatabaseNotEmpty()
    if users and users[0]:
        raise DatabaseInUse(users=users[0])


@contextlib.contextmanager
def _appearing(target: Path) -> Iterator[IO[bytes]]:
    """A private file that takes the name `target` when the block ends well, and vanishes when it doesn't."""
    with NamedTemporaryFile(dir=target.absolute().parent, prefix=f".{target.name}.", delete=False) as file:
        try:
            yield file
            os.fsync(file.fileno())
            os.replace(file.name, target)
        except BaseException:
            os.unlink(file.name)
            raise


def _libpq(url: str) -> str:
    """The address without SQLAlchemy's name of the driver, which libpq doesn't know."""
    scheme, _, rest = url.partition("://")
    return f"postgresql://{rest}" if scheme.startswith("postgres") else url


def _environment(url: str) -> dict[str, str]:
    found = conninfo_to_dict(_libpq(url))
    given = {variable: str(found[name]) for name, variable in VARIABLES.items() if found.get(name)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | given | {"PGCONNECT_TIMEOUT": "10"}


def _tail(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - 2000))
    return said.read().decode(errors="replace").strip()
