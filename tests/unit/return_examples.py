"""For each rule of returns (退回) a diagram that breaks it and one that does not."""

from __future__ import annotations

from tests.unit.diagrams import end, extended, flows, gateway, scope, start, user

Elements = tuple[str, ...]

_DONE = '<ow:timeLimit promised="10" unit="working-day"/><ow:public name="审查"/>'
_FIRE = f'<ow:assignment function="fire" level="city"/>{_DONE}'
_PLANNING = f'<ow:assignment function="planning" level="city"/>{_DONE}'
_LINE = flows("start > a > b > end")
_BOTH = flows("start > a > f > b > j > d > end; f > c > j")


def returning(to: str, then: str | None = None, more: str = "") -> str:
    """The extension elements of a task that may be returned."""
    how = f' then="{then}"' if then else ""
    return extended(f'{more}<ow:return to="{to}"{how}/>')


def in_line(a: str = "", b: str = "") -> Elements:
    """Two tasks, one after the other."""
    return start(), user("a", a), user("b", b), end(), _LINE


def beside(b: str = "", d: str = "") -> Elements:
    """A task, two in parallel, and one behind their join."""
    split = (gateway("parallel", "f"), user("b", b), user("c"), gateway("parallel", "j"), user("d", d))
    return start(), user("a"), *split, end(), _BOTH


BAD: dict[str, Elements] = {
    "return-target-unknown": in_line(b=returning("reviewed")),
    "return-crosses-scope": (
        *(start(), user("a"), scope("s", start("s1"), user("b", returning("a")), end("s2"), flows("s1 > b > s2"))),
        *(end(), flows("start > a > s > end")),
    ),
    "return-not-earlier": in_line(a=returning("b")),
    "return-crosses-branches": beside(b=returning("a")),
    "return-by-applicant": in_line(b=returning("a", more='<ow:assignment applicant="true"/>')),
    "return-to-other-department": in_line(extended(_PLANNING), returning("a", more=_FIRE)),
}
GOOD: dict[str, Elements] = {
    "return-target-unknown": in_line(b=returning("a")),
    "return-crosses-scope": (
        *(start(), scope("s", start("s1"), user("a"), user("b", returning("a")), end("s2"), flows("s1 > a > b > s2"))),
        *(end(), flows("start > s > end")),
    ),
    "return-not-earlier": in_line(b=returning("a")),
    "return-crosses-branches": beside(b=returning("a", "back"), d=returning("a")),
    "return-by-applicant": in_line(b=returning("a", more='<ow:assignment function="fire"/>')),
    "return-to-other-department": in_line(extended(_FIRE), returning("a", more=_FIRE)),
}
