"""How often a secret may be guessed: failures are counted by what is guessed at and by where the guesses come from.

Counted in the database, so that every process of a platform counts together; in wall time, in windows of a quarter of an hour
that begin with their first failure. Names, numbers and addresses are kept as digests. A try that is let in while others of its
kind still run is counted after them: as many more as there are threads may slip through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection, text

from engine.errors import ApprovalError

WINDOW = timedelta(minutes=15)
#: Failures in a window, by scope.
MOST_FAILURES = {"log-in name": 5, "log-in address": 50, "client id": 5, "query number": 10, "query address": 100} | {
    "applicant name": 5,
    "reset name": 5,
    "reset address": 50,
    "registration address": 30,  #: registrations, good or bad
}

_COUNTED = text("SELECT began_at, failures FROM throttles WHERE scope = :scope AND key = :key")
_COUNT = text(
    "INSERT INTO throttles (scope, key, began_at, failures) VALUES (:scope, :key, :now, 1) "
    "ON CONFLICT (scope, key) DO UPDATE SET "
    "failures = CASE WHEN throttles.began_at <= :old THEN 1 ELSE throttles.failures + 1 END, "
    "began_at = CASE WHEN throttles.began_at <= :old THEN :now ELSE throttles.began_at END"
)
_FORGET = text("DELETE FROM throttles WHERE scope = :scope AND key = :key")
_FORGET_OLD = text("DELETE FROM throttles WHERE began_at <= :old")


class TooManyTries(ApprovalError):
    """Too many failures: nothing is tried until the window is over. Params: retry_after (seconds), minutes."""

    code = "too-many-tries"
    status = 429
    zh = "尝试失败次数过多，请在 {minutes} 分钟后再试。"
    en = "There were too many failed tries. Try again in {minutes} minutes."


@dataclass(frozen=True, slots=True)
class Guess:
    """What is guessed at (`scope`), and which one of those (`key`: a name, a number, an address)."""

    scope: str
    key: str

    @property
    def row(self) -> dict[str, object]:
        """The row's key."""
        return {"scope": self.scope, "key": hashlib.sha256(self.key.encode("utf-8", "surrogatepass")).digest()}


def wait_for(began_at: datetime, failures: int, most: int, now: datetime) -> timedelta:
    """How long nothing is tried any more; zero while there are tries left, or when the window is over."""
    left = began_at + WINDOW - now
    return left if failures >= most and left > timedelta(0) else timedelta(0)


def check_tries(connection: Connection, guesses: Sequence[Guess], now: datetime) -> None:
    """Raises TooManyTries when one of the counts is used up."""
    waits = [timedelta(0)]
    for guess in guesses:
        row = connection.execute(_COUNTED, guess.row).one_or_none()
        if row is not None:
            waits.append(wait_for(row.began_at, row.failures, MOST_FAILURES[guess.scope], now))
    if longest := ceil(max(waits).total_seconds()):
        raise TooManyTries(retry_after=longest, minutes=ceil(longest / 60))


def count_failure(connection: Connection, guesses: Sequence[Guess], now: datetime) -> None:
    """Count a failure for each, in one order, so that two failures never wait for each other; old windows go."""
    connection.execute(_FORGET_OLD, {"old": now - WINDOW})
    for guess in sorted(guesses, key=lambda one: (one.scope, one.key)):
        connection.execute(_COUNT, {**guess.row, "now": now, "old": now - WINDOW})


def forget_failures(connection: Connection, guess: Guess) -> None:
    """Somebody who knows the secret has come: earlier failures were slips."""
    connection.execute(_FORGET, guess.row)
