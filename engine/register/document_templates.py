"""The texts of documents (文书), versioned: `templates/<kind>.<version>.txt`, the newest of each kind for new documents.

A text that was used is never changed; a better one gets the next number, so that what was said can be said again. What a
document says is put together once, when it gets its number, and kept with it, with the version and hash of its text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from engine.errors import ApprovalError

FOLDER = Path(__file__).parent / "templates"
#: The text of a kind that has none of its own.
GENERAL = "document"
REMEDY = "remedy"
Facts = Mapping[str, str | Sequence[str]]
_NAME = re.compile(r"(?P<kind>[a-z-]+)\.(?P<version>\d+)\.txt")


class DocumentIncomplete(ApprovalError):
    """A document lacks something that the law wants in it; the step that issues it did not happen. Params: title, missing."""

    code = "document-incomplete"
    status = 422
    zh = "《{title}》缺少必须写明的内容（{missing}），本步骤未生效。请补充后重新提交。"
    en = "The document “{title}” lacks what it must say ({missing}), so the step did not happen. Add it and try again."


@dataclass(frozen=True, slots=True)
class Template:
    """The text of one kind. `needs` are the facts without which it may not be issued; `signed` is who signs beside the seal."""

    kind: str
    version: int
    title: str
    title_en: str
    needs: tuple[str, ...]
    remedy: bool
    signed: str
    addressed: bool
    paragraphs: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Composed:
    """What a document says: paragraphs, and numbered lists as tuples."""

    paragraphs: tuple[str | tuple[str, ...], ...]
    remedy: str


@cache
def templates() -> Mapping[str, Template]:
    """The newest text of every kind."""
    return {template.kind: template for template in all_texts()}


def all_texts() -> list[Template]:
    """Every text that ever was, the older before the newer."""
    return sorted(map(_read, FOLDER.glob("*.txt")), key=lambda one: one.version)


def template_of(kind: str) -> Template:
    """The text for a kind of document: its own, or the general one."""
    return templates().get(kind) or templates()[GENERAL]


def compose(template: Template, facts: Facts) -> Composed:
    """What a document of these facts says.

    Raises:
        DocumentIncomplete: a fact that the text needs is not there.
    """
    remedy = templates()[REMEDY]
    needed = (*template.needs, *(remedy.needs if template.remedy else ()))
    missing = [name for name in needed if not facts.get(name)]
    if missing:
        raise DocumentIncomplete(title=template.title, missing="、".join(missing))
    filled = (_fill(one, facts) for one in template.paragraphs)
    said = tuple(one for one in filled if one)
    last = "".join(str(_fill(one, facts)) for one in remedy.paragraphs) if template.remedy else ""
    return Composed(said, last)


def _fill(paragraph: str, facts: Facts) -> str | tuple[str, ...]:
    """A paragraph with its facts in; `* {name}` is a list. Facts are values: braces in them mean nothing."""
    if paragraph.startswith("* "):
        listed = facts.get(paragraph[3:-1], ())
        return (listed,) if isinstance(listed, str) else tuple(listed)
    names = [name for _, name, _, _ in Formatter().parse(paragraph) if name]
    return paragraph.format_map({name: facts.get(name, "") for name in names}).strip()


def _read(path: Path) -> Template:
    content = path.read_text("utf-8")
    name = _NAME.fullmatch(path.name)
    assert name is not None, path.name
    head, _, body = content.partition("---\n")
    said = dict(line.split(": ", 1) for line in head.splitlines())
    return Template(
        kind=name["kind"],
        version=int(name["version"]),
        title=said["title"],
        title_en=said["title_en"],
        needs=tuple(said.get("needs", "").split()),
        remedy=said.get("remedy") == "yes",
        signed=said.get("signed", ""),
        addressed=said.get("addressed") != "no",
        paragraphs=tuple(line for line in body.splitlines() if line.strip()),
        sha256=hashlib.sha256(content.encode()).hexdigest(),
    )
