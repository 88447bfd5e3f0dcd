"""Forms: a table of fields that is itself checked, and what it says of values, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalogue.forms import FormInvalid, form_from_data

FORM = {
    "schema": {
        "type": "object",
        "properties": {
            "shop": {"type": "string", "title": "店名", "minLength": 2, "maxLength": 10},
            "credit_code": {"type": "string", "title": "统一社会信用代码", "format": "credit-code"},
            "owner": {"type": "string", "title": "身份证号", "format": "id-number"},
            "phone": {"type": "string", "title": "手机", "format": "mobile"},
            "rooms": {"type": "integer", "title": "客房数", "minimum": 1, "maximum": 5000},
            "opens_on": {"type": "string", "title": "开业日期", "format": "date"},
            "kind": {"type": "string", "title": "类型", "enum": ["hotel", "hostel"]},
            "extras": {"type": "array", "title": "其他", "items": {"enum": ["pool", "bar"]}, "uniqueItems": True},
            "new": {"type": "boolean", "title": "新建"},
        },
        "required": ["shop", "rooms"],
    },
    "ui": {"fields": {"kind": {"labels": {"hotel": "宾馆", "hostel": "旅社"}, "labels_en": {"hotel": "Hotel"}}}},
}
GOOD = {
    "shop": "示例宾馆",
    "credit_code": "91350100M000100Y43",
    "owner": "11010519491231002X",
    "phone": "13800000001",
    "rooms": 12,
    "opens_on": "2026-10-01",
    "kind": "hotel",
    "extras": ["bar"],
    "new": True,
}


@pytest.fixture
def form():
    return form_from_data("application", FORM)


def test_what_is_right_passes(form):
    assert form.check(GOOD) == {}
    assert form.check({"shop": "示例", "rooms": 1}) == {}


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"shop": "店"}, "shop", "至少 2 个字符\tmust have 2 characters or more"),
        ({"shop": 7}, "shop", "须为文本\tmust be a text"),
        ({"shop": "   "}, "shop", "必填\tis required"),
        (
            {"credit_code": "91350100M000100Y44"},
            "credit_code",
            "不是有效的统一社会信用代码\tis no valid unified social credit code",
        ),
        ({"owner": "110105194912310021"}, "owner", "不是有效的居民身份证号码\tis no valid resident identity number"),
        ({"phone": "12800000001"}, "phone", "不是有效的手机号码\tis no valid mobile number"),
        ({"rooms": 0}, "rooms", "不能小于 1\tmay not be below 1"),
        ({"rooms": 1.5}, "rooms", "须为整数\tmust be a whole number"),
        ({"rooms": True}, "rooms", "须为整数\tmust be a whole number"),
        ({"opens_on": "2026-02-30"}, "opens_on", "须为 YYYY-MM-DD 格式的日期\tmust be a day as YYYY-MM-DD"),
        ({"opens_on": "20261001"}, "opens_on", "须为 YYYY-MM-DD 格式的日期\tmust be a day as YYYY-MM-DD"),
        ({"kind": "inn"}, "kind", "须为以下之一：hotel, hostel\tmust be one of: hotel, hostel"),
        ({"extras": ["bar", "bar"]}, "extras", "不能重复\tmay not name one thing twice"),
        ({"extras": ["zoo"]}, "extras.0", "须为以下之一：pool, bar\tmust be one of: pool, bar"),
        ({"colour": "red"}, "colour", "没有这个字段\tis not a field of this form"),
    ],
)
def test_what_is_wrong_is_said_by_field(form, change, field, words):
    assert form.check(GOOD | change) == {field: [words]}


def test_everything_that_is_missing_is_said_at_once_and_not_of_a_draft(form):
    assert form.check({"kind": "hotel"}) == {"shop": ["必填\tis required"], "rooms": ["必填\tis required"]}
    assert form.check({"kind": "hotel"}, partly=True) == {}
    assert set(form.check({"kind": "inn"}, partly=True)) == {"kind"}


def test_a_field_is_shown_as_its_row_says(form):
    kind = next(field for field in form.fields if field.name == "kind")
    assert (kind.widget, kind.options) == ("select", (("hotel", "宾馆", "Hotel"), ("hostel", "旅社", "旅社")))
    assert [field.widget for field in form.fields][-3:] == ["select", "checkboxes", "checkbox"]


@given(
    st.dictionaries(st.text(max_size=12), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()))
)
def test_no_values_break_the_check(values):
    for flaws in form_from_data("application", FORM).check(values).values():
        assert all("\t" in words for words in flaws)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"properties": {}}, "application.schema.properties"),
        ({"properties": {"A": {"type": "string", "title": "甲"}}}, "application.schema.properties.A"),
        ({"properties": {"a": {"type": "object", "title": "甲"}}}, "application.schema.properties.a"),
        ({"properties": {"a": {"type": "string"}}}, "application.schema.properties.a.title"),
        (
            {"properties": {"a": {"type": "string", "title": "甲", "$ref": "http://x"}}},
            "application.schema.properties.a.$ref",
        ),
        (
            {"properties": {"a": {"type": "string", "title": "甲", "format": "email"}}},
            "application.schema.properties.a.format",
        ),
        ({"properties": {"a": {"type": "string", "title": "甲", "pattern": "("}}}, "application.schema"),
        ({"properties": {"a": {"type": "string", "title": "甲", "minLength": -1}}}, "application.schema"),
        ({"properties": {"a": {"type": "array", "title": "甲"}}}, "application.schema.properties.a.items"),
        ({"properties": {"a": {"type": "string", "title": "甲"}}, "required": ["b"]}, "application.schema.required"),
        ({"properties": {"a": {"type": "string", "title": "甲"}}, "allOf": []}, "application.schema.allOf"),
    ],
)
def test_a_form_that_is_wrong_is_refused_by_its_path(schema, path):
    with pytest.raises(FormInvalid) as refused:
        form_from_data("application", {"schema": schema})
    assert refused.value.params["path"] == path
