"""The three regimes of trust first: one row each, read from the item, narrowed by a region."""

import copy
import json
from pathlib import Path

import pytest

from engine.catalogue.implementation import lint_implementation, read_overrides
from engine.catalogue.items import item_from_data
from engine.catalogue.offer import laid_over
from engine.catalogue.reading import ItemInvalid
from engine.catalogue.regimes import REGIMES, Effect, Failure, Missing, Regime, RegimeForbidden, refuse_forbidden

BASIS = {"act": "优化营商环境条例", "article": "第十九条"}
COMMITMENT = {
    "regime": "commitment",
    "materials": ["test-report"],
    "basis": BASIS,
    "text": {"version": 1, "zh": "本人承诺", "en": "I promise"},
    "verification": {"legal": 60, "promised": 60, "unit": "calendar-day"},
    "rectification": {"promised": 15, "unit": "working-day"},
    "field": "health-and-life",
    "opens": {"act": "国发〔2021〕7号", "article": "附件"},
    "public_safety": True,
}
POST = {"regime": "post-verification", "basis": BASIS, "verification": {"promised": 10, "unit": "working-day"}}
TOLERANCE = {
    "regime": "tolerance",
    "basis": BASIS,
    "materials": ["floor-plan"],
    "text": {"version": 2, "zh": "限期补交", "en": "I supply it in time"},
    "tolerance": {"promised": 2, "unit": "working-day"},
}


def data(*regimes):
    found = json.loads(Path("processes/hotel-hygiene-permit/item.json").read_text("utf-8"))
    return found | {"regimes": copy.deepcopy(list(regimes))}


def test_the_three_differ_in_everything_that_the_table_says():
    rows = {
        regime: (one.promise, one.missing, one.effect, one.delivery_from, one.visits, one.failure)
        for regime, one in REGIMES.items()
    }
    assert rows == {
        Regime.POST_VERIFICATION: (
            False,
            Missing.NOTHING,
            Effect.ON_CONFIRMATION,
            "confirmation",
            1,
            Failure.LAPSE,
        ),
        Regime.COMMITMENT: (
            True,
            Missing.PROOF_OR_CONDITION,
            Effect.AT_ONCE,
            "decision",
            None,
            Failure.RECTIFY_THEN_REVOKE,
        ),
        Regime.TOLERANCE: (
            True,
            Missing.SECONDARY_MATERIAL,
            Effect.WHEN_COMPLETE,
            "decision",
            None,
            Failure.DEEMED_WITHDRAWN,
        ),
    }
    assert all(regime is one.regime for regime, one in REGIMES.items())


def test_an_item_says_its_regimes_and_one_without_has_none():
    assert item_from_data(data()).regimes == ()
    rule, post, tolerance = item_from_data(data(COMMITMENT, POST, TOLERANCE)).regimes
    assert (rule.grades, rule.applicants, rule.remind) == (("A", "B"), ("person", "legal-person"), (5, 1))
    assert (rule.verification.limit.days, rule.rectification.limit.unit) == (60, "working-day")
    assert post.text is None
    assert tolerance.tolerance.limit.days == 2
    assert rule.text.hash != item_from_data(data(COMMITMENT | {"text": TOLERANCE["text"]})).regimes[0].text.hash


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        (COMMITMENT | {"regime": "trust"}, "regime"),
        (COMMITMENT | {"text": None}, "text"),
        (COMMITMENT | {"text": {"version": 0, "zh": "a", "en": "b"}}, "text.version"),
        (COMMITMENT | {"materials": ["no-such"]}, "materials[0]"),
        (COMMITMENT | {"grades": ["D"]}, "grades[0]"),
        (COMMITMENT | {"grades": []}, "grades"),
        (COMMITMENT | {"applicants": ["robot"]}, "applicants[0]"),
        (COMMITMENT | {"verification": None}, "verification"),
        (COMMITMENT | {"rectification": None}, "rectification"),
        (COMMITMENT | {"verification": {"legal": 5, "promised": 6, "unit": "working-day"}}, "verification.promised"),
        (COMMITMENT | {"verification": {"promised": True, "unit": "working-day"}}, "verification"),
        (COMMITMENT | {"verification": {"unit": "working-day"}}, "verification"),
        (COMMITMENT | {"verification": {"promised": 5, "unit": "moons"}}, "verification"),
        (COMMITMENT | {"tolerance": TOLERANCE["tolerance"]}, "tolerance"),
        (COMMITMENT | {"field": "taste"}, "field"),
        (COMMITMENT | {"remind": [0]}, "remind"),
        (COMMITMENT | {"colour": "red"}, "colour"),
        (POST | {"text": TOLERANCE["text"]}, "text"),
        (TOLERANCE | {"tolerance": None}, "tolerance"),
        (TOLERANCE | {"materials": []}, "materials"),
    ],
)
def test_what_is_no_rule_of_its_regime_is_refused_by_its_path(changed, path):
    with pytest.raises(ItemInvalid) as refused:
        item_from_data(data(changed))
    assert refused.value.params["path"] == f"regimes[0].{path}"


def test_a_regime_stands_once_and_the_list_is_a_list():
    for wrong in (data(POST, POST), data() | {"regimes": {"a": 1}}, data() | {"regimes": ["x"]}):
        with pytest.raises(ItemInvalid):
            item_from_data(wrong)


def test_a_forbidden_field_opens_only_by_the_act_that_is_cited():
    refuse_forbidden("x", item_from_data(data(COMMITMENT, POST)).regimes)
    with pytest.raises(RegimeForbidden) as refused:
        refuse_forbidden("x", item_from_data(data(POST, COMMITMENT | {"opens": None})).regimes)
    assert list(refused.value.params["fields"]) == ["regimes[1].opens"]
    without = item_from_data(data(COMMITMENT | {"opens": None, "field": None})).regimes
    refuse_forbidden("x", without, {"tolerance": "environment"})
    with pytest.raises(RegimeForbidden):
        refuse_forbidden("x", without, {"commitment": "environment"})


def offered(*overrides, drop=()):
    laid = laid_over(
        data(COMMITMENT, POST, TOLERANCE), read_overrides({"regimes": list(overrides), "drop_materials": list(drop)})
    )
    return {one.regime.value: one for one in item_from_data(laid).regimes}


def test_a_region_switches_a_regime_off_or_narrows_it():
    assert set(offered()) == {"commitment", "post-verification", "tolerance"}
    assert set(offered({"regime": "commitment", "off": True})) == {"post-verification", "tolerance"}
    assert offered({"regime": "commitment", "grades": ["A"]})["commitment"].grades == ("A",)
    assert offered({"regime": "post-verification", "grades": ["A"]})["post-verification"].grades == ("A",)
    assert offered({"regime": "post-verification", "grades": ["C"]}).get("post-verification") is None
    # What is emptied is closed: an empty list of materials would say "all of them".
    assert "commitment" not in offered(drop=["test-report"])
    assert "tolerance" not in offered(drop=["floor-plan"])


@pytest.mark.parametrize(
    ("override", "path"),
    [
        ({"regime": "tolerance"}, "regimes[0]"),
        ({"regime": "commitment", "grades": ["A", "C"]}, "regimes[0].grades"),
        ({"regime": "commitment", "materials": ["floor-plan"]}, "regimes[0].materials"),
    ],
)
def test_a_region_never_adds(override, path):
    found = lint_implementation(
        item_from_data(data(COMMITMENT, POST)), read_overrides({"regimes": [override]}), {}, ["440106"]
    )
    assert [(one.rule, one.path) for one in found] == [("implementation-adds-regime", path)]
    assert "### implementation-adds-regime" in Path("docs/catalogue.md").read_text("utf-8")
