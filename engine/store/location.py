"""Which database a command means, and how it gets there.

`DATABASE_URL` if it is set; else the embedded server, whose folder is `demo` in demonstration mode and `data` outside it,
below `ONEWINDOW_DATA` (or the place of this user). A server that runs is joined; one that doesn't is started for as long
as the command needs it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Refused
from engine.settings import Settings, default_home
from engine.store.embedded import EmbeddedServer, serve
from engine.store.embedded_binaries import programs_for
from engine.store.embedded_folder import Account


class NoDatabaseYet(Refused):
    """A command met a folder in which nothing was ever started. Params: folder."""

    code = "no-database-yet"
    status = 404
    zh = (
        "{folder} 中还没有数据库。请先用 onewindow run 启动一次，或用 DATABASE_URL、ONEWINDOW_DATA 指定数据库；"
        "演示数据库请加 --demo。"
    )
    en = (
        "There is no database in {folder} yet. Start one with 'onewindow run', or name one (DATABASE_URL, ONEWINDOW_DATA); "
        "the demonstration's is --demo."
    )


@dataclass(frozen=True, slots=True)
class Location:
    """A database that can be reached now. `server` is the embedded one, if it is that."""

    url: str
    binaries: Path
    server: EmbeddedServer | None = None


def is_chosen(environment: Mapping[str, str]) -> bool:
    """Whether somebody said which database is meant; otherwise commands speak of the demonstration's."""
    return any(environment.get(name) for name in ("DATABASE_URL", "ONEWINDOW_DATA", "ONEWINDOW_SECRET_KEY"))


def folder_of(settings: Settings) -> Path:
    """The folder of the embedded server for these settings."""
    return (settings.data or default_home()) / ("demo" if settings.demo else "data")


def files_of(settings: Settings) -> Path:
    """The folder of files for these settings, or ONEWINDOW_FILES; beside the embedded server's, which is another account's."""
    if named := settings.files or os.environ.get("ONEWINDOW_FILES"):
        return Path(named)
    return (settings.data or default_home()) / "files" / ("demo" if settings.demo else "data")


@contextlib.contextmanager
def locate(settings: Settings, *, make: bool) -> Iterator[Location]:
    """The database of these settings, reachable inside the block; with `make`, a new embedded one if there is none.

    Raises:
        NoDatabaseYet: there is none and `make` was not asked.
        EmbeddedServerRefused: the embedded server doesn't start.
    """
    if settings.database_url:
        ourselves = Account(os.geteuid(), os.getegid(), "", switched=False)
        yield Location(settings.database_url, programs_for(ourselves, Path("/")))
        return
    folder = folder_of(settings)
    if not make and _is_without_cluster(folder):
        raise NoDatabaseYet(folder=folder)
    with serve(folder) as server:
        yield Location(server.url(), server.binaries, server)


def _is_without_cluster(folder: Path) -> bool:
    """A folder we may not look into is not judged here: the server's own refusal says whose it is."""
    try:
        return not (folder / "cluster").exists()
    except PermissionError:
        return False
