"""What every command stands on: the settings and the database that it means, how it speaks, how it is declared."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.assemble import Engine, open_engine
from engine.errors import ApprovalError, Refused
from engine.settings import Settings, read_settings
from engine.store import schema
from engine.store.location import Location, is_chosen, locate

REFUSED = 2
INTERRUPTED = 130
Command = Callable[[argparse.Namespace], int]
Commands = Any  # argparse has no public name for what add_subparsers gives


class NotMigrated(Refused):
    """A command met a database without our tables, or with those of an older release."""

    code = "database-not-migrated"
    zh = "该数据库的表结构不是本版本的。请先用 onewindow run 启动一次，它会自动升级。"
    en = "The tables of this database are not this release's: start it once with 'onewindow run', which migrates them."


class DatabaseAway(Refused):
    """The database that was named doesn't answer. Params: reason."""

    code = "database-away"
    status = 503
    zh = "无法连接数据库：{reason}。请检查 DATABASE_URL 和数据库服务。"
    en = "The database can't be reached: {reason}. Check DATABASE_URL and the server."


def tell(error: ApprovalError, lang: str | None = None) -> None:
    """Say an error in the person's language; in both when nobody said which."""
    chosen = lang or language()
    sentences = [error.sentence(one) for one in ((chosen,) if chosen else ("zh", "en"))]
    for sentence in dict.fromkeys(sentences):
        say(sentence)


def say(sentence: str) -> None:
    """Tell a person something that is not the answer."""
    print(sentence, file=sys.stderr, flush=True)


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


def add_command(
    commands: Commands, name: str, command: Command, told: str, *, data: bool = True, as_json: bool = False
) -> argparse.ArgumentParser:
    """Declare a command: `data` when it works on a database, `as_json` when it can answer as JSON."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=told, description=told)
    parser.set_defaults(command=command)
    if data:
        # SUPPRESS: a subcommand's default must not undo what its parent was told.
        parser.add_argument(
            "--demo", action="store_true", default=argparse.SUPPRESS, help="演示数据库 / the demonstration's"
        )
    if as_json:
        parser.add_argument("--json", action="store_true", help="输出 JSON / answer as JSON")
    return parser


def as_json(value: Any) -> str:
    """A value as the JSON that `--json` prints."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def language() -> str | None:
    """The person's language as the shell has it; None when it says neither."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return spoken[:2] if spoken[:2] in ("zh", "en") else None
