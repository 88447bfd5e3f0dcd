"""Trust first at the API: which ways are open, promises signed and withdrawn, records with their ground, and every bad input.

One database for the file; each test has applicants of its own."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import threading
import uuid
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from api.app import register_api
from engine.background.worker import run_dry
from engine.cases.mandates import NewMandate
from engine.clock import DOMAIN_NOW_SQL, day_of
from engine.credit_first import consequences
from engine.errors import Invalid
from engine.organization.actor import Actor
from engine.organization.identity_numbers import is_credit_code
from engine.organization.load import load_actor
from engine.plugins.credit_sources import Told
from engine.settings import DEMONSTRATION_PASSWORD
from tests.api.conftest import Caller, fresh_engine, refused, task_of
from tests.engine.applicants import BODY, registered
from tests.engine.test_drafts import ANSWERS, CODES
from tests.unit.test_regimes import COMMITMENT, POST, TOLERANCE

ITEM = "hotel-hygiene-permit"
FOLDER = Path("processes") / ITEM
STORY = json.loads((FOLDER / "scenarios/bureau-decides-in-haizhu.json").read_text("utf-8"))
REGION = "440105"
SYSTEM = Actor.system("test")
CODE_ENDS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SERIAL = itertools.count(1)


@pytest.fixture(scope="module")
def engine(server, template, tmp_path_factory):
    with fresh_engine(server, template) as opened:
        folder = tmp_path_factory.mktemp("processes") / ITEM
        shutil.copytree(FOLDER, folder)
        data = json.loads((folder / "item.json").read_text("utf-8"))
        data["regimes"] = [COMMITMENT, POST, TOLERANCE]
        (folder / "item.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        opened.load_process(SYSTEM, folder)
        yield opened


@pytest.fixture(scope="module")
def app(engine):
    made = Flask("onewindow")
    register_api(made, engine)
    return made


@pytest.fixture(scope="module")
def clerk(app):
    return _log_in(app, "haizhu.ye")


def _log_in(app, username):
    asked = {"username": username, "password": DEMONSTRATION_PASSWORD}
    return Caller(app, app.test_client().post("/api/v1/tokens", json=asked).json["token"])


def credit_code(n):
    return next(code for end in CODE_ENDS if is_credit_code(code := f"91440101MA5{n:06d}{end}"))


def company(**more):
    n = next(_SERIAL)
    made = {"kind": "enterprise", "name": f"示范旅馆{n}号", "credit_code": credit_code(n)}
    return made | more


def applied(clerk, applicant, **more):
    n = next(_SERIAL)
    form = STORY["form"] | {"address": f"海珠区示范里{n}号"}
    answer = clerk.post("/cases", {"item": ITEM, "region": REGION, "applicant": applicant, "form": form} | more)
    assert answer.status_code == 201, answer.text
    return answer.json


def text_of(clerk, number, regime="commitment"):
    found = clerk.get(f"/cases/{number}/commitment").json
    (terms,) = [one["terms"] for one in found["ways"] if one["regime"] == regime]
    return {"regime": regime, "text_version": terms["text"]["version"], "text_hash": terms["text"]["hash"]}


def footprint(engine):
    sql = (
        "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM commitments), (SELECT count(*) FROM credit_records), "
        "(SELECT count(*) FROM credit_moves), (SELECT count(*) FROM credit_snapshots), (SELECT count(*) FROM cases), "
        "(SELECT count(regime) FROM cases)"
    )
    with engine.database.connect() as connection:
        return tuple(connection.execute(text(sql)).one())


def recorded(engine, applicant, kind, number=None, **more):
    """A consequence as a failed verification leaves it."""

    def work(uow):
        uow.tell_time()
        case_id = None
        if number:
            case_id = uow.connection.scalar(text("SELECT case_id FROM case_numbers WHERE number = :n"), {"n": number})
        place = {"case_id": case_id, "item": ITEM, "region": REGION, "source": "440105-1"} | more
        return consequences.record(uow, applicant, kind, "核查发现承诺不实", **place)

    return engine.transactions.perform(SYSTEM, work)


def whole(engine, number):
    verdict = engine.verify_record(number)
    assert verdict.whole, verdict


# -- signing and withdrawing


def test_a_promise_is_signed_kept_whole_and_withdrawn(engine, clerk):
    number = applied(clerk, company())["number"]
    ways = clerk.get(f"/cases/{number}/commitment").json
    assert (ways["regime"], ways["can_withdraw"]) == ("ordinary", False)
    assert {one["regime"]: one["can_sign"] for one in ways["ways"]} == {
        "commitment": True,
        "post-verification": False,
        "tolerance": True,
    }
    signed = clerk.post(f"/cases/{number}/commitment", text_of(clerk, number) | {"channel": "window"})
    assert signed.status_code == 201, signed.text
    assert signed.json["materials"] == ["test-report"]
    assert clerk.get(f"/cases/{number}").json["regime"] == "commitment"
    shown = clerk.get(f"/cases/{number}/commitment").json
    (kept,) = shown["commitments"]
    assert (kept["text"], kept["text_hash"], kept["channel"]) == ("本人承诺", signed.json["text_hash"], "window")
    assert shown["can_withdraw"] is True
    with engine.database.connect() as connection:
        found = connection.execute(
            text("SELECT s.* FROM credit_snapshots s JOIN case_numbers n USING (case_id) WHERE n.number = :n"),
            {"n": number},
        ).one()
    assert (found.grade, found.source, found.allowed, found.trouble) == ("B", "local", True, None)
    whole(engine, number)
    taken = clerk.call("DELETE", f"/cases/{number}/commitment")
    assert (taken.status_code, taken.json["regime"]) == (200, "ordinary")
    assert clerk.get(f"/cases/{number}").json["regime"] == "ordinary"
    whole(engine, number)
    refused(clerk.call("DELETE", f"/cases/{number}/commitment"), 404, "not-found")
    # Nothing is decided, and nothing was forced: it may be signed again, or be left.
    assert clerk.post(f"/cases/{number}/commitment", text_of(clerk, number)).json["commitment"] == 2
    whole(engine, number)


def test_a_signed_promise_is_a_document_that_its_signer_fetches_and_anybody_verifies(engine, clerk, app):
    applicant = company()
    made = applied(clerk, applicant)
    number, mine = made["number"], {"Query-Code": made["query_code"]}
    assert clerk.post(f"/cases/{number}/commitment", text_of(clerk, number)).status_code == 201
    client, here = app.test_client(), f"/api/v1/cases/{number}/documents"
    papers = {one["kind"]: one for one in client.get(here, headers=mine).json["items"]}
    (kind,) = set(papers) - {"receipt"}
    code = papers[kind]["code"]
    refused(client.get(f"{here}/{code}/file", headers=mine), 409, "document-not-sealed")
    run_dry(engine)
    fetched = client.get(f"{here}/{code}/file", headers=mine)
    assert (fetched.status_code, fetched.mimetype, fetched.data[:5]) == (200, "application/pdf", b"%PDF-")
    shown = next(one for one in client.get(here, headers=mine).json["items"] if one["code"] == code)
    assert shown["state_name"] == client.get(f"/api/v1/verify/{code}").json["state_name"] == "已签署"
    other = applied(clerk, company())
    for stranger in ({"Query-Code": other["query_code"]}, {"Query-Code": "AAAAAAAAAA"}, {}):
        assert client.get(f"{here}/{code}/file", headers=stranger).status_code in (401, 404)
    assert _log_in(app, "tianhe.lin").get(f"/cases/{number}/documents/{code}/file").status_code == 404
    # By the code alone anybody learns that it is genuine, compares what he has in hand, and learns no name.
    told = client.get(f"/api/v1/verify/{code}")
    assert (told.json["status"], told.json["sha256"]) == ("effective", hashlib.sha256(fetched.data).hexdigest())
    assert applicant["name"] not in told.text
    with engine.database.connect() as connection:
        said = connection.scalar(text("SELECT data FROM documents WHERE code = :code"), {"code": code})
    assert "本人承诺" in json.dumps(said, ensure_ascii=False)
    whole(engine, number)


def test_whoever_alters_a_promise_is_found_out(engine, clerk):
    number = applied(clerk, company())["number"]
    assert clerk.post(f"/cases/{number}/commitment", text_of(clerk, number)).status_code == 201
    for change in (
        "UPDATE commitments SET text = jsonb_set(text, '{zh}', '\"本人什么都没承诺\"')",
        "UPDATE commitments SET signer = jsonb_set(signer, '{name}', '\"别人\"')",
        "UPDATE credit_snapshots SET grade = 'A'",
        "UPDATE cases SET regime = NULL",
        "DELETE FROM commitments",
    ):
        with engine.database.connect() as connection:
            column = "id" if " cases " in change else "case_id"
            where = f" WHERE {column} = (SELECT case_id FROM case_numbers WHERE number = :n)"
            connection.execute(text(change + where), {"n": number})
            assert not _verdict(connection, engine, number).whole, change
            connection.rollback()
    whole(engine, number)


def _verdict(connection, engine, number):
    """The verdict as a transaction sees it that is not committed: read through its own rows."""
    from engine.cases import verify_record as verifying

    case_id = connection.scalar(text("SELECT case_id FROM case_numbers WHERE number = :n"), {"n": number})

    class Reading:
        def read(self, *statements):
            raw = connection.connection.driver_connection
            from psycopg.rows import dict_row

            found = []
            for sql, params in statements:
                with raw.cursor(row_factory=dict_row) as cursor:
                    found.append(cursor.execute(sql, params).fetchall())
            return found

    return verifying.verify_record(Reading(), case_id)


BAD = [
    ({"text_version": 2}, 409, "commitment-text-changed"),
    ({"text_hash": "0" * 64}, 409, "commitment-text-changed"),
    ({"materials": ["floor-plan"]}, 422, "input-invalid"),
    ({"materials": ["test-report", "test-report"]}, 422, "input-invalid"),
    ({"signer": {"name": "路人甲"}}, 403, "signer-without-mandate"),
    ({"signer": {"mandate": str(uuid.uuid4())}}, 403, "signer-without-mandate"),
    ({"signer": {"mandate": "x"}}, 403, "signer-without-mandate"),
    ({"regime": "post-verification"}, 422, "input-invalid"),
    ({"regime": "trust-me"}, 422, "input-invalid"),
    ({"channel": "telepathy"}, 422, "input-invalid"),
    ({"supply_by": "2026-12-01"}, 422, "input-invalid"),
    ({"text_version": "1"}, 422, "input-invalid"),
    ({"text_version": None}, 422, "input-invalid"),
]


def test_bad_input_is_a_clear_refusal_and_changes_nothing(engine, clerk):
    number = applied(clerk, company())["number"]
    right = text_of(clerk, number)
    before = footprint(engine)
    for wrong, status, code in BAD:
        refused(clerk.post(f"/cases/{number}/commitment", right | wrong), status, code)
    late = text_of(clerk, number, "tolerance")
    for wrong in ({}, {"materials": ["floor-plan"]}, {"supply_by": "2026-12-01"}):
        refused(clerk.post(f"/cases/{number}/commitment", late | wrong), 422, "input-invalid")
    refused(clerk.post("/cases/440105-20260101-999999/commitment", right), 404, "not-found")
    assert footprint(engine) == before
    # None of it came in the way of the right one.
    assert clerk.post(f"/cases/{number}/commitment", right).status_code == 201
    refused(clerk.post(f"/cases/{number}/commitment", right), 409, "commitment-signed-already")


GRANTED = {"outcome": "granted", "opinion": "准予"}


def on_promise(clerk):
    """A case that waits for the decision on a promise."""
    number = applied(clerk, company())["number"]
    assert clerk.post(f"/cases/{number}/commitment", text_of(clerk, number)).status_code == 201
    assert clerk.post(f"/cases/{number}/acceptance", {"answer": "accepted"}).status_code == 200
    return number


def test_a_promise_withdrawn_before_the_decision_leads_to_the_ordinary_way(engine, clerk, app):
    number = on_promise(clerk)
    assert clerk.call("DELETE", f"/cases/{number}/commitment").json["regime"] == "ordinary"
    task_of(_log_in(app, "haizhu.meng"), number, "on_site_review")
    whole(engine, number)
    # It has gone on that way: the choice lies behind.
    refused(clerk.post(f"/cases/{number}/commitment", text_of(clerk, number)), 409, "commitment-too-late")


def test_after_the_decision_nothing_is_signed_or_withdrawn(engine, clerk, app):
    decides = _log_in(app, "approvals.zou")
    number, ordinary = on_promise(clerk), applied(clerk, company())["number"]
    right = text_of(clerk, number)
    task = task_of(decides, number, "decide_on_promise")
    assert decides.post(f"/tasks/{task}/complete", GRANTED).status_code == 200
    assert clerk.post(f"/cases/{ordinary}/withdrawal", {}).status_code == 200
    before = footprint(engine)
    refused(clerk.call("DELETE", f"/cases/{number}/commitment"), 409, "commitment-withdrawal-too-late")
    refused(clerk.post(f"/cases/{number}/commitment", right), 409, "commitment-signed-already")
    refused(clerk.post(f"/cases/{ordinary}/commitment", right), 409, "commitment-too-late")
    assert footprint(engine) == before
    whole(engine, number)


def test_a_case_decided_the_ordinary_way_takes_no_promise_though_it_is_not_concluded(engine, clerk, app):
    number = applied(clerk, company())["number"]
    right = text_of(clerk, number)
    assert clerk.post(f"/cases/{number}/acceptance", {"answer": "accepted"}).status_code == 200
    for who, node, outcome in (("haizhu.meng", "on_site_review", "conforming"), ("approvals.zou", "decide", "granted")):
        (step,) = [one for one in STORY["steps"] if one.get("node") == node]
        officer, said = (
            _log_in(app, who),
            {"outcome": outcome, "opinion": step["opinion"], "form": step.get("form", {})},
        )
        done = officer.post(f"/tasks/{task_of(officer, number, node)}/complete", said)
        assert done.status_code == 200, done.text
    assert clerk.get(f"/cases/{number}").json["state"] == "accepted"  # it still has to be handed over
    before = footprint(engine)
    for regime in ("commitment", "tolerance"):
        body = right if regime == "commitment" else text_of(clerk, number, "tolerance")
        late = refused(clerk.post(f"/cases/{number}/commitment", body), 409, "commitment-too-late")
        assert "已作出决定" in late["detail"]
    ways = clerk.get(f"/cases/{number}/commitment").json
    assert not any(one["can_sign"] for one in ways["ways"])
    assert footprint(engine) == before
    whole(engine, number)


def test_a_withdrawal_and_the_decision_at_once_come_to_one_outcome(engine, clerk, app):
    decides = _log_in(app, "approvals.zou")
    for _ in range(2):
        number = on_promise(clerk)
        task = task_of(decides, number, "decide_on_promise")
        answers = {}

        def tried(name, who, method, path, body, told):
            told[name] = who.call(method, path, json=body).status_code

        tries = [
            ("withdrawn", clerk, "DELETE", f"/cases/{number}/commitment", {}),
            ("decided", decides, "POST", f"/tasks/{task}/complete", GRANTED),
        ]
        threads = [threading.Thread(target=tried, args=(*one, answers)) for one in tries]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(answers.values()) == [200, 409], answers
        regime = clerk.get(f"/cases/{number}").json["regime"]
        assert regime == ("ordinary" if answers["withdrawn"] == 200 else "commitment")
        whole(engine, number)


def test_a_tolerance_is_promised_for_a_day_and_before_acceptance(engine, clerk):
    number = applied(clerk, company())["number"]
    with engine.database.connect() as connection:
        today = day_of(connection.execute(text(f"SELECT {DOMAIN_NOW_SQL} FROM platform p")).scalar_one())
    asked = text_of(clerk, number, "tolerance") | {"materials": ["floor-plan"], "supply_by": today.isoformat()}
    refused(clerk.post(f"/cases/{number}/commitment", asked | {"supply_by": "2035-01-04"}), 422, "supply-too-late")
    signed = clerk.post(f"/cases/{number}/commitment", asked)
    assert (signed.status_code, signed.json["supply_by"]) == (201, today.isoformat())
    whole(engine, number)
    # By another channel than a counter there is no receipt of paper: a main material that is not in the file is missing.
    online = applied(clerk, company(), channel="online")["number"]
    told = refused(clerk.post(f"/cases/{online}/commitment", asked), 422, "main-material-missing")
    assert "floor-plan" not in told["fields"]["materials"]
    assert "application-form" in told["fields"]["materials"]
    # Where the counter said which papers it was given, the receipt stands for those alone.
    given = [one["code"] for one in json.loads((FOLDER / "item.json").read_text("utf-8"))["materials"]]
    part = applied(clerk, company(), papers=[code for code in given if code not in ("floor-plan", "test-report")])
    told = refused(clerk.post(f"/cases/{part['number']}/commitment", asked), 422, "main-material-missing")
    assert told["fields"]["materials"] == ["test-report"]
    for wrong in (["no-such"], ["floor-plan", "floor-plan"], "floor-plan"):
        body = {"item": ITEM, "region": REGION, "applicant": company(), "form": STORY["form"], "papers": wrong}
        assert "papers" in str(refused(clerk.post("/cases", body), 422, "input-invalid")["fields"])
    # What the window has asked for is missing, whatever the receipt says.
    listed = {"answer": "supplement", "materials": [{"material": "hygiene-rules", "reason": "缺"}]}
    awaited = applied(clerk, company())["number"]
    assert clerk.post(f"/cases/{awaited}/acceptance", listed).status_code == 200
    told = refused(clerk.post(f"/cases/{awaited}/commitment", asked), 422, "main-material-missing")
    assert told["fields"]["materials"] == ["hygiene-rules"]
    late = applied(clerk, company())["number"]
    assert clerk.post(f"/cases/{late}/acceptance", {"answer": "accepted"}).status_code == 200
    refused(clerk.post(f"/cases/{late}/commitment", asked), 409, "commitment-too-late")


def test_an_agent_promises_by_a_mandate_that_says_so(engine, clerk, app):
    applicant = company()
    with engine.database.connect() as connection:
        found = "SELECT o.id, o.name, o.region_code, p.department_id FROM officers o JOIN officer_roles r ON r.officer_id = o.id "
        found += "JOIN posts p ON p.officer_id = o.id WHERE r.role = 'agent' ORDER BY o.id LIMIT 1"
        agent = connection.execute(text(found)).one()
        actor = load_actor(connection, agent.id)
    new = NewMandate(
        {"name": applicant["name"], "credit_code": applicant["credit_code"]},
        agent.id,
        agent.department_id,
        date(2026, 1, 1),
        date(2030, 1, 1),
        "委托书",
    )
    make = Actor.officer("window", "窗口", agent.region_code, roles=clerk_roles())
    plain = engine.mandates.record(make, new)["id"]
    number = applied(clerk, applicant)["number"]
    right = text_of(clerk, number)
    refused(
        clerk.post(f"/cases/{number}/commitment", right | {"signer": {"mandate": plain}}), 403, "signer-without-mandate"
    )

    able = engine.mandates.record(make, replace(new, may_promise=True))["id"]
    wrong = {"signer": {"mandate": able, "name": "另一个人"}}
    refused(clerk.post(f"/cases/{number}/commitment", right | wrong), 403, "signer-without-mandate")
    signed = clerk.post(f"/cases/{number}/commitment", right | {"signer": {"mandate": able}})
    assert (signed.status_code, signed.json["signer"]) == (201, agent.name)
    # Whose mandate is over asks in vain, also for what is on record.
    assert engine.credit.records(actor, applicant["credit_code"])["grade"] == "B"
    engine.mandates.revoke(make, able, "")
    engine.mandates.revoke(make, plain, "")
    with pytest.raises(Exception, match="mandate"):
        engine.credit.records(actor, applicant["credit_code"])


def clerk_roles():
    from engine.organization.permissions import Role

    return frozenset({Role.WINDOW_CLERK})


def test_the_applicant_signs_with_the_code_of_the_case_alone(engine, clerk, app):
    applicant = company()
    made = applied(clerk, applicant)
    client, mine = app.test_client(), {"Query-Code": made["query_code"]}
    url = f"/api/v1/cases/{made['number']}/commitment"
    right = text_of(clerk, made["number"])
    signed = client.post(url, json=right, headers=mine)
    assert (signed.status_code, signed.json["signer"]) == (201, applicant["name"])
    refused(client.post(url, json=right, headers={"Query-Code": "AAAAAAAAAA"}), 404, "progress-not-found")
    other = applied(clerk, company())
    refused(client.get(f"/api/v1/cases/{other['number']}/commitment", headers=mine), 404, "progress-not-found")
    # His own credit he may read with it; another's is nobody's.
    who = {**mine, "Case-Number": made["number"]}
    assert client.get(f"/api/v1/credit/{applicant['credit_code']}", headers=who).json["grade"] == "B"
    refused(client.get(f"/api/v1/credit/{company()['credit_code']}", headers=who), 404, "not-found")
    assert client.delete(url, headers=mine).json["regime"] == "ordinary"


def test_a_withdrawal_and_an_acceptance_at_once_come_to_one_outcome(engine, clerk):
    for _ in range(3):
        number = applied(clerk, company())["number"]
        assert clerk.post(f"/cases/{number}/commitment", text_of(clerk, number)).status_code == 201
        answers = []

        def tried(method, path, told):
            told.append(clerk.call(method, path, json={}).status_code)

        tries = [("DELETE", f"/cases/{number}/commitment"), ("POST", f"/cases/{number}/withdrawal")]
        threads = [threading.Thread(target=tried, args=(*one, answers)) for one in tries]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(answers) in ([200, 200], [200, 409]), answers
        whole(engine, number)


# -- which ways are open, and why not


def codes(answer, regime):
    assert answer.status_code == 200, answer.text
    (found,) = [one for one in answer.json["regimes"] if one["regime"] == regime]
    assert found["allowed"] == (not found["reasons"])
    return [one["code"] for one in found["reasons"]]


def open_to(clerk, applicant, region=REGION):
    return clerk.get(
        f"/items/{ITEM}/eligibility?applicant={applicant['credit_code']}&region={region}&kind=legal-person"
    )


def test_who_asks_is_told_every_reason_at_once(engine, clerk, app):
    fine, black, liar = company(), company(), company()
    assert codes(open_to(clerk, fine), "commitment") == []
    assert open_to(clerk, fine).json["applicant"] != fine["credit_code"]
    recorded(engine, black, "blacklist")
    assert codes(open_to(clerk, black), "commitment") == ["blacklisted"]
    number = applied(clerk, liar)["number"]
    recorded(engine, liar, "false-promise", number)
    found = open_to(clerk, liar)
    assert codes(found, "commitment") == ["reapplication-barred", "grade-too-low", "credit-not-repaired"]
    assert found.json["ordinary"]["allowed"] is False
    # A blacklisted applicant never gets the regime, whoever asks and however.
    case = applied(clerk, black)["number"]
    before = footprint(engine)
    problem = refused(clerk.post(f"/cases/{case}/commitment", text_of(clerk, case)), 422, "regime-not-open")
    assert "严重失信" in str(problem)
    post = {"item": ITEM, "region": REGION, "applicant": black, "form": STORY["form"], "regime": "post-verification"}
    refused(clerk.post("/cases", post), 422, "regime-not-open")
    assert footprint(engine) == before
    # Without a token: by item and region alone, of nobody in particular.
    client = app.test_client()
    public = client.get(f"/api/v1/items/{ITEM}/eligibility?region={REGION}")
    assert codes(public, "commitment") == []
    assert public.json["applicant"] is None
    # Also where a number is named: what the rule says of its kind, and not a word of whose credit it is.
    told = [
        client.get(f"/api/v1/items/{ITEM}/eligibility?applicant={one['credit_code']}&region={REGION}").json
        for one in (fine, black, liar)
    ]
    assert told[0] == told[1] == told[2]
    assert (told[0]["applicant"], told[0]["credit"]) == (None, None)
    (way,) = [one for one in told[0]["regimes"] if one["regime"] == "commitment"]
    assert (way["allowed"], way["credit_check"]["grades"]) == (True, way["terms"]["grades"])
    assert "信用等级" in way["credit_check"]["how"]
    assert "grade" in way["credit_check"]["how_en"]
    by_kind = {one["kind"]: one["allowed"] for one in way["applicants"]}
    assert by_kind == {kind: kind in way["terms"]["applicants"] for kind in ("person", "legal-person")}
    refused(client.get(f"/api/v1/items/{ITEM}/eligibility?applicant={'9' * 41}"), 422, "input-invalid")
    mistyped = fine["credit_code"][:-1] + ("0" if fine["credit_code"][-1] != "0" else "1")
    for one in (mistyped, "44010519491231002X", "x"):
        refused(client.get(f"/api/v1/items/{ITEM}/eligibility?applicant={one}"), 422, "input-invalid")
        wrong = refused(open_to(clerk, {"credit_code": one}), 422, "input-invalid")
        assert "核对" in wrong["fields"]["applicant"][0]
    stray = client.get(f"/api/v1/items/{ITEM}/eligibility?applicant=x", headers={"Query-Code": "1"})
    refused(stray, 401, "unauthenticated")
    assert codes(client.get("/api/v1/items/joint-final-inspection/eligibility"), "tolerance") == ["regime-not-offered"]
    refused(client.get("/api/v1/items/nothing/eligibility"), 404, "not-found")
    refused(client.get(f"/api/v1/items/{ITEM}/eligibility?region=999999"), 422, "region-unknown")


def test_who_has_no_number_or_is_of_another_kind_goes_the_ordinary_way(engine, clerk):
    anonymous = applied(clerk, {"kind": "enterprise", "name": "没有代码的旅馆"})["number"]
    asked = text_of(clerk, anonymous)
    assert "subject-unidentified" in str(
        refused(clerk.post(f"/cases/{anonymous}/commitment", asked), 422, "regime-not-open")
    )
    odd = applied(clerk, company(kind="robot"))["number"]
    assert "applicant-kind" in str(refused(clerk.post(f"/cases/{odd}/commitment", asked), 422, "regime-not-open"))


def test_a_region_that_switches_a_regime_off_says_so(engine, clerk):
    office = engine.catalogue_office
    off = {"regimes": [{"regime": "commitment", "off": True}, {"regime": "post-verification", "grades": ["A"]}]}
    office.store_implementation(SYSTEM, ITEM, "440105", off)
    office.publish_implementation(SYSTEM, ITEM, "440105")
    try:
        who = company()
        assert codes(open_to(clerk, who), "commitment") == ["region-off"]
        assert codes(open_to(clerk, who), "post-verification") == ["grade-too-low"]
        number = applied(clerk, who)["number"]
        ways = [one["regime"] for one in clerk.get(f"/cases/{number}/commitment").json["ways"]]
        assert ways == ["post-verification", "tolerance"]
        rule = {"regime": "commitment", "text_version": 1, "text_hash": "0" * 64}
        refused(clerk.post(f"/cases/{number}/commitment", rule), 422, "regime-not-open")
    finally:
        office.store_implementation(SYSTEM, ITEM, "440105", {})
        office.publish_implementation(SYSTEM, ITEM, "440105")


def test_post_verification_is_chosen_with_the_application_and_signs_nothing(engine, clerk):
    made = applied(clerk, company(), regime="post-verification")
    assert made["regime"] == "post-verification"
    assert clerk.get(f"/cases/{made['number']}").json["regime"] == "post-verification"
    assert clerk.get(f"/cases/{made['number']}/commitment").json["commitments"] == []
    whole(engine, made["number"])
    asked = {"item": ITEM, "region": REGION, "applicant": company(), "form": STORY["form"]}
    refused(clerk.post("/cases", asked | {"regime": "commitment"}), 422, "regime-is-signed")
    refused(clerk.post("/cases", asked | {"regime": "magic"}), 422, "input-invalid")
    plain = asked | {"item": "joint-final-inspection", "region": "440100", "regime": "post-verification"}
    refused(clerk.post("/cases", plain), 422, "regime-not-open")


# -- records


def test_a_record_has_a_ground_is_disputed_stayed_and_repaired(engine, clerk, app):
    who = company()
    number = applied(clerk, who)["number"]
    record = recorded(engine, who, "broken-promise", number)
    with pytest.raises(consequences.GroundMissing):
        recorded(engine, who, "broken-promise", None, source="")
    (shown,) = clerk.get(f"/credit/{who['credit_code']}").json["records"]
    assert (shown["ground"]["case"], shown["state"], shown["closes_regimes"]) == (number, "effective", True)
    assert codes(open_to(clerk, who), "commitment") == ["grade-too-low", "credit-not-repaired"]
    # An objection marks it, and changes nothing else.
    disputed = clerk.post(f"/credit/{record}/objection", {"reason": "核查时间有误"})
    assert (disputed.json["disputed"], disputed.json["closes_regimes"]) == (True, True)
    refused(clerk.post(f"/credit/{record}/objection", {"reason": "再次"}), 409, "credit-record-conflict")
    head = _head(engine)
    stay = credit(engine).Decision("stayed", {"body": "海珠区人民法院", "decision": "(2026)粤行停1号"})
    assert engine.credit.decide(head, record, stay)["state"] == "stayed"
    assert codes(open_to(clerk, who), "commitment") == []
    ended = credit(engine).Decision("stay-ended", {"decision": "(2026)粤行停1-1号"})
    assert engine.credit.decide(head, record, ended)["closes_regimes"] is True
    refused(clerk.post(f"/credit/{record}/repair", {"decision": "1", "reason": "已整改"}), 403, "forbidden")
    repair = credit(engine).Decision("repaired", {"decision": "海信修〔2026〕1号", "reason": "已整改到位"})
    assert engine.credit.decide(head, record, repair)["state"] == "repaired"
    assert codes(open_to(clerk, who), "commitment") == []
    with pytest.raises(consequences.CreditMoveConflict):
        engine.credit.decide(head, record, repair)
    moves = clerk.get(f"/credit/{who['credit_code']}").json["records"][0]["moves"]
    assert [one["kind"] for one in moves] == ["disputed", "stayed", "stay-ended", "repaired"]
    refused(clerk.post(f"/credit/{uuid.uuid4()}/objection", {"reason": "无"}), 404, "not-found")
    refused(clerk.post("/credit/x/objection", {"reason": "无"}), 404, "not-found")


def credit(_engine):
    from engine.credit_first import credit_office

    return credit_office


def _head(engine, region=REGION):
    from engine.organization.permissions import Role

    return Actor.officer("head", "负责人", region, roles=frozenset({Role.DEPARTMENT_HEAD}))


def test_the_law_bars_the_same_licence_only_and_only_in_public_safety_fields(engine, clerk):
    liar, deceiver, elsewhere = company(), company(), company()
    first = applied(clerk, liar)["number"]
    recorded(engine, liar, "false-application", first)
    again = {"item": ITEM, "region": REGION, "applicant": liar, "form": STORY["form"]}
    assert "一年" not in str(refused(clerk.post("/cases", again), 403, "reapplication-barred"))
    (shown,) = clerk.get(f"/credit/{liar['credit_code']}").json["records"]
    years = date.fromisoformat(shown["barred_until"]).year - date.fromisoformat(shown["valid_from"]).year
    assert (years, shown["bars_now"]) == (1, True)
    # Another licence is not barred, whatever this one is.
    other = again | {"item": "joint-final-inspection", "region": "440100", "form": {"project_name": "示例"}}
    assert clerk.post("/cases", other).status_code == 201
    recorded(engine, deceiver, "obtained-by-deceit", applied(clerk, deceiver)["number"])
    (shown,) = clerk.get(f"/credit/{deceiver['credit_code']}").json["records"]
    assert date.fromisoformat(shown["barred_until"]).year - date.fromisoformat(shown["valid_from"]).year == 3
    # A repair opens the regimes again, and does not shorten what the law bars; a stay lifts it meanwhile.
    head, office = _head(engine), credit(engine)
    repair = office.Decision("repaired", {"decision": "1", "reason": "已改正"})
    assert engine.credit.decide(head, shown["id"], repair)["bars_now"] is True
    stay = office.Decision("stayed", {"body": "法院", "decision": "2"})
    assert engine.credit.decide(head, shown["id"], stay)["bars_now"] is False
    # In a field that is not of public safety nothing is barred.
    recorded(engine, elsewhere, "false-application", None, item="joint-final-inspection")
    assert clerk.get(f"/credit/{elsewhere['credit_code']}").json["records"][0]["barred_until"] is None


def test_a_department_puts_on_record_and_settles_an_objection(engine, clerk):
    who, office, head = company(), credit(engine), _head(engine)
    entry = office.NewEntry(who["credit_code"], "grade", "年度评价", grade="A", document="海信评〔2026〕1号")
    assert engine.credit.record(head, entry)["grade"] == "A"
    assert open_to(clerk, who).json["credit"]["grade"] == "A"
    bad = office.NewEntry(who["credit_code"], "broken-promise", "未按承诺整改", document="海执〔2026〕3号")
    record = engine.credit.record(head, bad)["id"]
    with pytest.raises(consequences.GroundMissing):
        engine.credit.record(head, office.NewEntry(who["credit_code"], "broken-promise", "没有依据"))
    with pytest.raises(consequences.CreditMoveConflict):
        engine.credit.decide(
            head, record, office.Decision("settled", {"outcome": "upheld", "decision": "1", "reason": "x"})
        )
    engine.credit.decide(SYSTEM, record, office.Decision("disputed", {"reason": "主体有误"}))
    settled = office.Decision("settled", {"outcome": "cancelled", "decision": "2", "reason": "主体有误"})
    assert engine.credit.decide(head, record, settled)["state"] == "cancelled"
    assert codes(open_to(clerk, who), "commitment") == []
    # Elsewhere nobody decides about it, nor knows of it; a body of the city above may. What fits it is told.
    other = engine.credit.record(head, bad)["id"]
    fits = ["repaired", "disputed", "stayed"]
    may = {"440300": [], "440100": ["repaired", "stayed"], REGION: ["repaired", "stayed"]}
    for region, can in may.items():
        told = engine.credit.records(_head(engine, region), who["credit_code"])["records"]
        assert next(one["can"] for one in told if one["id"] == other) == can
    told = engine.credit.records(SYSTEM, who["credit_code"])["records"]
    assert next(one["can"] for one in told if one["id"] == other) == fits
    settle = office.Decision("repaired", {"decision": "1", "reason": "x"})
    assert engine.credit.decide(_head(engine, "440100"), other, settle)["state"] == "repaired"
    other = engine.credit.record(head, bad)["id"]
    for wrong in ("hello", who["credit_code"][:-1] + "#", "440106195001010016"):
        refused(clerk.get(f"/credit/{wrong}".replace("#", "%23")), 422, "input-invalid")
        with pytest.raises(Invalid, match="subject"):
            engine.credit.record(head, replace(bad, subject=wrong))
    with pytest.raises(Exception, match="credit record"):
        engine.credit.decide(
            _head(engine, "440300"), other, office.Decision("repaired", {"decision": "1", "reason": "x"})
        )


# -- an application online


def test_who_applies_online_chooses_the_way_once_known_and_is_asked_about_as_the_account(engine, app, clerk):
    registered(engine, BODY)
    token = engine.accounts.log_in(BODY.username, BODY.password)["token"]
    me = Caller(app, token)

    def draft(without=()):
        form = STORY["form"] | {"address": f"海珠区示范里{next(_SERIAL)}号"}
        said = {"item": ITEM, "region": REGION, "answers": ANSWERS, "form": form}
        made = me.post("/drafts", said).json["id"]
        for code in set(CODES) - set(without):
            assert me.post(f"/drafts/{made}/materials", {"code": code, "paper": True}).status_code == 201
        return f"/drafts/{made}"

    def ways(here):
        found = {one["regime"]: one for one in me.get(f"{here}/ways").json["ways"]}
        return {name: ([r["code"] for r in one["reasons"]], one["ready"]) for name, one in found.items()}

    # A number that is only declared opens nothing, and nobody is asked of it.
    here = draft()
    source = engine.credit.source = Source(Told("bureau", "A"))
    closed = (["identity-not-confirmed"], False)
    assert ways(here) == {"commitment": closed, "post-verification": closed, "tolerance": closed}
    before = footprint(engine)
    for regime in ("post-verification", "commitment"):
        refused(me.post(f"{here}/submission", {"regime": regime}), 403, "identity-not-confirmed")
    refused(me.post(f"{here}/submission", {"regime": "blind"}), 422, "input-invalid")
    assert (source.asked, footprint(engine)) == (0, before)
    ordinary = me.post(f"{here}/submission", {"regime": "ordinary"}).json
    assert (ordinary["regime"], ordinary["to_sign"]) == ("ordinary", None)
    engine.credit.source = None
    url, right = f"/cases/{ordinary['number']}/commitment", text_of(me, ordinary["number"])
    # Nor to whoever comes by the case's query code, nor at the window; and nothing is told of the number's true owner.
    recorded(engine, {"credit_code": BODY.number}, "no-show")
    code = {"Query-Code": ordinary["query_code"]}
    before = footprint(engine)
    for signed in (
        me.post(url, right),
        clerk.post(url, right),
        app.test_client().post(f"/api/v1{url}", json=right, headers=code),
    ):
        refused(signed, 403, "identity-not-confirmed")
    for seen in (me.get(url), app.test_client().get(f"/api/v1{url}", headers=code)):
        told = [([r["code"] for r in one["reasons"]], one["can_sign"]) for one in seen.json["ways"]]
        assert told == [(["identity-not-confirmed"], False)] * 3
    assert footprint(engine) == before
    with engine.database.begin() as connection:
        connection.execute(text("DELETE FROM credit_records WHERE subject = :n"), {"n": BODY.number})

    assert clerk.post(f"/applicants/{BODY.username}/confirmation", {"document": "营业执照"}).status_code == 200
    engine.credit.source = source
    try:
        chosen = me.post(f"{draft()}/submission", {"regime": "post-verification"}).json
        assert (chosen["regime"], chosen["to_sign"], source.asked) == ("post-verification", None, 1)
        # What the promise stands for may be missing, and only that.
        here = draft(without=["test-report"])
        assert ways(here) == {"commitment": ([], True), "post-verification": ([], False), "tolerance": ([], False)}
        wrong = refused(me.post(f"{here}/submission", {"regime": "tolerance"}), 422, "draft-incomplete")
        assert set(wrong["fields"]) == {"materials.test-report"}
        source.told = Told("bureau", "D")
        assert "blacklisted" in ways(here)["commitment"][0]
        refused(me.post(f"{here}/submission", {"regime": "commitment"}), 422, "regime-not-open")
        source.told = Told("bureau", "A")
        key = {"Idempotency-Key": "one-choice"}
        made, again = (me.post(f"{here}/submission", {"regime": "commitment"}, headers=key) for _ in range(2))
        assert made.json == again.json
        assert (made.json["regime"], made.json["to_sign"]) == ("ordinary", "commitment")
        number = made.json["number"]
        assert me.post(f"/cases/{number}/commitment", text_of(me, number)).status_code == 201
        assert engine.get_case(SYSTEM, number)["regime"] == "commitment"
        whole(engine, number)
    finally:
        engine.credit.source = None


# -- a source outside


class Source:
    """A source that says what it is told to, and remembers that no transaction was open when it was asked."""

    def __init__(self, told):
        self.told, self.asked = told, 0

    def ask(self, subject):
        self.asked += 1
        return self.told


def test_a_source_that_is_down_is_recorded_and_never_good(engine, clerk):
    number = applied(clerk, company())["number"]
    right = text_of(clerk, number)
    source = engine.credit.source = Source(Told("bureau", trouble="TimeoutError"))
    try:
        key = {"Idempotency-Key": "one-try"}
        refused(clerk.post(f"/cases/{number}/commitment", right, headers=key), 503, "credit-source-down")
        assert clerk.get(f"/cases/{number}").json["regime"] == "ordinary"
        whole(engine, number)
        chosen = applied(clerk, company(), regime="post-verification")
        assert chosen["regime"] == "ordinary"
        whole(engine, chosen["number"])
        with engine.database.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT s.trouble, s.grade, s.allowed FROM credit_snapshots s JOIN case_numbers n USING (case_id) "
                    "WHERE n.number IN (:a, :b)"
                ),
                {"a": number, "b": chosen["number"]},
            ).all()
        assert [tuple(one) for one in found] == [("TimeoutError", None, False)] * 2
        assert codes(open_to(clerk, company()), "commitment") == ["credit-source-down"]
        # It is back: the same request with the same key is done now, for it was not done before.
        source.told = Told("bureau", "A")
        assert clerk.post(f"/cases/{number}/commitment", right, headers=key).status_code == 201
        assert source.asked >= 4
        whole(engine, number)
        source.told = Told("bureau")
        assert codes(open_to(clerk, company()), "commitment") == ["grade-unknown"]
        source.told = Told("bureau", "D")
        assert codes(open_to(clerk, company()), "commitment") == ["blacklisted"]
    finally:
        engine.credit.source = None
