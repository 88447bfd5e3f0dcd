"""代办委托: who acts for whom. An agent records who has given him a mandate and applies for them; a window records, too."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of
from engine.cases.access import need
from engine.cases.mandates import NewMandate, needs_mandate
from engine.doors.materials import Incoming
from engine.errors import ApprovalError, Forbidden, Invalid, NotFound
from engine.organization.permissions import UseCase
from engine.plugins.file_kinds import FileEmpty
from web.downloads import download
from web.forms import flaws
from web.pages import Pages, field
from web.serving import engine
from web.words import language, t

ROWS = 30
MOST_TEXT = {"evidence": 500, "name": 200, "agent": 220}
MOST_REASON = 1000
NUMBERS = ("credit_code", "id_number")


def serve_mandates(pages: Pages) -> None:
    """The addresses of mandates."""
    pages.take_files("record", "add_scan")

    @pages.get("/mandates")
    def mandates() -> Response:
        return _mandates_page()

    @pages.post("/mandates")
    def record() -> AnyResponse:
        try:
            need(me(), UseCase.MANDATE_RECORD)
            asked = _mandate()
            with ExitStack() as stack:
                scan = _scan(stack)
                said = [asked, scan and scan.upload.sha256]
                engine().mandates.record(me(), asked, once_of("record-mandate", "", said), scan)
        except Forbidden:
            raise
        except ApprovalError as error:
            return _refused(error)
        return redirect("/admin/mandates?done=recorded", 303)

    @pages.post("/mandates/<mandate>/scan")
    def add_scan(mandate: str) -> AnyResponse:
        need(me(), UseCase.MANDATE_SCAN)
        try:
            with ExitStack() as stack:
                scan = _scan(stack)
                if scan is None:
                    raise FileEmpty(detail="scan", fields={"scan": ["0"]})
                engine().mandates.add_scan(me(), mandate, scan, once_of("scan", mandate, scan.upload.sha256))
        except (Forbidden, NotFound):
            raise
        except ApprovalError as error:
            return _refused(error)
        return redirect("/admin/mandates?done=scanned", 303)

    @pages.get("/mandates/<mandate>/scan/file")
    def fetch_scan(mandate: str) -> AnyResponse:
        return download(engine().mandates.open_scan(me(), mandate))

    @pages.post("/mandates/<mandate>/end")
    def end(mandate: str) -> AnyResponse:
        try:
            reason = field("reason", MOST_REASON)
            if not reason:
                raise Invalid(detail=t("mandates.end.reason"), fields={f"reason.{mandate}": ["required"]})
            engine().mandates.revoke(me(), mandate, reason, once_of("end-mandate", mandate, reason))
        except (Forbidden, NotFound):
            raise
        except ApprovalError as error:
            return _refused(error)
        return redirect("/admin/mandates?done=ended", 303)


def _mandate() -> NewMandate:
    """What the form says. Raises Invalid."""
    agent, _, station = field("agent", MOST_TEXT["agent"]).partition("|")
    principal = {name: value for name in ("name", *NUMBERS) if (value := field(f"principal.{name}", MOST_TEXT["name"]))}
    items = tuple(value[:100].replace("\0", "") for value in request.form.getlist("items"))
    return NewMandate(
        principal | {"kind": "person" if "id_number" in principal else "enterprise"},
        agent,
        station,
        _day("first_day"),
        _day("last_day"),
        field("evidence", MOST_TEXT["evidence"]),
        items or None,
        field("may_promise", 5) == "true",
    )


def _scan(stack: ExitStack) -> Incoming | None:
    """The scanned paper, if one was sent; it is looked at here. Raises what `MaterialsDoor.receiving` does."""
    file = request.files.get("scan")
    if file is None or not file.filename:
        return None
    return stack.enter_context(engine().materials.receiving(file.stream, file.filename))


def _day(name: str) -> date:
    try:
        return date.fromisoformat(field(name, 10))
    except ValueError:
        raise Invalid(detail=t(f"mandates.{name}"), fields={name: ["YYYY-MM-DD"]}) from None


def _refused(error: ApprovalError) -> Response:
    told = {"problem": error.sentence(language()), "wrong": flaws(error), "kept": request.form}
    return _mandates_page(error.status, **told)


def _mandates_page(status: int = 200, **shown: Any) -> Response:
    need(me(), UseCase.MANDATE_LIST)
    number = "".join(char for char in request.args.get("principal", "").strip() if char.isprintable())[:18]
    found = engine().mandates.list(me(), number or None, request.args.get("cursor") or None, ROWS)
    more = (
        found["next_cursor"] and f"/admin/mandates?{urlencode({'principal': number, 'cursor': found['next_cursor']})}"
    )
    known: dict[str, Any] = {
        "here": "/admin/mandates",
        "rows": found["items"],
        "more": more,
        "asked": number,
        "agents": engine().mandates.agents(me()),
        "items": engine().intake.window_items(me()),
        "may_apply": needs_mandate(me()),
        "key": fresh_key(),
        "kept": request.form,
        "wrong": {},
        "problem": "",
    }
    return page("admin/mandates.html", status, **{**known, **shown})
