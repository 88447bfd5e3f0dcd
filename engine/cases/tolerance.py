"""容缺: a secondary material may come later, on a signed promise with a date; the decision waits for it, its clock does not.

The date lies within what the item allows and before the promised day of the decision (行政许可法 45 gives no pause for it). What
has not come by then: the application counts as withdrawn. A material that the window has asked for already is not tolerated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.bpmn.calls import regime_of
from engine.bpmn.compile import Compiled
from engine.cases.states import CaseState
from engine.cases.step_limits import CASE_OWNER
from engine.catalogue.items import Material
from engine.catalogue.regimes import Regime, RegimeRule
from engine.clock import day_of
from engine.errors import Conflict, Invalid
from engine.timelimits.ledger import Clock
from engine.timelimits.limits import due

if TYPE_CHECKING:
    from engine.cases.apply_step import StepDraft
    from engine.cases.step_store import TaskRow

#: In the case's progress: the codes of what is still to come, and by when.
TOLERATED = "tolerated"
SUPPLIED = "supplied"
PROMISE = "tolerance-commitment"
_PROMISED = (
    "SELECT materials, supply_by FROM commitments WHERE case_id = %s AND regime = 'tolerance' AND withdrawn_at IS NULL "
    "ORDER BY number DESC LIMIT 1"
)
#: The channels with a counter: its receipt lists what was handed over, whether or not it was scanned.
_PAPERS = "SELECT payload::jsonb->'papers' AS papers FROM events WHERE case_id = %s AND seq = 1"
ON_PAPER = ("window", "agent", "help", "remote")
_HELD = "SELECT DISTINCT code FROM materials WHERE case_id = %s AND state <> 'rejected'"
_LISTS = "SELECT listed FROM supplement_lists WHERE case_id = %s"


class SupplyTooLate(Invalid):
    """The day of supply is beyond what the item allows, or not before the promised decision. Params: by, latest."""

    code = "supply-too-late"
    zh = "补交日期 {by} 过晚：最迟为 {latest}，且须早于承诺的决定日期。请改为更早的日期，或按普通方式备齐材料后申请。"
    en = "{by} is too late to supply what is missing: {latest} at the latest, before the promised decision. Choose an earlier day."


class MainMaterialMissing(Invalid):
    """A material that the item requires and does not tolerate is not there. Params: materials."""

    code = "main-material-missing"
    zh = "主要材料（{materials}）尚未提交，不能适用容缺受理。请先上传或者到窗口提交主要材料，再作出容缺承诺。"
    en = "Main materials ({materials}) have not been handed in, so nothing can be promised for later: hand them in first."


class ToleranceDemanded(Conflict):
    """The window has asked for this material already: it is supplied, not promised. Params: material."""

    code = "tolerance-material-demanded"
    zh = "“{material}”已在补正告知书中要求补交，不能再申请容缺。请按告知书补正。"
    en = "“{material}” is on the list of what was asked for, so it can't be promised for later: supply it."


class ToleranceOutstanding(Conflict):
    """The decision waits for what was promised. Params: materials, by."""

    code = "tolerance-outstanding"
    zh = "容缺材料（{materials}）尚未补齐，须在 {by} 前补交后才能继续。"
    en = "What was promised ({materials}) has not come yet: it is due by {by}, and this waits for it."


def check_promise(draft: StepDraft, rule: RegimeRule, materials: Collection[str], by: date | None) -> None:
    """What is promised and when, before it is signed.

    Raises:
        Invalid: a day that has passed.
        SupplyTooLate: beyond the item's most, or not before the promised decision.
        ToleranceDemanded: the window has asked for it already.
        MainMaterialMissing: what may not be promised is not there either.
    """
    if rule.regime is not Regime.TOLERANCE or by is None or rule.tolerance is None:
        return
    case, today = draft.case, day_of(draft.case.now)
    if by < today:
        raise Invalid(detail="supply_by", fields={"supply_by": [f"不得早于 {today}\tnot before {today}"]})
    almanac = draft.house.almanac(case.region_code, None, case.calendar_version)
    latest = due(almanac.calendar, case.now, rule.tolerance.limit, almanac.hours).day
    decided = due(almanac.calendar, case.now, draft.live.item.case_limits.promised, almanac.hours).day
    if by > latest or by >= decided:
        shown = str(min(latest, decided))
        raise SupplyTooLate(by=str(by), latest=shown, fields={"supply_by": [f"≤ {latest}, < {decided}"]})
    lists, held, papers = draft.uow.read((_LISTS, (case.id,)), (_HELD, (case.id,)), (_PAPERS, (case.id,)))
    asked = {one["material"] for row in lists for one in row["listed"]}
    demanded = next((code for code in materials if code in asked), None)
    if demanded is not None:
        raise ToleranceDemanded(material=_names(draft, [demanded]), fields={"materials": [demanded]})
    awaited = asked if case.state == CaseState.SUPPLEMENT else set()
    there = {row["code"] for row in held}
    on_paper = case.channel in ON_PAPER
    if on_paper and papers[0]["papers"] is not None:  # the counter said which papers it was given: only those are there
        there, on_paper = there | (set(papers[0]["papers"]) - awaited), False
    missing = missing_mains(draft.live.item.materials, rule.materials, there, awaited, on_paper)
    if missing:
        raise MainMaterialMissing(materials=_names(draft, missing), fields={"materials": missing})


def missing_mains(
    materials: Iterable[Material],
    tolerated: Collection[str],
    held: Collection[str],
    awaited: Collection[str],
    on_paper: bool,
) -> list[str]:
    """The codes of main materials that are not there.

    Args:
        materials: what the item wants.
        tolerated: what the rule lets come later; all else that is required is a main material.
        held: what lies in the file of the case.
        awaited: what the window has asked for and waits for.
        on_paper: it was handed in over a counter, whose receipt stands for what is not in the file (收件凭证).
    """
    mains = [one.code for one in materials if one.required and one.code not in tolerated]
    return [code for code in mains if code not in held and (code in awaited or not on_paper)]


def start_supply(draft: StepDraft, since: datetime) -> list[dict[str, Any]]:
    """受理: the applicant's time starts; the promise becomes a document. Answers what the record says of the limit."""
    if draft.case.regime != Regime.TOLERANCE:
        return []
    (rows,) = draft.uow.read((_PROMISED, (draft.case.id,)))
    if not rows or rows[0]["supply_by"] is None:
        return []
    by, codes = rows[0]["supply_by"], list(rows[0]["materials"])
    rule = next((one for one in draft.live.item.regimes if one.regime is Regime.TOLERANCE), None)
    ground = f"{rule.basis.act}{rule.basis.article}" if rule else ""
    draft.progress[TOLERATED] = {"materials": codes, "by": by.isoformat(), "ground": ground}
    days = max((by - day_of(since)).days, 1)
    limit = {"promised": days, "unit": "calendar-day"}
    return draft.start_limits(CASE_OWNER, Clock.TOLERANCE, limit, since, ground=ground)


def promise_facts(draft: StepDraft) -> Mapping[str, Any] | None:
    """What the document of the promise says; None where nothing is tolerated."""
    owed = draft.progress[TOLERATED]
    if not owed.get("materials"):
        return None
    return {"items": [_names(draft, [code]) for code in owed["materials"]], "supply_by": owed["by"]}


def outstanding(draft: StepDraft) -> list[str]:
    """The codes of what was promised and has not come."""
    return list(draft.progress[TOLERATED].get("materials") or ())


def promised(state: str, progress: Mapping[str, Any]) -> tuple[list[str], str | None]:
    """The same of a case that is only looked at: the codes, and the day by which they come; none before acceptance."""
    owed = progress.get(TOLERATED) or {}
    codes = list(owed.get("materials") or ()) if state == CaseState.ACCEPTED else []
    return codes, owed.get("by") if codes else None


def bring(draft: StepDraft, codes: Collection[str]) -> list[str]:
    """Take in what was promised; the clock stops with the last of it. Answers the clocks that stop."""
    left = [code for code in outstanding(draft) if code not in codes]
    draft.progress[TOLERATED] = {**draft.progress[TOLERATED], "materials": left}
    return [] if left else draft.stop(CASE_OWNER, Clock.TOLERANCE)


def supply_task(draft: StepDraft) -> TaskRow | None:
    """The applicant's task that the diagram has for it: in the process that a tolerance calls."""
    nodes = supply_nodes(draft.live.compiled)
    return next((task for task in draft.case.tasks if task.node in nodes and task.state in ("open", "claimed")), None)


def supply_nodes(compiled: Compiled) -> frozenset[str]:
    """The applicant's tasks within what a tolerance calls."""
    called = {node.called_element for node in compiled.nodes.values() if regime_of(node) == Regime.TOLERANCE}
    return frozenset(
        name
        for name, node in compiled.nodes.items()
        if node.scope in called and (node.extension("assignment") or {}).get("applicant")
    )


def check_settled(draft: StepDraft, node: str, outcome: str | None) -> None:
    """Neither the supply's own task nor a grant is done while something is outstanding. Raises ToleranceOutstanding."""
    left = unsettled(draft, node, outcome)
    if left:
        raise ToleranceOutstanding(materials=_names(draft, left), by=draft.progress[TOLERATED]["by"])


def unsettled(draft: StepDraft, node: str, outcome: str | None) -> Collection[str]:
    """The materials that are outstanding and stand in the way of this outcome of this node."""
    asks = outcome == "granted" or node in supply_nodes(draft.live.compiled)
    return outstanding(draft) if asks else ()


def _names(draft: StepDraft, codes: Collection[str]) -> str:
    known = {one.code: one.name for one in draft.live.item.materials}
    return "、".join(known.get(code, code) for code in codes)
