"""`/definitions/lint`, `/fix`, `/layout`, `/convert`: what is done with a diagram before it is stored. Nothing is kept of it."""

from __future__ import annotations

from typing import Any

from flask import Request, Response
from marshmallow import fields

from api.body import check
from api.caller import actor, engine
from api.definitions import MOST_BODY, Diagram, Finding
from api.resource import Resource, answer
from api.shapes import Form, Shape, Text, few
from engine import rehearsal
from engine.bpmn.file_text import text_of
from engine.bpmn.rules.rule import BPMN
from engine.doors.diagrams import PROFILES

diagrams = Resource("diagrams", __name__, "Diagrams before they are stored")
diagrams.bound_body(MOST_BODY)


class AnyDiagram(Shape):
    """A diagram of any tool."""

    bpmn = Diagram(required=True)

    @staticmethod
    def from_form(req: Request) -> dict[str, Any]:
        """The same request as a form: `bpmn` a file."""
        given: dict[str, Any] = req.form.to_dict()
        check(given)
        return given | {name: file.read() for name, file in req.files.items()}


class DiagramToJudge(AnyDiagram):
    """A diagram, and whether it has to run (`bpmn`) or also to be publishable here (`approval`)."""

    profile = Text(20, values=PROFILES, load_default=BPMN)


class DiagramToMend(DiagramToJudge):
    """A diagram, and which mend of those that lint offers to do, with the option that answers its question."""

    fix = Text(400, required=True)
    option = Text(400, blank=True, load_default="")


class JudgementView(Shape):
    """What is to be said of a diagram."""

    readable = fields.Boolean()
    deployable = fields.Boolean()
    findings = fields.List(fields.Nested(Finding))


class MendDone(Shape):
    """What a mend did, and the option that was taken, in words."""

    id = fields.String()
    does = fields.String()
    does_en = fields.String()
    label = fields.String(allow_none=True)
    label_en = fields.String(allow_none=True)


class MendedView(Shape):
    """The diagram after a mend."""

    bpmn = fields.String()
    changed = fields.Boolean()
    did = fields.Nested(MendDone)


class LaidOutView(Shape):
    """The diagram with a fresh picture."""

    bpmn = fields.String()
    changed = fields.Boolean()


class Became(Shape):
    """A setting of another tool, and what became of it."""

    element = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    line = fields.Integer()
    what = fields.String()
    into = fields.String()
    reason = fields.String()


class ConversionReport(Shape):
    """What was kept, translated, dropped, and what has no counterpart."""

    kept = fields.List(fields.Nested(Became))
    translated = fields.List(fields.Nested(Became))
    dropped = fields.List(fields.Nested(Became))
    refused = fields.List(fields.Nested(Became))


class ConvertedView(Shape):
    """The diagram as one of ours, and the report in both languages."""

    bpmn = fields.String()
    report = fields.Nested(ConversionReport)
    report_en = fields.Nested(ConversionReport)


@diagrams.serve("POST", "/definitions/lint", takes=DiagramToJudge(), gives=(200, JudgementView))
def lint_diagram(asked: dict[str, Any]) -> Response:
    """Everything that is wrong with a diagram, of any tool; nothing is stored"""
    return answer(engine().diagrams.lint(actor(), asked["bpmn"], asked["profile"]))


@diagrams.serve("POST", "/definitions/fix", takes=DiagramToMend(), gives=(200, MendedView))
def fix_diagram(asked: dict[str, Any]) -> Response:
    """Do one mend that lint offered; the diagram as it is then"""
    done, bpmn = engine().diagrams.fix(actor(), asked["bpmn"], asked["fix"], asked["option"], asked["profile"])
    did = {"id": done["id"], "does": done["does"][0], "does_en": done["does"][1]}
    did |= {"label": done["label"][0], "label_en": done["label"][1]}
    return answer({"bpmn": text_of(bpmn), "changed": done["changed"], "did": did})


@diagrams.serve("POST", "/definitions/layout", takes=AnyDiagram(), gives=(200, LaidOutView))
def lay_out_diagram(asked: dict[str, Any]) -> Response:
    """Draw the picture of a diagram anew"""
    done, bpmn = engine().diagrams.layout(actor(), asked["bpmn"])
    return answer({"bpmn": text_of(bpmn), "changed": done["changed"]})


@diagrams.serve("POST", "/definitions/convert", takes=AnyDiagram(), gives=(200, ConvertedView))
def convert_diagram(asked: dict[str, Any]) -> Response:
    """Another tool's diagram as one of ours, with a report of what became of its settings"""
    report, bpmn = engine().diagrams.convert(actor(), asked["bpmn"])
    return answer({"bpmn": text_of(bpmn), "report": report["zh"], "report_en": report["en"]})


class DryRunAsked(Shape):
    """A diagram that is stored nowhere, and the stories to play on it. `item`: whose settings count, else the diagram's own."""

    bpmn = Diagram(required=True)
    scenarios = fields.List(Form(), required=True, validate=few)
    item = Text(100)


class OpenNode(Shape):
    """A node that is open after a step, at which department, and until when."""

    node = fields.String()
    name = fields.String(allow_none=True)
    department = fields.String(allow_none=True)
    due_date = fields.String(allow_none=True, metadata={"format": "date"})


class IssuedDocument(Shape):
    """A document that was issued by then."""

    kind = fields.String()
    number = fields.String(allow_none=True)


class StepPlayed(Shape):
    """A step of a story, and how the case stands after it. `refused`: the code with which it was refused."""

    step = fields.Integer()
    on = fields.String(metadata={"format": "date"})
    at = fields.String(allow_none=True)
    who = fields.String(allow_none=True)
    does = fields.String()
    node = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    refused = fields.String(allow_none=True)
    sentence = fields.String()
    sentence_en = fields.String()
    state = fields.String(allow_none=True)
    open = fields.List(fields.Nested(OpenNode))
    documents = fields.List(fields.Nested(IssuedDocument))
    due_date = fields.String(allow_none=True, metadata={"format": "date"})


class ScenarioPlayed(Shape):
    """How a story went. `parted_step`: the step that did not go as it is written."""

    scenario = fields.String()
    passed = fields.Boolean()
    parted_step = fields.Integer(allow_none=True)
    failures = fields.List(fields.String())
    failures_zh = fields.List(fields.String())
    steps = fields.List(fields.Nested(StepPlayed))
    case = fields.Dict()
    timeline = fields.List(fields.Dict())
    documents = fields.List(fields.Dict())


class DryRunView(Shape):
    """How the stories went; nothing of them is kept."""

    passed = fields.Boolean()
    played = fields.List(fields.Nested(ScenarioPlayed))


@diagrams.serve("POST", "/definitions/dry-run", takes=DryRunAsked(), gives=(200, DryRunView))
def play_diagram(asked: dict[str, Any]) -> Response:
    """Play stories on a diagram, on a simulated calendar in a database that is made for it; nothing is stored"""
    played = rehearsal.dry_run(engine(), actor(), asked["bpmn"], asked["scenarios"], asked.get("item"))
    return answer({"passed": all(one["passed"] for one in played), "played": played})
