"""An administrator imports a holiday notice: sees what moves, applies it, and the ledgers say why and by whom."""

import json

import pytest
from sqlalchemy import text

from engine import cli
from engine.background.calendar_sweep import recompute_older
from engine.cases.accept import Acceptance
from engine.cases.import_notice import CalendarChangedSince
from engine.cases.submit import Application
from engine.commands.words import REFUSED
from engine.errors import Forbidden, NotFound
from engine.organization.actor import Actor
from engine.timelimits.errors import CalendarDataInvalid

SYSTEM = Actor.system("test")
APPLICANT = {"kind": "enterprise", "name": "广州示例置业有限公司"}


@pytest.fixture
def at(engine):
    """Sets the day: nine o'clock in China."""

    def put(day):
        with engine.database.begin() as connection:
            connection.execute(text("UPDATE platform SET clock_fixed_at = :at"), {"at": f"{day}T09:00:00+08:00"})

    return put


def accepted(engine, region="440100"):
    number = engine.submit(SYSTEM, Application("joint-final-inspection", region, APPLICANT, {}))["number"]
    engine.accept(SYSTEM, Acceptance(number, "accepted"))
    return number


def dates(engine, number):
    (decision,) = (one for one in engine.limits.of_case(SYSTEM, number)["limits"] if one["clock"] == "decision")
    return decision["due_date"], decision["provisional"], [move["entry"] for move in decision["moves"]]


def storm(*days, region="440100", **more):
    return {"notice": "台风停工通知", "region": region, "days": [{"date": day, "kind": "rest"} for day in days]} | more


def settle(engine):
    while recompute_older(engine):
        pass


def imported(engine, year, notice, who=SYSTEM):
    seen = engine.calendars.preview(who, year, notice)
    return seen, engine.calendars.apply(who, year, notice, seen["hash"])


def test_a_closure_moves_the_cases_it_touches_and_the_preview_said_so(engine, actor, at):
    at("2026-09-21")
    number = accepted(engine)
    before, _, _ = dates(engine, number)
    seen, done = imported(engine, 2026, storm("2026-09-22", "2026-09-23"), actor("admin.yang"))
    (told,) = [m for m in seen["moves"] if m["clock"] == "decision" and m["kind"] == "promised" and m["case"] == number]
    assert (told["from"], told["told_to_applicant"]) == (before, True)
    assert seen["moved_cases"] == done["moved_cases"] == 1
    assert [day["date"] for day in seen["days"]] == ["2026-09-22", "2026-09-23"]
    assert dates(engine, number)[0] == before  # nothing moves but by an entry
    settle(engine)
    after, _, moves = dates(engine, number)
    assert (after, moves) == (told["to"], ["recompute", "recompute"])  # promised and legal
    assert engine.verify_record(number).whole
    with engine.database.connect() as connection:
        left = connection.scalar(text("SELECT count(*) FROM limits WHERE calendar_version < 2 AND stopped_at IS NULL"))
        shown = connection.scalar(text("SELECT count(*) FROM tasks WHERE due_date IS NOT NULL"))
        wrong = connection.scalar(
            text(
                "SELECT count(*) FROM tasks t JOIN limits l ON l.case_id = t.case_id AND l.owner = t.number "
                "AND l.kind = 'promised' WHERE t.due_date <> l.due_date AND t.state = 'open'"
            )
        )
    assert (left, wrong) == (0, 0)
    assert shown > 0


def test_every_move_of_the_preview_comes_true_and_no_other(engine, at):
    at("2026-09-21")
    cases = [accepted(engine) for _ in range(3)]
    seen, _ = imported(engine, 2026, storm("2026-09-22"))
    settle(engine)
    with engine.database.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT c.number, e.clock, e.kind, e.owner, e.due_date FROM limit_entries e JOIN cases c ON c.id = e.case_id "
                "WHERE e.entry = 'recompute'"
            )
        ).all()
    said = {
        (m["case"], m["clock"], m["kind"], (m["task"] and int(m["task"].split(".")[1])) or 0, m["to"])
        for m in seen["moves"]
    }
    assert {(r.number, r.clock, r.kind, r.owner, r.due_date.isoformat()) for r in rows} == said
    assert {number for number, *_ in said} == set(cases)
    assert seen["moved_limits"] == len(rows)


def test_next_years_notice_makes_provisional_dates_certain(engine, at):
    at("2026-12-21")
    number = accepted(engine)
    assert dates(engine, number)[1]
    rest = [{"date": "2027-01-01", "kind": "rest"}, {"date": "2027-02-05", "to": "2027-02-11", "kind": "rest"}]
    national = {"notice": "2027年放假通知", "document_number": "国办发明电〔2026〕7号", "days": rest}
    seen, _ = imported(engine, 2027, national)
    assert seen["newly_published"]
    assert any("2027-10-01" in one["en"] for one in seen["warnings"])
    settle(engine)
    _, provisional, moves = dates(engine, number)
    assert not provisional
    assert "recompute" in moves
    (notice,) = engine.calendars.show(SYSTEM, 2027)["notices"]
    assert (notice["imported_by"], notice["version"]) == ("system", 2)
    assert any(
        "国办发明电" in line for one in engine.limits.of_case(SYSTEM, number)["limits"] for line in one["derivation"]
    )


def test_another_place_is_not_touched(engine, at):
    at("2026-09-21")
    number = accepted(engine)
    seen, _ = imported(engine, 2026, storm("2026-09-22", region="440105"))
    assert (seen["moved_limits"], seen["moves"]) == (0, [])
    settle(engine)
    assert dates(engine, number)[2] == []
    assert engine.verify_record(number).whole


def test_a_preview_that_is_not_true_any_more_is_refused_and_changes_nothing(engine, at):
    at("2026-09-21")
    accepted(engine)
    seen = engine.calendars.preview(SYSTEM, 2026, storm("2026-09-22"))
    with pytest.raises(CalendarChangedSince):
        engine.calendars.apply(SYSTEM, 2026, storm("2026-09-23"), seen["hash"])
    accepted(engine)
    with pytest.raises(CalendarChangedSince):
        engine.calendars.apply(SYSTEM, 2026, storm("2026-09-22"), seen["hash"])
    fresh = engine.calendars.preview(SYSTEM, 2026, storm("2026-09-22"))
    done = engine.calendars.apply(SYSTEM, 2026, storm("2026-09-22"), fresh["hash"])
    assert engine.calendars.apply(SYSTEM, 2026, storm("2026-09-22"), fresh["hash"]) == done  # its answer was lost
    with pytest.raises(CalendarChangedSince):
        engine.calendars.apply(SYSTEM, 2026, storm("2026-09-24"), fresh["hash"])
    with engine.database.connect() as connection:
        assert connection.scalar(text("SELECT calendar_version FROM platform")) == 2


def test_a_bad_notice_changes_nothing(engine):
    with pytest.raises(CalendarDataInvalid):
        engine.calendars.preview(SYSTEM, 2026, storm("2026-09-31"))
    with pytest.raises(CalendarDataInvalid):
        engine.calendars.apply(SYSTEM, 2026, storm("2027-09-30"), "0" * 64)
    with engine.database.connect() as connection:
        assert connection.scalar(text("SELECT calendar_version FROM platform")) == 1


def test_who_may_import(engine, actor):
    with pytest.raises(Forbidden):
        engine.calendars.preview(actor("clerk.chen"), 2026, storm("2026-09-22"))
    with pytest.raises(NotFound):
        engine.calendars.preview(SYSTEM, 2026, storm("2026-09-22", region="999999"))
    with pytest.raises(NotFound):
        engine.calendars.preview(actor("admin.yang"), 2026, storm("2026-09-22", region="440000"))
    with pytest.raises(NotFound):
        engine.calendars.preview(SYSTEM, 2026, storm("2026-09-22", department="no-such-department"))


def test_a_departments_closure_moves_its_own_tasks_only(engine, at):
    at("2026-09-21")
    number = accepted(engine)
    seen, _ = imported(engine, 2026, storm("2026-09-22", department="gz-fire-acceptance"))
    settle(engine)
    assert {move["clock"] for move in seen["moves"]} == {"node"}
    limits = engine.limits.of_case(SYSTEM, number)["limits"]
    moved = {one["node"] for one in limits if any(move["entry"] == "recompute" for move in one["moves"])}
    assert moved == {"fire"}
    assert engine.verify_record(number).whole


@pytest.fixture
def command(database_url, engine, monkeypatch, capsys, tmp_path):
    """The command line on the database of `engine`, with a file."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(content, *words, name="notice.csv"):
        (tmp_path / name).write_text(content, "utf-8")
        code = cli.main(["--lang", "en", "calendar", "import", str(tmp_path / name), *words, "--demo"])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


CSV = "date,kind,name\n2026-09-22,rest,台风\n"
SAID = ("--year", "2026", "--notice", "停工通知", "--region", "440100")


def test_a_file_is_previewed_then_applied(command, engine, at):
    at("2026-09-21")
    number = accepted(engine)
    code, out, err = command(CSV, *SAID)
    assert (code, number in out, "nothing is changed yet" in err) == (0, True, True)
    seen = json.loads(command(CSV, *SAID, "--json")[1])
    assert json.loads(command(CSV, *SAID, "--json", "--apply", seen["hash"])[1])["version"] == 2
    assert command(CSV, *SAID, "--apply", "0" * 64)[0] == REFUSED
    code, out, _ = command(json.dumps(storm("2026-09-23", year=2026)), "--yes", name="n.json")
    assert (code, "version 3" in out) == (0, True)
    assert json.loads(out_of_calendar(engine))["moved"] == ["2026-09-23"]


def out_of_calendar(engine):
    shown = engine.calendars.show(SYSTEM, 2026, "440100")
    usual = engine.calendars.show(SYSTEM, 2026)
    here = {day["date"] for day in shown["rest_days"]} - {day["date"] for day in usual["rest_days"]}
    return json.dumps({"moved": sorted(here)})


@pytest.mark.parametrize(
    ("content", "words", "what"),
    [
        ("date,kind\n2026-09-31,rest\n", SAID, "no day “2026-09-31”"),
        ("date,kind\n2026-09-22,rest\n2026-09-22,rest\n", SAID, "named twice"),
        ("date,kind\n2027-09-22,rest\n", SAID, "belongs into the notice of 2027"),
        ("date,kind\n2026-09-22,party\n", SAID, "must be rest or work"),
        ("tomorrow\n", SAID, "first line is not date,kind,name"),
        ("{", (), "no JSON"),
        ('{"days": [], "notice": "x"}', (), "doesn't say its year"),
        ("", SAID, "first line is not date,kind,name"),
    ],
)
def test_a_bad_file_is_one_sentence_and_changes_nothing(command, engine, content, words, what):
    code, out, err = command(content, *words, "--yes")
    assert (code, out, what in err) == (REFUSED, "", True), err
    with engine.database.connect() as connection:
        assert connection.scalar(text("SELECT calendar_version FROM platform")) == 1
