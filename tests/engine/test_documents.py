"""Numbered documents: gap-free, unique as printed, and saying what stands now."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.cases.complete_task import Completion
from engine.cases.step_documents import WINDOW_KINDS
from engine.errors import Conflict
from tests.engine.drawn import diagram, node, path
from tests.engine.stories import REVIEWERS, SYSTEM, accepted, complete, deploy, open_tasks


def issuing(*documents):
    """Start, one task that issues these documents (kind, title), end."""
    inner = "".join(f'<ow:document kind="{kind}" title="{title}"/>' for kind, title in documents)
    task = f"<extensionElements>{inner}</extensionElements>"
    return diagram(
        node("startEvent", "s"), node("userTask", "sign", task), node("endEvent", "e"), path("s", "sign", "e")
    )


def issued(engine, number):
    """The documents of a case but those that every case has from the window."""
    return [one for one in engine.case_file(number)["documents"] if one["kind"] not in WINDOW_KINDS]


def numbers(engine, number):
    return [document["number"] for document in issued(engine, number)]


def test_two_kinds_under_one_title_share_a_series(engine, actor):
    deploy(engine, issuing(("licence", "许可证"), ("certificate", "许可证")))
    number = accepted(engine, actor)
    complete(engine, SYSTEM, number, "sign", None)
    first, second = numbers(engine, number)
    assert (first[-2:], second[-2:]) == ("1号", "2号")


def test_a_series_has_no_gap_though_many_sign_at_once_and_one_step_fails(engine, actor):
    deploy(engine, issuing(("licence", "许可证")))
    cases = [accepted(engine, actor) for _ in range(12)]
    tasks = [open_tasks(engine, number)["sign"] for number in cases]

    def sign(n):
        engine.complete(SYSTEM, Completion(tasks[n].case_id, tasks[n].task))
        with pytest.raises(Conflict):
            engine.complete(SYSTEM, Completion(tasks[n].case_id, tasks[n].task))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(sign, range(len(cases))))
    given = [int(found.split("〕")[1].removesuffix("号")) for number in cases for found in numbers(engine, number)]
    assert sorted(given) == list(range(1, len(cases) + 1))


def test_a_second_notice_names_only_the_faults_that_still_stand(engine, actor):
    number = accepted(engine, actor)
    for department in REVIEWERS:
        outcome = "faults" if department in ("fire", "archives") else "passed"
        complete(engine, SYSTEM, number, department, outcome, f"{department} 第一次")
    complete(engine, SYSTEM, number, "rectify", "rectified", "已整改")
    complete(engine, SYSTEM, number, "fire", "passed", "")
    complete(engine, SYSTEM, number, "archives", "faults", "archives 第二次")
    first, second = issued(engine, number)
    assert "fire 第一次" in first["content"]
    assert "archives 第一次" in first["content"]
    assert second["content"].endswith("archives 第二次")
    assert "fire" not in second["content"]


def test_a_notice_names_every_instance_of_a_review_that_found_a_fault(engine, actor):
    review = (
        '<extensionElements><ow:assignment function="{item}"/><ow:collection of="form.departments"/>'
        '<ow:outcomes values="passed=合格,faults=问题" opinionRequiredFor="faults"/></extensionElements>'
        "<multiInstanceLoopCharacteristics/>"
    )
    notice = (
        '<extensionElements><ow:service handler="issue-document"/>'
        '<ow:document kind="rectification-notice" title="整改通知书"/></extensionElements>'
    )
    deploy(
        engine,
        diagram(
            node("startEvent", "s"),
            node("userTask", "fill"),
            node("userTask", "each", review),
            node("serviceTask", "notice", notice),
            node("endEvent", "e"),
            path("s", "fill", "each", "notice", "e"),
        ),
    )
    number = accepted(engine, actor)
    fill = open_tasks(engine, number)["fill"]
    asked = engine.complete(
        SYSTEM, Completion(fill.case_id, fill.task, None, "", {"departments": ["planning", "fire", "drainage"]})
    )
    for task, outcome in zip(asked["opened"], ("faults", "faults", "passed"), strict=True):
        engine.complete(
            SYSTEM, Completion(fill.case_id, int(task["id"].split(".")[1]), outcome, f"意见 {task['id'][-1]}")
        )
    (document,) = issued(engine, number)
    assert len(document["content"].splitlines()) == 2
    departments = {row["department_id"] for row in engine.case_file(number)["timeline"] if row["node_id"] == "each"}
    assert len(departments) == 3
