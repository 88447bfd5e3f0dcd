"""The way without drawing: send a file, read its findings as a list, answer them with buttons, take it away or keep it.

Nothing is stored until it is kept as a draft: the diagram goes along in the forms of the page.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of
from admin.workshop.files import MOST_FORM, diagram_sent, held, saved_as
from engine.bpmn.element_templates import element_templates
from engine.bpmn.model import in_language
from engine.bpmn.read import UnreadableDiagram
from engine.bpmn.rules.rule import APPROVAL, BPMN
from engine.cases.access import need
from engine.definitions.deploy import Draft, item_of
from engine.errors import ApprovalError, Forbidden
from engine.organization.permissions import UseCase
from web.pages import Pages, field
from web.serving import engine
from web.words import language, t

MOST_ID = 1000
MOST_CODE = 100


def serve_check(pages: Pages) -> None:
    """The addresses."""
    pages.take_large(MOST_FORM, "check_file", "mend_file", "lay_out_file", "convert_file", "download_file", "keep_file")

    @pages.get("/workshop/check")
    def check_start() -> Response:
        need(me(), UseCase.DIAGRAM_CHECK)
        return page("admin/check.html", here="/admin/workshop/check", file=None)

    @pages.get("/workshop/element-templates.json")
    def templates_file() -> Response:
        need(me(), UseCase.DIAGRAM_CHECK)
        made = json.dumps(element_templates(language()), ensure_ascii=False, indent=2)
        response = saved_as(made.encode(), "onewindow.json")
        response.mimetype = "application/json"
        return response

    @pages.post("/workshop/check")
    def check_file() -> Response:
        try:
            data, name = diagram_sent()
        except ApprovalError as error:
            return page("admin/check.html", error.status, file=None, problem=error.sentence(language()))
        return _checked(data, name)

    @pages.post("/workshop/check/mend")
    def mend_file() -> Response:
        data, name = diagram_sent()
        wanted, lang = field("fix", MOST_ID), language()
        try:
            if wanted in ("safe", "suggested"):
                done, data = engine().diagrams.mend(me(), data, wanted == "suggested", _profile())
                did = [one["does_en" if lang == "en" else "does"] for one in done]
            else:
                told, data = engine().diagrams.fix(me(), data, wanted, field("option", MOST_ID), _profile())
                did = [told["does"][lang == "en"]] if told["changed"] else []
        except ApprovalError as error:
            return _refused(data, name, error)
        return _checked(data, name, did=did)

    @pages.post("/workshop/check/layout")
    def lay_out_file() -> Response:
        data, name = diagram_sent()
        try:
            _, data = engine().diagrams.layout(me(), data)
        except ApprovalError as error:
            return _refused(data, name, error)
        return _checked(data, name, drawn=True)

    @pages.post("/workshop/check/convert")
    def convert_file() -> Response:
        data, name = diagram_sent()
        try:
            report, data = engine().diagrams.convert(me(), data)
        except ApprovalError as error:
            return _refused(data, name, error)
        return _checked(data, name, report=report[language()])

    @pages.post("/workshop/check/download")
    def download_file() -> Response:
        need(me(), UseCase.DIAGRAM_CHECK)
        return saved_as(*diagram_sent())

    @pages.post("/workshop/check/drafts")
    def keep_file() -> AnyResponse:
        data, name = diagram_sent()
        item = field("item", MOST_CODE)
        if not item:
            return _checked(data, name, 422, problem=t("check.item.missing"))
        once = once_of("keep-diagram", item, hashlib.sha256(data).hexdigest())
        try:
            made = engine().store_draft(me(), Draft(item, data), once)
        except ApprovalError as error:
            return _refused(data, name, error)
        return redirect(f"/admin/workshop/{made['id']}", 303)


def _profile() -> str:
    return BPMN if field("profile", 20) == BPMN else APPROVAL


def _refused(data: bytes, name: str, error: ApprovalError) -> Response:
    if isinstance(error, Forbidden):
        raise error
    return _checked(data, name, error.status, problem=error.sentence(language()))


def _checked(data: bytes, name: str, status: int = 200, **shown: Any) -> Response:
    """The page of a file: what was found in it, and what can be done."""
    judged = engine().diagrams.lint(me(), data, _profile())
    findings = [in_language(one, language()) for one in judged["findings"]]
    order = {"error": 0, "warning": 1, "info": 2}
    known: dict[str, Any] = {
        "file": held(data) if judged["readable"] else None,
        "file_name": name,
        "profile": _profile(),
        "judged": judged,
        "findings": sorted(findings, key=lambda one: order.get(one["severity"], 3)),
        "mendable": sum(1 for one in findings if one["fix"] and one["fix"]["safe"]),
        "asking": sum(1 for one in findings if one["fix"] and one["fix"]["suggested"]),
        "item": _item(data, name) if judged["readable"] else "",
        "key": fresh_key(),
        "here": "/admin/workshop/check",
    }
    return page("admin/check.html", status, **{**known, **shown})


def _item(data: bytes, name: str) -> str:
    try:
        return item_of(data, name.rsplit(".", 1)[0])[:MOST_CODE]
    except UnreadableDiagram:
        return ""
