"""The shipped processes beside the joint final inspection: their longest ways are the domain's, and all is in order."""

import json
from contextvars import Context
from datetime import datetime

import pytest

from engine.bpmn.linked import TEMPLATES, in_folders
from engine.bpmn.lint import lint
from engine.bpmn.read import read
from engine.bpmn.timers import parse_timer
from engine.catalogue.forms import forms_from_data
from engine.catalogue.intake_rules import REGISTRATION
from engine.catalogue.items import read_item
from engine.clock import CST
from tests.unit.test_joint_final_inspection import DC, DI, DIRECTORY, ET, PROCESSES

#: The unit in which the authority's time is counted, and the longest way from domain.md §6.
SHIPPED = {
    "construction-permit": ("working-day", 5),
    "ordinary-review": ("working-day", 5),
    "post-verification": ("working-day", 6),
    "hotel-hygiene-permit": ("working-day", 12),
    "minimum-living-allowance": ("working-day", 22),
    "real-estate-transfer": ("working-hour", 7),
}
FUNCTIONS = {
    one["code"] for one in json.loads((PROCESSES / "demonstration/organization.json").read_bytes())["functions"]
}


def folder(code):
    return PROCESSES / code


def process(code):
    return read((folder(code) / "process.bpmn").read_bytes()).processes[0]


def longest(code, unit):
    """The promised limits along the longest way on which nothing comes twice (a loop is an exception, not the way)."""
    drawn = process(code)
    after = {}
    for flow in drawn.flows:
        after.setdefault(flow.source, []).append(flow.target)
    for node in drawn.nodes:
        if node.tag == "boundaryEvent":
            after.setdefault(node.attached_to, []).append(node.id)
    limits = {node.id: node.extension("timeLimit") or {} for node in drawn.nodes}
    ends = {node.id for node in drawn.nodes if node.tag == "endEvent"}

    def way(node, seen):
        own = limits[node].get("promised", 0) if limits[node].get("unit") == unit else 0
        onward = [way(one, seen | {node}) for one in after.get(node, ()) if one not in seen | {node}]
        found = [one for one in onward if one is not None]
        if node in ends:
            return own
        return own + max(found) if found else None

    # What stands before the acceptance (the joint review of drawings) is no part of it: no decision's clock runs there.
    return way(
        next(node.id for node in drawn.nodes if "accepted" in (node.extension("outcomes") or {}).get("values", ())),
        frozenset(),
    )


@pytest.mark.parametrize("code", SHIPPED)
def test_the_longest_way_is_that_of_the_domain_and_within_the_promise(code):
    unit, wanted = SHIPPED[code]
    assert longest(code, unit) == wanted
    item = read_item(folder(code) / "item.json")
    said = process(code).extensions["timeLimit"][0]
    promised, legal = item.case_limits.promised, item.case_limits.legal
    assert (said["promised"], said["legal"], said["unit"]) == (promised.days, legal.days, promised.unit)
    hours = 1 if unit == promised.unit else 8
    assert wanted <= promised.days * hours


@pytest.mark.parametrize("code", SHIPPED)
def test_the_diagram_has_no_findings_and_all_of_it_is_drawn_and_named_in_both_languages(code):
    content = (folder(code) / "process.bpmn").read_bytes()
    assert lint(read(content), "approval", in_folders(PROCESSES / TEMPLATES)) == []
    picture = ET.fromstring(content)
    shapes = [(shape.get("bpmnElement"), shape.find(f"{DC}Bounds").attrib) for shape in picture.iter(f"{DI}BPMNShape")]
    processes = read(content).processes
    nodes = [node for drawn in processes for node in drawn.nodes]
    assert {name for name, _ in shapes if not name.startswith("Participant_")} == {node.id for node in nodes}
    edges = {edge.get("bpmnElement") for edge in picture.iter(f"{DI}BPMNEdge")}
    assert edges == {flow.id for drawn in processes for flow in drawn.flows}
    for node in nodes:
        if node.tag == "userTask":
            public = node.extension("public")
            assert all(public[name] for name in ("name", "nameEn", "stage", "stageEn"))
            assert (public["nameEn"] + public["stageEn"]).isascii()
            outcomes = node.extension("outcomes")
            assert set(outcomes["values"]) == set(outcomes["valuesEn"])


@pytest.mark.parametrize("code", SHIPPED)
def test_item_diagram_forms_and_organisation_agree(code):
    item = read_item(folder(code) / "item.json")
    forms = forms_from_data(json.loads((folder(code) / "forms.json").read_bytes()))
    drawn = process(code)
    assert item.listing.demonstration
    assert item.intake.decided_at in {None, *(node.id for node in drawn.nodes)}
    assert set(item.intake.unique_by) <= {field.name for field in forms["application"].fields}
    assert {node.extension("form")["key"] for node in drawn.nodes if node.extension("form")} == set(forms) - {
        "application"
    }
    for node in drawn.nodes:
        asked = node.extension("assignment") or {}
        if asked.get("function"):
            assert asked["function"] in FUNCTIONS
            assert any(DIRECTORY.deciding(region, asked["function"]) for region in DIRECTORY.regions)


def test_a_transfer_is_registered_by_its_own_rules():
    assert read_item(folder("real-estate-transfer") / "item.json").intake_rules is REGISTRATION


def test_in_haizhu_the_bureau_decides_and_the_trade_departments_supervise():
    for function in ("health", "civil_affairs", "real_estate", "housing_contracts"):
        assert DIRECTORY.deciding("440105", function).id == "haizhu-approvals"
        assert DIRECTORY.supervising("440105", function).id not in ("haizhu-approvals", None)
        ordinary = DIRECTORY.deciding("440106", function)
        assert ordinary.id == DIRECTORY.supervising("440106", function).id


def test_a_timer_may_be_a_limit_and_without_a_calendar_every_day_counts():
    start = datetime(2026, 9, 1, 10, tzinfo=CST)
    Context().run(_without_a_calendar, start)


def _without_a_calendar(start):
    assert parse_timer("5 working-day", start) == datetime(2026, 9, 6, 10, tzinfo=CST)
    assert parse_timer("2 working-hour", start) == datetime(2026, 9, 1, 12, tzinfo=CST)
    for wrong in ("0 working-day", "5 fortnight", "working-day", "-1 hour", "5  working-day"):
        with pytest.raises(ValueError, match=r"."):
            parse_timer(wrong, start)
