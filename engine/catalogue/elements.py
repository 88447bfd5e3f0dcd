"""The eight elements of 行政许可法 30: what has to be public before anybody can apply."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from engine.catalogue.items import ServiceItem
from engine.errors import ApprovalError

#: The elements in the order of the law: code -> (Chinese, English).
ELEMENTS = {
    "item": ("事项", "the item"),
    "basis": ("依据", "the legal basis"),
    "conditions": ("条件", "the conditions"),
    "quantity": ("数量", "the quantity"),
    "procedure": ("程序", "the procedure"),
    "limits": ("期限", "the limits"),
    "materials": ("全部材料目录", "the list of all materials"),
    "samples": ("示范文本", "the sample texts"),
}


class ElementsMissing(ApprovalError):
    """An item can't be published while one of the eight elements is empty. Params: zh and en name them, elements lists them."""

    code = "catalogue-elements-missing"
    status = 422
    zh = "事项“{item}”不能发布，以下要素为空：{elements_zh}。请补齐后再发布（{files_zh}）。"
    en = "Item “{item}” can't be published: {elements_en} are empty. Fill them in first ({files_en})."
    article = "行政许可法第三十条"


def check_elements(item: ServiceItem, has_procedure: bool, files: Collection[str]) -> list[dict[str, Any]]:
    """Each of the eight elements, whether it is there, and what is missing of it; `files` are those that are stored."""
    listing = item.listing
    lacking = [sample.file for sample in listing.samples if sample.file not in files]
    there = {
        "item": bool(item.name.strip() and item.code.strip()),
        "basis": bool(item.legal_basis),
        "conditions": bool(listing.conditions),
        "quantity": listing.quantity is not None,
        "procedure": has_procedure,
        "limits": item.case_limits.legal.days > 0,
        "materials": bool(item.materials),
        "samples": bool(listing.samples) and not lacking,
    }
    return [
        {
            "element": code,
            "name": zh,
            "name_en": en,
            "filled": there[code],
            "files": lacking if code == "samples" else [],
        }
        for code, (zh, en) in ELEMENTS.items()
    ]


def refuse_incomplete(code: str, found: list[dict[str, Any]]) -> None:
    """Raise ElementsMissing, naming what is empty, unless all eight are there."""
    empty = [one for one in found if not one["filled"]]
    if not empty:
        return
    files = [name for one in empty for name in one["files"]]
    raise ElementsMissing(
        item=code,
        elements=[one["element"] for one in empty],
        elements_zh="、".join(one["name"] for one in empty),
        elements_en=", ".join(one["name_en"] for one in empty),
        files_zh=f"缺少文件：{'、'.join(files)}" if files else "程序指一张可发布的流程图",
        files_en=f"missing files: {', '.join(files)}" if files else "the procedure is a diagram that can be published",
        fields={one["element"]: [f"为空：{one['name']}\tis empty: {one['name_en']}"] for one in empty},
    )
