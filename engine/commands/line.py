"""What a command with a database stands on: the settings and the database that it means. `words.py` is how it speaks."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.assemble import Engine, open_engine
from engine.commands.words import INTERRUPTED, REFUSED, Command, Commands, add_command, as_json, language, say, tell
from engine.errors import Refused
from engine.settings import Settings, read_settings
from engine.store import schema
from engine.store.location import Location, is_chosen, locate

__all__ = [
    "INTERRUPTED",
    "REFUSED",
    "Command",
    "Commands",
    "DatabaseAway",
    "NotMigrated",
    "add_command",
    "as_json",
    "language",
    "located",
    "opened",
    "opened_engine",
    "say",
    "settings_of",
    "tell",
]


class NotMigrated(Refused):
    """A command met a database without our tables, or with those of an older release."""

    code = "database-not-migrated"
    zh = "该数据库的表结构不是本版本的。请先用 onewindow run 启动一次，它会自动升级。"
    en = "The tables of this database are not this release's: start it once with 'onewindow run', which migrates them."


class DatabaseAway(Refused):
    """The database that was named doesn't answer. Params: reason."""

    code = "database-away"
    status = 503
    zh = "无法连接数据库：{reason}。请检查 DATABASE_URL 和数据库服务；只想试用的，加 --demo 使用演示数据库。"
    en = "The database can't be reached: {reason}. Check DATABASE_URL and the server; to try things out, add --demo."


def settings_of(asked: argparse.Namespace) -> Settings:
    """The settings that a command means: the demonstration's when it says so, or when nothing else was ever chosen."""
    demo = bool(getattr(asked, "demo", False))
    if not demo and not is_chosen(os.environ):
        say("使用演示数据库（未设置 DATABASE_URL 或 ONEWINDOW_DATA）/ using the demonstration's database")
        demo = True
    return read_settings(os.environ, demo)


@contextmanager
def opened(settings: Settings, url: str) -> Iterator[Engine]:
    """An engine on a database of this release.

    Raises:
        NotMigrated, DatabaseNewer: its tables are another release's.
    """
    engine = open_engine(settings, url, pool_size=2)
    try:
        with engine.database.connect() as connection:
            schema.check(connection)
            newest = ScriptDirectory.from_config(schema.config()).get_current_head()
            if MigrationContext.configure(connection).get_current_revision() != newest:
                raise NotMigrated()
        yield engine
    finally:
        engine.close()


@contextmanager
def located(asked: argparse.Namespace, *, make: bool = False) -> Iterator[tuple[Settings, Location]]:
    """The settings that a command means, and its database, reachable inside the block. Raises NoDatabaseYet."""
    settings = settings_of(asked)
    with locate(settings, make=make) as found:
        yield settings, found


@contextmanager
def opened_engine(asked: argparse.Namespace) -> Iterator[Engine]:
    """An engine on the database that a command means. Raises NoDatabaseYet, NotMigrated."""
    with located(asked) as (settings, found), opened(settings, found.url) as engine:
        yield engine
