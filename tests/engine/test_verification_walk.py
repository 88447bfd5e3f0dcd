"""Random events befall decisions that came before their check, and many hands at once: what must hold holds after each of them."""

import contextlib
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from engine.background.worker import run_dry
from engine.cases.submit import Application
from engine.credit_first.admission import RegimeNotOpen
from engine.credit_first.credit_office import Decision, NewEntry
from engine.credit_first.errors import NotTheDecidingBody, SecondOfficerNeeded, VerifierDecided
from engine.credit_first.rectification import Rectified
from engine.credit_first.revocation import NewRevocation, was_heard
from engine.credit_first.states import IN_FORCE
from engine.credit_first.stays import Objection
from engine.errors import ApprovalError, Conflict, Invalid, NotFound
from engine.organization.actor import Actor
from tests.engine.stories import ITEM, REGION, SYSTEM, complete, open_tasks
from tests.engine.test_concurrency import at_once
from tests.engine.trust_first import APPLICANT as COMPANY
from tests.engine.trust_first import (
    CLERK,
    case_id,
    check,
    found,
    granted,
    later,
    permit,
    submitted_and_accepted,
    trust_first,
    verification,
    whole,
)

NUMBER = COMPANY["credit_code"]
REPAIRED = Decision("repaired", {"decision": "修复决定1号", "reason": "已纠正"})
APPLICANT = Actor.applicant("applicant", "甲")
EVENTS = (
    *("verify", "verify", "differ", "fail", "supply", "days", "month", "withdraw"),
    *("revoke", "notice", "state", "hearing", "revoked", "upheld", "public-interest", "dispute", "stay", "end-stay"),
    *("repair", "blacklist"),
)
ONE = "SELECT * FROM permits WHERE case_id = (SELECT id FROM cases WHERE number = :n)"


#: What a caller may be answered: each is a 4xx.
Refusal = (Invalid, Conflict, NotFound, VerifierDecided, SecondOfficerNeeded, NotTheDecidingBody)


class Walk:
    """One case, and what may befall it; what is refused is refused with a 4xx and changes nothing."""

    def __init__(self, engine, actor, regime):
        self.engine, self.actor, self.regime = engine, actor, regime
        self.number = granted(engine, actor)
        self.was_revoked = False

    def befall(self, event):
        with contextlib.suppress(Refusal):
            getattr(self, f"_{event.replace('-', '_')}")()
        run_dry(self.engine)

    def _verify(self):
        check(self.engine, self.actor, self.number, late_reason="排队")

    def _differ(self):
        check(self.engine, self.actor, self.number, "differs-correctable", note="更正", late_reason="排队")

    def _fail(self):
        check(self.engine, self.actor, self.number, "false", note="虚假", late_reason="排队")

    def _supply(self):
        which = verification(self.engine, self.number)["rectification"]
        self.engine.verifications.rectify(APPLICANT, Rectified(UUID(which) if which else UUID(int=0), note="已更正"))

    def _days(self):
        later(self.engine, days=6)

    def _month(self):
        later(self.engine, days=33)

    def _withdraw(self):
        self.engine.intake.withdraw(APPLICANT, self.number, "不办了")

    def _revoke(self):
        self.engine.verifications.open_revocation(SYSTEM, NewRevocation(self.number, "69-2", "虚假"))

    def _linked(self):
        proceedings = self.engine.verifications.follow_up(self.number)["revocation"]
        return (proceedings or {}).get("linked_case") or "none"

    def _notice(self):
        self._complete("notice", "noticed")

    def _state(self):
        which = self.engine.verifications.follow_up(self.number)["revocation"]
        self.engine.verifications.state(APPLICANT, UUID(which["id"]) if which else UUID(int=0), "请求保留")

    def _hearing(self):
        which = self.engine.verifications.follow_up(self.number)["revocation"]
        self.engine.verifications.state(APPLICANT, UUID(which["id"]) if which else UUID(int=0), "", hearing=True)
        run_dry(self.engine)
        self._complete("hearing", "heard")

    def _complete(self, node, outcome):
        if node in open_tasks(self.engine, self._linked()):
            complete(self.engine, SYSTEM, self._linked(), node, outcome, "意见")

    def _revoked(self):
        self._complete("decide_revocation", "revoked")

    def _upheld(self):
        self._complete("decide_revocation", "upheld")

    def _public_interest(self):
        self._complete("decide_revocation", "public-interest")

    def _dispute(self):
        self.engine.verifications.object(SYSTEM, Objection(self.number, "dispute", "某政府", "复议1号"))

    def _stay(self):
        self.engine.verifications.object(SYSTEM, Objection(self.number, "stay", "某法院", "裁定1号"))

    def _end_stay(self):
        self.engine.verifications.object(SYSTEM, Objection(self.number, "end-stay", "某法院", "裁定2号"))

    def _repair(self):
        for record in self.rows("SELECT id FROM credit_records"):
            self.engine.credit.decide(SYSTEM, str(record["id"]), REPAIRED)

    def _blacklist(self):
        self.engine.credit.record(SYSTEM, NewEntry(NUMBER, "blacklist", "严重失信", case=self.number))

    def rows(self, sql):
        with self.engine.database.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(text(sql), {"n": self.number})]

    def holds(self):
        """The invariants of the regimes."""
        (row,) = self.rows(ONE)
        status, said = row["status"], self.engine.verifications.follow_up(self.number)
        result = self.engine.case_file(self.number)["result"]
        assert said["permit"]["in_force"] is (status in IN_FORCE)
        self.was_revoked |= status == "revoked"
        if self.was_revoked:
            assert status in ("revoked", "stayed")
        if status == "pending":
            assert result == "granted-pending"
            running = "SELECT 1 FROM limits WHERE case_id = (SELECT id FROM cases WHERE number = :n) "
            assert self.rows(running + "AND clock = 'verification' AND stopped_at IS NULL")
            delivery = (
                "SELECT 1 FROM limits WHERE case_id = (SELECT id FROM cases WHERE number = :n) AND clock = 'delivery'"
            )
            assert not self.rows(delivery)
        linked = "SELECT id FROM cases WHERE linked_to = (SELECT id FROM cases WHERE number = :n)"
        if status == "confirmed":
            checked = self.rows(f"SELECT 1 FROM verification_findings WHERE case_id IN ({linked})")
            assert checked or self.rows("SELECT 1 FROM revocations WHERE decision = 'upheld'")
        if status in ("revoked", "stayed"):
            tasks = self.rows(
                f"SELECT t.* FROM tasks t JOIN cases c ON c.id = t.case_id WHERE c.id IN ({linked}) AND c.process = 'revocation' "
                "AND c.id IN (SELECT linked_case_id FROM revocations WHERE decision = 'revoked')"
            )
            assert was_heard(tasks)
        (verified,) = self.rows("SELECT * FROM verifications WHERE case_id = (SELECT id FROM cases WHERE number = :n)")
        assert verified["visits_asked"] == (1 if self.regime == "post-verification" else 0)
        for record in self.rows("SELECT * FROM credit_records"):
            assert record["ground"]["text"]
            assert record["ground"]["case"]
        self._way_is_as_credit_says()

    def _way_is_as_credit_says(self):
        """Who is blacklisted, or has a record that is not repaired, never gets the way, neither told nor by asking for it."""
        told = self.engine.credit.records(SYSTEM, NUMBER)
        closed = [one for one in told["records"] if one["closes_regimes"]]
        ways = self.engine.credit.eligibility(SYSTEM, ITEM, REGION, NUMBER, None)["regimes"]
        allowed = {one["regime"]: one["allowed"] for one in ways}
        assert not (closed and any(allowed.values()))
        if any(one["kind"] == "blacklist" and one["state"] == "effective" for one in told["records"]):
            assert told["grade"] == "D"
            asked = Application(ITEM, REGION, COMPANY, {"project_name": "示例"}, regime="post-verification")
            before = self.rows("SELECT count(*) AS n FROM cases")
            with pytest.raises(RegimeNotOpen):
                self.engine.submit(SYSTEM, asked)
            assert self.rows("SELECT count(*) AS n FROM cases") == before


def walk(engine, actor, regime, events):
    one = Walk(engine, actor, regime)
    one.holds()
    for event in events:
        one.befall(event)
        one.holds()
    whole(engine, one.number)


UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def walks(engine, actor, regime, stories, most):
    """So many walks on one database."""
    trust_first(engine, regime)

    @given(stories)
    @settings(max_examples=most, **UNHURRIED)
    def walked(events):
        walk(engine, actor, regime, events)

    walked()


def test_whatever_befalls_a_decision_before_its_check_what_must_hold_holds(engine, actor):
    for regime in ("post-verification", "commitment"):
        walks(engine, actor, regime, st.lists(st.sampled_from(EVENTS), min_size=3, max_size=7), 2)


@pytest.mark.long
@pytest.mark.parametrize("regime", ["post-verification", "commitment"])
def test_the_same_at_full_length(engine, actor, regime):
    walks(engine, actor, regime, st.lists(st.sampled_from(EVENTS), min_size=5, max_size=25), 150)


# -- many hands at once


def refused(answers):
    found = [answer for answer in answers if isinstance(answer, Exception)]
    assert all(isinstance(one, ApprovalError) and 400 <= one.status < 500 for one in found), found
    return len(found)


def test_a_repaired_record_opens_the_way_again_and_a_blacklist_closes_it(engine, actor):
    trust_first(engine, "commitment")
    walk(engine, actor, "commitment", ["fail", "notice", "state", "revoked", "repair", "blacklist", "stay", "end-stay"])
    told = engine.credit.records(SYSTEM, NUMBER)
    assert {one["kind"]: one["state"] for one in told["records"]} == {
        "false-promise": "repaired",
        "blacklist": "effective",
    }
    assert told["grade"] == "D"


def test_of_two_clerks_who_verify_at_once_one_is_heard(engine, actor):
    trust_first(engine, "post-verification")
    number = granted(engine, actor)
    asked = (found(engine, number), found(engine, number, "false", note="虚假"))

    answers = at_once(lambda n: engine.verifications.result(Actor.system(f"clerk-{n}"), asked[n]), 2)

    assert refused(answers) == 1
    run_dry(engine)
    (done,) = [answer for answer in answers if isinstance(answer, dict)]
    assert verification(engine, number)["state"] == done["state"]
    whole(engine, number)


def test_a_check_and_the_end_of_its_limit_have_one_outcome(engine, actor):
    trust_first(engine, "post-verification")
    for _ in range(3):
        number = granted(engine, actor)
        asked = found(engine, number)
        due_soon(engine, number)

        answers = at_once(
            lambda n, number=number, asked=asked: (
                engine.verifications.result(Actor.system("clerk"), asked)
                if n == 0
                else engine.verifications.look_at_case(case_id(engine, number))
            ),
            2,
        )

        refused(answers)
        engine.verifications.look_at_case(case_id(engine, number))
        state = verification(engine, number)["state"]
        assert (state, permit(engine, number)) in (("confirmed", "confirmed"), ("lapsed", "lapsed"))
        assert isinstance(answers[0], dict) is (state == "confirmed")
        whole(engine, number)


def test_a_withdrawal_and_the_issue_have_one_outcome(engine, actor):
    trust_first(engine, "post-verification")
    for _ in range(3):
        number = submitted_and_accepted(engine, actor)
        decide = open_tasks(engine, number)["decide"]

        answers = at_once(
            lambda n, number=number, decide=decide: (
                engine.complete(SYSTEM, type(decide)(decide.case_id, decide.task, "granted", "准予"))
                if n == 0
                else engine.intake.withdraw(actor(CLERK), number, "不办了")
            ),
            2,
        )

        assert refused(answers) == 1
        run_dry(engine)
        with engine.database.connect() as connection:
            permits = connection.execute(text(ONE), {"n": number}).all()
        assert engine.case_file(number)["result"] == ("granted-pending" if permits else "withdrawn")
        whole(engine, number)


def due_soon(engine, number):
    """The clock stands at the very instant at which the verification's limit passes; nobody has looked yet."""
    with engine.database.begin() as connection:
        due = connection.scalar(
            text("SELECT due_at FROM limits WHERE clock = 'verification' AND case_id = :id"),
            {"id": case_id(engine, number)},
        )
        connection.execute(text("UPDATE platform SET clock_fixed_at = :at"), {"at": due})
