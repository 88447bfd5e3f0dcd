"""All mends: for each finding the one that is offered."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.bpmn.mends import (
    approvals,
    choices,
    ends,
    events,
    file,
    flows,
    forks,
    ids,
    layout,
    loops,
    repeats,
    tasks,
    texts,
    written,
)
from engine.bpmn.mends.mend import Maker, Mend
from engine.bpmn.mends.sheet import Sheet
from engine.bpmn.model import Finding
from engine.clock import monotonic

log = logging.getLogger(__name__)

MAKERS: Mapping[str, Maker] = {
    rule: maker
    for family in (
        ids,
        file,
        flows,
        ends,
        events,
        tasks,
        repeats,
        forks,
        choices,
        texts,
        written,
        loops,
        layout,
        approvals,
    )
    for rule, maker in family.MENDS.items()
}
_OF_FLOWS = frozenset({*flows.MENDS, *choices.MENDS, *forks.MENDS, *texts.MENDS})
MOST_OFFERS = 300  #: of one file; nobody answers more questions at once
MOST_SECONDS = 2.0  #: after which no more is offered: a file for which that takes longer is no drawing


def offers(sheet: Sheet, findings: Iterable[Finding]) -> list[tuple[Finding, Mend | None]]:
    """Each finding with the mend that is offered for it."""
    offered: list[tuple[Finding, Mend | None]] = []
    count, enough = 0, monotonic() + MOST_SECONDS
    for finding in findings:
        maker = MAKERS.get(finding.rule) if count < MOST_OFFERS and monotonic() < enough else None
        mend = _made(maker, sheet, _named(sheet, finding)) if maker is not None else None
        count += mend is not None
        offered.append((finding, mend))
    return offered


def _made(maker: Maker, sheet: Sheet, finding: Finding) -> Mend | None:
    """What a maker offers. A file may be odder than any maker thinks: then there is a fault without a mend, no crash."""
    try:
        return maker(sheet, finding)
    except Exception:
        log.debug("no mend for %s at %s", finding.rule, finding.element, exc_info=True)
        return None


def _named(sheet: Sheet, finding: Finding) -> Finding:
    """A finding about a flow without an id, with the one that the sheet gave it."""
    if finding.element is not None or finding.rule not in _OF_FLOWS:
        return finding
    return replace(finding, element=sheet.flow_at(finding.line))


def with_fixes(data: bytes, findings: list[Finding]) -> list[Finding]:
    """The findings about a file, each with the fix that is offered. `data` has been read before."""
    if not any(finding.rule in MAKERS for finding in findings):
        return findings
    return [
        replace(finding, fix=mend.fix) if mend is not None else finding
        for finding, mend in offers(Sheet.of(data), findings)
    ]
