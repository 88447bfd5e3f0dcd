"""Diagrams of strangers are worked on within bounds, by children of a process that stands ready."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.bpmn import sandbox as sandboxing
from engine.bpmn.bounds import Failure
from engine.bpmn.file_text import text_of
from engine.bpmn.linked import TEMPLATES
from engine.bpmn.mends.apply import AnswersWrong
from engine.bpmn.read import UnreadableDiagram
from engine.bpmn.sandbox import Sandbox
from engine.doors.diagrams import DiagramBeyondBounds, DiagramsDoor
from engine.errors import Forbidden, Invalid
from engine.organization.actor import Actor
from engine.plugins.handlers import HandlerRegistry
from engine.settings import PROCESSES
from tests.unit.diagrams import diagram, element, end, extended, flows, start, user

SYSTEM = Actor.system("test")
DOOR = DiagramsDoor(HandlerRegistry(), PROCESSES / TEMPLATES)


@pytest.fixture
def sandbox(monkeypatch):
    monkeypatch.setattr(sandboxing, "SECONDS", 1.0)
    made = Sandbox("tests.unit.misbehaving")
    yield made
    made.close()


def test_whatever_a_file_makes_of_its_child_the_next_one_is_answered(sandbox):
    data = os.urandom(3_000_000)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(sandbox.ask, "echo", {"n": n}, data) for n in range(8)]
        assert [one.result() for one in asked] == [({"options": {"n": n}}, data) for n in range(8)]
    assert sandbox.ask("sleeps", {}, b"") is Failure.SLOW
    assert sandbox.ask("hungry", {}, b"") is Failure.HUNGRY
    assert sandbox.ask("dies", {}, b"") is Failure.CRASHED
    assert sandbox.ask("stumbles", {}, b"") is Failure.CRASHED
    first = sandbox._process
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert sandbox.ask("echo", {}, b"again") == ({"options": {}}, b"again")


DEAD = diagram(start(), user("a"), flows("start > a"))


def test_a_diagram_is_judged_mended_laid_out_and_converted():
    judged = DOOR.lint(SYSTEM, DEAD)
    fixes = {finding["rule"]: finding["fix"] for finding in judged["findings"] if finding["fix"]}
    done, mended = DOOR.fix(SYSTEM, DEAD, fixes["implicit-end"]["id"])
    assert (done["changed"], "Draws the end event" in done["does"][1]) == (True, True)
    assert "implicit-end" not in {finding["rule"] for finding in DOOR.lint(SYSTEM, mended)["findings"]}
    drawn, laid = DOOR.layout(SYSTEM, DOOR.layout(SYSTEM, mended)[1])
    assert (drawn["changed"], laid.count(b"BPMNDiagram ")) == (True, 1)
    camunda = DEAD.replace(b"<userTask ", b'<userTask xmlns:c="http://camunda.org/schema/1.0/bpmn" c:formKey="k" ')
    report, translated = DOOR.convert(SYSTEM, camunda)
    assert [row["into"] for row in report["zh"]["translated"]]
    assert b"formKey" not in translated


def test_what_the_house_alone_knows_counts_where_it_is_published():
    service = element("serviceTask", "s", extended('<ow:service handler="call-the-bank"/>'))
    calls = diagram(start(), user("a"), service, end(), flows("start > a > s > end"))
    assert "handler-unknown" not in {one["rule"] for one in DOOR.lint(SYSTEM, calls)["findings"]}
    assert "handler-unknown" in {one["rule"] for one in DOOR.lint(SYSTEM, calls, "approval")["findings"]}


@pytest.mark.parametrize("data", [b"", b"\0\0", b"PK\3\4", b"<a>" * 100_000, b"<!DOCTYPE a><a/>", b"x" * 5_300_000])
def test_what_is_no_diagram_is_judged_and_refused(data):
    assert not DOOR.lint(SYSTEM, data)["deployable"]
    for work in (DOOR.layout, DOOR.convert):
        with pytest.raises(UnreadableDiagram):
            work(SYSTEM, data)


def test_who_asks_what_there_is_not_is_told():
    with pytest.raises(AnswersWrong):
        DOOR.fix(SYSTEM, DEAD, "no-such:fix")
    with pytest.raises(Invalid):
        DOOR.lint(SYSTEM, DEAD, "pretty")
    with pytest.raises(Forbidden):
        DOOR.lint(Actor.applicant("a", "甲", "440100"), DEAD)


def test_what_finds_no_end_is_refused_in_words(monkeypatch):
    monkeypatch.setattr("engine.doors.diagrams.SANDBOX.ask", lambda *_: Failure.SLOW)
    assert [one["rule"] for one in DOOR.lint(SYSTEM, DEAD)["findings"]] == ["file-too-slow"]
    with pytest.raises(DiagramBeyondBounds, match="8 s"):
        DOOR.layout(SYSTEM, DEAD)


def test_a_file_is_a_text_whatever_its_encoding():
    said = '<?xml version="1.0" encoding="{}"?><a b="审批"/>'
    for encoding in ("utf-8", "gb18030", "utf-16"):
        assert text_of(said.format(encoding).encode(encoding)) == said.format("UTF-8")
    assert text_of(b"\xff\xfe<")
    assert text_of(b'<?xml encoding="nonsense"?>')
    assert text_of(b"") == ""
