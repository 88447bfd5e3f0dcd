"""From the bytes of a request to plain values that the engine and PostgreSQL can keep.

JSON allows more than a database does: NUL characters, halves of surrogate pairs, numbers without bound, endless nesting.
All of it is refused here, by the path of the value, so that nothing below meets it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request
from webargs import core
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge

from api.http_errors import MOST_FIELDS_NAMED, FieldsInvalid, JsonMalformed, MediaTypeUnsupported, both

MOST_DEPTH = 32
MOST_PATH = 80
GREATEST = 2**63 - 1

NUL = both("含有不可存储的字符（NUL）", "has a NUL character, which can't be kept")
SURROGATE = both("含有不完整的 Unicode 字符", "has half of a surrogate pair, which is no character")
NUMBER = both("数值超出范围", "is a number out of range")
DEEP = both(f"嵌套超过 {MOST_DEPTH} 层", f"is nested over {MOST_DEPTH} deep")
OBJECT = both("须为 JSON 对象", "must be a JSON object")


def read_json(body: bytes) -> Any:
    """The value that a body states, every part of it fit to be kept.

    Raises:
        JsonMalformed: no JSON, not UTF-8, or not a number that JSON knows (NaN, Infinity).
        FieldsInvalid: a value that can't be kept.
    """
    try:
        value = json.loads(body.decode(), parse_constant=_refuse)
    except json.JSONDecodeError as wrong:
        raise JsonMalformed(line=wrong.lineno, column=wrong.colno) from None
    except (ValueError, RecursionError):  # not UTF-8, NaN, a number of thousands of digits, brackets without end
        raise JsonMalformed(line=1, column=1) from None
    check(value)
    return value


def check(value: Any) -> None:
    """Refuse what can't be kept. Raises FieldsInvalid."""
    flaws: dict[str, list[str]] = {}
    for path, flaw in _flaws(value, "", 0):
        flaws.setdefault(path or "body", [flaw])
        if len(flaws) == MOST_FIELDS_NAMED:
            break
    if flaws:
        raise FieldsInvalid(flaws)


def printable(name: object) -> str:
    """A name of the caller's as it may be said back: short, and without halves of characters."""
    return str(name).encode("utf-8", "backslashreplace").decode()[:MOST_PATH]


def text_flaw(text: str) -> str | None:
    """What is wrong with a text, if anything is."""
    if "\0" in text:
        return NUL
    try:
        text.encode()
    except UnicodeEncodeError:
        return SURROGATE
    return None


def _flaws(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if flaw := text_flaw(value):
            yield path, flaw
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if not -GREATEST - 1 <= value <= GREATEST:
            yield path, NUMBER
    elif isinstance(value, float):
        if not math.isfinite(value):  # 1e999
            yield path, NUMBER
    elif depth >= MOST_DEPTH:
        yield path, DEEP
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from _flaws(one, f"{path[:MOST_PATH]}.{n}".lstrip("."), depth + 1)
    else:
        for name, one in value.items():
            inner = f"{path[:MOST_PATH]}.{printable(name)}".lstrip(".")
            if flaw := text_flaw(name):
                yield inner, flaw
            yield from _flaws(one, inner, depth + 1)


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


class BodyParser(FlaskParser):
    """Reads bodies and queries for the schemas of `shapes.py`: nothing is guessed, unknown names are refused."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {
        "json": ma.RAISE,
        "query": ma.RAISE,
    }

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """The body as an object; an empty body is an empty object, so that its required fields are named."""
        if req.mimetype == "multipart/form-data" and hasattr(schema, "from_form"):
            if req.content_length is None:
                raise LengthRequired()
            return schema.from_form(req)
        body = req.get_data(cache=False)
        if req.content_length is None and len(body) >= (req.max_content_length or 0):
            # A chunked body is cut at the limit without a word: what reaches it was longer.
            raise RequestEntityTooLarge()
        if not body:
            return {}
        if not core.is_json(req.mimetype):
            raise MediaTypeUnsupported()
        value = read_json(body)
        if not isinstance(value, dict):
            raise FieldsInvalid({"body": [OBJECT]})
        return value

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """The query's parameters, checked like a body."""
        check(req.args.to_dict(flat=False))
        return super().load_querystring(req, schema)

    def handle_error(self, error: ma.ValidationError, *_: Any, **__: Any) -> NoReturn:
        """All that the schema says against the input, by path."""
        messages = error.messages if isinstance(error.messages, dict) else {"body": error.messages}
        within = next(iter(messages.values()))  # webargs puts the location around them
        raise FieldsInvalid(dict(_by_path(within, "")))


def _by_path(messages: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            step = "" if name == "_schema" else printable(name)
            yield from _by_path(inner, f"{path}.{step}".strip("."))
    else:
        yield path or "body", [str(text) for text in messages]
