"""The database's schema: brought up to date on `run`, refused with a sentence when it is newer than the code."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from engine.errors import Refused

MIGRATIONS = Path(__file__).with_name("migrations")


class DatabaseNewer(Refused):
    """The database was migrated by a newer release."""

    code = "database-newer"
    zh = "数据库由更新版本的一窗创建（{found}），本版本不能使用。请升级程序，或改用与数据库同版本的程序。"
    en = "The database was made by a newer OneWindow ({found}): upgrade the program, or use the one it was made by."


def config() -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


def migrate(engine: Engine) -> None:
    """Bring the schema up to date; one process at a time, the others wait and then find nothing to do."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
        guard.execute(text("SELECT pg_advisory_lock(hashtext('onewindow.migrate'))"))
        with engine.begin() as connection:
            check(connection)
            settings = config()
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
        guard.execute(text("SELECT pg_advisory_unlock(hashtext('onewindow.migrate'))"))


def check(connection: Connection) -> None:
    """Refuse a database whose revision this release does not know. Raises DatabaseNewer."""
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_heads()
    if unknown := set(found) - known:
        raise DatabaseNewer(found="、".join(sorted(unknown)))
