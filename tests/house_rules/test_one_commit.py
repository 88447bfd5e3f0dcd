"""A transaction begins and ends in `engine/unit_of_work.py` alone: that makes a step whole, or not there at all.

Allowed elsewhere, each for the reason it is listed with: connections in autocommit, which have no transaction to commit.
If this fails: do the work inside a unit of work (`engine.perform(actor, lambda uow: ...)`), with `uow.write` or
`uow.session`; what must happen after the commit is a job (`uow.job`).
"""

from __future__ import annotations

import re

from tests.house_rules.tree import at, calls, python_files, texts

UNIT_OF_WORK = "engine/unit_of_work.py"
SQL = re.compile(r"(^|;)\s*(COMMIT|BEGIN|START TRANSACTION|ROLLBACK|SAVEPOINT)\s*(;|$)", re.IGNORECASE)
VERBS = {"commit", "begin", "begin_nested", "transaction"}

#: file: why it may open a transaction or a connection in autocommit of its own.
OWN_TRANSACTION = {
    "engine/store/schema.py": "migrations are the schema's, not a case's: one transaction under the migration lock",
    "engine/store/backup.py": "hands a whole dump to psql, which restores it in one transaction or not at all",
    "engine/play.py": "sets the clock of a database that was made for the run, before and between the steps",
}
AUTOCOMMIT = {
    "engine/store/schema.py": "holds the migration lock, which must outlive the transaction of the migrations",
    "engine/store/embedded.py": "CREATE and DROP DATABASE can't stand in a transaction",
    "engine/store/backup.py": "asks whether a database is empty and unused before it is restored",
    "engine/background/demonstration_clock.py": "holds the lock of who moves the clock, over many transactions of the steps",
    "engine/assemble.py": "reads the actor of a token or of a session: one SELECT, nothing to commit",
    "engine/doors/accounts.py": "the same, for the accounts of applicants",
}


def test_only_the_unit_of_work_begins_and_commits() -> None:
    allowed = {UNIT_OF_WORK, *OWN_TRANSACTION}
    found = [
        f"{at(path, call)} {on}.{verb}()"
        for path in python_files()
        if str(path) not in allowed
        for call, on, verb in calls(path)
        if verb in VERBS and not on.endswith("transactions")
    ]
    assert not found, "\n".join(found)


def test_only_the_unit_of_work_says_commit_in_sql() -> None:
    found = [
        f"{at(path, node)} {node.value!r}"
        for path in python_files()
        if str(path) not in {UNIT_OF_WORK, *OWN_TRANSACTION}
        for node in texts(path)
        if SQL.search(str(node.value))
    ]
    assert not found, "\n".join(found)


def test_autocommit_stands_only_where_there_is_a_reason_for_it() -> None:
    found = {
        str(path)
        for path in python_files()
        for call, _, _ in calls(path)
        for keyword in call.keywords
        if keyword.arg in ("autocommit", "isolation_level") and str(path) != UNIT_OF_WORK
    }
    assert found <= set(AUTOCOMMIT), found - set(AUTOCOMMIT)


def test_no_exception_is_kept_that_nobody_needs() -> None:
    existing = {str(path) for path in python_files()}
    assert {*OWN_TRANSACTION, *AUTOCOMMIT} <= existing
