"""办事指南、办理进度与实际运行一致: the generated guide, the tracker and the run agree node by node, for every shipped process.

A new process is in this test by itself: its folder is found, its scenarios are walked step by step, and at each step what the run
opened, what the public progress tells and what it expects next are held against the guide that was there before the case.
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.bpmn.compile import PERSON_TAGS, executable_process
from engine.bpmn.read import read
from engine.cases.submit import query_code
from engine.catalogue.guide import IN_HAND
from engine.catalogue.items import read_item
from engine.play import DOES, Played, _advance, _instant, read_scenario
from engine.settings import Settings

PROCESSES = Settings(demo=True).processes
FOLDERS = sorted(path.parent for path in PROCESSES.glob("*/item.json"))
#: Stories about what is refused go the same way as others, and are told by test_scenarios.py.
SCENARIOS = [
    path
    for path in sorted(PROCESSES.glob("*/scenarios/*.json"))
    if not any("refused" in step for step in read_scenario(path)["steps"])
]

RUN = text(
    "SELECT t.node, t.department_id, t.kind, t.item, (t.route->>'fallback')::boolean AS fallback, "
    "(SELECT l.amount FROM limits l WHERE l.case_id = t.case_id AND l.owner = t.number AND l.kind = 'promised') AS promised, "
    "(SELECT l.unit FROM limits l WHERE l.case_id = t.case_id AND l.owner = t.number AND l.kind = 'promised') AS unit "
    "FROM tasks t JOIN cases c ON c.id = t.case_id WHERE c.number = :number ORDER BY t.number"
)


def region_of(folder):
    return read_scenario(sorted((folder / "scenarios").glob("*.json"))[0])["region"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_task_of_the_diagram_is_a_step_of_the_guide_under_its_public_name(engine, folder):
    item = read_item(folder / "item.json")
    process = executable_process(read((folder / item.process).read_bytes()))
    people = {str(node.id): node for node in process.nodes if node.tag in PERSON_TAGS}
    steps = {step.node: step for step in engine.catalogue.steps(item.code, region_of(folder))}
    # What follows the decision in a case of its own is told, too: the visit for its check.
    own = {name: step for name, step in steps.items() if step.regime is None}
    assert set(own) == set(people)
    for name, step in own.items():
        limit = people[name].extension("timeLimit") or {}
        assert (step.promised, step.legal, step.unit) == (limit.get("promised"), limit.get("legal"), limit.get("unit"))
        assert step.applicant == bool((people[name].extension("assignment") or {}).get("applicant"))
    shown = engine.catalogue.guide(item.code, region_of(folder))
    assert [one["name"] for one in shown["steps"]] == [step.name[0] for step in steps.values()]
    assert not set(people) & {one["name"] for one in shown["steps"]}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
def test_guide_tracker_and_run_agree_node_by_node(engine, path):
    scenario = read_scenario(path)
    played = Played(engine, scenario)
    steps = {}
    for step in scenario["steps"]:
        _advance(played, _instant(step))
        if not steps:
            steps = {one.node: one for one in engine.catalogue.steps(scenario["item"], scenario["region"])}
        DOES[step["does"]](played, step)
        if played.number:
            agree(engine, played.number, steps)
    assert played.number
    with engine.database.connect() as connection:
        rows = connection.execute(RUN, {"number": played.number}).all()
    if scenario.get("expect", {}).get("result") == "granted":
        certain = {name for name, one in steps.items() if one.certain}
        assert certain <= {row.node for row in rows}


def agree(engine, number, steps):
    """What the run did, what everybody is told of it, and what is told to come: each is a step of the guide, said alike."""
    file, code = engine.case_file(number), query_code(engine.settings.secret_key, number)
    shown = engine.progress(number, code)
    with engine.database.connect() as connection:
        run = connection.execute(RUN, {"number": number}).all()
    assert [row.node for row in run] == [row["node_id"] for row in file["timeline"]]
    assert len(shown["timeline"]) == len(run)
    for row, told in zip(run, shown["timeline"], strict=True):
        step = steps[row.node]
        assert (told["node"], told["node_en"]) == step.name, row.node
        assert (told["stage"] or IN_HAND[0], told["stage_en"] or IN_HAND[1]) == step.stage, row.node
        assert (row.promised, row.unit) == (step.promised, step.unit if step.promised else None), row.node
        assert (row.kind == "applicant") == step.applicant, row.node
        if step.department and not row.fallback:
            assert (row.department_id, told["department"]) == (step.department.id, step.department.name), row.node
    assert len(shown["next"]) == len(file["next"])
    for inside, told in zip(file["next"], shown["next"], strict=True):
        assert (told["node"], told["node_en"]) == steps[inside["node_id"]].name
