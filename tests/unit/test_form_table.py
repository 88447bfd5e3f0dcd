"""Forms as tables: what is read is what is written, for every shipped form; and what a row can't say is said by row."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.catalogue.form_table import FormTableInvalid, Row, data_of, rows_of
from engine.catalogue.forms import FormInvalid, form_from_data

SHIPPED = [
    (path.parent.name, key, form)
    for path in sorted(Path("processes").glob("*/forms.json"))
    for key, form in json.loads(path.read_text("utf-8")).items()
]
FINE = Row("rooms", "", "房间数", "Rooms", "integer", least="1", most="99", required=True)


@pytest.mark.parametrize(("item", "key", "form"), SHIPPED, ids=[f"{item}-{key}" for item, key, _ in SHIPPED])
def test_a_shipped_form_comes_back_as_it_was(item, key, form):
    made = data_of(rows_of(form), form)
    assert form_from_data(key, made).fields == form_from_data(key, form).fields
    assert form_from_data(key, made).schema == form_from_data(key, form).schema


def test_a_field_is_renamed_and_keeps_what_the_table_does_not_show():
    form = {
        "schema": {
            "properties": {"area": {"type": "number", "title": "面积", "exclusiveMinimum": 0, "multipleOf": 0.5}}
        }
    }
    (row,) = rows_of(form)
    made = data_of([replace(row, name="floor_area", most="10.5"), FINE], form)
    area = made["schema"]["properties"]["floor_area"]
    assert (area["exclusiveMinimum"], area["multipleOf"], area["maximum"]) == (0, 0.5, 10.5)
    assert made["ui"]["order"] == ["floor_area", "rooms"]
    assert made["schema"]["required"] == ["rooms"]
    assert "multipleOf" not in data_of([replace(row, kind="string")], form)["schema"]["properties"]["area"]


def test_options_have_a_value_and_labels_in_both_languages():
    row = Row("air", "", "通风", "Air", "string", "radio", options="none | 无 | none\ncentral|有\n\n")
    (again,) = rows_of(data_of([row], {}))
    assert again.options == "none | 无 | none\ncentral | 有"
    several = replace(row, kind="array", widget="checkboxes", least="1")
    assert data_of([several], {})["schema"]["properties"]["air"]["items"]["enum"] == ["none", "central"]
    numbers = replace(row, kind="integer", options="1|一|one\n2|二|two")
    assert data_of([numbers], {})["schema"]["properties"]["air"]["enum"] == [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"title": " "},
        {"kind": "object"},
        {"widget": "slider"},
        {"least": "viele"},
        {"least": "1.5"},
        {"most": "９"},
        {"check": "mobile"},
        {"kind": "array"},
        {"kind": "string", "options": "a\na"},
        {"kind": "boolean", "options": "a"},
    ],
)
def test_what_a_row_can_not_say_is_said_by_its_number(change):
    with pytest.raises(FormTableInvalid) as refused:
        data_of([FINE, replace(FINE, name="other", **change)], {})
    assert refused.value.params["row"] == 2


@pytest.mark.parametrize(
    "change", [{"name": "Rooms"}, {"name": ""}, {"kind": "string", "pattern": "["}, {"kind": "string", "check": "x"}]
)
def test_what_the_form_itself_refuses_is_refused(change):
    with pytest.raises(FormInvalid):
        data_of([replace(FINE, least="", most="", **change)], {})


def test_no_row_and_two_of_one_name_are_no_form():
    for rows in ([], [FINE, FINE], [replace(FINE, name=f"f{n}") for n in range(201)]):
        with pytest.raises(FormTableInvalid):
            data_of(rows, {})
