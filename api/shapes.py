"""What the schemas of this API are made of: marshmallow's fields with our limits, and words in two languages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import marshmallow as ma

from api.body import OBJECT
from api.http_errors import both
from engine.clock import CST

#: marshmallow's own type for messages.
Messages = dict[str, str | list[Any] | dict[Any, Any]]

_REQUIRED: Messages = {"required": both("必填", "is required"), "null": both("不能为 null", "may not be null")}
_TEXT: Messages = _REQUIRED | {
    "invalid": both("须为文本", "must be a text"),
    "blank": both("不能为空", "may not be blank"),
    "long": both("不能超过 {most} 个字符", "may not be over {most} characters"),
    "choice": both("须为 {values} 之一", "must be one of {values}"),
}


class Shape(ma.Schema):
    """A schema that refuses what it does not know, by name."""

    error_messages = {
        "unknown": both("没有这个字段", "is not a field of this request"),
        "type": OBJECT,
    }


class Text(ma.fields.String):
    """A text that is neither blank (unless `blank`) nor longer than `most`; with `values`, one of them."""

    default_error_messages = _TEXT

    def __init__(self, most: int, *, blank: bool = False, values: tuple[str, ...] = (), **options: Any) -> None:
        metadata = {"maxLength": most} | ({"enum": list(values)} if values else {})
        super().__init__(metadata=metadata, **options)
        self.most, self.may_be_blank, self.values = most, blank, values

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if len(value) > self.most:
            raise self.make_error("long", most=self.most)
        if not self.may_be_blank and not value.strip():
            raise self.make_error("blank")
        if self.values and value not in self.values:
            raise self.make_error("choice", values=", ".join(self.values))
        return value


class Day(ma.fields.Field[date]):
    """A calendar day, YYYY-MM-DD and nothing else."""

    default_error_messages = _REQUIRED | {"invalid": both("须为 YYYY-MM-DD 格式的日期", "must be a day as YYYY-MM-DD")}

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date"}, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        try:
            if not isinstance(value, str) or len(value) != 10:
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None


class Instant(ma.fields.Field[datetime]):
    """An instant in ISO 8601: with an offset, or a local time in China."""

    default_error_messages = _REQUIRED | {
        "invalid": both(
            "须为时间，如 2026-09-21T09:00:00+08:00", "must be an instant such as 2026-09-21T09:00:00+08:00"
        )
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time"}, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            if not isinstance(value, str) or not 10 < len(value) <= 40:
                raise ValueError
            # A plus that was not escaped in an address arrives as a space.
            instant = datetime.fromisoformat(
                value.replace(" ", "+") if value.count(" ") == 1 and "T" in value else value
            )
            return (instant if instant.tzinfo else instant.replace(tzinfo=CST)).astimezone(CST)
        except (ValueError, OverflowError):
            raise self.make_error("invalid") from None


class Yes(ma.fields.Field[bool]):
    """`true` or `false` in a query."""

    default_error_messages = _REQUIRED | {"invalid": both("须为 true 或 false", "must be true or false")}

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "boolean"}, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if value not in ("true", "false"):
            raise self.make_error("invalid")
        return bool(value == "true")


#: How many entries a list of a request takes.
MOST_LISTED = 100


def few(values: list[Any]) -> None:
    """A list that is not too long."""
    if len(values) > MOST_LISTED:
        raise ma.ValidationError(both(f"不能超过 {MOST_LISTED} 项", f"may not be over {MOST_LISTED} entries"))


def split(values: Iterable[str]) -> tuple[str, ...]:
    """The values of a parameter that may be repeated, or hold several with commas."""
    return tuple(one.strip() for given in values for one in given.split(","))


class Form(ma.fields.Dict):
    """An open JSON object: what is in it is the diagram's affair."""

    default_error_messages = _REQUIRED | {"invalid": OBJECT}


class Whole(ma.fields.Field[int]):
    """A whole number of a query, from `least` to `most`."""

    default_error_messages = _REQUIRED | {
        "invalid": both("须为 {least} 至 {most} 的整数", "must be a whole number from {least} to {most}")
    }

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(metadata={"type": "integer", "minimum": least, "maximum": most}, **options)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9
        if not digits or not self.least <= int(value) <= self.most:
            raise self.make_error("invalid", least=self.least, most=self.most)
        return int(value)


class Number(ma.fields.Field[int]):
    """A whole number of a JSON body, from `least` to `most`; a truth value is none."""

    default_error_messages = _REQUIRED | {
        "invalid": both("须为 {least} 至 {most} 的整数", "must be a whole number from {least} to {most}")
    }

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(metadata={"type": "integer", "minimum": least, "maximum": most}, **options)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            raise self.make_error("invalid", least=self.least, most=self.most)
        return value


class Acting(Shape):
    """A request that creates or completes: a client may say for which window clerk (username) it acts."""

    acting_for = Text(100)
