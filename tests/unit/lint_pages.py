"""Writes a page for each rule of the lint: what it says, what to do, a wrong and a right diagram.

    python -m tests.unit.lint_pages

The diagrams are drawn by whatever shows Mermaid; the BPMN stands under them.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.dom import minidom

from engine.bpmn.lint import RULES, rule_page
from engine.bpmn.model import Node
from engine.bpmn.read import read
from engine.bpmn.rules.rule import Rule
from tests.unit.lint_examples import WORDS, bad, good

FOLDER = Path(__file__).parents[2] / "docs" / "lint"
_SHAPES = {"startEvent": ("((", "))"), "endEvent": ("(((", ")))")}


def page(rule: Rule) -> str:
    """The text of a rule's page."""
    said = rule_page(rule)
    if rule.id in WORDS:
        return f"{said}\n\n## Wrong · 错\n\n{WORDS[rule.id]}\n"
    return f"{said}\n\n## Wrong · 错\n\n{shown(bad(rule.id))}\n\n## Right · 对\n\n{shown(good(rule.id))}\n"


def shown(data: bytes) -> str:
    """A file as its page shows it."""
    return f"```mermaid\n{mermaid(data)}\n```\n\n```xml\n{xml(data)}\n```"


def mermaid(data: bytes) -> str:
    """The processes of a file as a flowchart."""
    lines = ["flowchart LR"]
    for process in read(data).processes:
        numbers = {node.id: f"{process.id}{number}" for number, node in enumerate(process.nodes)}
        for node in process.nodes:
            lines.append(f"  {numbers[node.id]}{_shape(node)}")
            if node.attached_to in numbers:
                lines.append(f"  {numbers[node.attached_to]} -.- {numbers[node.id]}")
        for flow in process.flows:
            source, target = numbers.get(flow.source), numbers.get(flow.target)
            told = f'|"{_plain(flow.condition)}"|' if flow.condition else ""
            lines.append(f"  {source or 'nowhere'} -->{told} {target or 'nowhere'}")
    return "\n".join(lines)


def _shape(node: Node) -> str:
    kinds = "".join(f" {event.kind}" for event in node.events)
    text = _plain(f"{node.id or '?'}: {node.tag}{kinds}" if node.tag not in _SHAPES else f"{node.id}{kinds}")
    opening, closing = _SHAPES.get(node.tag, ("{{", "}}") if node.tag.endswith("Gateway") else ("[", "]"))
    if node.tag.endswith(("CatchEvent", "ThrowEvent")) or node.tag == "boundaryEvent":
        opening, closing = "(", ")"
    return f'{opening}"{text}"{closing}'


def _plain(text: str | None) -> str:
    return re.sub(r"[\"<>&|]", lambda found: f"#{ord(found[0])};", " ".join((text or "").split()))


def xml(data: bytes) -> str:
    """What stands in the file, without the root, set in lines."""
    root = minidom.parseString(data).documentElement
    parts = [
        child.toprettyxml(indent="  ").strip() for child in root.childNodes if child.nodeType == child.ELEMENT_NODE
    ]
    kept = [part for part in parts if not part.startswith("<bpmndi") and ("<process" in part or len(parts) == 1)]
    return re.sub(r">\s*\n\s*([^<\s][^<]*?)\s*\n\s*</", r">\1</", "\n".join(kept))


def write() -> None:
    """Write all pages, and take away those of rules that are gone."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.md"):
        if old.stem not in {rule.id for rule in RULES}:
            old.unlink()
    for rule in RULES:
        (FOLDER / f"{rule.id}.md").write_text(page(rule), encoding="utf-8")


if __name__ == "__main__":
    write()
