"""Cases of the demonstration that show credit first: pending, lapsed, being rectified, confirmed, overdue, revoked, tolerated.

They are made by the same use cases as any other, by people of the demonstration's organisation; some of them some weeks ago.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from engine.assemble import Engine
from engine.cases.accept import Acceptance
from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.inbox import InboxQuery
from engine.cases.submit import Application
from engine.catalogue.regimes import Regime
from engine.clock import DOMAIN_NOW_SQL, day_of
from engine.credit_first.commitment import NewCommitment
from engine.credit_first.verification import Finding, Result
from engine.organization.actor import Actor
from engine.organization.load import load_actor
from engine.timelimits.national import national_calendar

_FIX = "UPDATE platform SET clock_fixed_at = %s"
_NOW = text(f"SELECT {DOMAIN_NOW_SQL} FROM platform p")
CARD, HOTEL, BUILDING = "post-verification", "hotel-hygiene-permit", "construction-permit"
TOWN, DISTRICT, CITY = "440106900", "440106", "440100"
#: Invented people and bodies; their numbers pass their checks.
PEOPLE = (
    ("钱示范", "440106195001010015"),
    ("孙示范", "440106195101010012"),
    ("周示范", "44010619520101001X"),
    ("吴示范", "440106195301010017"),
)
HOTELS = (
    ("广州示范一里旅馆有限公司", "91440106MA5000101M"),
    ("广州示范二里旅馆有限公司", "91440106MA5000102Q"),
    ("广州示范三里旅馆有限公司", "91440106MA5000103U"),
)
FUNDS = "funds"
BUILDER = ("广州示范置业有限公司", "91440106MA5000104Y")


def example_cases(engine: Engine) -> list[str]:
    """Make them; answers their numbers."""
    made = _Made(engine)
    with made.ago(days=75):
        overdue = made.hotel(0)
    with made.ago(days=40):
        lapsed = made.card(0)
    pending, rectifying, confirmed = made.card(1), made.card(2), made.card(3)
    made.verify(rectifying, ["town.pan"], "differs-correctable", "户口簿缺首页，请补传。")
    made.verify(confirmed, ["town.pan"], "match", "与原件一致。")
    promised, revoked = made.hotel(1), made.hotel(2)
    made.verify(revoked, ["health.deng", "health.fan"], "false", "卫生检测报告系伪造。")
    made.revoke(revoked)
    return [overdue, lapsed, pending, rectifying, confirmed, promised, revoked, made.building()]


class _Made:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextlib.contextmanager
    def ago(self, days: int) -> Iterator[None]:
        """What is done within happened so many days ago."""
        self._fix(self.domain_now() - timedelta(days=days))
        try:
            yield
        finally:
            self._fix(None)

    def _fix(self, at: datetime | None) -> None:
        self.engine.perform(Actor.system("demonstration"), lambda uow: uow.write(_FIX, (at,)))

    def domain_now(self) -> datetime:
        with self.engine.database.connect() as connection:
            found: datetime = connection.execute(_NOW).scalar_one()
        return found

    def who(self, username: str) -> Actor:
        with self.engine.database.connect() as connection:
            found = load_actor(connection, username)
        assert found is not None, username
        return found

    def submit(self, clerk: str, asked: Application) -> str:
        return str(self.engine.submit(self.who(clerk), asked)["number"])

    def do(self, number: str, node: str, by: str, outcome: str, opinion: str) -> None:
        found = self.engine.inbox(Actor.system(), InboxQuery(case=number, node=node))["items"]
        case_id, task = parse_task_id(found[0]["id"])
        self.engine.complete(self.who(by), Completion(case_id, task, outcome, opinion))

    def card(self, which: int) -> str:
        """先决定后核验: decided online, the originals still to be seen."""
        name, number = PEOPLE[which]
        applicant = {"kind": "person", "name": name, "id_number": number, "phone": "13800000007"}
        form = {"applicant_name": name, "id_number": number}
        case = self.submit("town.pan", Application(CARD, TOWN, applicant, form, "window", regime=CARD))
        self.engine.accept(self.who("town.pan"), Acceptance(case, "accepted", "推定材料合法齐全，予以受理。"))
        self.do(case, "decide_online", "civil.bai", "granted", "同意，待核验。")
        return self.opened(case)

    def hotel(self, which: int) -> str:
        """告知承诺: granted on a promise, to be verified on site."""
        name, code = HOTELS[which]
        applicant = {"kind": "legal-person", "name": name, "credit_code": code, "phone": "13800000003"}
        form = {"hotel_name": name[4:8], "address": f"天河区示范路{which + 11}号", "floor_area": 680, "rooms": 36}
        form |= {"air_conditioning": "none", "contact_phone": "13800000003"}
        case = self.submit("tianhe.lin", Application(HOTEL, DISTRICT, applicant, form))
        self.sign(case, HOTEL, DISTRICT, Regime.COMMITMENT, name)
        self.engine.accept(self.who("tianhe.lin"), Acceptance(case, "accepted", "已签署告知承诺书，予以受理。"))
        self.do(case, "decide_on_promise", "health.qin", "granted", "按承诺准予许可。")
        return self.opened(case)

    def building(self) -> str:
        """容缺受理: accepted on a promise, decided when the proof of the funds has come."""
        name, code = BUILDER
        applicant = {"kind": "legal-person", "name": name, "credit_code": code, "phone": "13800000009"}
        form = {"project_name": "示范大厦三期", "address": "天河区示范路30号", "floor_area": 9800}
        materials = [one.code for one in self.engine.catalogue.item(BUILDING, CITY).materials]
        papers = tuple(code for code in materials if code != FUNDS)
        case = self.submit("clerk.chen", Application(BUILDING, CITY, applicant, form, papers=papers))
        reviewers = {
            "drawings_building": "housing.huang",
            "drawings_fire": "fire.liu",
            "drawings_air_defence": "air.wu",
        }
        for node, by in reviewers.items():
            self.do(case, node, by, "passed", "通过。")
        self.sign(case, BUILDING, CITY, Regime.TOLERANCE, name)
        self.engine.accept(self.who("clerk.chen"), Acceptance(case, "accepted", "资金安排证明容缺受理。"))
        return case

    def sign(self, case: str, item: str, region: str, regime: Regime, name: str) -> None:
        rule = next(one for one in self.engine.catalogue.item(item, region).regimes if one.regime == regime)
        assert rule.text is not None
        by = None
        if regime is Regime.TOLERANCE:
            by = national_calendar().add(day_of(self.domain_now()), 2).day
        signer: Mapping[str, Any] = {"name": name}
        asked = NewCommitment(case, regime, rule.text.version, rule.text.hash, rule.materials, "window", signer, by)
        self.engine.credit.sign(Actor.system(), asked)

    def opened(self, case: str) -> str:
        """The linked case is opened here, so that there is something to look at before the worker is up."""
        self.engine.verifications.open_case(
            "verification", UUID(self.engine.verifications.follow_up(case)["verification"]["id"])
        )
        return case

    def verify(self, case: str, officers: list[str], verdict: str, note: str) -> None:
        told = self.engine.verifications.follow_up(case)["verification"]
        findings = tuple(Finding(one["code"], verdict, note) for one in told["bring"])
        for officer in officers:
            self.engine.verifications.result(self.who(officer), Result(UUID(told["id"]), findings, note=note))

    def revoke(self, case: str) -> None:
        """Nobody loses a permit unheard: notice, statement, decision."""
        self.engine.verifications.open_case(
            "revocation", UUID(self.engine.verifications.follow_up(case)["revocation"]["id"])
        )
        told = self.engine.verifications.follow_up(case)["revocation"]
        self.do(told["linked_case"], "notice", "health.qin", "noticed", "卫生检测报告系伪造，拟予撤销。")
        self.engine.verifications.state(Actor.system(), UUID(told["id"]), "无异议。")
        self.do(told["linked_case"], "decide_revocation", "health.qin", "revoked", "检测报告系伪造，决定撤销。")
