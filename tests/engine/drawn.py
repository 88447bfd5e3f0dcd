"""Small BPMN files for tests of the engine, written as text so that a reader sees the diagram."""

from __future__ import annotations

from itertools import pairwise

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ow="urn:onewindow:bpmn:1.0" '
    'id="d" targetNamespace="test"><process id="p" isExecutable="true">'
)
TAIL = "</process></definitions>"


def diagram(*elements: str) -> bytes:
    """A file with one process made of these elements."""
    return (HEAD + "".join(elements) + TAIL).encode()


def node(tag: str, name: str, inner: str = "", **attributes: str) -> str:
    """A flow node."""
    said = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<{tag} id="{name}"{said}>{inner}</{tag}>'


def flow(source: str, target: str, condition: str | None = None, name: str | None = None) -> str:
    """A sequence flow."""
    inner = f"<conditionExpression><![CDATA[{condition}]]></conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{name or f"{source}_{target}"}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def path(*names: str) -> str:
    """Flows from each node to the next."""
    return "".join(flow(a, b) for a, b in pairwise(names))


def parallel_reviews(count: int) -> bytes:
    """Start, `count` reviews in parallel, a merge task, end."""
    reviews = [f"review_{n}" for n in range(count)]
    return diagram(
        node("startEvent", "start"),
        node("parallelGateway", "split"),
        node("parallelGateway", "join"),
        node("userTask", "merge"),
        node("endEvent", "done"),
        *(node("userTask", review) for review in reviews),
        *(path("split", review, "join") for review in reviews),
        path("start", "split"),
        path("join", "merge", "done"),
    )
