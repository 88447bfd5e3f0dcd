"""Accounts of applicants: what may be registered, who gets in, what a declared and a confirmed identity open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.cases.accept import Acceptance, Listed
from engine.cases.access import parse_task_id
from engine.cases.case_list import CaseQuery
from engine.cases.complete_task import Completion
from engine.cases.inbox import InboxQuery
from engine.cases.return_task import Returning
from engine.cases.submit import Application, OpenAlready
from engine.errors import Forbidden, Invalid, NotFound, Unauthenticated
from engine.organization.accounts import UsernameTaken
from engine.organization.log_in import LogInFailed
from engine.organization.throttle import TooManyTries
from tests.engine.applicants import BODY, PASSWORD, PERSON, registered
from tests.engine.stories import REVIEWERS, SYSTEM, complete, deploy, open_tasks
from tests.faster import PRODUCT_HASHER
from tests.unit.diagrams import diagram, end, extended, flows, start, user

ASKED = Application("joint-final-inspection", "440100", {"name": "冒名"}, {"project_name": "示例大厦"})


WRONG = [
    ({"username": "ab"}, "username"),
    ({"username": "空 格"}, "username"),
    ({"password": "short"}, "password"),
    ({"password": "11010519491231002x"}, "password"),
    ({"password": "a" * 30}, "password"),
    ({"name": " "}, "name"),
    ({"number": "110105194912310021"}, "id_number"),
    ({"mobile": "123"}, "mobile"),
    ({"kind": "alien"}, "kind"),
    ({"kind": "enterprise"}, "credit_code"),
    ({"address": "x" * 201}, "address"),
]


def test_what_is_wrong_is_told_by_field(engine):
    for wrong, named in WRONG:
        with pytest.raises(Invalid) as refused:
            engine.accounts.register(replace(PERSON, **wrong))
        assert named in refused.value.params["fields"], wrong
    assert not engine.accounts.is_account(PERSON.username)


def test_a_username_is_somebodys_once_and_never_an_officers(engine):
    registered(engine)
    for taken in (PERSON, replace(PERSON, username=" ZHANG.wei"), replace(PERSON, username="clerk.chen")):
        with pytest.raises(UsernameTaken):
            engine.accounts.register(taken)


def test_who_knows_the_password_gets_in_and_guessing_is_throttled(engine):
    me = registered(engine)
    assert me.kind == "applicant"
    with pytest.raises(LogInFailed):
        engine.log_in("clerk.chen", PASSWORD)
    for _ in range(5):
        with pytest.raises(LogInFailed):
            engine.accounts.open_session(PERSON.username, "wrong")
    with pytest.raises(TooManyTries):
        engine.accounts.open_session(PERSON.username, PASSWORD)


def test_a_new_password_ends_what_else_is_open(engine):
    me = registered(engine)
    here, there = (engine.accounts.open_session(PERSON.username, PASSWORD) for _ in range(2))
    token = engine.log_in(PERSON.username, PASSWORD)["token"]
    with pytest.raises(LogInFailed):
        engine.accounts.change_password(me, "wrong", "another one 5", here)
    with pytest.raises(Invalid):
        engine.accounts.change_password(me, PASSWORD, "short", here)
    engine.accounts.change_password(me, PASSWORD, "another one 5", here)
    assert engine.accounts.session_actor(here) == me
    assert engine.accounts.session_actor(there) is None
    with pytest.raises(Unauthenticated):
        engine.authenticate(token)
    engine.accounts.close(here)
    assert engine.accounts.session_actor(here) is None


def test_one_applies_in_ones_own_name_online_and_sees_ones_own_cases_alone(engine, actor):
    me, other = registered(engine), registered(engine, BODY)
    number = engine.submit(me, ASKED)["number"]
    seen = engine.get_case(SYSTEM, number)
    assert (seen["channel"], seen["applicant"]["name"], seen["applicant"]["id_number"]) == (
        "online",
        "张伟",
        PERSON.number,
    )
    assert [one["number"] for one in engine.own_cases.list(me)["items"]] == [number]
    assert [one["number"] for one in engine.cases(me, CaseQuery())["items"]] == [number]
    assert engine.own_cases.list(other)["items"] == []
    assert engine.cases(other, CaseQuery())["items"] == []
    assert engine.own_cases.case(me, number)["todo"]["withdraw"] is True
    for refused in (engine.own_cases.case, engine.materials.listed, engine.documents.listed, engine.get_case):
        with pytest.raises(NotFound):
            refused(other, number)
    with pytest.raises(NotFound):
        engine.intake.withdraw(other, number, "")
    with pytest.raises(NotFound):
        engine.get_case(me, number)  # what officers see is not for applicants
    with pytest.raises(Invalid):
        engine.submit(actor("clerk.chen"), replace(ASKED, applicant={"name": "甲", "account": me.id}))
    with pytest.raises(Forbidden):
        engine.own_cases.list(actor("clerk.chen"))
    assert engine.verify_record(number).whole


def test_a_declared_number_opens_nothing_and_a_confirmed_one_what_is_under_it(engine, actor):
    clerk, me = actor("clerk.chen"), registered(engine, BODY)
    theirs = {"name": BODY.name, "credit_code": BODY.number}
    number = engine.submit(clerk, replace(ASKED, applicant=theirs))["number"]
    with pytest.raises(NotFound):
        engine.own_cases.case(me, number)
    with pytest.raises(Forbidden):
        engine.accounts.confirm(actor("fire.liu"), BODY.username, "营业执照")
    with pytest.raises(NotFound):
        engine.accounts.confirm(clerk, "nobody.here", "营业执照")
    assert engine.accounts.confirm(clerk, BODY.username, "营业执照正本")["identity"] == "confirmed"
    assert engine.own_cases.case(me, number)["number"] == number


def test_the_task_of_an_applicant_is_the_applicants_alone(engine, actor):
    me, other = registered(engine), registered(engine, BODY)
    number = engine.submit(me, ASKED)["number"]
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    for node, who in REVIEWERS.items():
        complete(engine, actor(who), number, node, "faults" if node == "fire" else "passed")
    (task,) = engine.own_cases.case(me, number)["todo"]["tasks"]
    assert engine.own_cases.list(me)["items"][0]["tasks_waiting"] == 1
    mended = Completion(*parse_task_id(task["id"]), "rectified", "已整改")
    mended = replace(mended, outcome=task["outcomes"][0]["value"] if task["outcomes"] else None)
    with pytest.raises(NotFound):
        engine.complete(other, mended)
    assert engine.inbox(me, InboxQuery())["items"] == []
    engine.complete(me, mended)
    assert engine.own_cases.case(me, number)["todo"]["tasks"] == []


def test_a_number_of_a_case_is_told_to_its_owner_only(engine, actor):
    hotel = Application("hotel-hygiene-permit", "440106", {"name": "x"}, HOTEL)
    me, other = registered(engine, BODY), registered(engine, replace(BODY, username="another.one"))
    number = engine.submit(me, hotel)["number"]
    with pytest.raises(OpenAlready) as mine:
        engine.submit(me, hotel)
    assert mine.value.params == {"number": number}
    with pytest.raises(OpenAlready) as theirs:
        engine.submit(other, hotel)
    assert theirs.value.params == {}


def test_what_is_asked_for_is_shown_and_supplied_by_its_applicant(engine, actor):
    me = registered(engine)
    number = engine.submit(me, ASKED)["number"]
    engine.accept(actor("clerk.chen"), Acceptance(number, "supplement", materials=(Listed("survey-results", "缺"),)))
    assert engine.own_cases.list(me)["items"][0]["supplement_asked"]
    (asked,) = engine.own_cases.case(me, number)["todo"]["supplement"]["materials"]
    assert (asked["material"], asked["reason"], asked["handed_in"]) == ("survey-results", "缺", False)


HOTEL = {
    "hotel_name": "示范里旅馆",
    "address": "天河区示范里8号",
    "floor_area": 680.5,
    "rooms": 36,
    "air_conditioning": "none",
    "contact_phone": "13800000003",
}


def test_a_password_is_hashed_at_the_cost_that_is_recommended():
    """Tests hash at less (tests/faster.py); RFC 9106's second recommendation is what people get."""
    assert PRODUCT_HASHER.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_what_is_returned_to_the_applicant_says_why_to_its_applicant_alone(engine, actor):
    """What officers return to each other stays theirs; what the applicant has to do again says what to do."""
    limit = '<ow:timeLimit promised="5" unit="working-day"/>'
    officer = extended('<ow:assignment function="fire" level="city"/>', limit, '<ow:return to="explain"/>')
    mine = extended('<ow:assignment applicant="true"/>', limit, '<ow:public name="说明"/>')
    drawn = flows("start > explain > look > end")
    deploy(engine, diagram(start(), user("explain", mine), user("look", officer), end(), drawn))
    me, other = registered(engine), registered(engine, BODY)
    number = engine.submit(me, ASKED)["number"]
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    (task,) = engine.own_cases.case(me, number)["todo"]["tasks"]
    assert task["reason"] is None
    engine.complete(me, Completion(*parse_task_id(task["id"]), None, "见附件"))
    look = open_tasks(engine, number)["look"]
    (target,) = engine.get_task(actor("fire.liu"), look.case_id, look.task)["returns"]
    assert (target["node"], target["applicant"]) == ("explain", True)
    engine.returns.send_back(actor("fire.liu"), Returning(look.case_id, look.task, "explain", "请写明竣工日期。"))
    case = engine.own_cases.case(me, number)
    assert [one["reason"] for one in case["todo"]["tasks"]] == ["请写明竣工日期。"]
    assert "竣工日期" not in str(case["timeline"])
    with pytest.raises(NotFound):
        engine.own_cases.case(other, number)
