"""What the designer asks while somebody draws: findings, a mend, a fresh picture, another tool's diagram as one of ours.

The body is BPMN XML, or JSON with it as `xml`; the answer is JSON in the reader's language. Nothing is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, request

from admin.desk import me
from engine.bpmn.file_text import text_of
from engine.bpmn.model import in_language
from engine.bpmn.rules.rule import BPMN
from engine.errors import Invalid, NotFound
from web.pages import Pages, answer_data
from web.serving import engine
from web.words import language

#: A diagram of 5 MB, as JSON spells it.
MOST_DIAGRAM = 12 * 1024 * 1024
MOST_CODE = 100


def serve_answers(pages: Pages) -> None:
    """Mount them."""
    pages.take_data(MOST_DIAGRAM, "lint_diagram", "fix_diagram", "lay_out_diagram", "convert_diagram")

    @pages.post("/designer/lint")
    def lint_diagram() -> Response:
        said = said_of()
        judged = engine().diagrams.lint(me(), said["xml"], _profile(said), kept_for(said))
        findings = [in_language(finding, language()) for finding in judged["findings"]]
        return answer_data({**judged, "findings": findings})

    @pages.post("/designer/fix")
    def fix_diagram() -> Response:
        said = said_of()
        fix, option = _text(said, "fix", required=True), _text(said, "option")
        done, xml = engine().diagrams.fix(me(), said["xml"], fix, option, _profile(said))
        english = language() == "en"
        did = {"id": done["id"], "does": done["does"][english], "label": done["label"][english]}
        return answer_data({"xml": text_of(xml), "did": did, "changed": done["changed"]})

    @pages.post("/designer/layout")
    def lay_out_diagram() -> Response:
        done, xml = engine().diagrams.layout(me(), said_of()["xml"])
        return answer_data({"xml": text_of(xml), "changed": done["changed"]})

    @pages.post("/designer/convert")
    def convert_diagram() -> Response:
        report, xml = engine().diagrams.convert(me(), said_of()["xml"])
        return answer_data({"xml": text_of(xml), "report": report[language()]})


def said_of() -> dict[str, Any]:
    """What was sent; `xml` as bytes. Raises Invalid."""
    body = request.get_data()
    if request.mimetype != "application/json":
        return {"xml": body}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid(detail="JSON", fields={"body": ["JSON"]}) from None
    if not isinstance(said, dict) or not isinstance(said.get("xml"), str):
        raise Invalid(detail="xml", fields={"xml": ["required"]})
    return said | {"xml": said["xml"].encode("utf-8", "surrogatepass")}


def code_of(said: dict[str, Any], name: str) -> str:
    """A short text that was sent, else empty. Raises Invalid."""
    value = said.get(name) or ""
    if not isinstance(value, str) or len(value) > MOST_CODE or "\0" in value:
        raise Invalid(detail=name, fields={name: [f"≤ {MOST_CODE}"]})
    return value


def over(said: dict[str, Any]) -> tuple[str, UUID | None]:
    """The item of a drawing, and the definition over which it is drawn. Raises Invalid, NotFound."""
    before = code_of(said, "before")
    return code_of(said, "item"), id_of(before) if before else None


def kept_for(said: dict[str, Any]) -> Mapping[str, str]:
    """What the drawing links if it is saved, beyond itself and the templates; nothing for one that tells neither."""
    item, before = over({"item": request.args.get("item"), "before": request.args.get("before")} | said)
    return engine().workshop.kept(me(), item, before) if item or before else {}


def id_of(text: str) -> UUID:
    """The id of a definition as it was sent. Raises NotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="definition", id=text[:80]) from None


def _text(said: dict[str, Any], name: str, required: bool = False) -> str:
    value = said.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise Invalid(detail=name, fields={name: ["text"]})
    return value


def _profile(said: dict[str, Any]) -> str:
    return request.args.get("profile") or _text(said, "profile") or BPMN
