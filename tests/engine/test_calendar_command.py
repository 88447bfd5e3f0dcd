"""`onewindow calendar`: asked without a database, with one, and with words that mean nothing."""

import json

import pytest

from engine import cli
from engine.commands.words import REFUSED


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    for name in ("DATABASE_URL", "ONEWINDOW_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ONEWINDOW_DATA", str(tmp_path))

    def asked(*words):
        code = cli.main(["--lang", "en", "calendar", *words, "--demo"])
        said = capsys.readouterr()
        return code, said.out, said.err

    return asked


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("add", "2025-09-29", "20"), {"date": "2025-11-03", "provisional": False}),
        (("add", "2025-10-04", "1"), {"date": "2025-10-09", "provisional": False}),
        (("add", "2026-12-31", "1"), {"date": "2027-01-04", "provisional": True}),
        (("add", "2026-09-21", "10", "--unit", "calendar-day"), {"date": "2026-10-08", "provisional": False}),
        (("add", "2026-01-31", "1", "--unit", "month"), {"date": "2026-02-28", "provisional": False}),
        (
            ("add", "2026-09-30T16:00", "2", "--unit", "working-hour"),
            {"date": "2026-10-08", "provisional": False, "at": "2026-10-08T10:00:00+08:00"},
        ),
        (
            ("add", "2026-09-30T08:00:00Z", "2", "--unit", "hour"),
            {"date": "2026-09-30", "provisional": False, "at": "2026-09-30T18:00:00+08:00"},
        ),
        (("between", "2025-09-29", "2025-10-13"), {"working_days": 5, "provisional": False}),
        (("between", "2026-12-30", "2027-01-04"), {"working_days": 2, "provisional": True}),
        (("between", "2025-09-29", "2025-09-29"), {"working_days": 0, "provisional": False}),
    ],
)
def test_without_a_database_the_national_days_answer_and_say_so(ask, words, answer):
    code, out, err = ask(*words, "--json")
    assert (code, json.loads(out)) == (0, answer)
    assert "no database" in err


def test_a_person_reads_a_date_and_that_it_may_move(ask):
    assert ask("add", "2026-12-31", "1")[1].startswith("2027-01-04（一 / Mon）\n暂定")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("add", "2025-09-29", "0"), "whole number from 1 to 3650"),
        (("add", "2025-09-29", "-3"), "whole number from 1 to 3650"),
        (("add", "2025-09-29", "999999999999"), "whole number from 1 to 3650"),
        (("add", "2025-09-29", "五"), "whole number from 1 to 3650"),
        (("add", "2025-09-29", "2.5"), "whole number from 1 to 3650"),
        (("add", "2025-09-29", "600", "--unit", "month"), "Check its number and its unit"),
        (("add", "2025-09-29", "5", "--unit", "fortnight"), "one of working-day"),
        (("add", "2025-09-31", "5"), "no date that the calendar knows"),
        (("add", "9999-12-31", "5"), "2001 to 2060"),
        (("add", "20250929", "5"), "Write 2026-09-21"),
        (("add", "2025-09-29", "5", "--unit", "hour"), "name the instant"),
        (("add", "2025-09-29T25:00", "5", "--unit", "hour"), "name the instant"),
        (("between", "2025-10-13", "2025-09-29"), "Name the earlier date first"),
        (("between", "yesterday", "2025-09-29"), "no date"),
    ],
)
def test_bad_input_is_one_clear_sentence(ask, words, advice):
    code, out, err = ask(*words)
    assert (code, out) == (REFUSED, "")
    assert advice in err
    assert "Traceback" not in err
