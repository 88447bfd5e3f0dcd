"""What every reader of an item file does alike: takes a value of one shape, or refuses it by its path.

Strict on purpose: a field that is missing or misspelt is refused, because a limit or a legal basis that silently falls back
to a default would be law made up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import ApprovalError

Value = TypeVar("Value")


class ItemInvalid(ApprovalError):
    """An item file that can't be taken as it is; `path` names the field."""

    code = "item-invalid"
    status = 422
    zh = "事项文件的“{path}”有误：{detail_zh}。请更正后重新加载。"
    en = "The item file is wrong at “{path}”: {detail_en}. Correct it and load it again."


@dataclass(frozen=True, slots=True)
class Said:
    """A text in both languages."""

    zh: str
    en: str


def said(value: Any, path: str) -> Said:
    """A text in both languages."""
    given = object_of(value, path, Said)
    return Said(text_of(given, "zh", path), text_of(given, "en", path))


def maybe_said(given: Mapping[str, Any], name: str, path: str) -> Said | None:
    """A text in both languages, or none."""
    return None if given.get(name) is None else said(given[name], f"{path}.{name}")


def rows(given: Mapping[str, Any], name: str, path: str, read: Callable[[Any, str], Value]) -> tuple[Value, ...]:
    """A list, each of its values read; nothing when it is not there."""
    values = typed(given.get(name, []), list, f"{path}.{name}")
    return tuple(read(one, f"{path}.{name}[{n}]") for n, one in enumerate(values))


def words(given: Mapping[str, Any], name: str, path: str, among: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A list of texts, each once, of `among` where that is given."""

    def read(value: Any, where: str) -> str:
        if not typed(value, str, where).strip():
            raise wrong(where, "不能为空", "it is empty")
        if among and value not in among:
            raise wrong(where, f"须为{'、'.join(among)}之一", f"it must be one of {', '.join(among)}")
        return str(value)

    found = rows(given, name, path, read)
    if len(set(found)) < len(found):
        raise wrong(f"{path}.{name}", "有重复的值", "a value stands there twice")
    return found


def object_of(data: Any, path: str, shape: type[Any]) -> dict[str, Any]:
    """The object with the fields of the dataclass `shape`, those with a default left out or not, and no other."""
    given = typed(data, dict, path)
    wanted = {one.name for one in fields(shape) if one.default is MISSING and one.default_factory is MISSING}
    optional = {one.name for one in fields(shape)} - wanted
    for name in sorted(wanted ^ (set(given) - optional)):
        if name in wanted:
            raise wrong(f"{path}.{name}", "缺少该字段", "it is missing")
        raise wrong(f"{path}.{name}", "没有这个字段", "there is no such field")
    return given


def filled_list(given: Mapping[str, Any], name: str) -> list[Any]:
    """A list with at least one value."""
    values = typed(given[name], list, name)
    if not values:
        raise wrong(name, "至少填写一项", "it needs at least one entry")
    return values


def text_of(given: Mapping[str, Any], name: str, path: str = "item") -> str:
    """A text that is not empty."""
    value = typed(given[name], str, f"{path}.{name}")
    if not value.strip():
        raise wrong(f"{path}.{name}", "不能为空", "it is empty")
    return value


def one_of(given: Mapping[str, Any], name: str, values: tuple[str, ...], path: str = "item") -> str:
    """A text that is one of `values`."""
    value = text_of(given, name, path)
    if value not in values:
        raise wrong(f"{path}.{name}", f"须为{'、'.join(values)}之一", f"it must be one of {', '.join(values)}")
    return value


def yes_or_no(given: Mapping[str, Any], name: str, path: str, default: bool) -> bool:
    """True or false."""
    return typed(given.get(name, default), bool, f"{path}.{name}")


def file_name(given: Mapping[str, Any], name: str, path: str = "item") -> str:
    """The name of a file beside the item file, and nothing that leads elsewhere."""
    value = text_of(given, name, path)
    if Path(value).name != value or "\\" in value or value.startswith("."):
        raise wrong(
            name if path == "item" else f"{path}.{name}",
            "须为同一文件夹内的文件名",
            "give the name of a file beside the item file",
        )
    return value


def typed(value: Any, kind: type[Value], path: str) -> Value:
    """The value, which has to be of that type."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise wrong(path, f"类型须为{kind.__name__}", f"it must be of type {kind.__name__}")
    return value


def wrong(path: str, zh: str, en: str) -> ItemInvalid:
    """The error of a field."""
    return ItemInvalid(path=path, detail_zh=zh, detail_en=en)
