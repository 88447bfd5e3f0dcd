"""The power list in the exchange fields of GB/T 39046-2020 and of the national exchange tables, as JSON and as CSV.

Field names are those of the tables (general_basic, extend, material). What the platform does not hold is left out, never made
up; `task_code` is an opaque code of this platform. CSV is UTF-8 with a byte order mark, so that spreadsheets read it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.catalogue.catalogue import Version
from engine.catalogue.facets import AUDIENCE_CODES
from engine.catalogue.guide import GuideStep, online_depth, visits
from engine.catalogue.items import ServiceItem
from engine.catalogue.offer import Offer

#: Field -> what it is called in Chinese, in the order of the export.
FIELDS: Mapping[str, str] = {
    "task_name": "事项名称",
    "catalog_code": "基本编码",
    "task_code": "实施编码",
    "task_handle_item": "业务办理项",
    "task_type": "事项类型",
    "task_version": "事项版本",
    "task_state": "事项状态",
    "plan_effective_date": "生效日期",
    "plan_cancel_date": "取消日期",
    "dept_name": "实施主体",
    "dept_code": "实施主体编码",
    "area_code": "行政区划",
    "use_level": "行使层级",
    "by_law": "设定依据",
    "serve_type": "服务对象",
    "accept_condition": "受理条件",
    "handle_flow": "办理流程",
    "anticipate_day": "法定办结时限",
    "anticipate_type": "法定办结时限单位",
    "promise_day": "承诺办结时限",
    "promise_type": "承诺办结时限单位",
    "project_type": "办件类型",
    "limit_scene_num": "到现场次数",
    "is_online": "是否网上办理",
    "online_handle_depth": "网上办理深度",
    "handle_form": "办理形式",
    "is_express": "是否支持物流",
    "result_name": "审批结果名称",
    "is_charge": "是否收费",
    "charge_standard": "收费标准",
    "charge_basis": "收费依据",
    "other_dept": "联办机构",
    "link_way": "咨询方式",
    "supervise_way": "监督投诉方式",
    "material_info": "申请材料",
}
MATERIAL_FIELDS = ("material_code", "material_name", "is_need", "source_level")
LEVEL_CODES = {"province": "2", "city": "3", "county": "4", "township": "5", "village": "6"}  #: table A.2
UNITS = {
    "working-day": "工作日",
    "calendar-day": "自然日",
    "month": "月",
    "working-hour": "工作小时",
    "hour": "小时",
}
FORM_CODES = {"window": "1", "online": "2", "front-office": "2", "post": "4", "agent": "9"}  #: table A.5
STATES = {"open": "1", "suspended": "2", "ended": "3"}
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def exchange_row(
    version: Version, offer: Offer, steps: Sequence[GuideStep], department: Mapping[str, str], local: Mapping[str, Any]
) -> dict[str, Any]:
    """One item of a department's list in the fields of the exchange."""
    item, listing = offer.item, offer.item.listing
    counted, online = visits(listing, steps), bool(set(listing.apply) & {"online", "front-office"})
    others = dict.fromkeys(
        one.department.name for one in steps if one.department and one.department.id != department["id"]
    )
    return {
        "task_name": item.name,
        "catalog_code": listing.base_code,
        "task_code": f"{item.code}@{department['id']}",
        "task_handle_item": "；".join(one.name for one in listing.units),
        "task_type": item.type_code,
        "task_version": str(version.version),
        "task_state": STATES[version.state],
        "plan_effective_date": version.effective_on.isoformat(),
        "plan_cancel_date": version.effective_on.isoformat() if version.state == "ended" else "",
        "dept_name": department["name"],
        "dept_code": department["id"],
        "area_code": department["region"],
        "use_level": LEVEL_CODES.get(item.level, ""),
        "by_law": "；".join(f"{one.act}{one.article}" for one in item.legal_basis),
        "serve_type": ",".join(AUDIENCE_CODES[one] for one in listing.audience),
        "accept_condition": "；".join(one.zh for one in listing.conditions),
        "handle_flow": "→".join(dict.fromkeys(one.name[0] for one in steps)),
        "anticipate_day": str(item.case_limits.legal.days),
        "anticipate_type": UNITS[item.case_limits.legal.unit],
        "promise_day": str(item.case_limits.promised.days),
        "promise_type": UNITS[item.case_limits.promised.unit],
        "project_type": "2",
        "limit_scene_num": str(counted["least"]),
        "is_online": _yes(online),
        "online_handle_depth": online_depth(listing, counted),
        "handle_form": ",".join(sorted({FORM_CODES[one] for one in listing.apply})),
        "is_express": _yes("post" in listing.delivery),
        "result_name": "；".join(one.name for one in listing.results),
        "is_charge": _yes(bool(listing.fees)),
        "charge_standard": "；".join(one.standard.zh for one in listing.fees),
        "charge_basis": "；".join(one.basis.zh for one in listing.fees),
        "other_dept": "；".join(others) if item.handling != "single" else "",
        "link_way": _said(local, "phone"),
        "supervise_way": _said(local, "complaints"),
        "material_info": _materials(item),
    }


def _materials(item: ServiceItem) -> list[dict[str, str]]:
    return [
        {
            "material_code": one.code,
            "material_name": one.name,
            "is_need": _yes(one.required),
            "source_level": one.trust,
        }
        for one in item.materials
    ]


def _yes(value: bool) -> str:
    return "1" if value else "0"


def _said(local: Mapping[str, Any], name: str) -> str:
    return str((local.get(name) or {}).get("zh", ""))


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as CSV: a line of field names, then one a row; materials stand in one cell, parted by `；` and `|`."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(FIELDS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in FIELDS])
    return "\ufeff" + written.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        value = "；".join("|".join(one[name] for name in MATERIAL_FIELDS) for one in value)
    text = str(value)
    # A spreadsheet would take it for a formula.
    return f"'{text}" if text.startswith(_RISKY) else text


def from_csv(text: str) -> list[dict[str, Any]]:
    """The rows of a CSV export, as they went in."""
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    return [{name: _value(name, row[name]) for name in FIELDS} for row in rows]


def _value(name: str, cell: str) -> Any:
    text = cell[1:] if cell.startswith("'") and cell[1:].startswith(_RISKY) else cell
    if name != "material_info":
        return text
    return [dict(zip(MATERIAL_FIELDS, one.split("|"), strict=True)) for one in text.split("；") if one]
