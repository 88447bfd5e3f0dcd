"""会签: nobody signs side by side for two departments in one case, in any round; posts in several departments are fine."""

from __future__ import annotations

import pytest

from engine.bpmn.compile import compile_diagram
from engine.bpmn.read import read
from engine.bpmn.side_by_side import side_by_side
from engine.cases.countersign import SignedForAnother
from engine.store.base import new_id
from tests.engine.stories import accepted, complete, open_tasks, submitted
from tests.unit.diagrams import diagram, end, flows, gateway, many, scope, start, user


def also_works_in(engine, officer, department):
    with engine.database.begin() as connection:
        values = {"id": new_id(), "officer": officer, "department": department}
        connection.exec_driver_sql(
            "INSERT INTO posts (id, officer_id, department_id, title, is_head) "
            "VALUES (%(id)s, %(officer)s, %(department)s, '兼职', false)",
            values,
        )


def test_one_person_does_not_sign_for_two_departments_of_one_case(engine, actor):
    for department in ("gz-water", "gz-government-services"):
        also_works_in(engine, "fire.liu", department)
    both, number = actor("fire.liu"), accepted(engine, actor)
    complete(engine, both, number, "fire", "passed")
    waiting = open_tasks(engine, number)["drainage"]
    drainage = (waiting.case_id, waiting.task)
    with pytest.raises(SignedForAnother):
        engine.claim(both, *drainage)
    assert engine.claim(actor("water.jiang"), *drainage)["state"] == "claimed"
    engine.release(actor("water.jiang"), *drainage)
    with pytest.raises(SignedForAnother) as refused:
        complete(engine, both, number, "drainage", "passed")
    assert refused.value.status == 422
    assert "广州市住房和城乡建设局消防验收处" in refused.value.sentence("zh")
    assert engine.verify_record(number).whole
    # Another case is another matter, and so is the other order; a colleague signs here.
    other = accepted(engine, actor)
    complete(engine, both, other, "drainage", "passed")
    complete(engine, actor("water.jiang"), number, "drainage", "faults", "雨水管错接。")
    # In a later round, too, when the first signature still stands.
    for node, who in (
        ("planning", "planning.zhao"),
        ("civil_air_defence", "air.wu"),
        ("archives", "archives.zheng"),
        ("municipal_works", "municipal.wang"),
    ):
        complete(engine, actor(who), number, node, "passed")
    complete(engine, actor("clerk.chen"), number, "rectify", "rectified", "已整改。")
    with pytest.raises(SignedForAnother):
        complete(engine, both, number, "drainage", "passed")
    complete(engine, actor("water.jiang"), number, "drainage", "passed")


def test_what_stands_one_behind_the_other_is_no_countersignature(engine, actor):
    """The window's task and the lead's come before and after: one who works in both departments may do each."""
    also_works_in(engine, "fire.liu", "gz-housing")
    also_works_in(engine, "clerk.chen", "gz-water")
    number = submitted(engine, actor)
    clerk = actor("clerk.chen")
    complete(engine, clerk, number, "accept", "accepted")
    complete(engine, clerk, number, "drainage", "passed")
    assert engine.case_file(number)["state"] == "accepted"


def test_branches_are_told_from_what_lies_behind_their_join():
    drawn = diagram(
        start(),
        gateway("parallel", "fork"),
        user("a"),
        user("b"),
        user("c"),
        gateway("exclusive", "again"),
        gateway("parallel", "join"),
        user("last"),
        scope("each", many("2"), start("s"), user("of_each"), end("e"), flows("s > of_each > e")),
        end(),
        flows(
            "start > fork > a > b > again > join > last > each > end; fork > c > join; again > fork [outcome == 'x']"
        ),
    )
    found = side_by_side(compile_diagram(read(drawn), "k").process)
    assert found == {"a": {"c"}, "b": {"c"}, "c": {"a", "b"}, "of_each": {"of_each"}}
