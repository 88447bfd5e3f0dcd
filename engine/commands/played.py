"""A story that was played, as a person reads it in a shell. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_RESULTS = {
    "granted": ("准予", "granted"),
    "denied": ("不予", "refused"),
    "completed": ("完成", "completed"),
    "granted-pending": ("准予（待核验）", "granted, waits for its check"),
    "lapsed": ("已失效", "lapsed"),
    "revoked": ("已撤销", "revoked"),
    "deemed-withdrawn": ("视为撤回", "deemed withdrawn"),
}
_WORDS = {
    "zh": {
        "case": "办件编号 {number}　{item}　{state}{result}",
        "days": "收件 {submitted}　受理 {accepted}　办结 {concluded}　承诺 {due}　用时 {took}",
        "result": "（{}）",
        "again": "（第 {} 次）",
        "took": "{} 个工作日",
        "within": "期限 {due}，剩余 {left} 个工作日",
        "without": "无办理期限",
        "worked": "用时",
        "opinion": "意见：{}",
        "returned": "退回至：{}",
        "vote": "表决 {node}：{assents} 同意 / {others} 未同意 / 共 {invited}，须 {needed}　{result}",
        "passed": "通过",
        "rejected": "未通过",
        "open": "未决",
        "broken-off": "已中止",
        "document": "文书　{number}（{at}）",
        "right": "✓ 与预期一致",
        "wrong": "✗ 与预期不符",
    },
    "en": {
        "case": "Case {number}　{item}　{state}{result}",
        "days": "submitted {submitted}　accepted {accepted}　concluded {concluded}　promised {due}　took {took}",
        "result": " ({})",
        "again": " (round {})",
        "took": "{} working days",
        "within": "due {due}, {left} working days left",
        "without": "no time limit",
        "worked": "took",
        "opinion": "Opinion: {}",
        "returned": "Returned to: {}",
        "vote": "Vote of {node}: {assents} assent / {others} do not / {invited} invited, {needed} needed　{result}",
        "passed": "passed",
        "rejected": "rejected",
        "open": "open",
        "broken-off": "broken off",
        "document": "Document　{number} ({at})",
        "right": "✓ as expected",
        "wrong": "✗ not as expected",
    },
}


def told(result: Mapping[str, Any], lang: str) -> str:
    """The result of `onewindow play` in the person's language; what people wrote stays as they wrote it."""
    words = _WORDS[lang]
    lines = [result["scenario"], "", *_case(result["case"], lang)]
    for row in result["timeline"]:
        lines += _row(row, lang)
    for document in result["documents"]:
        lines.append(words["document"].format(number=document["number"], at=_minute(document["issued_at"])))
        lines += [f"　　　{line}" for line in document["content"].splitlines()]
    failures = result["failures_zh" if lang == "zh" else "failures"]
    return "\n".join([*lines, "", *(f"✗ {one}" for one in failures), words["right" if result["passed"] else "wrong"]])


def _case(case: Mapping[str, Any] | None, lang: str) -> list[str]:
    if not case:
        return []
    words, result = _WORDS[lang], case["result"]
    named = _RESULTS.get(result, (result, result))[lang == "en"] if result else ""
    return [
        words["case"].format(
            number=case["number"],
            item=_name(case, "item_name", lang),
            state=_name(case, "state_name", lang),
            result=words["result"].format(named) if named else "",
        ),
        words["days"].format(
            submitted=_minute(case["submitted_at"]),
            accepted=_minute(case["accepted_at"]),
            concluded=_minute(case["concluded_at"]),
            due=case["due_date"] or "—",
            took=_took(case["elapsed_working_days"], lang),
        ),
        *(_vote(one, lang) for one in case.get("votes") or ()),
        "",
    ]


def _vote(one: Mapping[str, Any], lang: str) -> str:
    words = _WORDS[lang]
    counts = {name: one[name] for name in ("assents", "others", "invited", "needed")}
    stands = one["result"] or ("open" if one["open"] else "broken-off")
    return words["vote"].format(node=_name(one, "node", lang), result=words[stands], **counts)


def _row(row: Mapping[str, Any], lang: str) -> list[str]:
    words = _WORDS[lang]
    stage, node = _name(row, "stage", lang), _name(row, "node", lang)
    again = words["again"].format(row["visit"]) if row["visit"] > 1 else ""
    who = "　".join((_name(row, "department", lang) or "—", row["handler"] or "—", _name(row, "state_name", lang)))
    due = words["without"]
    if row["due_date"]:
        due = words["within"].format(due=row["due_date"], left=row["remaining_working_days"])
    times = f"{_minute(row['started_at'])} → {_minute(row['ended_at'])}"
    took = f"{words['worked']} {_took(row['elapsed_working_days'], lang)}"
    back = _name(row, "returned_to_name", lang)
    return [
        f"{stage}·{node}{again}　{who}" if stage else f"{node}{again}　{who}",
        f"　　{times}　{took}　{due}",
        *([f"　　{words['returned'].format(back)}"] if back else []),
        *([f"　　{words['opinion'].format(row['opinion'])}"] if row["opinion"] else []),
        "",
    ]


def _name(row: Mapping[str, Any], key: str, lang: str) -> str:
    return (row.get(f"{key}_en") if lang == "en" else None) or row.get(key) or ""


def _minute(instant: str | None) -> str:
    return instant[:16].replace("T", " ") if instant else "—"


def _took(number: int | None, lang: str) -> str:
    return "—" if number is None else _WORDS[lang]["took"].format(number)
