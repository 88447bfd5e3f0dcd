"""Every error that a caller may meet has a stable code of its own and says what to do, in Chinese and in English."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from string import Formatter

import engine
from engine.errors import ApprovalError

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: Programs (they would run) and Alembic's environment (it wants Alembic around it).
NOT_IMPORTABLE = ("engine.__main__", "engine.store.migrations")


@cache
def errors() -> list[type[ApprovalError]]:
    for module in pkgutil.walk_packages(engine.__path__, "engine."):
        if not module.name.startswith(NOT_IMPORTABLE):
            importlib.import_module(module.name)
    found, todo = [], [ApprovalError]
    while todo:
        error = todo.pop()
        found.append(error)
        todo.extend(error.__subclasses__())
    return [error for error in found if error.__module__.startswith("engine.")]


def with_code() -> list[type[ApprovalError]]:
    """The errors with a code of their own; another is a narrower kind that answers as its parent does."""
    return [error for error in errors() if "code" in vars(error)]


def _names(template: str) -> set[str]:
    """The parameters of a sentence; `reason_zh` and `reason_en` are one thing said in two languages."""
    names = {name.split(".")[0] for _, name, _, _ in Formatter().parse(template) if name}
    return {re.sub("_(zh|en)$", "", name) for name in names}


def test_every_code_is_of_one_error_only() -> None:
    codes = [error.code for error in with_code()]
    assert sorted(codes) == sorted(set(codes))


def test_every_code_is_named_by_the_rule() -> None:
    wrong = [(error.__name__, error.code) for error in with_code() if not CODE.fullmatch(error.code)]
    allowed = {"conflict", "forbidden", "refused", "unauthenticated"}
    assert not [named for named in wrong if named[1] not in allowed]


def test_an_error_without_a_code_of_its_own_says_what_its_parent_says() -> None:
    narrower = [error for error in errors() if error not in with_code()]
    assert not [error.__name__ for error in narrower if {"zh", "en", "status"} & set(vars(error))]


def test_every_error_speaks_chinese_and_english() -> None:
    for error in with_code():
        if error.code != "refused":  # its sentence is its parameter
            assert CHINESE.search(error.zh), error
            assert error.en, error
            assert not CHINESE.search(re.sub(r"[（(「【].*?[)）」】]", "", error.en)), error
        assert "zh" in vars(error), error
        assert "en" in vars(error), error


def test_both_sentences_speak_of_the_same_things() -> None:
    differing = {error.__name__: _names(error.zh) ^ _names(error.en) for error in with_code()}
    assert not {name: names for name, names in differing.items() if names}
