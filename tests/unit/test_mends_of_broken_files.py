"""Whatever is broken in a file, mending neither fails nor goes round: what is mended needs no more mending."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from lxml import etree

from engine.bpmn.dialects.convert import convert
from engine.bpmn.judge import judge
from engine.bpmn.mends.apply import SUGGESTED, mend
from engine.bpmn.read import UnreadableDiagram, read
from tests.unit.diagrams import (
    BPMN,
    boundary,
    catch,
    diagram,
    end,
    flows,
    gateway,
    loop,
    many,
    scope,
    start,
    timer,
    user,
)
from tests.unit.test_dialects import CAMUNDA
from tests.unit.test_mends import DRAWN, LABELLED

LONG = os.environ.get("ONEWINDOW_LONG") == "1"
SEEDS = 1500 if LONG else 40
SHIPPED = sorted((Path(__file__).parents[2] / "processes").rglob("*.bpmn"))

_TAGS = """
task userTask exclusiveGateway parallelGateway inclusiveGateway eventBasedGateway complexGateway startEvent endEvent
intermediateCatchEvent intermediateThrowEvent boundaryEvent subProcess callActivity transaction adHocSubProcess scriptTask
serviceTask receiveTask sendTask choreographyTask
"""
TAGS = [f"{{{BPMN}}}{name}" for name in _TAGS.split()]
_INNER = """
conditionExpression multiInstanceLoopCharacteristics standardLoopCharacteristics timerEventDefinition linkEventDefinition
messageEventDefinition compensateEventDefinition signalEventDefinition extensionElements startEvent endEvent boundaryEvent
"""
INNER = _INNER.split()
TEXTS = ["", "x", "${a.b(c)}", "=a in [1..2]", "PT5M", "${", "\n", "R3/PT1H", "outcome == 'x'", "Ja"]
_NAMES = """
default attachedToRef isForCompensation triggeredByEvent processRef instantiate calledElement id name sourceRef targetRef
"""
NAMES = _NAMES.split()

WHOLE = diagram(
    start(), user("a"), boundary("b", "a", timer("P1D")), gateway("exclusive", "x", default="x_s"),
    scope("s", start("s1"), user("s2", loop("3")), end("s3"), flows("s1 > s2 > s3")), gateway("parallel", "p"),
    user("c", many("2")), catch("w", timer("5 Tage")), gateway("parallel", "j"), end(), end("e2"),
    flows("start > a > x; x > s > p; p > c > j; p > w > j; j > end; b > e2; x > a [outcome == 'again'"),
)  # fmt: skip


def files() -> list[bytes]:
    return [WHOLE, DRAWN, CAMUNDA, diagram(*LABELLED), *(path.read_bytes() for path in SHIPPED[:2])]


def broken(data: bytes, rng: Random) -> bytes:
    """A file with a few things changed, moved, doubled or lost."""
    root = etree.fromstring(data)
    elements = list(root.iter("*"))
    for _ in range(rng.randint(1, 15)):
        with suppress(ValueError, TypeError, etree.LxmlError):  # not every change can be made everywhere
            _break(elements, rng)
    return etree.tostring(root)


def _break(elements: list, rng: Random) -> None:
    one, other = rng.choice(elements), rng.choice(elements)
    kind = rng.randrange(8)
    if kind == 0 and one.getparent() is not None:
        one.getparent().remove(one)
    elif kind == 1 and one.attrib:
        del one.attrib[rng.choice(list(one.attrib))]
    elif kind == 2 and one.tag in TAGS:
        one.tag = rng.choice(TAGS)
    elif kind == 3:
        other.append(etree.fromstring(etree.tostring(one)))
    elif kind == 4:
        one.text = rng.choice(TEXTS)
    elif kind == 5:
        ids = [element.get("id") or "" for element in elements[:40]]
        one.set(rng.choice(NAMES), rng.choice(["true", "", "a b", "x:y", "End", *ids]))
    elif kind == 6:
        other.append(one)
    else:
        etree.SubElement(one, f"{{{BPMN}}}{rng.choice(INNER)}")


@pytest.mark.parametrize("part", range(4))
def test_a_broken_file_is_mended_as_far_as_it_goes(part: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "engine.bpmn.mends")
    whole = files()
    for seed in range(part, SEEDS, 4):
        rng = Random(seed)
        data = broken(rng.choice(whole), rng)
        try:
            read(data)
        except UnreadableDiagram:
            continue
        for finding in judge(data, "approval").findings:
            assert finding.as_data("en")["message"], seed
        for answers in (None, SUGGESTED):
            mended = mend(data, answers)
            assert mend(mended.data, answers).data == mended.data, (seed, answers)
        converted = convert(data)
        assert convert(converted.data).data == converted.data, seed
        assert not caplog.records, (seed, caplog.text[-2000:])
