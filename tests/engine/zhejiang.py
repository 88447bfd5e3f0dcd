"""A whole province for tests, with Zhejiang's figures: 41 provincial departments, 11 cities, 90 counties.

Names and codes of regions are recalled (GB/T 2260), those of departments follow custom, people are invented. Every region has
a department for each function that a shipped diagram asks for, so that a new process is in the test by itself. In the two
`BUREAU_…` regions the approvals belong to an administrative approval bureau (行政审批局), supervision to the trade departments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from engine.bpmn.compile import executable_process
from engine.bpmn.model import Node
from engine.bpmn.read import read
from engine.catalogue.items import ServiceItem, read_item
from engine.organization.directory import (
    GOVERNMENT,
    Department,
    Directory,
    FunctionBody,
    Officer,
    Post,
    build_directory,
)
from engine.organization.regions import Region
from engine.settings import Settings

PROVINCE = "330000"
BUREAU_CITY, BUREAU_COUNTY = "330600", "330681"
ORDINARY_CITY, ORDINARY_COUNTY = "330700", "330782"
DAY = date(2026, 9, 21)
#: Functions that stay where they are when a bureau takes the approvals over: they decide nothing.
NO_APPROVALS = {GOVERNMENT, "window"}

CITIES = {
    "330100 杭州": "02上城 05拱墅 06西湖 08滨江 09萧山 10余杭 11富阳 12临安 13临平 14钱塘 22桐庐 27淳安 82建德",
    "330200 宁波": "03海曙 05江北 06北仑 11镇海 12鄞州 13奉化 25象山 26宁海 81余姚 82慈溪",
    "330300 温州": "02鹿城 03龙湾 04瓯海 05洞头 24永嘉 26平阳 27苍南 28文成 29泰顺 81瑞安 82乐清 83龙港",
    "330400 嘉兴": "02南湖 11秀洲 21嘉善 24海盐 81海宁 82平湖 83桐乡",
    "330500 湖州": "02吴兴 03南浔 21德清 22长兴 23安吉",
    "330600 绍兴": "02越城 03柯桥 04上虞 24新昌 81诸暨 82嵊州",
    "330700 金华": "02婺城 03金东 23武义 26浦江 27磐安 81兰溪 82义乌 83东阳 84永康",
    "330800 衢州": "02柯城 03衢江 22常山 24开化 25龙游 81江山",
    "330900 舟山": "02定海 03普陀 21岱山 22嵊泗",
    "331000 台州": "02椒江 03黄岩 04路桥 22三门 23天台 24仙居 81温岭 82临海 83玉环",
    "331100 丽水": "02莲都 21青田 22缙云 23遂昌 24松阳 25云和 26庆元 27景宁 81龙泉",
}
PROVINCIAL = [
    "政务服务",
    "发展和改革",
    "经济和信息化",
    "教育",
    "科学技术",
    "民族宗教",
    "公安",
    "民政",
    "司法",
    "财政",
    "人力资源和社会保障",
    "自然资源",
    "生态环境",
    "住房和城乡建设",
    "交通运输",
    "水利",
    "农业农村",
    "商务",
    "文化和旅游",
    "卫生健康",
    "退役军人事务",
    "应急管理",
    "审计",
    "国有资产",
    "市场监督管理",
    "广播电视",
    "体育",
    "统计",
    "人民防空",
    "医疗保障",
    "林业",
    "机关事务",
    "粮食物资",
    "能源",
    "地方金融",
    "药品监督管理",
    "知识产权",
    "档案",
    "疾病预防控制",
    "消防救援",
    "气象",
]


@cache
def shipped_items() -> tuple[tuple[ServiceItem, list[Node]], ...]:
    """Every shipped item with the tasks of people in its diagram."""
    found = []
    for path in sorted(Settings(demo=True).processes.glob("*/item.json")):
        item = read_item(path)
        process = executable_process(read((path.parent / item.process).read_bytes()))
        found.append((item, [node for node in process.nodes if node.extension("assignment")]))
    return tuple(found)


@cache
def functions() -> tuple[str, ...]:
    """Every function that a shipped item or diagram names, and the one for government services."""
    named = {GOVERNMENT, "window"}
    for item, nodes in shipped_items():
        named |= {item.lead_function, item.accept_function}
        named |= {str(one) for node in nodes if (one := (node.extension("assignment") or {}).get("function"))}
        named |= {
            str(one) for node in nodes for doc in node.extensions.get("document", ()) if (one := doc.get("function"))
        }
    return tuple(sorted(name for name in named if name != "{item}"))


def titles() -> list[str]:
    """Every post that a shipped diagram names."""
    named = {(node.extension("assignment") or {}).get("post") for _, nodes in shipped_items() for node in nodes}
    return sorted(str(one) for one in named if one)


def regions() -> Iterator[dict[str, Any]]:
    yield _region(PROVINCE, "浙江省", "province", None)
    for city, counties in CITIES.items():
        code, name = city.split()
        yield _region(code, f"{name}市", "city", PROVINCE)
        for county in counties.split():
            yield _region(code[:4] + county[:2], county[2:], "county", code)


def organization() -> dict[str, Any]:
    """The province as `seed_organization` takes it."""
    posts = ["科员", *titles()]
    data: dict[str, Any] = {
        "regions": list(regions()),
        "departments": [],
        "functions": [{"code": one, "name": one, "name_en": one} for one in functions()],
        "bodies": [],
        "officers": [],
    }
    for name in PROVINCIAL:
        _department(
            data,
            f"zj-{PROVINCIAL.index(name):02d}",
            PROVINCE,
            f"浙江省{name}部门",
            "zj-00" if name != "政务服务" else None,
        )
    data["bodies"].append(_body(PROVINCE, GOVERNMENT, "zj-00"))
    for number, function in enumerate(name for name in functions() if name != GOVERNMENT):
        data["bodies"].append(_body(PROVINCE, function, f"zj-{1 + number % 40:02d}"))
    for region in data["regions"][1:]:
        _of_region(data, region)
    for officer in data["officers"]:
        officer["posts"] = [{"department_id": officer["posts"][0]["department_id"], "title": one} for one in posts]
    return data


def _of_region(data: dict[str, Any], region: dict[str, Any]) -> None:
    code, bureau = region["code"], f"zj-{region['code']}-approvals"
    for function in sorted(functions(), key=lambda one: one != GOVERNMENT):
        made = f"zj-{code}-{function}"
        hall = None if function == GOVERNMENT else f"zj-{code}-{GOVERNMENT}"
        _department(data, made, code, f"{region['name']}{function}部门", hall)
        takes_over = code in (BUREAU_CITY, BUREAU_COUNTY) and function not in NO_APPROVALS
        data["bodies"].append(_body(code, function, bureau if takes_over else made, made))
    if code in (BUREAU_CITY, BUREAU_COUNTY):
        _department(data, bureau, code, f"{region['name']}行政审批局", f"zj-{code}-{GOVERNMENT}")


def _region(code: str, name: str, level: str, parent: str | None) -> dict[str, Any]:
    return {"code": code, "name": name, "name_en": f"Region {code}", "level": level, "parent_code": parent}


def _body(region: str, function: str, deciding: str, supervising: str | None = None) -> dict[str, Any]:
    return {
        "region_code": region,
        "function_code": function,
        "deciding_id": deciding,
        "supervising_id": supervising or deciding,
    }


def _department(data: dict[str, Any], made: str, region: str, name: str, fallback: str | None) -> None:
    row = {"id": made, "region_code": region, "name": name, "name_en": made, "fallback_id": fallback}
    data["departments"].append(row)
    window = made.endswith(("-government", "-window")) or made == "zj-00"
    data["officers"].append(
        {
            "username": f"{made}.officer",
            "name": f"{made}的工作人员",
            "work_number": made,
            "region_code": region,
            "roles": ["window_clerk" if window else "officer"],
            "posts": [{"department_id": made, "title": "科员"}],
        }
    )


def directory(data: dict[str, Any]) -> Directory:
    """An organisation's data as routing takes it, without a database."""
    people = data["officers"]
    return build_directory(
        regions=[Region(**row) for row in data["regions"]],
        departments=[Department(**row) for row in data["departments"]],
        bodies=[FunctionBody(**row) for row in data["bodies"]],
        officers=[Officer(one["username"], one["name"], one["work_number"], active=True) for one in people],
        posts=[
            Post(one["username"], post["department_id"], post["title"], post.get("is_head", False))
            for one in people
            for post in one["posts"]
        ],
    )


def demonstration() -> dict[str, Any]:
    """The organisation of the demonstration, as its file states it."""
    path = Path(Settings(demo=True).processes) / "demonstration" / "organization.json"
    data: dict[str, Any] = json.loads(path.read_bytes())
    return data
