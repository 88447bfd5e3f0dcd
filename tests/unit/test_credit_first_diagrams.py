"""`ow:commitment`: what a run does with it, where the called process is looked up, and what the item allows."""

from datetime import datetime

import pytest

from engine.bpmn.compile import compile_diagram, compile_process
from engine.bpmn.linked import frozen, in_folders, in_texts, nothing
from engine.bpmn.lint import deployable, lint
from engine.bpmn.read import read
from engine.bpmn.rules.credit_first import unfit_for_regimes
from engine.bpmn.rules.time_fit import unfit_for_item
from engine.bpmn.run import Facts, ProcessRun
from engine.bpmn.step import Linked
from engine.clock import CST
from engine.organization.routing import wanted_of
from tests.unit.credit_examples import BAD, GOOD, RIGHT, decided, verification
from tests.unit.diagrams import diagram
from tests.unit.test_joint_final_inspection import DI, ET, PROCESSES

TEMPLATES = sorted((PROCESSES / "templates").glob("*.bpmn"))
NOW = datetime(2026, 9, 1, 9, tzinfo=CST)
ALONE = read(diagram(*BAD["commitment-process-missing"]))
WHOLE = diagram(*RIGHT)
FACTS = Facts(case={"outcomes": {}, "round": 1})


def ids(found):
    return {one.rule for one in found}


def test_a_token_walks_through_and_the_step_tells_what_is_owed():
    run = ProcessRun.start(compile_diagram(read(WHOLE), "v1"), FACTS, NOW)
    assert run.step.linked == ()
    ((token, _),) = run.open_tasks().items()
    step = ProcessRun.resume(compile_diagram(read(WHOLE), "v1"), run.state, FACTS, NOW).complete(token, "granted")
    assert step.linked == (Linked("call", "post-verification", "verification"),)
    assert step.ended
    assert (step.ends, step.opened, step.entered) == (("granted",), (), ())


def test_the_linked_process_runs_by_itself_and_a_tolerance_runs_within():
    run = ProcessRun.start(compile_process(read(WHOLE), "verification", "v1"), FACTS, NOW)
    assert list(run.open_tasks().values()) == ["verify"]
    with pytest.raises(KeyError):
        compile_process(read(WHOLE), "another", "v1")
    inside = ProcessRun.start(compile_diagram(read(diagram(*GOOD["tolerance-after-decision"])), "v1"), FACTS, NOW)
    assert list(inside.open_tasks().values()) == ["supply"]
    assert inside.step.linked == ()


def test_the_called_process_may_be_in_another_file(tmp_path):
    assert ids(lint(ALONE, "approval")) & {"commitment-process-missing"}
    assert deployable(lint(ALONE))
    (tmp_path / "broken.bpmn").write_bytes(b"<no")
    library = in_folders(tmp_path / "nowhere", tmp_path)
    assert library("verification") is None
    (tmp_path / "verification.bpmn").write_bytes(WHOLE)
    assert "commitment-process-missing" not in ids(lint(ALONE, "approval", library))
    kept = frozen(ALONE, diagram(*BAD["commitment-process-missing"]), library)
    assert set(kept) == {"verification"}
    assert "commitment-process-missing" not in ids(lint(ALONE, "approval", in_texts(kept)))
    assert in_texts(kept)("another") is None
    assert frozen(ALONE, b"", nothing) == {}
    assert set(frozen(read(WHOLE), WHOLE, nothing)) == {"verification"}


def test_the_linked_process_is_judged_and_its_limits_are_no_part_of_the_promise():
    slow = decided(linked=verification(who='<ow:assignment function="health" level="county"/>'))
    assert "time-limit-missing" in ids(lint(read(diagram(*slow)), "approval"))
    limits = {"promised": 2, "legal": 20, "unit": "working-day"}
    assert list(unfit_for_item(read(diagram(*BAD["commitment-process-missing"])), limits)) == []
    assert list(unfit_for_item(read(WHOLE), limits)) == []
    on_site = '<ow:assignment function="health" level="county"/><ow:timeLimit promised="60" unit="working-day"/>'
    assert list(unfit_for_item(read(diagram(*decided(linked=verification(who=on_site)))), limits)) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_is_clean_drawn_and_named_in_both_languages(path):
    content = path.read_bytes()
    assert lint(read(content), "approval") == []
    (process,) = read(content).processes
    assert in_folders(path.parent)(process.id).bpmn == content
    picture = ET.fromstring(content)
    shapes = {shape.get("bpmnElement") for shape in picture.iter(f"{DI}BPMNShape")}
    assert shapes == {node.id for node in process.nodes}
    for node in process.nodes:
        if node.tag == "userTask":
            assert set(node.extension("outcomes")["values"]) == set(node.extension("outcomes")["valuesEn"])
            assert node.extension("public")["nameEn"].isascii()


def test_every_version_keeps_the_proceedings_by_which_a_permit_is_taken_away():
    assert set(frozen(ALONE, b"", in_folders(TEMPLATES[0].parent))) == {"revocation"}


def test_the_lead_of_the_item_does_what_a_template_gives_it():
    wanted = wanted_of({"function": "{lead}", "body": "supervising"}, "health", "county")
    assert (wanted.function, wanted.level, wanted.body) == ("health", "county", "supervising")
    assert wanted_of({"function": "fire"}, "health", "county").level is None


def item(promised=3, **rule):
    return {"case_limits": {"promised": promised, "legal": 20, "unit": "working-day"}, "regimes": [rule]}


def test_a_diagram_uses_only_what_its_item_allows():
    drawn = read(WHOLE)
    assert ids(unfit_for_regimes(drawn, item(regime="commitment"))) == {"commitment-not-offered"}
    assert ids(unfit_for_regimes(drawn, item(regime="post-verification"))) == set()
    field = {"regime": "post-verification", "field": "health-and-life"}
    assert ids(unfit_for_regimes(drawn, item(**field))) == {"commitment-forbidden-field"}
    opened = {"opens": {"act": "国发〔2021〕7号", "article": "附件2"}}
    assert ids(unfit_for_regimes(drawn, item(**field, **opened))) == set()


@pytest.mark.parametrize(
    ("promised", "days", "unit", "late"),
    [
        (3, 2, "working-day", False),
        (3, 3, "working-day", True),
        (3, 4, "calendar-day", False),
        (3, 5, "calendar-day", True),
    ],
)
def test_what_is_tolerated_comes_before_the_promised_decision(promised, days, unit, late):
    drawn = read(diagram(*GOOD["tolerance-after-decision"]))
    found = unfit_for_regimes(drawn, item(promised, regime="tolerance", tolerance={"promised": days, "unit": unit}))
    assert bool(ids(found)) is late
