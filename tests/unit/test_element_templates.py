"""Element templates keep the published rules of the Camunda Modeler, and what they write is read as our vocabulary."""

from __future__ import annotations

import json
from xml.sax.saxutils import quoteattr

import jsonschema
import pytest

from engine import cli
from engine.bpmn.element_templates import TAGS, element_templates
from engine.bpmn.lint import lint
from engine.bpmn.read import read
from engine.bpmn.vocabulary import ELEMENTS, VOCABULARY
from tests.unit.diagrams import diagram, element, end, extended, flows, start, user

#: What the tool's published schema asks of templates that bind `camunda:property` (written down from it, not copied).
CHOICE = {
    "type": "object",
    "required": ["name", "value"],
    "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
}
PROPERTY = {
    "type": "object",
    "required": ["binding", "type", "label", "group"],
    "additionalProperties": False,
    "properties": {
        "label": {"type": "string", "minLength": 1},
        "description": {"type": "string"},
        "group": {"type": "string"},
        "type": {"enum": ["String", "Hidden", "Dropdown"]},
        "choices": {"type": "array", "minItems": 2, "items": CHOICE},
        "constraints": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"pattern": {"type": "object", "required": ["value", "message"]}},
        },
        "binding": {
            "type": "object",
            "required": ["type", "name"],
            "additionalProperties": False,
            "properties": {"type": {"const": "camunda:property"}, "name": {"type": "string", "pattern": r"^ow\.\w+"}},
        },
    },
    "if": {"properties": {"type": {"const": "Dropdown"}}},
    "then": {"required": ["choices"]},
    "else": {"not": {"required": ["choices"]}},
}
TEMPLATES = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["name", "id", "appliesTo", "properties"],
        "additionalProperties": False,
        "properties": {
            "$schema": {"type": "string", "format": "uri"},
            "name": {"type": "string", "minLength": 1},
            "id": {"type": "string"},
            "description": {"type": "string"},
            "appliesTo": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^bpmn:[A-Z]"}},
            "entriesVisible": {"type": "boolean"},
            "groups": {"type": "array", "items": {"type": "object", "required": ["id", "label"]}},
            "properties": {"type": "array", "minItems": 1, "items": PROPERTY},
        },
    },
}
VALUES = {
    "positive": "7",
    "boolean": "true",
    "labels": "passed=合格",
    "list": "a,b",
    "tasks": "a,b",
    "expression": "form.list",
    "text": "x",
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_templates_keep_the_rules_of_the_tool(lang):
    made = element_templates(lang)
    jsonschema.Draft7Validator(TEMPLATES).validate(made)
    assert len({one["id"] for one in made}) == len(made)
    for one in made:
        groups = {group["id"] for group in one["groups"]}
        assert {each["group"] for each in one["properties"]} == groups
        bound = [each["binding"]["name"] for each in one["properties"]]
        assert len(set(bound)) == len(bound)


def test_every_attribute_of_the_vocabulary_is_offered_wherever_it_may_stand():
    offered = {one["id"].partition(".")[2]: one["properties"] for one in element_templates("zh")}
    for part in VOCABULARY:
        for tag in part.allowed_in:
            assert tag in TAGS
            bound = {each["binding"]["name"] for each in offered[tag]}
            assert {f"ow.{part.name}.{attribute.name}" for attribute in part.attributes} <= bound


def value_of(said):
    _, name, *_, attribute = said["binding"]["name"].split(".")
    if "choices" in said:
        return said["choices"][1]["value"]
    return VALUES[ELEMENTS[name].attribute(attribute).type]


def written(tag, filled):
    """The properties of a template, as the tool writes them: every one, filled in or with nothing."""
    template = next(one for one in element_templates("en") if one["id"] == f"onewindow.{tag}")
    said = "".join(
        f"<camunda:property name={quoteattr(each['binding']['name'])} value={quoteattr(value_of(each) if filled else '')}/>"
        for each in template["properties"]
    )
    inner = f'<camunda:properties xmlns:camunda="http://camunda.org/schema/1.0/bpmn">{said}</camunda:properties>'
    return extended(inner)


@pytest.mark.parametrize("tag", ["userTask", "serviceTask", "endEvent", "callActivity", "receiveTask", "sendTask"])
def test_what_a_template_writes_is_read_as_our_vocabulary(tag):
    def drawn(filled):
        one = element(tag, "a", written(tag, filled))
        process = read(diagram(start(), one, end(), flows("start > a > end"))).processes[0]
        return next(node for node in process.nodes if node.id == "a")

    allowed = {part.name: part for part in VOCABULARY if tag in part.allowed_in}
    node = drawn(filled=True)
    assert set(node.extensions) == set(allowed)
    for name, part in allowed.items():
        assert set(node.extensions[name][0]) == {attribute.name for attribute in part.attributes}
    assert len(node.extensions.get("document", ())) in (0, 3)
    assert drawn(filled=False).extensions == {}


def test_a_form_that_was_left_empty_is_no_mistake():
    empty = diagram(start(), user("a", written("userTask", filled=False)), end(), flows("start > a > end"))
    assert {finding.rule for finding in lint(read(empty))} <= {"no-picture"}


def test_from_a_shell(tmp_path, capfd):
    file = tmp_path / "onewindow.json"
    assert cli.main(["element-templates", "--lang", "en", "-o", str(file)]) == 0
    assert json.loads(file.read_text("utf-8")) == element_templates("en")
    assert cli.main(["--lang", "zh", "element-templates"]) == 0
    assert json.loads(capfd.readouterr().out) == element_templates("zh")
