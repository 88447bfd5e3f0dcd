"""到现场次数: the guide counts the visit that a verification after the decision asks for, and counts it for that way alone."""

from pathlib import Path

import pytest

from engine.bpmn.compile import compile_diagram
from engine.bpmn.read import read
from engine.catalogue.guide import guide_steps, visits
from engine.catalogue.items import read_item
from tests.unit.test_routing import TOWNSHIP, organisation

FOLDER = Path(__file__).parents[2] / "processes"


def counted(name):
    item = read_item(FOLDER / name / "item.json")
    compiled = compile_diagram(read((FOLDER / name / "process.bpmn").read_bytes()), name)
    return visits(item.listing, guide_steps(compiled, item, organisation(), TOWNSHIP))


def test_a_case_verified_afterwards_has_one_visit_and_the_ordinary_way_its_own():
    found = counted("post-verification")
    assert found["regimes"] == {"post-verification": {"least": 1, "most": 1}}
    # The window of the ordinary way and the verification are two steps, and no case comes to both.
    assert (len(found["steps"]), found["most"]) == (2, 1)
    assert all(step["basis"] for step in found["steps"])


@pytest.mark.parametrize("name", ["ordinary-review", "hotel-hygiene-permit"])
def test_where_no_visit_is_owed_afterwards_no_way_has_one(name):
    assert counted(name)["regimes"] == {}
