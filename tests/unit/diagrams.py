"""Small BPMN files for tests: elements as short calls, flows as a line of text."""

from __future__ import annotations

from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OW = "urn:onewindow:bpmn:1.0"
ROOT = (
    f'<definitions xmlns="{BPMN}" xmlns:ow="{OW}" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:evil="urn:evil" targetNamespace="urn:test">'
)


def diagram(*elements: str, process: str = 'id="p" isExecutable="true"', before: str = "") -> bytes:
    """A file with one process of these elements."""
    return f"{ROOT}{before}<process {process}>{''.join(elements)}</process></definitions>".encode()


def element(tag: str, id: str | None, *inner: str, **attributes: str) -> str:
    """Any BPMN element; a trailing underscore of an attribute's name is dropped."""
    named = {**({"id": id} if id is not None else {}), **attributes}
    written = "".join(f" {name.rstrip('_')}={quoteattr(value)}" for name, value in named.items())
    return f"<{tag}{written}>{''.join(inner)}</{tag}>"


def start(id: str = "start") -> str:
    return element("startEvent", id)


def end(id: str = "end", *inner: str) -> str:
    return element("endEvent", id, *inner)


def user(id: str, *inner: str, **attributes: str) -> str:
    return element("userTask", id, *inner, **attributes)


def gateway(kind: str, id: str, **attributes: str) -> str:
    return element(f"{kind}Gateway", id, **attributes)


def scope(id: str, *inner: str, **attributes: str) -> str:
    return element("subProcess", id, *inner, **attributes)


def catch(id: str, *inner: str) -> str:
    return element("intermediateCatchEvent", id, *inner)


def boundary(id: str, host: str, *inner: str, **attributes: str) -> str:
    return element("boundaryEvent", id, *inner, attachedToRef=host, **attributes)


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<timerEventDefinition><{kind}>{escape(text)}</{kind}></timerEventDefinition>"


def message(ref: str) -> str:
    return f'<messageEventDefinition messageRef="{ref}"/>'


def loop(maximum: str | None = None, condition: str | None = None) -> str:
    attributes = {} if maximum is None else {"loopMaximum": maximum}
    inner = "" if condition is None else f"<loopCondition>{escape(condition)}</loopCondition>"
    return element("standardLoopCharacteristics", None, inner, **attributes)


def many(cardinality: str | None = None, *inner: str, **attributes: str) -> str:
    number = "" if cardinality is None else f"<loopCardinality>{escape(cardinality)}</loopCardinality>"
    return element("multiInstanceLoopCharacteristics", None, number, *inner, **attributes)


def extended(*inner: str) -> str:
    return f"<extensionElements>{''.join(inner)}</extensionElements>"


def flows(text: str) -> str:
    """Flows from a text such as "start > a > choice; choice > b [outcome == 'x']": the id is `source_target`."""
    return "".join(_chain(chain) for chain in text.split(";"))


def _chain(chain: str) -> str:
    path, _, condition = chain.partition(" [")
    nodes = [node.strip() for node in path.split(">")]
    pairs = list(pairwise(nodes))
    inner = (
        f"<conditionExpression>{escape(condition.strip().removesuffix(']'))}</conditionExpression>" if condition else ""
    )
    return "".join(
        element("sequenceFlow", f"{a}_{b}", inner if (a, b) == pairs[-1] else "", sourceRef=a, targetRef=b)
        for a, b in pairs
    )
