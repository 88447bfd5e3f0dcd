"""After the commit: tell the desks, the applicant, and the followers of the event feed what happened.

The effect is a row each, however often the job runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.cases.feed import feed_case
from engine.cases.record import spell
from engine.unit_of_work import UnitOfWork

_EVENTS = "SELECT seq, kind, at, payload FROM events WHERE case_id = %s AND seq > %s AND seq <= %s ORDER BY seq"
_TELL = "INSERT INTO notices SELECT * FROM jsonb_populate_recordset(null::notices, %s) ON CONFLICT DO NOTHING"

#: What each kind of entry says to the applicant.
APPLICANT_TEXTS = {
    "case.submitted": "您的申请已收件。",
    "case.accepted": "您的申请已受理。",
    "case.concluded": "您的申请已办结。",
    "limits.recomputed": "因放假安排公布或调整，您的申请的办理期限已重新计算，请查看办理进度。",
    "document.issued": "文书已出具：{number}。",
    "task.opened": None,
}


def announce(uow: UnitOfWork, case_id: UUID, after: int, until: int) -> int:
    """Write the notices of the entries in (after, until]; answers how many entries there were."""
    (events,) = uow.read((_EVENTS, (case_id, after, until)))
    notices = []
    for event in events:
        payload = json.loads(event["payload"])
        for audience, words in _notices(event["kind"], payload):
            notices.append(
                {
                    "case_id": str(case_id),
                    "seq": event["seq"],
                    "audience": audience,
                    "text": words,
                    "at": spell(event["at"]),
                }
            )
    if notices:
        uow.write(_TELL, (json.dumps(notices, ensure_ascii=False),))
    feed_case(uow, case_id)
    return len(events)


def _notices(kind: str, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    told = []
    text = APPLICANT_TEXTS.get(kind)
    if text:
        told.append(("applicant", text.format(number=payload.get("number", ""))))
    if kind == "task.opened":
        told.append(
            (
                f"department:{payload['department']}",
                f"新的待办环节：{payload['node']}，办理期限 {payload['due'] or '无'}。",
            )
        )
    return told
