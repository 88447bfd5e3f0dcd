"""The picture of a diagram (BPMN DI): what is added gets a shape or an edge, what goes loses it, the rest stays put."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.bpmn.read_extensions import Xml

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"

SIZES = {"Gateway": (50, 50), "Event": (36, 36)}
TASK = (100, 80)
GAP = 30


@dataclass(frozen=True, slots=True)
class Box:
    """The bounds of a shape."""

    x: float
    y: float
    width: float
    height: float

    @property
    def center(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def meets(self, other: Box, gap: float = 0) -> bool:
        """Whether two boxes overlap, or come nearer than `gap`."""
        return (
            self.x < other.x + other.width + gap
            and other.x < self.x + self.width + gap
            and self.y < other.y + other.height + gap
            and other.y < self.y + self.height + gap
        )

    def distance(self, x: float, y: float) -> float:
        """How far a point lies outside (0 inside)."""
        dx = max(self.x - x, 0.0, x - self.x - self.width)
        dy = max(self.y - y, 0.0, y - self.y - self.height)
        return math.hypot(dx, dy)

    def border(self, toward: tuple[float, float]) -> tuple[float, float]:
        """Where the line from the middle to a point crosses the border."""
        cx, cy = self.center
        dx, dy = toward[0] - cx, toward[1] - cy
        if not dx and not dy:
            return cx + self.width / 2, cy
        scale = min(
            self.width / 2 / abs(dx) if dx else math.inf,
            self.height / 2 / abs(dy) if dy else math.inf,
        )
        return cx + dx * min(scale, 1.0), cy + dy * min(scale, 1.0)


def size_of(tag: str) -> tuple[int, int]:
    """The usual size of a node's shape."""
    return next((size for end, size in SIZES.items() if tag.endswith(end)), TASK)


class Picture:
    """The shapes and edges of a file. Without a plane every method does nothing."""

    def __init__(self, root: Xml) -> None:
        self.root = root
        self.planes = list(root.iter(f"{{{DI}}}BPMNPlane"))
        self.shapes: dict[str, Xml] = {}
        self.edges: dict[str, Xml] = {}
        self._all: dict[str, list[Xml]] = {}
        self._boxes: dict[str, Box | None] = {}
        for plane in self.planes:
            for drawn in plane.iterchildren(f"{{{DI}}}BPMNShape", f"{{{DI}}}BPMNEdge"):
                of = _ref(drawn.get("bpmnElement"))
                self._all.setdefault(of, []).append(drawn)
                (self.shapes if drawn.tag.endswith("Shape") else self.edges).setdefault(of, drawn)

    def box(self, id: str | None) -> Box | None:
        """The bounds of an element's shape, None when it has none that can be read."""
        if id in self._boxes:
            return self._boxes[id]
        found = self._bounds_of(id)
        if id:
            self._boxes[id] = found
        return found

    def _bounds_of(self, id: str | None) -> Box | None:
        shape = self.shapes.get(id or "")
        bounds = None if shape is None else shape.find(f"{{{DC}}}Bounds")
        if bounds is None:
            return None
        try:
            values = [float(bounds.get(name) or 0) for name in ("x", "y", "width", "height")]
        except ValueError:
            return None
        return Box(*values) if all(map(math.isfinite, values)) else None

    def points(self, id: str | None) -> list[tuple[float, float]]:
        """The way points of a flow's edge, empty when there are none that can be read."""
        edge = self.edges.get(id or "")
        found = [] if edge is None else list(edge.iterchildren(f"{{{DD}}}waypoint"))
        try:
            points = [(float(point.get("x") or 0), float(point.get("y") or 0)) for point in found]
        except ValueError:
            return []
        return points if all(math.isfinite(value) for point in points for value in point) else []

    # -- changing

    def place(self, id: str, box: Box, beside: str | None = None) -> None:
        """Give a new element a shape; in the plane where `beside` is drawn."""
        plane = self._plane(beside)
        if plane is None:
            return
        shape = etree.SubElement(plane, f"{{{DI}}}BPMNShape", {"id": f"{id}_di", "bpmnElement": id})
        etree.SubElement(shape, f"{{{DC}}}Bounds", _bounds(box))
        self._remember(id, shape, self.shapes)

    def place_after(self, id: str, tag: str, node: str) -> None:
        """Draw a new node to the right of another one, where there is room."""
        self._beside(id, tag, node, 1)

    def place_before(self, id: str, tag: str, node: str) -> None:
        """Draw a new node to the left of another one, where there is room."""
        self._beside(id, tag, node, -1)

    def _beside(self, id: str, tag: str, node: str, side: int) -> None:
        near = self.box(node)
        if near is None:
            return
        width, height = size_of(tag)
        cy = near.center[1] - height / 2
        x = near.x + near.width + GAP if side > 0 else near.x - GAP - width
        rows = [cy, near.y - GAP - height, near.y + near.height + GAP]
        places = [Box(x + side * step * GAP, y, width, height) for step in (0, 1, 2) for y in rows]
        taken = self._boxes_near(near)
        free = next((box for box in places if not any(box.meets(other, 4) for other in taken)), places[0])
        self.place(id, free, node)

    def _boxes_near(self, near: Box) -> list[Box]:
        around = Box(near.x - 400, near.y - 400, near.width + 800, near.height + 800)
        boxes = [self.box(id) for id in self.shapes]
        small = [box for box in boxes if box is not None and box.width <= 350 and box.height <= 250]
        return [box for box in small if box.meets(around)]

    def draw_flow(self, id: str, source: str, target: str) -> None:
        """Draw a new flow as a straight line."""
        plane, start, end = self._plane(source), self.box(source), self.box(target)
        if plane is None or start is None or end is None:
            return
        edge = etree.SubElement(plane, f"{{{DI}}}BPMNEdge", {"id": f"{id}_di", "bpmnElement": id})
        for point in (start.border(end.center), end.border(start.center)):
            etree.SubElement(edge, f"{{{DD}}}waypoint", _point(point))
        self._remember(id, edge, self.edges)

    def move_end(self, id: str | None, node: str, first: bool) -> None:
        """Let the edge of a flow begin (or end) at another node's shape."""
        edge, box, points = self.edges.get(id or ""), self.box(node), self.points(id)
        if edge is None or box is None or len(points) < 2:
            return
        waypoints = list(edge.iterchildren(f"{{{DD}}}waypoint"))
        mine, other = (waypoints[0], points[1]) if first else (waypoints[-1], points[-2])
        for name, value in _point(box.border(other)).items():
            mine.set(name, value)

    def resize(self, id: str | None, tag: str) -> None:
        """Give a shape the size of another kind of node, round the same middle."""
        box, shape = self.box(id), self.shapes.get(id or "")
        if box is None or shape is None:
            return
        width, height = size_of(tag)
        if (box.width <= 40) == (width <= 40) and (box.width <= 55) == (width <= 55):
            return
        cx, cy = box.center
        new = Box(cx - width / 2, cy - height / 2, width, height)
        for name, value in _bounds(new).items():
            shape.find(f"{{{DC}}}Bounds").set(name, value)
        self._boxes.pop(id or "", None)

    def erase(self, id: str | None) -> None:
        """Take away what is drawn of an element."""
        for drawn in self._all.pop(id or "", ()):
            parent, before = drawn.getparent(), drawn.getprevious()
            if parent is not None:
                if drawn.getnext() is None and before is not None:
                    before.tail = drawn.tail
                drawn.tail = None
                parent.remove(drawn)
        self._boxes.pop(id or "", None)
        self.shapes.pop(id or "", None)
        self.edges.pop(id or "", None)

    def renamed(self, old: str, new: str) -> None:
        """An element has another id now."""
        for drawn in self._all.pop(old, ()):
            drawn.set("bpmnElement", new)
            self._all.setdefault(new, []).append(drawn)
        self._boxes.pop(old, None)
        for kind in (self.shapes, self.edges):
            if old in kind:
                kind[new] = kind.pop(old)

    def _remember(self, id: str, drawn: Xml, kind: dict[str, Any]) -> None:
        before = drawn.getprevious()
        if before is not None:
            drawn.tail = before.tail
            second = before.getprevious()
            before.tail = (second.tail if second is not None else drawn.getparent().text) or before.tail
        self._all.setdefault(id, []).append(drawn)
        self._boxes.pop(id, None)
        kind[id] = drawn

    def _plane(self, beside: str | None) -> Xml | None:
        drawn = self.shapes.get(beside or "")
        if drawn is not None:
            return drawn.getparent()
        return self.planes[0] if self.planes else None


def _bounds(box: Box) -> dict[str, str]:
    return {"x": _n(box.x), "y": _n(box.y), "width": _n(box.width), "height": _n(box.height)}


def _point(point: tuple[float, float]) -> dict[str, str]:
    return {"x": _n(point[0]), "y": _n(point[1])}


def _n(value: float) -> str:
    return str(round(value, 1)).removesuffix(".0")


def _ref(text: str | None) -> str:
    return (text or "").rpartition(":")[2].strip()
