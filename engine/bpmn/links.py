"""Link events: a throw link goes on at the catch link of its name, as if a flow were drawn. So a flow is what it becomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from engine.bpmn.model import Flow, Node


def links(nodes: Iterable[Node]) -> Iterator[Flow]:
    """A flow from each throw link to the one catch link of its name in its scope; the lint says where there is none."""
    throws, catches = [], defaultdict(list)
    for node in nodes:
        name = link_name(node)
        if name is not None and node.tag == "intermediateThrowEvent":
            throws.append((node, name))
        elif name is not None and node.tag == "intermediateCatchEvent":
            catches[node.scope, name].append(node)
    for node, name in throws:
        found = catches[node.scope, name]
        if len(found) == 1 and node.id and found[0].id:
            yield Flow(f"{node.id}.link", name, node.id, found[0].id, None, node.scope, node.line)


def link_name(node: Node) -> str | None:
    """The name of a link event, empty where it has none; None for any other node."""
    if len(node.events) == 1 and node.events[0].kind == "link":
        return node.events[0].name or ""
    return None
