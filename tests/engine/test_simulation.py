"""Two ways of handling over the same made-up applicants: fewer visits is what verifying afterwards is for."""

import json

import pytest

from engine.cli import main
from engine.organization.identity_numbers import is_credit_code, is_resident_number
from engine.settings import Settings
from engine.simulation import (
    Applicant,
    Assumptions,
    CasesOutOfBounds,
    ProcessUnknown,
    credit_code,
    percentile,
    resident_number,
    simulate,
    way_of,
)

SETTINGS = Settings(demo=True)
NAMES = ["ordinary-review", "post-verification"]


def test_verifying_afterwards_asks_for_one_visit_where_the_ordinary_way_asks_for_more(capsys):
    assert main(["compare", *NAMES, "--cases", "3", "--seed", "4", "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert list(found) == NAMES
    assert found["post-verification"]["visits"] == 1
    assert 2 <= found["ordinary-review"]["visits"] <= 3
    for one in found.values():
        assert one["finished"] == one["cases"] == 3
        assert 0 < one["working_days_p50"] <= one["working_days_p90"]
    ordinary, after = found.values()
    assert ordinary["decision_working_days_p90"] == ordinary["working_days_p90"]
    assert after["decision_working_days_p50"] < after["working_days_p50"]  # decided first, confirmed later
    assert "30%" in said.err
    assert simulate(SETTINGS, NAMES[1:], 3, 4)["post-verification"] == found["post-verification"]


def test_a_public_notice_that_nobody_objects_to_passes_and_what_does_not_end_has_no_figures(capsys, monkeypatch):
    name = "minimum-living-allowance"
    assert main(["compare", name, "--cases", "2", "--seed", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)[name]
    assert found["finished"] == 2
    assert 5 < found["working_days_p90"] < 60
    monkeypatch.setattr("engine.simulation.MOST_ACTS", 3)
    assert main(["compare", "ordinary-review", "--cases", "1"]) == 0
    said = capsys.readouterr().out
    assert "1 件未能办结" in said
    assert "ordinary-review　—　—　—　（0/1）" in said


def test_who_has_to_be_there_at_the_acceptance_comes_once_as_the_guide_says(capsys):
    assert main(["compare", "real-estate-transfer", "--cases", "1", "--seed", "4"]) == 0
    assert "real-estate-transfer　1.0　" in capsys.readouterr().out


def test_what_there_is_not_is_said():
    with pytest.raises(ProcessUnknown, match="ordinary-review"):
        way_of(SETTINGS, "../processes")
    with pytest.raises(ProcessUnknown):
        way_of(SETTINGS, "templates")
    for cases in (0, -1, 1001):
        with pytest.raises(CasesOutOfBounds):
            simulate(SETTINGS, NAMES, cases, 1)


def test_an_applicant_is_drawn_from_seed_number_and_purpose_alone():
    one, same, other = (Applicant(seed, 1, Assumptions()) for seed in (1, 1, 2))
    assert one.draw("visit") == same.draw("visit") != other.draw("visit")
    assert one.draw("visit") != one.draw("supply")
    assert {Applicant(1, n, Assumptions()).days("visit", (1, 5)) for n in range(200)} == {1, 2, 3, 4, 5}
    lacking = sum(Applicant(1, n, Assumptions()).incomplete for n in range(1000))
    assert 250 < lacking < 350


def test_percentiles_are_of_the_nearest_rank():
    assert [percentile(list(range(1, 11)), share) for share in (0.5, 0.9, 1.0)] == [5, 9, 10]
    assert percentile([7], 0.5) == percentile([7], 0.9) == 7
    assert percentile([], 0.5) is None


def test_made_up_numbers_pass_their_checks_and_are_all_different():
    numbers = [1, 2, 999, 1000, 5000]
    assert all(is_resident_number(resident_number(n)) and is_credit_code(credit_code(n)) for n in numbers)
    assert len({resident_number(n) for n in range(1, 3000)}) == 2999
