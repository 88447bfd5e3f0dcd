"""The window: what waits for acceptance, a new application, its receipt, and accepting it, all by keyboard."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of, show_problem
from engine.cases.accept import Acceptance, Listed
from engine.cases.access import need, parse_task_id
from engine.cases.case_list import CaseQuery
from engine.cases.complete_task import MOST_OPINION
from engine.cases.mandates import MandateMissing, needs_mandate
from engine.cases.submit import PERSONAL, Application
from engine.doors.regions import RegionQuery
from engine.errors import ApprovalError, Forbidden, Invalid, NotFound
from engine.organization.permissions import Permission
from web.forms import changed, entered, flaws
from web.pages import Pages, field
from web.serving import engine
from web.words import language, t

ROWS = 30
#: Name and value pairs of an application, until items bring forms of their own.
PAIRS = 4
MOST_VALUE = 500
#: How somebody comes to a window: as ever, with the clerk's help at the form (帮办), or away from home (异地受理).
CHANNELS_HERE = ("window", "help", "remote")
#: So many mandates of an agent are looked through for those in force.
MOST_MANDATES = 200
#: So many regions are offered by name; any other is taken by its code.
MOST_REGIONS = 200


def serve_window(pages: Pages) -> None:
    """The addresses of the window."""

    @pages.get("/window")
    def window() -> AnyResponse:
        need(me(), Permission.CASE_ACCEPT)
        if number := request.args.get("number", "").strip()[:80] if "find" in request.args else "":
            return _find(number)
        return _window_page()

    @pages.get("/applications/new")
    def new_application() -> Response:
        need(me(), Permission.CASE_SUBMIT)
        return _form_page()

    @pages.post("/applications")
    def submit() -> AnyResponse:
        try:
            asked = _application()
            made = engine().submit(
                me(), asked, once_of("submit", "", [asked.item, asked.applicant, asked.form, asked.regime])
            )
        except ApprovalError as error:
            # An agent whose mandate does not reach so far chooses another one, or another item, and keeps what was entered.
            if isinstance(error, Forbidden) and not isinstance(error, MandateMissing):
                raise
            said = {"problem": error.sentence(language()), "wrong": flaws(error)}
            return _form_page(error.status, kept=request.form, **said)
        return redirect(f"/admin/cases/{made['number']}/receipt", 303)

    @pages.get("/cases/<number>/receipt")
    def receipt(number: str) -> Response:
        case = engine().receipt(me(), number)
        return page(
            "admin/receipt.html", case=case, address=request.host_url, may_accept=me().may(Permission.CASE_ACCEPT)
        )

    @pages.post("/tasks/<task>/answer")
    def answer(task: str) -> AnyResponse:
        view = engine().get_task(me(), *parse_task_id(task))
        number = view["case_file"]["number"]
        try:
            asked = _answer(number, [one["code"] for one in (view["answers"] or {}).get("materials", ())])
            engine().accept(me(), asked, once_of("answer", number, _of(asked)))
        except (NotFound, Forbidden):
            raise
        except ApprovalError as error:
            wrong = flaws(error)
            wants = [t(f"answer.wants.{name}") for name in ("materials", "reason", "redirect", "form") if name in wrong]
            problem = error.sentence(language())
            if type(error) is Invalid and len(wants) == len(wrong):
                problem = t("answer.wants", what=t("answer.and").join(wants))
            return show_problem(task, error.status, problem=problem, wrong=wrong, kept=request.form)
        return redirect(f"/admin/cases/{number}", 303)

    @pages.post("/cases/<number>/acceptance")
    def accept(number: str) -> AnyResponse:
        asked = Acceptance(
            number, "accepted", field("opinion", MOST_OPINION), late_reason=field("late_reason", MOST_OPINION)
        )
        engine().accept(me(), asked, once_of("accept", number, [asked.answer, asked.opinion, asked.late_reason]))
        return redirect(f"/admin/window?{urlencode({'done': 'accepted', 'number': number})}", 303)


def _answer(number: str, materials: list[str]) -> Acceptance:
    """The window's answer: with a reason for each material that is missing, picked from the published list."""
    reasons = {code: field(f"missing.{code}", MOST_OPINION) for code in materials}
    listed = tuple(Listed(code, reason) for code, reason in reasons.items() if reason)
    said = field("answer", 40)
    return Acceptance(
        number,
        said,
        materials=listed if said == "supplement" else (),
        reason=field("reason", MOST_OPINION),
        redirect=field("redirect", MOST_OPINION) if said == "not_ours" else "",
        late_reason=field("late_reason", MOST_OPINION),
        form=_fixed(number) if said == "fixed_on_the_spot" else {},
    )


def _of(asked: Acceptance) -> list[Any]:
    """What the key of an answer is bound to."""
    listed = [[one.material, one.reason] for one in asked.materials]
    return [asked.answer, asked.reason, asked.redirect, listed, asked.form, asked.late_reason]


def _fixed(number: str) -> dict[str, Any]:
    """What of the application was put right at the counter."""
    counter = engine().intake.counter(me(), number)
    return changed(counter["form"], counter["values"])


def _find(number: str) -> AnyResponse:
    try:
        found = engine().get_case(me(), number.replace("\0", ""))
    except (NotFound, Forbidden):
        return _window_page(404, problem=t("window.not_found", number=number), asked=number)
    return redirect(f"/admin/cases/{found['number']}", 303)


def _window_page(status: int = 200, **shown: Any) -> Response:
    query = CaseQuery(states=("submitted",), region=me().region_code, sort="submitted", limit=ROWS)
    return page("admin/window.html", status, rows=engine().cases(me(), query)["items"], **shown)


def _application() -> Application:
    applicant: dict[str, Any] = {name: value for name in PERSONAL if (value := field(f"applicant.{name}", MOST_VALUE))}
    if needs_mandate(me()):
        applicant |= engine().mandates.principal(me(), field("mandate", 100))
    kind = field("applicant.kind", 20)
    names = [(field(f"name.{n}", 100), field(f"value.{n}", MOST_VALUE)) for n in range(1, PAIRS + 1)]
    item = field("item", 100)
    form = engine().intake.application_form(me(), item)
    channel = field("channel", 20)
    return Application(
        item=item,
        region=field("region", 20),
        applicant=applicant | ({"kind": kind} if kind in ("enterprise", "person") else {}),
        form=entered(form) if form else {name: value for name, value in names if name and value},
        channel=channel if channel in CHANNELS_HERE else "window",
        external_number=field("external_number", 100) or None,
        regime=field("regime", 40) or None,
        # Only where the list that was ticked is that of the item which was chosen in the end.
        papers=tuple(request.form.getlist("papers")) if field("papers_of", 100) == item else None,
    )


def _form_page(status: int = 200, **shown: Any) -> Response:
    items = engine().intake.window_items(me())
    agent = needs_mandate(me())
    mandates = _in_force() if agent else []
    mandate = request.form.get("mandate") or request.args.get("mandate") or ""
    meant = next((one["items"] for one in mandates if one["id"] == mandate), None) or [one["code"] for one in items[:1]]
    item = request.form.get("item") or request.args.get("item") or (meant[0] if meant else "")
    code = item[:100].replace("\0", "")
    known: dict[str, Any] = {
        "here": "/admin/applications/new",
        "items": items,
        "item": item,
        "form": engine().intake.application_form(me(), code),
        "ways": engine().intake.unsigned_ways(me(), code),
        "papers": engine().intake.papers(me(), code),
        "channels": () if agent else CHANNELS_HERE,
        "agent": agent,
        "mandates": mandates,
        "mandate": mandate,
        "wrong": {},
        "region": me().region_code,
        "regions": engine().regions.regions(RegionQuery(under=me().region_code, limit=MOST_REGIONS))["items"],
        "personal": PERSONAL,
        "pairs": range(1, PAIRS + 1),
        "key": fresh_key(),
        "kept": {},
        "problem": "",
    }
    return page("admin/application.html", status, **{**known, **shown})


def _in_force() -> list[dict[str, Any]]:
    """The agent's mandates that are in force, newest first."""
    found = engine().mandates.list(me(), None, None, MOST_MANDATES)["items"]
    return [one for one in found if one["valid"] and one["agent"] == me().id]
