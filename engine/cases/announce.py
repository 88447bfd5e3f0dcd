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
from engine.plugins.notifiers import Notification
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
    "supplement.asked": "您的申请需要补正，请查看补正告知书。",
    "application.refused": "您的申请未予受理，请查看告知文书。",
    "case.withdrawn": "您的申请已撤回。",
    "task.opened": None,
    "verification.opened": "您的申请已先行作出决定，请留意须在何日之前完成核验，详见办理进度。",
    "verification.reminded": "提醒：核验须在 {due} 之前完成（还有 {days} 天），请按清单携带原件或补齐材料。",
    "revocation.opened": "本机关拟撤销您取得的许可。作出决定前，您有权陈述、申辩，详见办理进度。",
    "permit.changed": "您的许可状态已变更，请查看办理进度。",
}


#: What each stage of a limit says to the desks, and which of them it is said to.
LIMIT_TEXTS = {
    "limit.prompted": ("department", "{what}将于 {due} 到期，请抓紧办理。"),
    "limit.passed": ("department", "{what}已超期（到期日 {due}），请立即办理并说明理由。"),
    "limit.escalated": ("head", "{what}超期后仍未办理（到期日 {due}），请督促。"),
}
#: The limits that the applicant has to keep: who has to act is reminded.
OWN_LIMITS = {
    "tolerance": "提醒：请在 {due} 前补交您承诺容缺的材料，逾期未补齐的，视为撤回申请。",
    "correction": "提醒：请在 {due} 前按补正告知书补交材料。",
}
_KINDS = {"promised": "承诺时限", "legal": "法定时限"}


def announce(uow: UnitOfWork, case_id: UUID, after: int, until: int) -> list[Notification]:
    """Write the notices of the entries in (after, until]; answers what is to be told further."""
    (events,) = uow.read((_EVENTS, (case_id, after, until)))
    notices, told = [], []
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
            told.append((notices[-1], event["kind"], event["at"]))
    if notices:
        uow.write(_TELL, (json.dumps(notices, ensure_ascii=False),))
    feed_case(uow, case_id)
    return [
        Notification(f"{case_id}:{one['seq']}:{one['audience']}", case_id, kind, one["audience"], one["text"], at)
        for one, kind, at in told
    ]


def _notices(kind: str, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    told = []
    text = APPLICANT_TEXTS.get(kind)
    if text:
        told.append(("applicant", text.format(**{name: payload.get(name, "") for name in ("number", "due", "days")})))
    if kind == "limit.prompted" and payload["clock"] in OWN_LIMITS:
        told.append(("applicant", OWN_LIMITS[payload["clock"]].format(due=payload["due"])))
    if kind in LIMIT_TEXTS:
        told += _limit_notices(kind, payload)
    if kind == "task.opened":
        told.append(
            (
                f"department:{payload['department']}",
                f"新的待办环节：{payload['node']}，办理期限 {payload['due'] or '无'}。",
            )
        )
    return told


def _limit_notices(kind: str, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """To the desk or the post above it, and to who supervises, before a limit passes as afterwards."""
    to, words = LIMIT_TEXTS[kind]
    what = f"{payload['name'] or '本办件'}的{_KINDS[payload['kind']]}"
    said = words.format(what=what, due=payload["due"])
    desk = [(f"{to}:{payload['department']}", said)] if payload["department"] else []
    return [*desk, (f"supervisor:{payload['region']}", said)]
