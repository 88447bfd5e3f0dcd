"""What the processes say on stderr: one JSON object a line for a machine, one plain line for a person at a terminal.

The edges set `request_id` and `case_number`; every line written below them carries both, so that all that happened to
one case, or in one request, can be found. Nothing personal belongs in a log: ids and codes only.
"""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any, TextIO

#: The request or job that this line belongs to.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
#: The number of the case that this line is about.
case_number: ContextVar[str | None] = ContextVar("case_number", default=None)

#: What every record has anyway: the rest was handed in by `extra=`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request_id", "case"}
#: These tell of every job, connection or token; what goes wrong in them is a warning.
QUIET = ("procrastinate", "psycopg.pool", "alembic", "asyncio", "gunicorn", "spiff")


class _Where(logging.Filter):
    """Puts the request and the case on each record, in the thread that writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        record.case = getattr(record, "case", None) or case_number.get()
        return True


class JsonLines(logging.Formatter):
    """One object a line: time (UTC), level, logger, message, request_id, case, what `extra=` gave, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "logger": record.name}
        line |= {"message": record.getMessage(), "request_id": getattr(record, "request_id", None)}
        line |= {"case": getattr(record, "case", None)}
        line |= _extra(record)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class PlainLines(logging.Formatter):
    """A line for a person: the time of day, the level when it matters, the message, the cause; no traceback."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        case = f" [{found}]" if (found := getattr(record, "case", None)) else ""
        return f"{at} {level}{record.getMessage()}{case}{_cause(record)}"


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _OWN and not name.startswith("_")}


def _cause(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    words = str(error).strip().splitlines() if error else []
    return f" ({type(error).__name__}{': ' + words[0] if words else ''})" if error else ""


def set_up_logs(stream: TextIO | None = None) -> None:
    """Send everything to `stream` (stderr), in the form that suits who reads it. May be called again after a fork."""
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(PlainLines() if out.isatty() else JsonLines())
    handler.addFilter(_Where())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
