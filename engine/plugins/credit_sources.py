"""Where credit is asked for: a port. By default nobody outside is asked, and the local records alone speak.

`HttpCreditSource` asks a bureau: `GET <url>?subject=<number>` → `{"grade": "A".."D", "records": [...]}`. It is asked before a
transaction, never under a case's lock; it takes a bounded time, tries again, reads no more than a bounded answer, and when it
can't be had it says so (`Trouble`): the policy of the platform is then the ordinary way, recorded, and never "good".
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from engine.settings import Settings

GRADES = ("A", "B", "C", "D")
MOST_ANSWER = 256 * 1024
MOST_RECORDS = 100


@dataclass(frozen=True, slots=True)
class Told:
    """What a source says of a subject; `grade` None: it knows nothing of it. `trouble`: why it could not be asked."""

    source: str
    grade: str | None = None
    records: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)
    trouble: str | None = None


class CreditSource(Protocol):
    """Somebody outside who knows of credit. Never raises: what goes wrong is `trouble`."""

    def ask(self, subject: str) -> Told:
        """What is known of a credit code or an identity number."""


class HttpCreditSource:
    """A source over HTTP. `wait` is for reaching it, and again for its whole answer; `retries` are tries after the first."""

    def __init__(self, url: str, wait: float = 3.0, retries: int = 1, token: str = "") -> None:
        self.url = url
        self.wait = wait
        self.retries = retries
        self.token = token
        self.name = urlsplit(url).hostname or url

    def ask(self, subject: str) -> Told:
        """Ask, and ask again when it does not answer; what is answered but is no answer is not asked for again."""
        trouble = ""
        for _ in range(1 + self.retries):
            try:
                status, body = self._get(subject)
            except (OSError, http.client.HTTPException, ValueError) as error:
                trouble = f"{type(error).__name__}: {error}"[:200].replace("\0", "")
                continue
            if status >= 500 or status == 429:
                trouble = f"HTTP {status}"
                continue
            if status == 404:
                return Told(self.name)
            return self._read(body) if status == 200 else Told(self.name, trouble=f"HTTP {status}")
        return Told(self.name, trouble=trouble or "no answer")

    def _read(self, body: bytes) -> Told:
        try:
            said = json.loads(body)
            grade, records = said.get("grade"), said.get("records", [])
        except (ValueError, AttributeError, RecursionError):
            return Told(self.name, trouble="its answer is no JSON object")
        whole = isinstance(records, list) and len(records) <= MOST_RECORDS and all(isinstance(r, dict) for r in records)
        if (grade is not None and grade not in GRADES) or not whole:
            return Told(self.name, trouble="its answer has no grade A to D, or no list of records")
        return Told(self.name, grade, tuple(records))

    def _get(self, subject: str) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, port, timeout=self.wait, context=context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self.wait)
        over = threading.Event()
        end: threading.Timer | None = None
        try:
            connection.connect()
            # Kept here: once it has the head of an answer, the connection lets go of its socket.
            # A source that sends a byte now and then never runs into a timeout of its own.
            end = threading.Timer(self.wait, _cut, (connection.sock, over))
            end.daemon = True
            end.start()
            query = (parts.query + "&" if parts.query else "") + "subject=" + quote(subject, safe="")
            bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            headers = {"Accept": "application/json", "User-Agent": "OneWindow-Credit/1", "Connection": "close"}
            connection.request("GET", f"{parts.path or '/'}?{query}", headers=headers | bearer)
            answer = connection.getresponse()
            body = answer.read(MOST_ANSWER + 1)
        finally:
            if end is not None:
                end.cancel()
            connection.close()
        if over.is_set():
            raise TimeoutError(f"no answer within {self.wait:g} s")
        if len(body) > MOST_ANSWER:
            raise ValueError(f"an answer over {MOST_ANSWER} bytes")
        return answer.status, body


def credit_source_of(settings: Settings) -> CreditSource | None:
    """The source that the settings name, if they name one."""
    if not settings.credit_url:
        return None
    return HttpCreditSource(
        settings.credit_url, settings.credit_timeout, settings.credit_retries, settings.credit_token
    )


def _cut(sock: socket.socket, over: threading.Event) -> None:
    over.set()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
