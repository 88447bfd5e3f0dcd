"""Numbers of people and bodies by their check characters. The examples are those of the standards, or made up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.organization.identity_numbers import is_credit_code, is_mobile_number, is_resident_number

CREDIT = ("91350100M000100Y43",)
RESIDENT = ("11010519491231002X", "440524188001010014")


@pytest.mark.parametrize("code", CREDIT)
def test_a_credit_code_is_known_by_its_last_character(code):
    assert is_credit_code(code)
    for wrong in (
        code[:-1] + "X",
        code.lower(),
        code[:-1],
        code + "0",
        "",
        "I" + code[1:],
        code[1] + code[0] + code[2:],
    ):
        assert not is_credit_code(wrong)


@pytest.mark.parametrize("number", RESIDENT)
def test_a_resident_number_is_known_by_its_day_and_last_character(number):
    assert is_resident_number(number)
    for wrong in (
        number[:-1] + ("1" if number[-1] != "1" else "2"),
        number[:-1],
        number + "0",
        "",
        number.lower() + " ",
    ):
        assert not is_resident_number(wrong)


def test_a_day_that_is_none_is_refused_though_the_check_character_is_right():
    body = "11010520230229001"  # 2023 had no 29 February
    total = sum(int(char) * pow(2, 17 - n, 11) for n, char in enumerate(body))
    assert not is_resident_number(body + "10X98765432"[total % 11])
    assert not is_resident_number("11010519491231002X", today=date(1949, 12, 30))


@given(st.sampled_from(CREDIT), st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_changed_character_of_a_credit_code_is_noticed(code, place, char):
    changed = code[:place] + char + code[place + 1 :]
    assert is_credit_code(changed) == (changed == code)


@given(st.text(max_size=20))
def test_no_text_breaks_the_checks(text):
    assert is_credit_code(text) in (True, False)
    assert is_resident_number(text) in (True, False)
    assert is_mobile_number(text) in (True, False)


def test_a_mobile_number_has_eleven_digits():
    assert is_mobile_number("13800000001")
    for wrong in ("12800000001", "1380000000", "138000000011", "１３８00000001", "+8613800000001"):
        assert not is_mobile_number(wrong)
