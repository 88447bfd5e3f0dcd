"""A picture for a diagram that has none: layers from left to right, with the ways back drawn below.

Simple on purpose: it should be legible and the same every time; whoever wants it prettier moves things in the designer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from lxml import etree

from engine.bpmn.mends.mend import LAYOUT, Maker, Mend, fix_id, safe
from engine.bpmn.mends.neighbours import append, drop
from engine.bpmn.mends.picture import DC, DD, DI, Box, size_of
from engine.bpmn.mends.sheet import Sheet, bpmn, ref
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name

GAP_X, GAP_Y, PAD, HEAD = 50, 30, 30, 30
MOST_DEPTH = 12  #: sub-processes deeper than that are drawn closed
MOST_BENDS = 4000  #: of long flows; beyond them they are drawn straight
_SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})

Point = tuple[float, float]


@dataclass(slots=True)
class _Laid:
    """A scope laid out, with its upper left corner at (0, 0)."""

    width: float = 0
    height: float = 0
    boxes: dict[str, Box] = field(default_factory=dict)
    edges: dict[str, list[Point]] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)

    def take(self, inner: _Laid, x: float, y: float) -> None:
        """Put another scope into this one."""
        for id, box in inner.boxes.items():
            self.boxes[id] = Box(box.x + x, box.y + y, box.width, box.height)
        for id, points in inner.edges.items():
            self.edges[id] = [(px + x, py + y) for px, py in points]
        self.opened |= inner.opened


def lay_out_anew(sheet: Sheet) -> bool:
    """Draw the whole file, in place of the picture that is there; False when there is nothing to draw."""
    for diagram in list(sheet.root.iterchildren(f"{{{DI}}}BPMNDiagram")):
        drop(diagram)
    sheet.redrawn()
    return lay_out(sheet)


def lay_out(sheet: Sheet) -> bool:
    """Draw the whole file; False when there is a picture already, or nothing to draw."""
    if sheet.picture.shapes or not any(sheet.nodes(process) for process in sheet.processes()):
        return False
    whole = _Laid()
    pools = {
        ref(pool.get("processRef")): pool.get("id") for pool in sheet.root.iter(bpmn("participant")) if pool.get("id")
    }
    y = 0.0
    for process in sheet.processes():
        laid = _scope(sheet, process, 0)
        pool = pools.get(process.get("id"))
        whole.take(laid, PAD + HEAD, y + PAD)
        if pool:
            whole.boxes[pool] = Box(0, y, laid.width + 2 * PAD + HEAD, laid.height + 2 * PAD)
        y += laid.height + 3 * PAD
    empty = [pool.get("id") for pool in sheet.root.iter(bpmn("participant")) if pool.get("id") not in whole.boxes]
    for id in filter(None, empty):
        whole.boxes[id] = Box(0, y, 600, 60)
        y += 60 + PAD
    for message in sheet.root.iter(bpmn("messageFlow")):
        ends = [whole.boxes.get(ref(message.get(end))) for end in ("sourceRef", "targetRef")]
        if message.get("id") and ends[0] is not None and ends[1] is not None:
            whole.edges[message.get("id")] = [ends[0].border(ends[1].center), ends[1].border(ends[0].center)]
    _write(sheet, whole)
    return True


# --- one scope


def _scope(sheet: Sheet, scope: Xml, depth: int) -> _Laid:
    nodes = {node.get("id"): node for node in sheet.nodes(scope) if node.get("id")}
    inner = {
        id: _scope(sheet, node, depth + 1)
        for id, node in nodes.items()
        if local_name(node) in _SCOPES and sheet.nodes(node) and depth < MOST_DEPTH
    }
    sizes: dict[str, tuple[float, float]] = {id: size_of(local_name(node)) for id, node in nodes.items()}
    sizes |= {id: (laid.width + 2 * PAD, laid.height + 2 * PAD) for id, laid in inner.items()}
    hosts = {id: ref(node.get("attachedToRef")) for id, node in nodes.items() if local_name(node) == "boundaryEvent"}
    hosts = {id: host for id, host in hosts.items() if host in nodes and host not in hosts}
    flows = [
        (flow.get("id"), source, target)
        for id in nodes
        for flow in sheet.flows_out(nodes[id])
        if (source := ref(flow.get("sourceRef"))) in nodes
        and (target := ref(flow.get("targetRef"))) in nodes
        and target not in hosts
    ]
    laid = _layers([id for id in nodes if id not in hosts], flows, sizes, hosts)
    laid.opened = set(inner)
    for id, content in inner.items():
        laid.take(content, laid.boxes[id].x + PAD, laid.boxes[id].y + PAD)
    return laid


def _layers(
    ids: list[str],
    flows: list[tuple[str, str, str]],
    sizes: Mapping[str, tuple[float, float]],
    hosts: Mapping[str, str],
) -> _Laid:
    ends = [(flow, hosts.get(source, source), target) for flow, source, target in flows]
    back = _back_flows(ids, ends)
    forward = [each for each in ends if each[0] not in back]
    layer = _ranks(ids, forward)
    rows, chains = _rows(ids, forward, layer)
    boxes = _places(rows, sizes)
    laid = _Laid(boxes={id: box for id, box in boxes.items() if id in sizes})
    for number, (id, host) in enumerate(hosts.items()):
        box = boxes[host]
        beside = sum(1 for other in list(hosts)[:number] if hosts[other] == host)
        laid.boxes[id] = Box(box.x + 10 + 44 * beside, box.y + box.height - 18, 36, 36)
    bottom = max((box.y + box.height for box in laid.boxes.values()), default=0.0)
    for flow, source, target in flows:
        start, end = laid.boxes[source], laid.boxes[target]
        if flow in back:
            bottom += 15
            laid.edges[flow] = _round(start, end, bottom)
        else:
            laid.edges[flow] = _through([start, *(boxes[bend] for bend in chains.get(flow, ())), end], source in hosts)
    laid.width = max((box.x + box.width for box in laid.boxes.values()), default=0.0)
    laid.height = bottom
    return laid


def _back_flows(ids: list[str], flows: list[tuple[str, str, str]]) -> set[str]:
    """The flows that close a cycle, found by walking from the starts in the order of the file."""
    out: dict[str, list[tuple[str, str]]] = defaultdict(list)
    entered = {target for _, _, target in flows}
    for flow, source, target in flows:
        out[source].append((flow, target))
    back: set[str] = set()
    done: set[str] = set()
    for root in sorted(ids, key=lambda id: id in entered):
        if root in done:
            continue
        on_way, todo = {root}, [(root, iter(out[root]))]
        done.add(root)
        while todo:
            node, following = todo[-1]
            step = next(following, None)
            if step is None:
                on_way.discard(node)
                todo.pop()
            elif step[1] in on_way:
                back.add(step[0])
            elif step[1] not in done:
                done.add(step[1])
                on_way.add(step[1])
                todo.append((step[1], iter(out[step[1]])))
    return back


def _ranks(ids: list[str], flows: list[tuple[str, str, str]]) -> dict[str, int]:
    """How far from the left each node stands: one further than the furthest before it."""
    out: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(ids, 0)
    for _, source, target in flows:
        out[source].append(target)
        waiting[target] += 1
    rank = dict.fromkeys(ids, 0)
    todo = [id for id in ids if not waiting[id]]
    while todo:
        node = todo.pop()
        for target in out[node]:
            rank[target] = max(rank[target], rank[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                todo.append(target)
    return rank


def _rows(
    ids: list[str], flows: list[tuple[str, str, str]], rank: Mapping[str, int]
) -> tuple[list[list[str]], dict[str, list[str]]]:
    """What stands in each layer, from top to bottom; long flows have a bend in every layer they cross."""
    rows: list[list[str]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for id in ids:
        rows[rank[id]].append(id)
    chains: dict[str, list[str]] = {}
    links: list[tuple[str, str]] = []
    bends = sum(max(0, rank[target] - rank[source] - 1) for _, source, target in flows)
    for flow, source, target in flows:
        chain = [source]
        for step in range(rank[source] + 1, rank[target]) if bends <= MOST_BENDS else ():
            chain.append(f"{flow}\0{step}")
            rows[step].append(chain[-1])
        chains[flow] = chain[1:]
        links += zip(chain, [*chain[1:], target], strict=True)
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in links:
        before[target].append(source)
        after[source].append(target)
    for sweep in range(4):
        near = before if sweep % 2 == 0 else after
        for row in rows if sweep % 2 == 0 else reversed(rows):
            _sort(row, near, rows)
    return rows, chains


def _sort(row: list[str], near: Mapping[str, list[str]], rows: list[list[str]]) -> None:
    """Order a layer by where its neighbours stand."""
    wanted = {each for id in row for each in near.get(id, ())}
    place = {id: n - len(other) / 2 for other in rows for n, id in enumerate(other) if id in wanted}
    own = {id: n - len(row) / 2 for n, id in enumerate(row)}
    row.sort(key=lambda id: sum(place[each] for each in near[id]) / len(near[id]) if near.get(id) else own[id])


def _places(rows: list[list[str]], sizes: Mapping[str, tuple[float, float]]) -> dict[str, Box]:
    heights = [sum(sizes.get(id, (0, 10))[1] + GAP_Y for id in row) - GAP_Y for row in rows]
    tallest, x = max(heights, default=0.0), 0.0
    boxes: dict[str, Box] = {}
    for row, height in zip(rows, heights, strict=True):
        wide = max((sizes.get(id, (0, 10))[0] for id in row), default=0.0)
        y = (tallest - height) / 2
        for id in row:
            width, tall = sizes.get(id, (0, 10))
            boxes[id] = Box(x + (wide - width) / 2, y, width, tall)
            y += tall + GAP_Y
        x += wide + GAP_X
    return boxes


def _through(boxes: list[Box], from_border: bool) -> list[Point]:
    """A line with right angles from box to box; out of a boundary event it begins downwards."""
    points: list[Point] = []
    for left, right in pairwise(boxes):
        start = (left.x + left.width, left.center[1])
        end = (right.x, right.center[1])
        if from_border and not points:
            start = (left.center[0], left.y + left.height)
            points += [start, (start[0], end[1]), end] if end[1] > start[1] else [start, end]
            continue
        points.append(start)
        if abs(start[1] - end[1]) > 1:
            middle = max(start[0], end[0] - GAP_X / 2)
            points += [(middle, start[1]), (middle, end[1])]
        points.append(end)
    return [point for n, point in enumerate(points) if n == 0 or point != points[n - 1]]


def _round(start: Box, end: Box, below: float) -> list[Point]:
    """A way back: down, under everything, and up again."""
    x, to = start.center[0], end.center[0] + (10 if start is end else 0)
    return [(x, start.y + start.height), (x, below), (to, below), (to, end.y + end.height)]


# --- writing it down


def _write(sheet: Sheet, laid: _Laid) -> None:
    collaboration = next(sheet.root.iterchildren(bpmn("collaboration")), None)
    of = collaboration if collaboration is not None and collaboration.get("id") else sheet.processes()[0]
    for old in list(sheet.root.iterchildren(f"{{{DI}}}BPMNDiagram")):
        sheet.root.remove(old)
    names = {"bpmndi": DI, "dc": DC, "di": DD}
    diagram = etree.Element(f"{{{DI}}}BPMNDiagram", {"id": sheet.new_id("diagram")}, nsmap=names)
    append(sheet.root, diagram)
    plane = etree.SubElement(
        diagram, f"{{{DI}}}BPMNPlane", {"id": sheet.new_id("plane"), "bpmnElement": of.get("id") or ""}
    )
    for id, box in laid.boxes.items():
        shape = etree.SubElement(plane, f"{{{DI}}}BPMNShape", {"id": f"{id}_di", "bpmnElement": id})
        if id in laid.opened:
            shape.set("isExpanded", "true")
        bounds = {"x": box.x + 20, "y": box.y + 20, "width": box.width, "height": box.height}
        etree.SubElement(shape, f"{{{DC}}}Bounds", {name: _n(value) for name, value in bounds.items()})
    for id, points in laid.edges.items():
        edge = etree.SubElement(plane, f"{{{DI}}}BPMNEdge", {"id": f"{id}_di", "bpmnElement": id})
        for x, y in points:
            etree.SubElement(edge, f"{{{DD}}}waypoint", {"x": _n(x + 20), "y": _n(y + 20)})
    if len(sheet.root) > 1 and "\n" in (sheet.root.text or ""):
        etree.indent(diagram, space="  ", level=1)
    sheet.redrawn()


def _n(value: float) -> str:
    return str(round(value, 1)).removesuffix(".0")


def _no_picture(sheet: Sheet, finding: Finding) -> Mend | None:
    if sheet.picture.shapes or not any(sheet.nodes(process) for process in sheet.processes()):
        return None
    does = ("自动画出流程图", "Draws the picture of the diagram")
    return safe(fix_id(finding), does, lay_out, LAYOUT)


MENDS: Mapping[str, Maker] = {"no-picture": _no_picture}
