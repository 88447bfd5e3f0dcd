"""What the catalogue says of an item beyond what its process needs: who it is for, what it takes, costs and gives.

Nothing of it is required to *hold* an item; publishing one asks for the eight elements of 行政许可法 30 (`elements.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from engine.catalogue.facets import AUDIENCES, LIFE_EVENTS, THEMES
from engine.catalogue.reading import (
    Said,
    file_name,
    maybe_said,
    object_of,
    one_of,
    rows,
    said,
    text_of,
    typed,
    words,
    wrong,
    yes_or_no,
)

#: Ways to apply, and ways to get what was decided.
APPLY_WAYS = ("window", "online", "post", "front-office", "agent")
DELIVERY_WAYS = ("window", "post", "download")
#: What is published to be taken away: an empty form, or one filled in as it should be (示范文本).
SAMPLE_KINDS = ("form", "sample")
#: The two ways of trust first that a pre-check may speak of (告知承诺, 信用在先审核在后).
CREDIT_REGIMES = ("commitment", "post-review")
#: What a region has to say of its own, when the standard item asks for it.
LOCAL_ELEMENTS = ("address", "hours", "phone", "complaints")
MOST_CODE = 64

#: Of each question named, the answers that are meant; an empty one is always met.
OnlyIf = Mapping[str, tuple[str, ...]]
ALWAYS: OnlyIf = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sample:
    """A form or a filled-in sample to download: a file of the item's folder; `material` is what it is for, if one."""

    file: str
    kind: str
    name: str
    name_en: str
    material: str | None = None


@dataclass(frozen=True, slots=True)
class Fee:
    """What is charged: the standard, and what lets it be charged (行政许可法 58: nothing, unless the law says so)."""

    standard: Said
    basis: Said


@dataclass(frozen=True, slots=True)
class Result:
    """What one gets: the document, and of which kind the diagram issues it."""

    name: str
    name_en: str
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """业务办理项: the smallest thing of the item that is applied for (such as: new, change, renewal)."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that may be given."""

    code: str
    name: Said


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the pre-check, with the answers to choose from."""

    code: str
    text: Said
    answers: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """A material that is needed only for some answers."""

    material: str
    only_if: OnlyIf


@dataclass(frozen=True, slots=True)
class Companion:
    """Another item that has to be applied for, too, or before."""

    item: str
    name: Said
    only_if: OnlyIf = field(default_factory=lambda: ALWAYS)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Answers with which the item can't be had, and the sentence that says why."""

    reason: Said
    only_if: OnlyIf


@dataclass(frozen=True, slots=True)
class CreditFirst:
    """Trust first: by which regime, for which answers, and what it rests on."""

    regime: str
    basis: Said
    only_if: OnlyIf = field(default_factory=lambda: ALWAYS)


@dataclass(frozen=True, slots=True)
class Listing:
    """The listing; see the classes above. `owner` is the region whose government owns the standard item."""

    base_code: str = ""
    owner: str | None = None
    audience: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    life_events: tuple[str, ...] = ()
    conditions: tuple[Said, ...] = ()
    quantity: Said | None = None
    fees: tuple[Fee, ...] = ()
    results: tuple[Result, ...] = ()
    samples: tuple[Sample, ...] = ()
    apply: tuple[str, ...] = ("window",)
    delivery: tuple[str, ...] = ("window",)
    units: tuple[Unit, ...] = ()
    required_elements: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    needs: tuple[Need, ...] = ()
    companions: tuple[Companion, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    credit_first: CreditFirst | None = None
    demonstration: bool = False  #: the promised values are ours, for demonstration, and are said to be so


NO_LISTING = Listing()


def read_listing(data: Any, materials: Set[str] = frozenset()) -> Listing:
    """The listing that a JSON value states; `materials` are the codes of the item's materials.

    Raises:
        ItemInvalid: a field is unknown or wrong, or speaks of a material or question that is not there.
    """
    path = "listing"
    given = object_of(data, path, Listing)
    questions = rows(given, "questions", path, _question)
    answers = {one.code: {choice.code for choice in one.answers} for one in questions}

    def need(value: Any, where: str) -> Need:
        row = object_of(value, where, Need)
        return Need(_known(row, "material", where, materials), _only_if(row, where, answers))

    def companion(value: Any, where: str) -> Companion:
        row = object_of(value, where, Companion)
        return Companion(text_of(row, "item", where), said(row["name"], f"{where}.name"), _only_if(row, where, answers))

    def obstacle(value: Any, where: str) -> Obstacle:
        row = object_of(value, where, Obstacle)
        return Obstacle(said(row["reason"], f"{where}.reason"), _only_if(row, where, answers))

    def sample(value: Any, where: str) -> Sample:
        row = object_of(value, where, Sample)
        material = None if row.get("material") is None else _known(row, "material", where, materials)
        names = (text_of(row, "name", where), text_of(row, "name_en", where))
        return Sample(file_name(row, "file", where), one_of(row, "kind", SAMPLE_KINDS, where), *names, material)

    return Listing(
        base_code=_code(given, "base_code", path),
        owner=None if given.get("owner") is None else text_of(given, "owner", path),
        audience=words(given, "audience", path, tuple(AUDIENCES)),
        themes=words(given, "themes", path, tuple(THEMES)),
        life_events=words(given, "life_events", path, tuple(LIFE_EVENTS)),
        conditions=rows(given, "conditions", path, said),
        quantity=maybe_said(given, "quantity", path),
        fees=rows(given, "fees", path, _fee),
        results=rows(given, "results", path, _result),
        samples=rows(given, "samples", path, sample),
        apply=words(given, "apply", path, APPLY_WAYS) or ("window",),
        delivery=words(given, "delivery", path, DELIVERY_WAYS) or ("window",),
        units=rows(given, "units", path, _unit),
        required_elements=words(given, "required_elements", path, LOCAL_ELEMENTS),
        questions=questions,
        needs=rows(given, "needs", path, need),
        companions=rows(given, "companions", path, companion),
        obstacles=rows(given, "obstacles", path, obstacle),
        credit_first=_credit_first(given.get("credit_first"), f"{path}.credit_first", answers),
        demonstration=yes_or_no(given, "demonstration", path, False),
    )


def _code(given: Mapping[str, Any], name: str, path: str) -> str:
    value = typed(given.get(name, ""), str, f"{path}.{name}").strip()
    if len(value) > MOST_CODE:
        raise wrong(f"{path}.{name}", f"不能超过{MOST_CODE}个字符", f"it may not be over {MOST_CODE} characters")
    return value


def _fee(value: Any, path: str) -> Fee:
    row = object_of(value, path, Fee)
    return Fee(said(row["standard"], f"{path}.standard"), said(row["basis"], f"{path}.basis"))


def _result(value: Any, path: str) -> Result:
    row = object_of(value, path, Result)
    document = None if row.get("document") is None else text_of(row, "document", path)
    return Result(text_of(row, "name", path), text_of(row, "name_en", path), document)


def _unit(value: Any, path: str) -> Unit:
    row = object_of(value, path, Unit)
    return Unit(text_of(row, "code", path), text_of(row, "name", path), text_of(row, "name_en", path))


def _question(value: Any, path: str) -> Question:
    row = object_of(value, path, Question)
    answers = rows(row, "answers", path, _choice)
    if len(answers) < 2 or len({one.code for one in answers}) < len(answers):
        raise wrong(f"{path}.answers", "至少两个不同的答案", "it needs two answers or more, each once")
    return Question(text_of(row, "code", path), said(row["text"], f"{path}.text"), answers)


def _choice(value: Any, path: str) -> Choice:
    row = object_of(value, path, Choice)
    return Choice(text_of(row, "code", path), said(row["name"], f"{path}.name"))


def _credit_first(value: Any, path: str, answers: Mapping[str, Set[str]]) -> CreditFirst | None:
    if value is None:
        return None
    row = object_of(value, path, CreditFirst)
    basis = said(row["basis"], f"{path}.basis")
    return CreditFirst(one_of(row, "regime", CREDIT_REGIMES, path), basis, _only_if(row, path, answers))


def _only_if(given: Mapping[str, Any], path: str, answers: Mapping[str, Set[str]]) -> OnlyIf:
    where = f"{path}.only_if"
    meant = typed(given.get("only_if", {}), dict, where)
    for question in meant:
        if question not in answers:
            raise wrong(f"{where}.{question}", "没有这个问题", "there is no such question")
    return MappingProxyType({name: words(meant, name, where, tuple(sorted(answers[name]))) for name in meant})


def _known(given: Mapping[str, Any], name: str, path: str, materials: Set[str]) -> str:
    code = text_of(given, name, path)
    if code not in materials:
        raise wrong(f"{path}.{name}", f"没有材料“{code}”", f"there is no material “{code}”")
    return code
