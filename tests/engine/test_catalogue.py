"""The catalogue: what is published, what is refused and why, what a region may make of it, and what holds on which day."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.background.demonstration_clock import advance_clock
from engine.cases.accept import Acceptance
from engine.cases.submit import Application
from engine.catalogue.effects import EffectUnlawful
from engine.catalogue.elements import ELEMENTS, ElementsMissing
from engine.catalogue.offer import (
    ItemEnded,
    ItemNotOfferedHere,
    ItemNotPublished,
    ItemSuspended,
    NotOnPowerList,
)
from engine.catalogue.publish import (
    Change,
    EffectiveDayInvalid,
    ImplementationNotPublishable,
    OperationInvalid,
)
from engine.catalogue.reading import ItemInvalid
from engine.catalogue.regimes import RegimeForbidden
from engine.definitions import deploy
from engine.doors.catalogue_office import Folder, PowerListInvalid
from engine.errors import Forbidden, Invalid, NotFound
from engine.plugins.file_kinds import FileEmpty, FileKindUnknown
from tests.engine.stories import APPLICANT, ITEM, REGION, SYSTEM, complete, submitted

FOLDER = Path("processes/joint-final-inspection")
BPMN = (FOLDER / "process.bpmn").read_bytes()


def data(**changes):
    return json.loads((FOLDER / "item.json").read_bytes()) | changes


def listing(**changes):
    return data()["listing"] | changes


def today(engine) -> date:
    return date.fromisoformat(engine.catalogue_office.drift(SYSTEM)["day"])


def store(engine, **changes):
    given = data(**changes)
    return engine.catalogue_office.store_item(SYSTEM, Folder.read(FOLDER, given))


def publish(engine, item=ITEM, operation="changed", **change):
    return engine.catalogue_office.publish_item(SYSTEM, item, Change(operation, **change))


def submit(engine, actor, region=REGION, item=ITEM):
    return engine.submit(actor("clerk.chen"), Application(item, region, APPLICANT, {}))


# -- article 30


EMPTIED = {
    "conditions": {"listing": listing(conditions=[])},
    "quantity": {"listing": listing(quantity=None)},
    "materials": {"materials": [], "listing": listing(needs=[], samples=listing()["samples"][:2])},
    "samples": {"listing": listing(samples=[])},
}


@pytest.mark.parametrize("element", EMPTIED)
def test_an_item_with_an_empty_element_is_not_published_and_the_element_is_named(engine, element):
    store(engine, **EMPTIED[element])
    with pytest.raises(ElementsMissing) as refused:
        publish(engine)
    assert refused.value.params["elements"] == [element]
    assert ELEMENTS[element][0] in refused.value.sentence("zh")
    assert refused.value.article == "行政许可法第三十条"
    assert [one["version"] for one in engine.catalogue.versions(ITEM)["versions"]] == [1]


def add_file(engine, name, content):
    with engine.materials.receiving(io.BytesIO(content), name, text=True) as incoming:
        engine.catalogue_office.add_file(SYSTEM, ITEM, incoming)


def test_a_sample_that_is_named_has_to_be_there(engine):
    samples = [*listing()["samples"], {"file": "x.txt", "kind": "form", "name": "x", "name_en": "x"}]
    store(engine, listing=listing(samples=samples))
    with pytest.raises(ElementsMissing, match=r"x\.txt"):
        publish(engine)
    add_file(engine, "x.txt", b"a form")
    assert publish(engine)["version"] == 2
    assert engine.catalogue.file(ITEM, 2, "x.txt")[0] == b"a form"
    with pytest.raises(NotFound):
        engine.catalogue.file(ITEM, 1, "x.txt")


def test_an_item_without_a_diagram_has_no_procedure(engine):
    store(engine, code="bare")
    with pytest.raises(ElementsMissing) as refused:
        publish(engine, "bare", "added")
    assert refused.value.params["elements"] == ["procedure"]


def test_a_diagram_without_a_published_item_is_not_published(engine):
    store(engine, code="bare")
    draft = engine.store_draft(SYSTEM, deploy.Draft("bare", BPMN))
    with pytest.raises(ItemNotPublished):
        engine.publish(SYSTEM, draft["id"])
    publish(engine, "bare", "added")
    assert engine.publish(SYSTEM, draft["id"])["state"] == "published"


@pytest.mark.parametrize("name", ["x.exe", "x", "x.html", "x.svg"])
def test_only_files_of_known_kinds_are_kept(engine, name):
    with pytest.raises(FileKindUnknown):
        add_file(engine, name, b"content")
    with pytest.raises(FileEmpty):
        add_file(engine, "x.pdf", b"")


# -- life


def test_versions_are_for_ever_and_their_hash_is_that_of_what_was_published(engine):
    first = engine.catalogue.version(ITEM, 1)
    store(engine, aliases=["联合验收", "竣工一起验"])
    publish(engine)
    after = engine.catalogue.version(ITEM, 1)
    assert {k: v for k, v in after.items() if k != "holding"} == {k: v for k, v in first.items() if k != "holding"}
    second = engine.catalogue.version(ITEM, 2)
    assert second["hash"] != first["hash"]
    assert (second["operation"], second["holding"], after["holding"]) == ("changed", True, False)
    assert engine.catalogue.items(query(q="竣工一起"))["items"][0]["code"] == ITEM


def query(**asked):
    from engine.doors.catalogue import ItemQuery

    return ItemQuery(**asked)


def test_a_change_takes_effect_on_its_day_and_leaves_open_cases_alone(engine, actor):
    number = submitted(engine, actor)
    limits = {"promised": 9, "legal": 45, "unit": "working-day"}
    store(engine, case_limits=limits)
    later = today(engine) + timedelta(days=1)
    assert publish(engine, effective_on=later)["open_cases"] == 1
    assert engine.catalogue.guide(ITEM, REGION)["limits"]["promised"] == 15
    from engine.background.demonstration_clock import advance_clock

    advance_clock(engine, 1, "calendar-day")
    assert engine.catalogue.guide(ITEM, REGION)["limits"]["promised"] == 9
    new = submit(engine, actor)["number"]
    assert promised_days(engine, actor, number) == 15
    assert promised_days(engine, actor, new) == 9


def promised_days(engine, actor, number):
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    with engine.database.connect() as connection:
        from sqlalchemy import text

        return connection.scalar(
            text(
                "SELECT l.amount FROM limits l JOIN cases c ON c.id = l.case_id "
                "WHERE c.number = :n AND l.owner = 0 AND l.kind = 'promised'"
            ),
            {"n": number},
        )


def test_what_is_suspended_or_ended_takes_no_applications_and_says_since_when(engine, actor):
    number = submitted(engine, actor)
    said = {"zh": "因系统升级暂停。", "en": "Suspended for maintenance."}
    publish(engine, operation="suspended", statement=said)
    with pytest.raises(ItemSuspended, match="maintenance"):
        submit(engine, actor)
    publish(engine, operation="resumed")
    submit(engine, actor)
    store(engine, code="other")
    publish(engine, operation="merged", related=("other",))
    with pytest.raises(ItemEnded, match="other"):
        submit(engine, actor)
    assert ITEM not in [one["code"] for one in engine.catalogue.items(query())["items"]]
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    complete(engine, actor("fire.liu"), number, "fire", "passed")
    with pytest.raises(OperationInvalid):
        publish(engine, operation="suspended")
    assert publish(engine, operation="added")["version"] == 5


def test_old_codes_lead_to_the_new_ones_also_over_several_changes(engine, actor):
    for code in ("one", "two", "three"):
        store(engine, code=code, name=f"新事项{code}", aliases=[])
        engine.store_draft(SYSTEM, deploy.Draft(code, BPMN))
        publish(engine, code, operation="added")
    publish(engine, operation="split", related=("one", "two"))
    publish(engine, "two", operation="merged", related=("three",))
    with pytest.raises(ItemEnded) as refused:
        engine.catalogue.guide(ITEM, "440106")
    assert refused.value.params["successors"] == ["one", "three"]
    assert "新事项three（three）" in refused.value.sentence("zh")
    moved = engine.catalogue.items(query(q="联合验收"))["moved"]
    assert [(one["code"], one["operation"], one["related"]) for one in moved] == [(ITEM, "split", ["one", "two"])]
    assert [one["code"] for one in moved[0]["successors"]] == ["one", "three"]
    assert engine.catalogue.items(query())["moved"] == []
    # Two that were merged into one another lead nowhere, and end.
    publish(engine, "one", operation="merged", related=("three",))
    publish(engine, "three", operation="merged", related=("one",))
    assert engine.catalogue.moved(ITEM)["successors"] == []


def test_what_it_means_for_open_cases_is_data_and_binds_the_authority_only(engine, actor):
    tomorrow = today(engine) + timedelta(days=1)
    number = submitted(engine, actor)
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    due = engine.case_file(number)["due_date"]
    for wrong in (
        {"operation": "changed", "effect": "stop_intake_only"},
        {"operation": "suspended", "effect": "conclude_by"},
        {"operation": "suspended", "effect": "conclude_by", "conclude_by": today(engine) - timedelta(days=1)},
        {"operation": "suspended", "effect": "continue", "conclude_by": tomorrow},
    ):
        with pytest.raises(EffectUnlawful) as refused:
            publish(engine, **wrong)
        assert refused.value.status == 422
    made = publish(engine, operation="suspended", effect="conclude_by", conclude_by=tomorrow)
    assert (made["effect"], made["conclude_by"]) == ("conclude_by", tomorrow.isoformat())
    assert tomorrow.isoformat() in made["statement"]["zh"]
    assert engine.catalogue_office.item(SYSTEM, ITEM)["open_cases"] == {"open": 1, "past_their_day": 0}
    advance_clock(engine, 3)
    assert engine.catalogue_office.item(SYSTEM, ITEM)["open_cases"] == {"open": 1, "past_their_day": 1}
    assert engine.case_file(number)["due_date"] == due
    complete(engine, actor("fire.liu"), number, "fire", "passed")
    publish(engine, operation="resumed")
    assert publish(engine, operation="cancelled", effect="stop_intake_only")["effect"] == "stop_intake_only"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"operation": "resumed"}, OperationInvalid),
        ({"operation": "added"}, OperationInvalid),
        ({"operation": "split", "related": ("other",)}, Invalid),
        ({"operation": "merged", "related": (ITEM,)}, Invalid),
        ({"operation": "cancelled", "effective_on": date(2021, 1, 1)}, EffectiveDayInvalid),
    ],
)
def test_what_can_not_be_done_is_refused(engine, change, error):
    with pytest.raises(error):
        publish(engine, **change)
    assert len(engine.catalogue.versions(ITEM)["versions"]) == 1


def test_an_item_does_not_leave_a_forbidden_field_by_not_naming_it(engine):
    rule = {
        "regime": "post-verification",
        "basis": {"act": "某办法", "article": "第一条"},
        "verification": {"promised": 5, "unit": "working-day"},
    }
    store(engine, regimes=[rule | {"field": "environment", "opens": {"act": "某法", "article": "第十五条"}}])
    publish(engine)
    store(engine, regimes=[rule])
    with pytest.raises(RegimeForbidden):
        publish(engine)
    store(engine, regimes=[])
    publish(engine)
    store(engine, regimes=[rule])
    with pytest.raises(RegimeForbidden):
        publish(engine)


def test_a_second_version_does_not_take_effect_before_the_first(engine):
    later = today(engine) + timedelta(days=30)
    publish(engine, effective_on=later)
    with pytest.raises(EffectiveDayInvalid):
        publish(engine, effective_on=later - timedelta(days=1))


# -- power lists


def test_what_is_not_on_the_power_list_is_not_started(engine, actor):
    store(engine, code="another")
    draft = engine.store_draft(SYSTEM, deploy.Draft("another", BPMN))
    publish(engine, "another", "added")
    engine.publish(SYSTEM, draft["id"])
    with pytest.raises(NotOnPowerList, match="Guangzhou housing") as refused:
        submit(engine, actor, item="another")
    assert "行政许可法第三十条" in refused.value.article
    listed = engine.catalogue_office.publish_power_list(SYSTEM, "gz-housing", ["another", ITEM])
    assert listed["version"] == 2
    submit(engine, actor, item="another")
    engine.catalogue_office.publish_power_list(SYSTEM, "gz-housing", [])
    with pytest.raises(NotOnPowerList):
        submit(engine, actor)


def test_a_department_lists_only_what_it_decides(engine):
    with pytest.raises(PowerListInvalid, match=ITEM):
        engine.catalogue_office.publish_power_list(SYSTEM, "gz-water", [ITEM])
    with pytest.raises(PowerListInvalid):
        engine.catalogue_office.publish_power_list(SYSTEM, "gz-housing", ["no-such-item"])
    with pytest.raises(NotFound):
        engine.catalogue_office.publish_power_list(SYSTEM, "nobody", [])


def test_an_item_is_not_offered_above_its_level_nor_outside_its_owner(engine, actor):
    with pytest.raises(ItemNotOfferedHere):
        submit(engine, actor, region="440000")
    store(engine, listing=listing(owner="440106"))
    publish(engine)
    with pytest.raises(ItemNotOfferedHere):
        submit(engine, actor, region="440105")
    submit(engine, actor, region="440106")


# -- what regions make of it


def implement(engine, region=REGION, **given):
    stored = engine.catalogue_office.store_implementation(SYSTEM, ITEM, region, given)
    return stored if stored["findings"] else engine.catalogue_office.publish_implementation(SYSTEM, ITEM, region)


WRONG = {
    "implementation-lengthens": {"case_limits": {"promised": 16}},
    "implementation-renames": {"name": "竣工大会审"},
    "implementation-adds-material": {
        "materials": [{"code": "chop", "name": "公章", "name_en": "Seal", "trust": "C", "required": True}]
    },
    "implementation-unknown-material": {"drop_materials": ["no-such-paper"]},
    "implementation-adds-condition": {"conditions": [{"zh": "须为本地企业", "en": "Local firms only"}]},
    "implementation-unknown-node": {"nodes": {"nowhere": 1}},
    "implementation-granularity": {"units": [{"code": "roof", "name": "屋面", "name_en": "Roof"}]},
}


@pytest.mark.parametrize("rule", WRONG)
def test_what_a_region_may_not_do_is_stored_said_and_not_published(engine, rule):
    stored = implement(engine, **WRONG[rule])
    assert [one["rule"] for one in stored["findings"]] == [rule]
    assert f"### {rule}" in Path("docs/catalogue.md").read_text("utf-8")
    with pytest.raises(ImplementationNotPublishable):
        engine.catalogue_office.publish_implementation(SYSTEM, ITEM, REGION)


def test_a_longer_node_a_longer_legal_limit_and_a_missing_element_are_found(engine):
    store(engine, listing=listing(required_elements=["phone"]))
    publish(engine)
    given = {"nodes": {"fire": 11}, "case_limits": {"legal": 46, "promised": 15}}
    found = implement(engine, **given)["findings"]
    assert [(one["rule"], one["path"]) for one in found] == [
        ("implementation-lengthens", "case_limits.legal"),
        ("implementation-lengthens", "nodes.fire"),
        ("implementation-element-missing", "local.phone"),
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"case_limits": {"promised": 0}},
        {"case_limits": {"promised": True}},
        {"case_limits": {"promised": "5"}},
        {"nodes": {"fire": 10**9}},
        {"colour": "red"},
        {"local": {"fax": {"zh": "1", "en": "1"}}},
        {"materials": ["x"]},
        {"materials": [{"code": "x"}]},
        [],
    ],
)
def test_what_is_no_implementation_is_refused(engine, given):
    with pytest.raises(ItemInvalid):
        engine.catalogue_office.store_implementation(SYSTEM, ITEM, REGION, given)


def test_a_region_shortens_and_drops_and_the_run_keeps_to_it(engine, actor):
    implement(
        engine,
        case_limits={"promised": 12},
        nodes={"fire": 6},
        drop_materials=["building-permit"],
        local={"phone": {"zh": "12345", "en": "12345"}},
        aliases=["大联验"],
    )
    guide = engine.catalogue.guide(ITEM, "440106")
    assert guide["limits"] == {"promised": 12, "legal": 45, "unit": "working-day"}
    assert "building-permit" not in [one["code"] for one in guide["materials"]]
    assert guide["implementation"] == {"region": REGION, "version": 1}
    assert guide["local"]["phone"]["text"] == "12345"
    assert {step.node: step.promised for step in engine.catalogue.steps(ITEM, "440106")}["fire"] == 6
    number = submit(engine, actor)["number"]
    assert promised_days(engine, actor, number) == 12
    with engine.database.connect() as connection:
        from sqlalchemy import text

        amount = connection.scalar(
            text(
                "SELECT l.amount FROM limits l JOIN cases c ON c.id = l.case_id JOIN tasks t ON t.case_id = c.id "
                "AND t.number = l.owner WHERE c.number = :n AND t.node = 'fire' AND l.kind = 'promised'"
            ),
            {"n": number},
        )
    assert amount == 6
    assert engine.catalogue.items(query(q="大联验"))["total"] == 1
    engine.house._definitions.clear()  # another process reads the offer from its row
    complete(engine, actor("fire.liu"), number, "fire", "passed")


def test_drift_lists_the_regions_whose_names_granularity_or_elements_differ(engine):
    assert engine.catalogue_office.drift(SYSTEM)["items"] == []
    implement(engine, "440106", name="竣工联合验收", units=[{"code": "whole", "name": "整体", "name_en": "Whole"}])
    implement(engine, "440105", case_limits={"promised": 10})
    store(engine, code="haizhu-inspection", name="海珠竣工验收", listing=listing(owner="440105"))
    engine.store_draft(SYSTEM, deploy.Draft("haizhu-inspection", BPMN))
    publish(engine, "haizhu-inspection", "added")
    (found,) = engine.catalogue_office.drift(SYSTEM)["items"]
    assert found["item"] == ITEM
    rows = {(row["region"], row["source"]): row for row in found["regions"]}
    tianhe, haizhu, own = rows["440106", "draft"], rows["440105", "published"], rows["440105", "item"]
    assert [(one["kind"], one["element"]) for one in tianhe["differences"]] == [
        ("name", "alias"),
        ("granularity", "units"),
    ]
    assert (haizhu["lawful"], haizhu["kinds"]) == (True, ["element"])
    assert [(one["element"], one["regional"]) for one in own["differences"]] == [("name", "海珠竣工验收")]
    assert engine.catalogue_office.drift(SYSTEM, region="440105")["count"] == 2
    assert engine.catalogue_office.drift(SYSTEM, base_code="nothing")["items"] == []


# -- who may


def test_only_administrators_publish_and_only_in_their_region(engine, actor):
    for username in ("clerk.chen", "fire.liu", "designer.xu", "supervisor.ma"):
        with pytest.raises(Forbidden):
            engine.catalogue_office.publish_item(actor(username), ITEM, Change("suspended"))
        with pytest.raises(Forbidden):
            engine.catalogue_office.publish_power_list(actor(username), "gz-housing", [])
    admin = actor("admin.yang")
    with pytest.raises(NotFound):
        engine.catalogue_office.store_implementation(admin, ITEM, "440000", {})
    with pytest.raises(NotFound):
        engine.catalogue_office.publish_power_list(admin, "gd-housing", [])
    assert engine.catalogue_office.store_implementation(admin, ITEM, "440106", {})["publishable"]
