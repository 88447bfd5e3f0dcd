"""Where an element stands among its neighbours: it comes and goes, and the white space between the others stays."""

from __future__ import annotations

from typing import Any


def append(parent: Any, child: Any) -> None:
    """Put a child last."""
    last = parent[-1] if len(parent) else None
    if last is None:
        parent.append(child)
        _open(parent, child)
        return
    child.tail = last.tail
    before = last.getprevious()
    last.tail = (before.tail if before is not None else parent.text) or last.tail
    parent.append(child)


def prepend(parent: Any, child: Any) -> None:
    """Put a child first."""
    if not len(parent):
        append(parent, child)
        return
    child.tail = parent.text
    parent.insert(0, child)


def insert_after(sibling: Any, child: Any) -> None:
    """Put an element behind another one."""
    before = sibling.getprevious()
    child.tail = sibling.tail
    sibling.tail = (before.tail if before is not None else sibling.getparent().text) or sibling.tail
    parent = sibling.getparent()
    parent.insert(parent.index(sibling) + 1, child)


def insert_before(sibling: Any, child: Any) -> None:
    """Put an element before another one."""
    before = sibling.getprevious()
    child.tail = before.tail if before is not None else sibling.getparent().text
    sibling.addprevious(child)


def drop(element: Any) -> None:
    """Take an element away, and the white space before it; text behind it that says something stays."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    tail = element.tail
    if tail and (tail.strip() or element.getnext() is None):
        if before is not None:
            before.tail = tail if not (before.tail or "").strip() else (before.tail or "") + tail
        else:
            parent.text = tail if not (parent.text or "").strip() else (parent.text or "") + tail
    element.tail = None
    parent.remove(element)
    if not len(parent) and not (parent.text or "").strip():
        parent.text = None


def _open(parent: Any, child: Any) -> None:
    """White space in an element that had no children: one step deeper than itself."""
    around = parent.getparent()
    if around is None or (parent.text or "").strip():
        return
    before = parent.getprevious()
    outer = before.tail if before is not None else around.text
    if outer and "\n" in outer and not outer.strip():
        unit = "  "
        child.tail = outer
        parent.text = outer + unit
