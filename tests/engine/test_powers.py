"""Power lists for exchange, and granted permits for everybody: whole, round, and without what is nobody's business."""

from __future__ import annotations

import json

import pytest

from engine.catalogue.exchange import FIELDS, as_csv, from_csv
from engine.doors.powers import holder
from engine.errors import NotFound
from engine.play import DOES, Played, _advance, _instant, read_scenario
from engine.settings import Settings
from tests.engine.running import onewindow
from tests.engine.stories import ITEM, SYSTEM, accepted

SCENARIOS = Settings(demo=True).processes / ITEM / "scenarios"


def test_the_export_has_every_field_and_comes_back_as_it_went(engine):
    rows = engine.powers.export()["rows"]
    row = next(one for one in rows if one["task_code"] == f"{ITEM}@gz-housing")
    assert list(row) == list(FIELDS)
    assert (row["anticipate_day"], row["promise_day"], row["use_level"], row["task_type"]) == ("45", "15", "3", "07")
    assert (row["limit_scene_num"], row["online_handle_depth"], row["serve_type"]) == ("0", "IV", "2,3,5")
    assert "消防验收" in row["handle_flow"]
    assert "广州市水务局" in row["other_dept"]
    assert row["material_info"][0]["material_code"] == "completion-report"
    assert from_csv(engine.powers.export_csv()) == rows
    assert json.loads(json.dumps(rows)) == rows


def test_a_cell_is_no_formula():
    row = dict.fromkeys(FIELDS, "") | {"task_name": "=1+1", "material_info": []}
    assert "'=1+1" in as_csv([row])
    assert from_csv(as_csv([row])) == [row]


def test_the_history_of_a_list_is_kept(engine):
    engine.catalogue_office.publish_power_list(SYSTEM, "gz-housing", [])
    versions = engine.powers.history("gz-housing")["versions"]
    assert [(one["version"], one["holding"], len(one["items"]) > 0) for one in versions] == [
        (2, True, False),
        (1, False, True),
    ]
    assert not any(one["task_code"] == f"{ITEM}@gz-housing" for one in engine.powers.export()["rows"])
    with pytest.raises(NotFound):
        engine.powers.history("nobody")


def played(engine, name):
    scenario = read_scenario(SCENARIOS / name)
    made = Played(engine, scenario)
    for step in scenario["steps"]:
        _advance(made, _instant(step))
        DOES[step["does"]](made, step)
    return made


def test_what_was_granted_is_looked_up_and_what_was_not_is_not_found(engine, actor):
    made = played(engine, "all-pass.json")
    documents = {one["kind"]: one["number"] for one in engine.case_file(made.number)["documents"]}
    permit = engine.powers.permit(documents["certificate"])
    applicant = made.scenario["applicant"]
    assert permit["holder"] == {
        "kind": "enterprise",
        "name": applicant["name"],
        "credit_code": applicant["credit_code"],
    }
    assert (permit["item"], permit["body"]) == (ITEM, "广州市住房和城乡建设局")
    assert not {"phone", "contact", "address", "form", "case"} & set(permit)
    for number in (made.number, documents["receipt"], "nothing", accepted(engine, actor)):
        with pytest.raises(NotFound):
            engine.powers.permit(number)


def test_what_was_denied_is_no_permit(engine):
    made = played(engine, "denied.json")
    for one in engine.case_file(made.number)["documents"]:
        with pytest.raises(NotFound):
            engine.powers.permit(one["number"])


def test_of_a_person_only_the_family_name_is_told():
    told = holder({"kind": "person", "name": "周晓明", "id_number": "x", "phone": "1"})
    assert told == {"kind": "person", "name": "周**", "credit_code": None}
    assert holder({"name": "周晓明"})["name"] == "周**"


def test_the_commands_answer_for_machines(database_url):
    from engine.catalogue.exchange import from_csv

    shown = onewindow("catalogue", "drift", "--json", "--demo", DATABASE_URL=database_url)
    assert (shown.returncode, json.loads(shown.stdout)["count"]) == (0, 0), shown.stderr
    clean = onewindow("catalogue", "lint", "--demo", DATABASE_URL=database_url)
    assert (clean.returncode, "Nothing is wrong" in clean.stdout) == (0, True), clean.stderr
    exported = onewindow(
        "catalogue", "export", "--format", "csv", "--region", "440100", "--demo", DATABASE_URL=database_url
    )
    assert any(row["task_code"] == f"{ITEM}@gz-housing" for row in from_csv(exported.stdout)), exported.stderr
    assert onewindow("catalogue", "export", "--region", "x", "--demo", DATABASE_URL=database_url).returncode == 2
