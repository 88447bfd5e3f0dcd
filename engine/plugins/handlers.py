"""Service handlers: what a `serviceTask` with `ow:service handler="…"` does. Built-ins register by the same door.

Two kinds, because a side effect must never happen inside a transaction that may roll back:

- an **inside** handler is pure: it looks at the case and answers what to record and issue; it runs in the step's transaction;
- an **outside** handler calls somebody else: it runs as a job after the commit, may be tried again (so it must be idempotent;
  `call_id` is the same at every try), and its answer goes on with the process in a step of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ApprovalError


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """What a handler is told: ids and facts, nothing to write with."""

    call_id: str  #: the case's number and the token: the same at every try
    case_number: str
    node: str
    facts: Mapping[str, Any]  #: case, form, applicant as conditions see them
    extensions: Mapping[str, tuple[Mapping[str, Any], ...]]


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What a handler answers: the outcome that conditions may read, and values kept in the form."""

    outcome: str | None = None
    form: Mapping[str, Any] = field(default_factory=dict)
    issue_document: bool = False  #: issue the node's `ow:document` in this step (inside handlers only)


Handler = Callable[[ServiceCall], ServiceAnswer]


class UnknownHandler(ApprovalError):
    """A diagram names a handler that is not registered."""

    code = "handler-unknown"
    status = 422
    zh = "服务任务“{node}”的处理程序“{handler}”未注册。可用：{known}。"
    en = "Service task “{node}” names the handler “{handler}”, which is not registered. Known: {known}."


class HandlerRegistry:
    """Handlers by name. A name is registered once."""

    def __init__(self) -> None:
        self._inside: dict[str, Handler] = {}
        self._outside: dict[str, Handler] = {}

    def register(self, name: str, handler: Handler, *, outside: bool) -> None:
        """Register a handler; a second one of the same name is a programming error."""
        if name in self.names():
            raise ValueError(f"service handler {name!r} is registered twice")
        (self._outside if outside else self._inside)[name] = handler

    def names(self) -> frozenset[str]:
        """The names a diagram may use."""
        return frozenset(self._inside) | frozenset(self._outside)

    def is_outside(self, name: str) -> bool:
        """Whether the handler runs as a job after the commit."""
        return name in self._outside

    def get(self, name: str, node: str) -> Handler:
        """The handler of that name, or UnknownHandler."""
        handler = self._inside.get(name) or self._outside.get(name)
        if handler is None:
            raise UnknownHandler(node=node, handler=name, known="、".join(sorted(self.names())))
        return handler


def issue_document(call: ServiceCall) -> ServiceAnswer:
    """Issue the document that the node's `ow:document` names."""
    return ServiceAnswer(issue_document=True)


def built_in_handlers() -> HandlerRegistry:
    """A registry with the handlers that come with the product."""
    registry = HandlerRegistry()
    registry.register("issue-document", issue_document, outside=False)
    return registry
