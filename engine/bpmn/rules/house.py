"""What only the house in which a diagram is to be published can say: which programs are registered in it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.model import Finding, Process
from engine.bpmn.rules.rule import APPROVAL, ERROR, Rule

HANDLER_UNKNOWN = Rule(
    "handler-unknown",
    ERROR,
    "{what}的处理程序“{handler}”在本平台没有登记",
    "The handler “{handler}” of {what} is not registered here",
    "可用的处理程序：{known}；需要新的，请由平台维护人员登记",
    "There are: {known}. For another one, ask whoever looks after the platform to register it",
    APPROVAL,
)
RULES = (HANDLER_UNKNOWN,)


def unknown_handlers(process: Process, handlers: frozenset[str]) -> Iterator[Finding]:
    """Services that name a handler which nobody has registered."""
    for node in process.nodes:
        handler = (node.extension("service") or {}).get("handler")
        if handler and handler not in handlers:
            yield HANDLER_UNKNOWN.at(node, handler=handler, known="、".join(sorted(handlers)))
