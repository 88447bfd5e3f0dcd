"""Decisions that come before their check: issued, verified, rectified, lapsed, revoked; every path of every regime."""

import contextlib
import io
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from api.app import register_api
from engine.background.worker import run_dry
from engine.bpmn.faults import StepTooLong
from engine.bpmn.run import ProcessRun
from engine.cases.add_material import NewMaterial
from engine.cases.incidents import StepHeldUp
from engine.cases.ownership import applicant_id
from engine.clock import CST
from engine.credit_first import consequences
from engine.credit_first.eligibility import _by_credit
from engine.credit_first.errors import (
    CompleteByVerification,
    FindingsDiffer,
    MaterialNotPresumed,
    NoPermit,
    NotTheDecidingBody,
    SecondOfficerNeeded,
    VerificationNotOpen,
    VerifierDecided,
)
from engine.credit_first.rectification import Rectified
from engine.credit_first.revocation import NewRevocation
from engine.credit_first.states import VerificationStateConflict
from engine.credit_first.stays import NothingToStay, Objection
from engine.credit_first.verification import Finding, Result
from engine.credit_first.views import LISTS
from engine.errors import Invalid, NotFound
from engine.organization.actor import Actor
from engine.organization.load import load_actor
from engine.settings import DEMONSTRATION_PASSWORD
from tests.api.conftest import Caller, fresh_engine
from tests.engine.papers import PDF
from tests.engine.stories import REGION, SYSTEM, complete, open_tasks
from tests.engine.test_concurrency import at_once
from tests.engine.trust_first import APPLICANT as COMPANY
from tests.engine.trust_first import (
    CHECKER,
    DECIDER,
    FIRST,
    ORIGINALS,
    SECOND,
    case_id,
    check,
    found,
    granted,
    later,
    numbers_of,
    permit,
    proceed,
    revoke,
    submitted_and_accepted,
    trust_first,
    until,
    verification,
    whole,
)

APPLICANT = Actor.applicant("applicant", "甲")


@pytest.fixture(scope="module")
def engine(server, template):
    with fresh_engine(server, template) as opened:
        yield opened


@pytest.fixture(scope="module")
def actor(engine):
    def find(username):
        with engine.database.connect() as connection:
            return load_actor(connection, username)

    return find


@pytest.fixture
def post(engine):
    return trust_first(engine, "post-verification")


@pytest.fixture
def promised(engine):
    return trust_first(engine, "commitment")


def test_a_pending_decision_is_confirmed_by_one_clerk_who_compares_the_originals(post, actor):
    number = granted(post, actor)
    assert post.case_file(number)["result"] == "granted-pending"
    assert permit(post, number) == "pending"
    row = verification(post, number)
    assert (row["state"], row["visits_asked"], row["officers"]) == ("open", 1, 1)
    assert row["linked_case"]
    assert row["due_date"]
    (notice,) = (one for one in papers(post, number) if one["kind"] == "post-verification-notice")
    year, month, day = (int(part) for part in row["due_date"].split("-"))
    printed = str(notice["data"])
    assert f"{year}年{month}月{day}日" in printed
    assert all(one["name"] in printed for one in row["presumed"])

    said = check(post, actor, number)

    assert (said["state"], said["permit"]) == ("confirmed", "confirmed")
    assert post.case_file(number)["result"] == "granted"
    assert permit(post, number) == "confirmed"
    whole(post, number)


def test_where_no_township_is_known_the_window_that_took_the_application_in_compares(post, actor):
    number = granted(post, actor, project_place="某路")
    where = "FROM tasks t JOIN cases k ON k.id = t.case_id JOIN cases a ON a.id = k.linked_to WHERE a.number = :n"
    assert numbers_of(post, f"SELECT t.department_id {where}", number) == ["gz-government-services"]
    assert numbers_of(post, f"SELECT t.route->>'fallback' {where}", number) == ["false"]
    said = post.verifications.result(actor("clerk.li"), found(post, number))
    assert said["state"] == "confirmed"


def test_a_check_and_a_rectification_that_were_held_are_done_again_whole(post, actor, monkeypatch):
    number = granted(post, actor)
    with held_once(monkeypatch), pytest.raises(StepHeldUp) as stuck:
        check(post, actor, number, "differs-correctable", note="盖章不清")
    assert verification(post, number)["state"] == "open"
    assert post.retry_incident(SYSTEM, stuck.value.params["incident"])
    row = verification(post, number)
    assert row["state"] == "rectifying"
    which = UUID(post.verifications.follow_up(number)["verification"]["rectification"]["id"])
    with held_once(monkeypatch), pytest.raises(StepHeldUp) as stuck:
        post.verifications.rectify(APPLICANT, Rectified(which, note="已重新盖章", way="post"))
    assert verification(post, number)["state"] == "rectifying"
    assert post.retry_incident(SYSTEM, stuck.value.params["incident"])
    assert verification(post, number)["state"] == "rechecking"
    (found_by,) = numbers_of(
        post,
        "SELECT f.officer_id FROM verification_findings f JOIN verifications v ON v.id = f.verification_id "
        "JOIN cases c ON c.id = v.case_id WHERE c.number = :n",
        number,
    )
    assert found_by == actor(CHECKER).id
    check(post, actor, number)
    assert permit(post, number) == "confirmed"
    whole(post, number)


@contextlib.contextmanager
def held_once(monkeypatch):
    """No task of a run can be completed."""

    def fails(*_):
        raise StepTooLong(most=1, node="x")

    with monkeypatch.context() as patched:
        patched.setattr(ProcessRun, "complete", fails)
        yield


def test_what_differs_is_put_right_by_post_and_asks_for_no_second_visit(post, actor):
    number = granted(post, actor)
    said = check(post, actor, number, "differs-correctable", note="盖章不清")
    assert said["state"] == "rectifying"
    assert said["rectification"]["listed"]

    which = UUID(said["rectification"]["id"])
    post.verifications.rectify(APPLICANT, Rectified(which, note="已重新盖章", way="post"))
    assert verification(post, number)["state"] == "rechecking"
    check(post, actor, number)

    row = verification(post, number)
    assert (row["state"], row["visits_asked"], permit(post, number)) == ("confirmed", 1, "confirmed")
    whole(post, number)


def test_who_does_not_come_is_reminded_twice_and_then_the_pending_decision_lapses(post, actor):
    number = granted(post, actor)
    later(post, days=40)
    row = verification(post, number)
    assert (row["state"], permit(post, number), post.case_file(number)["result"]) == ("lapsed", "lapsed", "lapsed")
    of_case = "case_id = (SELECT id FROM cases WHERE number = :n)"
    told = numbers_of(post, f"SELECT seq FROM events WHERE kind = 'verification.reminded' AND {of_case}", number)
    assert len(told) == 2
    assert not numbers_of(post, f"SELECT rule FROM cards WHERE clock = 'verification' AND {of_case}", number)
    credit = numbers_of(post, "SELECT kind FROM credit_records WHERE ground->>'case' = :n", number)
    assert credit == ["no-show"], "what nobody came to is on record, with its ground"
    whole(post, number)


def test_a_check_that_waits_overdue_for_its_applicant_is_told_before_another_way_opens(post, actor):
    number = granted(post, actor)
    due = numbers_of(
        post,
        "SELECT l.due_date FROM limits l JOIN cases c ON c.id = l.case_id WHERE c.number = :n AND l.clock = 'verification'",
        number,
    )[0]

    def overdue(day, **more):
        with post.database.begin() as connection:
            connection.execute(
                text("UPDATE platform SET clock_fixed_at = :at"),
                {"at": datetime.combine(day, time(0, 0, 1), CST)},
            )
        who = COMPANY | more

        def work(uow):
            uow.tell_time()
            return consequences.load_standing(uow, who, None, "B")

        found = post.transactions.perform(Actor.system("test"), work)
        rule = SimpleNamespace(applicants=("person", "legal-person"), grades=("A", "B"))
        reasons = {one.code for one in _by_credit(rule, found, "another-item", day)}  # other tests leave theirs
        return found.overdue, [code for code in reasons if code == "verification-overdue"]

    assert overdue(due) == ((), [])  # the last day is the applicant's
    assert overdue(due + timedelta(days=1)) == ((number,), ["verification-overdue"])
    assert overdue(due + timedelta(days=1), credit_code="91440101MA59ABCD0X") == ((), [])
    # Where officers only are awaited, their delay is nothing against the applicant.
    with post.database.begin() as connection:
        connection.execute(text("UPDATE verifications SET visits_asked = 0"))
        connection.execute(text("UPDATE tasks SET state = 'completed' WHERE kind = 'applicant'"))
    assert overdue(due + timedelta(days=1)) == ((), [])


def test_the_papers_of_a_decision_that_is_not_effective_yet_say_so(post, actor):
    number = granted(post, actor)
    (decision,) = (one for one in papers(post, number) if one["kind"] == "grant-decision")
    assert "尚未生效" in str(decision["data"])

    assert check(post, actor, number, "false")["state"] == "hearing"
    run_dry(post)
    told = post.verifications.follow_up(number)["revocation"]
    assert told["reason"].count("与原件不符") == 2
    assert "survey-results" not in told["reason"], "the holder knows materials by their names"
    complete(post, actor(DECIDER), told["linked_case"], "notice", "noticed", "拟撤销")
    (notice,) = (one for one in papers(post, told["linked_case"]) if one["kind"] == "intended-revocation-notice")
    assert "尚未生效" in str(notice["data"])
    assert "仍然有效" not in str(notice["data"])


def test_the_holder_reads_what_is_intended_and_until_when_to_answer(promised, actor):
    number = granted(promised, actor)
    promised.verifications.open_revocation(actor(DECIDER), NewRevocation(number, "69-2", "材料虚假"))
    run_dry(promised)
    told = promised.verifications.follow_up(number)["revocation"]
    complete(promised, actor(DECIDER), told["linked_case"], "notice", "noticed", "拟撤销")
    run_dry(promised)
    told = promised.verifications.follow_up(number)["revocation"]
    assert told["may_state"]
    with promised.database.connect() as connection:
        now = connection.scalar(text("SELECT coalesce(clock_fixed_at, clock_timestamp() + clock_offset) FROM platform"))
    assert 5 <= (date.fromisoformat(told["state_by"]) - now.date()).days <= 14, told

    holder = Actor.applicant(applicant_id(number), "甲")
    listed = {one["kind"]: one for one in promised.documents.listed(holder, number)["items"]}
    notice = listed["intended-revocation-notice"]
    assert notice["state"] == "sealed"
    with promised.documents.open(holder, number, notice["code"]).file as pdf:
        assert pdf.read(4) == b"%PDF"
    assert promised.documents.sign_for(holder, number, notice["code"])["way"] == "signed"
    (again,) = (one for one in promised.documents.listed(holder, number)["items"] if one["code"] == notice["code"])
    assert {one["way"] for one in again["deliveries"]} == {"downloaded", "signed"}
    assert notice["code"] not in [one["code"] for one in promised.documents.listed(SYSTEM, number)["items"]]
    whole(promised, number)


def test_what_is_false_is_heard_about_before_the_pending_decision_ends(post, actor):
    number = granted(post, actor)
    assert check(post, actor, number, "false", note="与原件不符")["state"] == "hearing"
    assert permit(post, number) == "pending"
    proceed(post, actor, number)
    assert (permit(post, number), verification(post, number)["state"]) == ("revoked", "revoked")
    whole(post, number)


def test_a_promise_is_effective_at_once_and_two_officers_confirm_it(promised, actor):
    number = granted(promised, actor)
    assert promised.case_file(number)["result"] == "granted"
    assert permit(promised, number) == "valid"
    first = promised.verifications.result(actor(FIRST), found(promised, number))
    assert (first["signatures"], first["officers"], permit(promised, number)) == (1, 2, "valid")
    with pytest.raises(SecondOfficerNeeded):
        promised.verifications.result(actor(FIRST), found(promised, number))
    promised.verifications.result(actor(SECOND), found(promised, number))
    assert permit(promised, number) == "confirmed"
    whole(promised, number)


def test_what_is_false_at_the_second_check_is_heard_about_too_and_stops_the_clock_again(post, actor):
    number = granted(post, actor)
    said = check(post, actor, number, "differs-correctable", note="盖章不清")
    post.verifications.rectify(APPLICANT, Rectified(UUID(said["rectification"]["id"]), note="已重新盖章"))
    check(post, actor, number, "differs-correctable", note="仍不清")
    assert verification(post, number)["state"] == "hearing"
    whole(post, number)
    proceed(post, actor, number, "upheld")
    assert permit(post, number) == "confirmed"
    whole(post, number)


def test_a_promise_that_is_not_kept_in_time_is_heard_about_and_then_revoked(promised, actor):
    number = granted(promised, actor)
    check(promised, actor, number, "differs-correctable", note="检测不合格")
    until(promised, number, "hearing")
    assert permit(promised, number) == "valid"
    proceed(promised, actor, number)
    assert permit(promised, number) == "revoked"
    whole(promised, number)


@pytest.mark.parametrize(
    ("decision", "state", "status"), [("upheld", "confirmed", "confirmed"), ("public-interest", "kept", "valid")]
)
def test_a_permit_that_is_not_revoked_after_the_hearing_stands(promised, actor, decision, state, status):
    number = granted(promised, actor)
    check(promised, actor, number, "false", note="承诺虚假")
    proceed(promised, actor, number, decision)
    assert (verification(promised, number)["state"], permit(promised, number)) == (state, status)
    whole(promised, number)


def test_nobody_but_who_may_and_then_and_so_records_a_result(post, actor):
    number = submitted_and_accepted(post, actor)
    complete(post, actor(DECIDER), number, "decide", "granted")
    row = verification(post, number)
    assert row["linked_case"] is None
    early = Result(UUID(row["id"]), tuple(Finding(code, "match") for code in ORIGINALS))
    with pytest.raises(VerificationNotOpen):
        post.verifications.result(actor("town.pan"), early)
    run_dry(post)
    asked = found(post, number)
    before = whole(post, number)
    false = tuple(replace(one, verdict="false") for one in asked.findings)
    for wrong, error in (
        (replace(asked, findings=(*asked.findings, Finding("other", "match"))), MaterialNotPresumed),
        (replace(asked, findings=()), Invalid),
        (replace(asked, findings=(*asked.findings, asked.findings[0])), Invalid),
        (replace(asked, findings=false, result="confirmed"), Invalid),
        (replace(asked, findings=false), Invalid),
        (replace(asked, result="nonsense"), Invalid),
        (replace(asked, verification=UUID(int=1)), NotFound),
    ):
        with pytest.raises(error):
            post.verifications.result(actor("town.pan"), wrong)
    with pytest.raises(NotFound):
        post.verifications.result(actor("haizhu.ye"), asked)
    task = open_tasks(post, verification(post, number)["linked_case"])["compare_originals"]
    with pytest.raises(CompleteByVerification):
        post.complete(actor("town.pan"), replace(task, outcome="confirmed"))
    assert whole(post, number) == before, "nothing that was refused has left a trace"
    check(post, actor, number)
    with pytest.raises(VerificationStateConflict):
        check(post, actor, number)


def test_who_decided_does_not_verify_and_two_agree(promised, actor):
    number = granted(promised, actor)
    with pytest.raises(VerifierDecided):
        promised.verifications.result(actor(DECIDER), found(promised, number))
    promised.verifications.result(actor(FIRST), found(promised, number))
    with pytest.raises(FindingsDiffer):
        promised.verifications.result(actor(SECOND), found(promised, number, "false", note="虚假"))
    # The first one corrects, and the second then agrees.
    promised.verifications.result(actor(FIRST), found(promised, number, "false", note="虚假"))
    said = promised.verifications.result(actor(SECOND), found(promised, number, "false", note="虚假"))
    assert said["state"] == "hearing"
    whole(promised, number)


def test_originals_that_match_raise_trust_and_what_matched_on_paper_is_no_material(post, actor):
    number = submitted_and_accepted(post, actor)
    with post.materials.receiving(io.BytesIO(PDF), "report.pdf") as incoming:
        post.materials.add(actor("clerk.chen"), NewMaterial(number, "survey-results"), incoming)
    complete(post, actor(DECIDER), number, "decide", "granted")
    run_dry(post)
    check(post, actor, number)
    items = {one["code"]: one for one in post.materials.listed(actor("clerk.chen"), number)["items"]}
    assert (items["survey-results"]["trust"], items["survey-results"]["state"]) == ("B", "approved")
    whole(post, number)


def test_the_job_that_opens_a_linked_case_opens_one_however_often_it_runs(post, actor):
    number = granted(post, actor)
    which = UUID(verification(post, number)["id"])
    assert not [one for one in at_once(lambda _: post.verifications.open_case("verification", which), 4) if one]
    linked = "SELECT number FROM cases WHERE linked_to = (SELECT id FROM cases WHERE number = :n)"
    assert len(numbers_of(post, linked, number)) == 1


def test_nobody_loses_a_permit_unheard_nor_by_who_verified_or_another_body(promised, actor):
    number = granted(promised, actor)
    check(promised, actor, number, "false", note="承诺虚假")
    run_dry(promised)
    linked = promised.verifications.follow_up(number)["revocation"]["linked_case"]
    with pytest.raises(NotTheDecidingBody):
        complete(promised, actor(FIRST), linked, "notice", "noticed", "拟撤销")
    complete(promised, actor(DECIDER), linked, "notice", "noticed", "拟撤销")
    assert "decide_revocation" not in open_tasks(promised, linked)
    which = UUID(promised.verifications.follow_up(number)["revocation"]["id"])
    promised.verifications.state(APPLICANT, which, "请求保留")
    with pytest.raises(NotTheDecidingBody):
        complete(promised, actor(FIRST), linked, "decide_revocation", "revoked", "撤销")
    assert permit(promised, number) == "valid"
    complete(promised, actor(DECIDER), linked, "decide_revocation", "revoked", "撤销")
    assert permit(promised, number) == "revoked"
    credit = numbers_of(promised, "SELECT kind FROM credit_records WHERE ground->>'case' = :n", number)
    assert credit == ["false-promise"]


def test_a_holder_who_says_nothing_in_time_was_heard_all_the_same(promised, actor):
    number = granted(promised, actor)
    promised.verifications.open_revocation(actor(DECIDER), NewRevocation(number, "69-2", "材料虚假"))
    run_dry(promised)
    linked = promised.verifications.follow_up(number)["revocation"]["linked_case"]
    complete(promised, actor(DECIDER), linked, "notice", "noticed", "拟撤销")
    later(promised, days=20)
    task = open_tasks(promised, linked)["decide_revocation"]
    promised.complete(actor(DECIDER), replace(task, outcome="revoked", opinion="撤销", late_reason="等待"))
    assert permit(promised, number) == "revoked"
    whole(promised, number)


def test_what_rests_on_a_lost_permit_is_flagged_and_listed_and_not_changed(post, actor):
    number = granted(post, actor)
    check(post, actor, number)
    paper = next(
        one["number"]
        for one in post.documents.listed(actor(DECIDER), number)["items"]
        if one["kind"] == "grant-decision"
    )
    other = submitted_and_accepted(post, actor)
    post.materials.add(actor("clerk.chen"), NewMaterial(other, "building-permit", from_document=paper))
    before = post.case_file(other)

    revoke(post, actor, number)
    run_dry(post)

    (row,) = post.verifications.dependants(actor(DECIDER), number)["items"]
    assert (row["case"], row["material_name"]) == (other, "建筑工程施工许可证")
    assert row["flagged_at"]
    assert [one["status"] for one in post.verifications.doubts(other).values()] == ["revoked"]
    assert post.case_file(other) == before
    assert post.verifications.flag_dependants(case_id(post, number)) == 0
    whole(post, other)


def test_a_dispute_suspends_nothing_and_a_stay_does_until_it_ends(post, actor):
    number = granted(post, actor)
    check(post, actor, number)
    head, door = actor(DECIDER), post.verifications
    with pytest.raises(NothingToStay):
        door.object(head, Objection(number, "stay", "某法院", "1号"))
    assert door.object(head, Objection(number, "dispute", "某政府", "复议1号"))["disputed"]
    revoke(post, actor, number)
    assert (permit(post, number), door.follow_up(number)["permit"]["disputed"]) == ("revoked", True)
    assert door.object(head, Objection(number, "stay", "某法院", "裁定1号"))["permit"] == "stayed"
    assert records_of(post, actor, number) == [("obtained-by-deceit", "stayed")]
    assert door.object(head, Objection(number, "end-stay", "某法院", "裁定2号"))["permit"] == "revoked"
    assert records_of(post, actor, number) == [("obtained-by-deceit", "effective")]
    assert not door.object(head, Objection(number, "end-dispute", "某政府", "复议2号"))["disputed"]
    with pytest.raises(NoPermit):
        door.open_revocation(head, NewRevocation(number, "69-2", "再次"))
    whole(post, number)


def papers(engine, number):
    """The documents of a case with what they print."""
    with engine.database.connect() as connection:
        query = text("SELECT d.* FROM documents d JOIN cases c ON c.id = d.case_id WHERE c.number = :n")
        return [dict(row) for row in connection.execute(query, {"n": number}).mappings()]


def records_of(engine, actor, number):
    """What the case left on record: kind and state."""
    told = engine.credit.records(SYSTEM, COMPANY["credit_code"])["records"]
    return [(one["kind"], one["state"]) for one in told if one["ground"]["case"] == number]


def test_where_the_authority_was_at_fault_nothing_is_on_the_holders_record(post, actor):
    number = granted(post, actor)
    check(post, actor, number)
    revoke(post, actor, number, ground="69-1-4")
    assert permit(post, number) == "revoked"
    assert numbers_of(post, "SELECT kind FROM credit_records WHERE ground->>'case' = :n", number) == []


def test_figures_by_region_and_item_are_those_of_the_lists(post, actor):
    granted(post, actor)
    check(post, actor, granted(post, actor))
    api = Flask("onewindow")
    register_api(api, post)
    asked = {"username": CHECKER, "password": DEMONSTRATION_PASSWORD}
    who = Caller(api, api.test_client().post("/api/v1/tokens", json=asked).json["token"])
    told = who.get("/verifications/figures").json["items"]
    listed = Counter(one["list"] for one in who.get("/verifications?limit=200").json["items"])
    (row,) = [one for one in told if one["region"] == REGION]
    assert {name: row[name] for name in LISTS} == {name: listed[name] for name in LISTS}
    assert min(row["confirmed"], row["due"] + row["overdue"]) > 0
    assert row["region_name"] not in ("", None, REGION)
    assert who.get(f"/verifications/figures?region={REGION}&item={row['item']}").json["items"] == [row]
    assert who.get("/verifications/figures?region=999999").json["items"] == []
    assert who.get("/verifications/figures?colour=red").status_code == 422
    assert api.test_client().get("/api/v1/verifications/figures").status_code == 401
