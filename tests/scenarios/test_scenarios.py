"""Every scenario file is played as it stands, and what it expects holds."""

import json
from pathlib import Path

import pytest

from engine.commands.played import told
from engine.play import ScenarioInvalid, demo, play, play_on, read_scenario
from engine.settings import Settings

SETTINGS = Settings(demo=True)
ALL_PASS = SETTINGS.processes / "joint-final-inspection/scenarios/all-pass.json"
SCENARIOS = sorted(SETTINGS.processes.glob("*/scenarios/*.json"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_goes_as_it_is_written(engine, path):
    """On a copy of the seeded database, which is what `onewindow play` makes for each run."""
    result = play_on(engine, read_scenario(path))
    assert result["passed"], result["failures"]


def test_the_demonstration_tells_the_whole_story():
    result = demo(SETTINGS)
    keys = {"stage", "node", "department", "handler", "opinion", "started_at", "ended_at", "due_date"}
    keys |= {"remaining_working_days", "elapsed_working_days"}
    assert all(keys <= set(row) for row in result["timeline"])
    assert result["timeline"][0]["started_at"].startswith("2026-09-21")
    (_receipt, _acceptance, notice, _certificate) = result["documents"]
    assert "消防" in notice["content"]
    assert "档案" in notice["content"]
    assert "2026-10-12" in told(result, "zh")
    english = told(result, "en")
    assert "✓ as expected" in english
    assert "working days left" in english


def test_an_expectation_that_does_not_hold_is_said(tmp_path):
    scenario = json.loads(ALL_PASS.read_text("utf-8"))
    scenario["expect"]["result"] = "denied"
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(scenario), "utf-8")
    result = play(file, SETTINGS)
    assert not result["passed"]
    assert any("result: expected 'denied'" in failure for failure in result["failures"])


def test_an_act_that_is_refused_is_a_failure_with_its_step(tmp_path):
    scenario = json.loads(ALL_PASS.read_text("utf-8"))
    scenario["steps"][2] = {
        "on": "2026-09-23",
        "who": "fire.liu",
        "does": "complete",
        "node": "planning",
        "outcome": "passed",
    }
    file = tmp_path / "refused.json"
    file.write_text(json.dumps(scenario), "utf-8")
    assert "step 3" in play(file, SETTINGS)["failures"][0]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"item": 1}', '{"item":"i","region":"r","starts_on":"x","applicant":{},"steps":[{"does":"fly"}]}'],
)
def test_what_is_no_scenario_is_refused_with_a_sentence(tmp_path: Path, content):
    file = tmp_path / "bad.json"
    file.write_text(content, "utf-8")
    with pytest.raises(ScenarioInvalid, match=r"docs/scenarios\.md"):
        read_scenario(file)
