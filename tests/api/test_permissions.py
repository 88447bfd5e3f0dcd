"""The permission matrix, whole: every use case tried by every role, on what is its own, another department's and another
region's. What comes of it is what `permissions.py` declares and docs/permissions.md shows.

A new use case needs its line in `UseCase` and its line in `ATTEMPTS` (or, above the case, a file like this one)."""

from __future__ import annotations

import contextlib
import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from api.app import register_api
from engine.assemble import Engine
from engine.background.worker import run_dry
from engine.bpmn.judge import judge
from engine.cases.accept import Acceptance, Listed
from engine.cases.access import SUBMITTERS
from engine.cases.add_material import Commitment, NewMaterial
from engine.cases.complete_task import Completion
from engine.cases.extensions import NewExtension
from engine.cases.incidents import record_failure_of
from engine.cases.special_procedures import NewProcedure
from engine.credit_first.revocation import NewRevocation
from engine.documents.seal import Stamp
from engine.errors import Conflict, Forbidden, NotFound
from engine.organization.actor import Actor
from engine.organization.load import load_actor
from engine.organization.log_in import TOKEN_LIFE, keep_token
from engine.organization.permission_page import PAGE, ROLES, page
from engine.organization.permissions import ROLE_PERMISSIONS, Place, Role, UseCase, Verdict, verdict
from engine.webhooks.subscriptions import NewWebhook
from tests.api.conftest import APPLICATION, Caller, fresh_engine
from tests.engine import trust_first
from tests.engine.applicants import PERSON

FOLDER = Path("processes/joint-final-inspection")
BPMN = (FOLDER / "process.bpmn").read_text("utf-8")
UNMARKED = BPMN.replace(' isExecutable="true"', "")
FIX = next(one.fix.id for one in judge(UNMARKED.encode()).findings if one.rule == "executable-unmarked")
ITEM = json.loads((FOLDER / "item.json").read_text("utf-8"))
REGION = "440100"
SYSTEM = Actor.system("test")
#: Where the actors stand, seen from the targets: the window and the fire department of REGION.
POSTS = {
    Place.OWN: (REGION, ("gz-government-services", "gz-fire-acceptance")),
    Place.OTHER_DEPARTMENT: (REGION, ("gz-housing",)),
    Place.OTHER_REGION: ("440105", ("haizhu-government-services",)),
}
REVIEWS = ("planning", "fire", "civil_air_defence", "archives", "municipal_works", "drainage")


@dataclass
class World:
    """The product on one database, with an account for every role in every place."""

    engine: Engine
    app: Flask
    tokens: dict[tuple[Role, Place], str] = field(default_factory=dict)
    mandates: dict[Place, str] = field(default_factory=dict)
    targets: dict[Any, Any] = field(default_factory=dict)  #: made for attempts, until one of them is allowed
    targets_for_good: dict[str, Any] = field(default_factory=dict)

    def settle(self) -> None:
        with self.engine.database.begin() as connection:
            for role in Role:
                for place, (region, departments) in POSTS.items():
                    who = account(role, place)
                    connection.execute(
                        text("INSERT INTO officers VALUES (:id, :id, :id, '', 'x', true, :region)"),
                        {"id": who, "region": region},
                    )
                    connection.execute(text("INSERT INTO officer_roles VALUES (:id, :role)"), {"id": who, "role": role})
                    for department in departments if role is not Role.FRONT_OFFICE_SYSTEM else ():
                        connection.execute(
                            text("INSERT INTO posts VALUES (:post, :id, :department, '', false)"),
                            {"post": uuid.uuid4(), "id": who, "department": department},
                        )
                    self.tokens[role, place] = keep_token(connection, who, TOKEN_LIFE)[0]
                    if role is Role.AGENT:
                        new = {"id": uuid.uuid4(), "agent": who, "station": departments[0], "region": region}
                        connection.execute(NEW_MANDATE, new)
                        self.mandates[place] = str(new["id"])
            connection.execute(text("UPDATE platform SET organization_version = organization_version + 1"))

    @contextlib.contextmanager
    def checking(self) -> Iterator[None]:
        """What is submitted meanwhile goes by a diagram that decides before the check."""
        if "versions" not in self.targets_for_good:
            before = self._published()
            trust_first.trust_first(self.engine, "post-verification", decides="fire", checks="window")
            self.targets_for_good["versions"] = (before, self._published())
        before, checking = self.targets_for_good["versions"]
        self._publish(checking, before)
        try:
            yield
        finally:
            self._publish(before, checking)

    def _published(self) -> UUID:
        found = text("SELECT id FROM definitions WHERE item = :item AND state = 'published'")
        with self.engine.database.connect() as connection:
            return connection.execute(found, {"item": ITEM["code"]}).scalar_one()

    def _publish(self, which: UUID, instead: UUID) -> None:
        move = text("UPDATE definitions SET state = :state WHERE id = :id")
        with self.engine.database.begin() as connection:
            connection.execute(move, {"state": "superseded", "id": instead})
            connection.execute(move, {"state": "published", "id": which})

    def actor(self, who: str) -> Actor:
        with self.engine.database.connect() as connection:
            found = load_actor(connection, who)
        assert found is not None
        return found

    def footprint(self) -> Any:
        """What no refused attempt may change."""
        counts = (
            "(SELECT count(*) FROM events), (SELECT count(*) FROM definitions), (SELECT sum(rotation) FROM clients)"
        )
        rest = "(SELECT count(*) FROM officers WHERE active), (SELECT count(*) FROM incidents WHERE state = 'open')"
        with self.engine.database.connect() as connection:
            return tuple(connection.execute(text(f"SELECT {counts}, {rest}")).one())


NEW_MANDATE = text(
    'INSERT INTO mandates VALUES (:id, \'{"name": "甲", "credit_code": "91350100M000100Y43"}\', :agent, :station, '
    ":region, NULL, '2020-01-01', '2099-12-31', true, '委托书', 'test', now(), NULL, NULL, NULL)"
)


def account(role: Role, place: Place) -> str:
    return f"{role}.{place}"


@dataclass
class Attempt:
    """Somebody of a role tries something on a target that lies in a place."""

    world: World
    role: Role
    place: Place

    @property
    def who(self) -> Caller:
        return Caller(self.world.app, self.world.tokens[self.role, self.place])

    @property
    def actor(self) -> Actor:
        return self.world.actor(account(self.role, self.place))

    def case(self, stage: str = "submitted") -> str:
        """A case that nobody has touched; a front office's own is what it has submitted itself."""
        mine = self.role in SUBMITTERS and self.place is Place.OWN
        return self.target((stage, mine and self.role), lambda: self.new_case(stage, mine))

    def target(self, kind: Any, make: Callable[[], Any]) -> Any:
        if kind not in self.world.targets:
            self.world.targets[kind] = make()
        return self.world.targets[kind]

    def new_case(self, stage: str, mine: bool) -> str:
        by = self.actor if mine else self.world.actor("clerk.chen")
        number = str(self.world.engine.submit(by, application())["number"])
        if stage == "supplement":
            self.world.engine.accept(
                SYSTEM, Acceptance(number, "supplement", materials=(Listed("survey-results", "缺"),))
            )
        elif stage != "submitted":
            self.step(number, "accept", "accepted")
        if stage == "rectify":
            for node in REVIEWS:
                self.step(number, node, "faults" if node == "fire" else "passed")
        return number

    def step(self, number: str, node: str, outcome: str) -> None:
        case_id, task = self.place_of(number, node)
        self.world.engine.complete(SYSTEM, Completion(case_id, task, outcome, "意见"))

    def place_of(self, number: str, node: str) -> tuple[UUID, int]:
        found = text(
            "SELECT t.case_id, t.number FROM tasks t JOIN cases c ON c.id = t.case_id "
            "WHERE c.number = :case AND t.node = :node AND t.state = 'open'"
        )
        with self.world.engine.database.connect() as connection:
            row = connection.execute(found, {"case": number, "node": node}).one()
        return row[0], row[1]

    def task(self, node: str, stage: str = "accepted") -> str:
        case_id, number = self.place_of(self.case(stage), node)
        return f"{case_id}.{number}"

    def readable(self) -> str:
        """A task to look at: a front office has to do with its applicants' alone."""
        return self.task(*(("rectify", "rectify") if self.role in SUBMITTERS else ("fire",)))

    def incident(self) -> tuple[str, int]:
        return self.target("incident", self.new_incident)

    def new_incident(self) -> tuple[str, int]:
        number = self.case()
        with self.world.engine.database.connect() as connection:
            case_id = connection.scalar(text("SELECT id FROM cases WHERE number = :n"), {"n": number})
        failure = record_failure_of(self.world.engine.transactions, "advance", case_id, None, RuntimeError("broken"))
        return number, failure.params["incident"]

    def card(self) -> str:
        """A card that was opened against the fire department."""
        return str(self.target("card", self.new_card))

    def new_card(self) -> str:
        case_id, task = self.place_of(self.new_case("accepted", False), "fire")
        row = text(
            "INSERT INTO cards (case_id, owner, clock, rule, number, kind, colour, state, region_code, department_id, node, "
            "name, name_en, due_at, opened_at, counted) SELECT :case, :task, 'node', 'promise-exceeded', number, 'promised', "
            "'yellow', 'open', region_code, 'gz-fire-acceptance', 'fire', '消防', 'Fire', submitted_at, submitted_at, true "
            "FROM cases WHERE id = :case"
        )
        with self.world.engine.database.begin() as connection:
            connection.execute(row, {"case": case_id, "task": task})
        return f"{case_id}.{task}.node.promise-exceeded"

    def checked(self, stage: str = "open") -> dict[str, Any]:
        """A case that was decided before its check; who submits has submitted it where that counts."""
        mine = self.role in SUBMITTERS and self.place is Place.OWN
        return dict(self.target(("checked", stage, mine and self.role), lambda: self.new_checked(stage, mine)))

    def new_checked(self, stage: str, mine: bool) -> dict[str, Any]:
        engine = self.world.engine
        with self.world.checking():
            number = str(engine.submit(self.actor if mine else self.world.actor("clerk.chen"), application())["number"])
        self.step(number, "accept", "accepted")
        self.step(number, "decide", "granted")
        run_dry(engine)
        row = trust_first.verification(engine, number)
        if stage == "rectify":
            trust_first.check(
                engine, lambda _: self.world.actor("clerk.chen"), number, "differs-correctable", note="更正"
            )
        if stage == "hearing":
            engine.verifications.open_revocation(SYSTEM, NewRevocation(number, "69-2", "虚假"))
            run_dry(engine)
            follow = engine.verifications.follow_up(number)["revocation"]
            self.step(follow["linked_case"], "notice", "noticed")
            row = {"id": follow["id"]}
        return {"number": number, "id": row["id"]}

    def client(self) -> str:
        """A client of the targets' region."""
        return str(self.target("client", self.new_client))

    def new_client(self) -> str:
        admin = self.world.actor("admin.yang")
        made = {"id": f"c{uuid.uuid4().hex[:12]}", "name": "客户端", "region": REGION}
        from engine.organization.clients import NewClient

        return str(self.world.engine.create_client(admin, NewClient(**made))["id"])

    def webhook(self) -> str:
        """A webhook of the actor's, where the actor may have one; else the demonstration's client's."""
        mine = self.role is Role.FRONT_OFFICE_SYSTEM and self.place is Place.OWN
        return str(self.target(("webhook", mine), lambda: self.new_webhook(mine)))

    def new_webhook(self, mine: bool) -> str:
        by, door = self.actor if mine else self.world.actor("front.office"), self.world.engine.webhooks
        for old in door.list(by)["items"]:  # a client may have a few only
            door.end(by, UUID(old["id"]))
        return str(self.world.engine.webhooks.create(by, NewWebhook("http://127.0.0.1:9/"))["id"])

    def draft(self) -> str:
        return str(self.target("draft", self.new_draft))

    def new_draft(self) -> str:
        from engine.definitions.deploy import Draft

        return str(self.world.engine.store_draft(SYSTEM, Draft(ITEM["code"], BPMN.encode()))["id"])

    def listed(self, answer: TestResponse, shown: Callable[[Any], bool]) -> TestResponse | bool:
        """Whether a list shows the target; the answer itself when it is refused."""
        return shown(answer.json) if answer.status_code == 200 else answer


def ids(rows: list[dict[str, Any]], name: str = "id") -> list[Any]:
    return [row[name] for row in rows]


def application(**more: Any):
    from engine.cases.submit import Application

    return Application(**(MANDATED | more))


#: An application of who has given every agent here a mandate.
MANDATED = APPLICATION | {"applicant": {"name": "甲", "credit_code": "91350100M000100Y43"}}


def mandate_listed(attempt: Attempt) -> TestResponse | bool:
    mandate = attempt.world.mandates[Place.OWN]
    return attempt.listed(attempt.who.get("/mandates?limit=200"), lambda page: mandate in ids(page["items"]))


def mandate_recorded(attempt: Attempt) -> TestResponse:
    agent, station = account(Role.AGENT, attempt.place), POSTS[attempt.place][1][0]
    asked = {"principal": MANDATED["applicant"], "agent": agent, "station": station, "evidence": "委托书"}
    return attempt.who.post("/mandates", asked | {"first_day": "2026-01-01", "last_day": "2030-01-01"})


def mandate_scanned(attempt: Attempt) -> TestResponse:
    """The scan of the mandate of the agent in the first place; the same one every time."""
    sent = {"data": {"file": (io.BytesIO(b"%PDF-1.7 a"), "a.pdf")}, "content_type": "multipart/form-data"}
    return attempt.who.call("POST", f"/mandates/{attempt.world.mandates[Place.OWN]}/scan", **sent)


def mandate_revoked(attempt: Attempt) -> TestResponse:
    """One of the agent in the first place, made anew, so that the one that the others need stands."""
    new = {"id": uuid.uuid4(), "agent": account(Role.AGENT, Place.OWN), "station": POSTS[Place.OWN][1][0]}
    with attempt.world.engine.database.begin() as connection:
        connection.execute(NEW_MANDATE, new | {"region": REGION})
    return attempt.who.post(f"/mandates/{new['id']}/revoke", {})


def fed(attempt: Attempt) -> TestResponse | bool:
    number = attempt.case()
    with attempt.world.engine.database.connect() as connection:
        case_id = connection.scalar(text("SELECT id FROM cases WHERE number = :n"), {"n": number})
    attempt.world.engine.announce(case_id, 0, 1000)
    answer = attempt.who.get(f"/events?case={number}")
    return attempt.listed(answer, lambda page: len(page["items"]) > 0)


def watched(attempt: Attempt) -> bool:
    attempt.case("accepted")
    return attempt.world.engine.department_load(attempt.actor)["open"] > 0


def receipt(attempt: Attempt) -> bool:
    return len(attempt.world.engine.receipt(attempt.actor, attempt.case())["query_code"]) == 10


def incidents(attempt: Attempt) -> bool:
    number, incident = attempt.incident()
    return [one.id for one in attempt.world.engine.incidents(attempt.actor, number=number)] == [incident]


def retried(attempt: Attempt) -> bool:
    return attempt.world.engine.retry_incident(attempt.actor, attempt.incident()[1]) is True


def clients_listed(attempt: Attempt) -> TestResponse | bool:
    client = attempt.client()
    return attempt.listed(attempt.who.get("/clients?limit=200"), lambda page: client in ids(page["items"]))


def released(attempt: Attempt) -> TestResponse:
    task = attempt.task("fire")
    claimed = attempt.who.post(f"/tasks/{task}/claim")
    return claimed if claimed.status_code != 200 else attempt.who.post(f"/tasks/{task}/release")


def new_client(attempt: Attempt) -> dict[str, Any]:
    return {"id": f"n{uuid.uuid4().hex[:12]}", "name": "新客户端", "region": REGION, "clerks": []}


def handed_in(attempt: Attempt) -> TestResponse:
    promise = {"code": "completion-report", "commitment": {"statement": "承诺补交"}}
    return attempt.who.post(f"/cases/{attempt.case()}/materials", promise)


def reviewed(attempt: Attempt) -> TestResponse:
    number = attempt.case("accepted")
    promise = NewMaterial(number, "completion-report", commitment=Commitment("承诺补交"))
    made = attempt.world.engine.materials.add(SYSTEM, promise)
    return attempt.who.post(f"/cases/{number}/materials/{made['material']}/review", {"verdict": "approved"})


def closing(attempt: Attempt) -> dict[str, Any]:
    """A region's notice and its preview's hash."""
    said = {"notice": f"停工通知 {uuid.uuid4().hex[:8]}", "region": REGION, "days": []}
    return said | {"hash": attempt.world.engine.calendars.preview(SYSTEM, 2027, said)["hash"]}


def decided(attempt: Attempt) -> tuple[str, str]:
    """A decided case with its certificate, which waits for its stamp: number and verification code."""
    return attempt.target(
        ("decided", attempt.role is Role.FRONT_OFFICE_SYSTEM and attempt.place is Place.OWN),
        lambda: new_decided(attempt),
    )


def new_decided(attempt: Attempt) -> tuple[str, str]:
    number = attempt.new_case("accepted", attempt.role is Role.FRONT_OFFICE_SYSTEM and attempt.place is Place.OWN)
    for node in REVIEWS:
        attempt.step(number, node, "passed")
    for node, outcome in (("merge", "merged"), ("decide", "granted"), ("certificate", "issued")):
        attempt.step(number, node, outcome)
    door = attempt.world.engine.documents
    door.seals = None
    paper = next(one for one in door.listed(SYSTEM, number)["items"] if one["kind"] == "certificate")
    door.render(paper["number"])
    return number, paper["code"]


def stamped(attempt: Attempt) -> TestResponse:
    number, code = decided(attempt)
    return attempt.who.post(f"/cases/{number}/documents/{code}/seal", {"seal": "行政许可专用章"})


def delivered(attempt: Attempt) -> TestResponse:
    number, code = decided(attempt)
    with contextlib.suppress(Conflict):
        attempt.world.engine.documents.stamp(SYSTEM, Stamp(number, code))
    return attempt.who.post(f"/cases/{number}/documents/{code}/deliveries", {"way": "collected", "recipient": "张三"})


def account_confirmed(attempt: Attempt) -> TestResponse:
    username = attempt.target("account", lambda: new_account(attempt))
    return attempt.who.post(f"/applicants/{username}/confirmation", {"document": "居民身份证"})


def reset_handed_out(attempt: Attempt) -> TestResponse:
    username = attempt.target("account", lambda: new_account(attempt))
    return attempt.who.post(f"/applicants/{username}/password-reset", {"document": "居民身份证"})


def new_account(attempt: Attempt) -> str:
    username = f"a{uuid.uuid4().hex[:12]}"
    attempt.world.engine.accounts.register(replace(PERSON, username=username))
    return username


EXPERTS = {"kind": "expert-review", "reason": "技术复杂", "needed": 5, "unit": "working-day"}


def reviewed_by_experts(attempt: Attempt) -> TestResponse:
    number = attempt.case("accepted")
    task = attempt.task("fire")
    return attempt.who.post(f"/cases/{number}/special-procedures", EXPERTS | {"task": task})


def ended(attempt: Attempt) -> TestResponse:
    number = attempt.case("accepted")
    made = attempt.target(("procedure", number), lambda: under_way(attempt, number))
    return attempt.who.post(f"/cases/{number}/special-procedures/{made}/end", {"report": "评审通过"})


def under_way(attempt: Attempt, number: str) -> int:
    asked = NewProcedure(number, **(EXPERTS | {"kind": "testing"}), task=attempt.task("fire"))
    return int(attempt.world.engine.limits.start_procedure(SYSTEM, asked)["id"])


def extension_decided(attempt: Attempt) -> TestResponse:
    number = attempt.case("accepted")
    made = attempt.target(("extension", number), lambda: asked_for(attempt, number))
    return attempt.who.post(f"/cases/{number}/extensions/{made}/reject", {"opinion": "理由不充分"})


def asked_for(attempt: Attempt, number: str) -> int:
    fire = attempt.world.actor("fire.liu")
    return int(attempt.world.engine.limits.ask_extension(fire, NewExtension(number, "案情复杂"))["id"])


PASSED = {"outcome": "passed", "opinion": "合格"}
RECTIFIED = {"outcome": "rectified", "opinion": "已整改"}
NEW_ITEM = {"item": "matrix", "bpmn": BPMN, "item_data": ITEM | {"code": "matrix"}}

#: How each use case is tried, at every door that it has. Answers: an HTTP answer, or whether what was asked came.
BROUGHT = {"materials": [{"material": "survey-results"}]}
IMPLEMENTATIONS = f"/catalogue/items/{ITEM['code']}/implementations"


def implementation_published(attempt: Attempt) -> TestResponse:
    attempt.world.engine.catalogue_office.store_implementation(SYSTEM, ITEM["code"], REGION, {})
    return attempt.who.post(f"{IMPLEMENTATIONS}/{REGION}/publish", {})


def sent_back(attempt: Attempt) -> Any:
    """The diagram lets nobody return it: whoever is told so may return."""
    answer = attempt.who.post(f"/tasks/{attempt.task('fire')}/return", {"to": "accept", "opinion": "请核对"})
    return True if answer.status_code == 422 and answer.json["code"] == "return-not-allowed" else answer


ATTEMPTS: dict[UseCase, list[Callable[[Attempt], TestResponse | bool]]] = {
    UseCase.CASE_SUBMIT: [lambda a: a.who.post("/cases", MANDATED)],
    UseCase.CASE_ACCEPT: [lambda a: a.who.post(f"/cases/{a.case()}/acceptance", {"answer": "accepted"})],
    UseCase.CASE_LIST: [
        lambda a: (
            (number := a.case())
            and a.listed(a.who.get("/cases?limit=200"), lambda page: number in ids(page["items"], "number"))
        )
    ],
    UseCase.CASE_READ: [
        lambda a: a.who.get(f"/cases/{a.case()}"),
        lambda a: a.who.get(f"/cases/{a.case()}/commitment"),
        lambda a: a.who.get(f"/cases/{a.case()}/documents"),
        lambda a: a.who.get(f"/cases/{a.case()}/limits"),
        lambda a: a.who.get(f"/cases/{a.case()}/materials"),
        lambda a: a.who.get(f"/cases/{a.case()}/materials/held"),
    ],
    UseCase.CASE_RECEIPT: [receipt],
    UseCase.MANDATE_RECORD: [mandate_recorded],
    UseCase.MANDATE_LIST: [mandate_listed],
    UseCase.MANDATE_SCAN: [mandate_scanned],
    UseCase.MANDATE_REVOKE: [mandate_revoked],
    UseCase.CASE_SUPPLEMENT: [lambda a: a.who.post(f"/cases/{a.case('supplement')}/supplements", BROUGHT)],
    UseCase.CASE_WITHDRAW: [lambda a: a.who.post(f"/cases/{a.case()}/withdrawal", {})],
    UseCase.TASK_LIST: [
        lambda a: (task := a.readable()) and a.listed(a.who.get("/tasks?limit=200"), lambda p: task in ids(p["items"]))
    ],
    UseCase.TASK_READ: [lambda a: a.who.get(f"/tasks/{a.readable()}")],
    UseCase.TASK_CLAIM: [lambda a: a.who.post(f"/tasks/{a.task('fire')}/claim"), released],
    UseCase.TASK_COMPLETE: [lambda a: a.who.post(f"/tasks/{a.task('fire')}/complete", PASSED)],
    UseCase.TASK_RETURN: [sent_back],
    UseCase.TASK_COMPLETE_FOR_APPLICANT: [
        lambda a: a.who.post(f"/tasks/{a.task('rectify', 'rectify')}/complete", RECTIFIED)
    ],
    UseCase.MATERIAL_ADD: [handed_in],
    UseCase.MATERIAL_REVIEW: [reviewed],
    UseCase.DOCUMENT_SEAL: [stamped],
    UseCase.DOCUMENT_DELIVER: [delivered],
    UseCase.SPECIAL_PROCEDURE: [reviewed_by_experts, ended],
    UseCase.EXTENSION_ASK: [lambda a: a.who.post(f"/cases/{a.case('accepted')}/extensions", {"reason": "案情复杂"})],
    UseCase.EXTENSION_DECIDE: [extension_decided],
    UseCase.DEPARTMENT_WATCH: [watched],
    UseCase.EVENT_READ: [fed],
    UseCase.WEBHOOK_MANAGE: [
        lambda a: (hook := a.webhook()) and a.listed(a.who.get("/webhooks"), lambda p: hook in ids(p["items"])),
        lambda a: a.who.get(f"/webhooks/{a.webhook()}"),
        lambda a: a.who.get(f"/webhooks/{a.webhook()}/deliveries"),
        lambda a: a.who.post(f"/webhooks/{a.webhook()}/replay"),
        lambda a: a.who.post(f"/webhooks/{a.webhook()}/secret"),
        lambda a: a.who.call("DELETE", f"/webhooks/{a.webhook()}"),
    ],
    UseCase.INCIDENT_READ: [incidents],
    UseCase.INCIDENT_RETRY: [retried],
    UseCase.DIAGRAM_CHECK: [
        lambda a: a.who.post("/definitions/lint", {"bpmn": BPMN}),
        lambda a: a.who.post("/definitions/layout", {"bpmn": BPMN}),
        lambda a: a.who.post("/definitions/convert", {"bpmn": BPMN}),
        lambda a: a.who.post("/definitions/fix", {"bpmn": UNMARKED, "fix": FIX}),
    ],
    # No story: whoever may play one is told of none, and no database is made for it.
    UseCase.DEFINITION_REHEARSE: [lambda a: a.who.post("/definitions/dry-run", {"bpmn": BPMN, "scenarios": []})],
    UseCase.DEFINITION_STORE: [lambda a: a.who.post("/definitions", {"item": ITEM["code"], "bpmn": BPMN})],
    UseCase.ITEM_STORE: [
        lambda a: a.who.post("/definitions", NEW_ITEM),
        lambda a: a.who.post("/catalogue/items", {"item": NEW_ITEM["item_data"]}),
    ],
    UseCase.CATALOGUE_READ: [
        lambda a: a.who.get("/catalogue/items"),
        lambda a: a.who.get(f"/catalogue/items/{ITEM['code']}"),
        lambda a: a.who.get(f"/catalogue/items/{ITEM['code']}/implementations"),
        lambda a: a.who.get("/catalogue/drift"),
    ],
    UseCase.ITEM_PUBLISH: [
        lambda a: a.who.post(f"/catalogue/items/{ITEM['code']}/versions", {"operation": "changed"}),
    ],
    UseCase.IMPLEMENTATION_STORE: [lambda a: a.who.post(IMPLEMENTATIONS, {"region": REGION, "implementation": {}})],
    UseCase.IMPLEMENTATION_PUBLISH: [implementation_published],
    UseCase.POWER_LIST_PUBLISH: [lambda a: a.who.post("/departments/gz-housing/power-list", {})],
    UseCase.DEFINITION_READ: [
        lambda a: a.who.get("/definitions"),
        lambda a: a.who.get(f"/definitions/{a.draft()}"),
        lambda a: a.who.get(f"/definitions/{a.draft()}/changes"),
        lambda a: a.who.get(f"/definitions/{a.draft()}/impact"),
    ],
    UseCase.DEFINITION_REVIEW: [
        lambda a: a.who.post(f"/definitions/{a.draft()}/review", {"verdict": "approved"}),
    ],
    UseCase.DEFINITION_PUBLISH: [lambda a: a.who.post(f"/definitions/{a.draft()}/publish")],
    UseCase.CLIENT_MANAGE: [
        clients_listed,
        lambda a: a.who.get(f"/clients/{a.client()}"),
        lambda a: a.who.post("/clients", new_client(a)),
        lambda a: a.who.call("PUT", f"/clients/{a.client()}/clerks", json={"clerks": []}),
        lambda a: a.who.post(f"/clients/{a.client()}/secret"),
        lambda a: a.who.post(f"/clients/{a.client()}/deactivate"),
    ],
}
ATTEMPTS[UseCase.CALENDAR_IMPORT] = [
    lambda a: a.who.post("/calendars/2027/preview", {"notice": "台风停工通知", "region": REGION, "days": []}),
    lambda a: a.who.call("PUT", "/calendars/2027", json=closing(a)),
]
ATTEMPTS[UseCase.CARD_READ] = [
    lambda a: (card := a.card()) and a.listed(a.who.get("/cards?limit=200"), lambda page: card in ids(page["items"]))
]
ATTEMPTS[UseCase.CARD_ANSWER] = [
    lambda a: a.who.post(f"/cards/{a.card()}/acknowledge", {}),
    lambda a: a.who.post(f"/cards/{a.card()}/explain", {"explanation": "现场复测"}),
]
ATTEMPTS[UseCase.LIGHT_READ] = [
    lambda a: (
        a.case("accepted")
        and a.listed(a.who.get("/lights?by=department"), lambda page: "gz-fire-acceptance" in ids(page["items"]))
    )
]
SUBJECT = MANDATED["applicant"]["credit_code"]
PUT = {"subject": SUBJECT, "kind": "broken-promise", "text": "未履行承诺", "document": "海执〔2026〕3号"}


def on_record(attempt: Attempt) -> str:
    """A credit record of the targets' region."""
    from engine.credit_first.credit_office import NewEntry

    head = attempt.world.actor(account(Role.DEPARTMENT_HEAD, Place.OWN))
    entry = NewEntry(SUBJECT, PUT["kind"], PUT["text"], document=PUT["document"])
    return str(attempt.target("credit", lambda: attempt.world.engine.credit.record(head, entry)["id"]))


def promised(attempt: Attempt) -> str:
    """A case with a promise, put there as signing would leave it."""
    return str(attempt.target(("promised", attempt.case()), lambda: with_promise(attempt)))


def with_promise(attempt: Attempt) -> str:
    number = attempt.case()
    row = text(
        "INSERT INTO commitments SELECT id, 1, seq, 'commitment', 1, '', '{}', '[]', NULL, 'window', '{}', NULL, 'x', "
        "submitted_at, NULL, NULL FROM cases WHERE number = :number"
    )
    with attempt.world.engine.database.begin() as connection:
        connection.execute(row, {"number": number})
    return number


def signed(attempt: Attempt) -> TestResponse | bool:
    """The item opens no regime: who may sign is told that, and not that there is no such case."""
    asked = {"regime": "commitment", "text_version": 1, "text_hash": "0"}
    answer = attempt.who.post(f"/cases/{attempt.case()}/commitment", asked)
    return True if answer.status_code == 422 and answer.json["code"] == "regime-not-open" else answer


STAYED = {"body": "人民法院", "decision": "1"}
ATTEMPTS[UseCase.COMMITMENT_SIGN] = [signed]
ATTEMPTS[UseCase.COMMITMENT_WITHDRAW] = [lambda a: a.who.call("DELETE", f"/cases/{promised(a)}/commitment")]
ATTEMPTS[UseCase.CREDIT_READ] = [
    lambda a: a.who.get(f"/credit/{SUBJECT}"),
    lambda a: a.who.get(f"/items/{ITEM['code']}/eligibility?applicant={SUBJECT}"),
]
ATTEMPTS[UseCase.CREDIT_OBJECT] = [lambda a: a.who.post(f"/credit/{on_record(a)}/objection", {"reason": "有误"})]
ATTEMPTS[UseCase.CREDIT_RECORD] = [lambda a: a.who.post("/credit", PUT)]
ATTEMPTS[UseCase.CREDIT_DECIDE] = [
    lambda a: a.who.post(f"/credit/{on_record(a)}/stay", STAYED),
    lambda a: a.who.post(f"/credit/{on_record(a)}/repair", {"decision": "1", "reason": "已整改"}),
]
FOUND = {"materials": [{"code": code, "verdict": "match"} for code in trust_first.ORIGINALS]}
DISPUTE = {"kind": "dispute", "body": "某市人民政府", "reference": "复议〔2026〕1号"}
ATTEMPTS[UseCase.VERIFICATION_LIST] = [
    lambda a: (
        (one := a.checked()["id"])
        and a.listed(a.who.get("/verifications?limit=200"), lambda page: one in ids(page["items"]))
    )
]
ATTEMPTS[UseCase.VERIFICATION_RESULT] = [lambda a: a.who.post(f"/verifications/{a.checked()['id']}/result", FOUND)]
ATTEMPTS[UseCase.RECTIFICATION_SUPPLY] = [
    lambda a: a.who.post(f"/rectifications/{a.checked('rectify')['id']}", {"note": "已更正"})
]
ATTEMPTS[UseCase.REVOCATION_OPEN] = [
    lambda a: a.who.post(f"/cases/{a.checked()['number']}/revocation", {"ground": "69-2", "reason": "虚假"})
]
ATTEMPTS[UseCase.DEFENCE_STATE] = [
    lambda a: a.who.post(f"/revocations/{a.checked('hearing')['id']}/statement", {"statement": "请求保留"})
]
ATTEMPTS[UseCase.STAY_RECORD] = [lambda a: a.who.post(f"/cases/{a.checked()['number']}/objections", DISPUTE)]
ATTEMPTS[UseCase.DEPENDANTS_READ] = [lambda a: a.who.get(f"/cases/{a.checked()['number']}/dependants")]
ATTEMPTS[UseCase.APPLICANT_CONFIRM] = [account_confirmed]
ATTEMPTS[UseCase.APPLICANT_RESET] = [reset_handed_out]
#: What is the applicants' own: no role has it; `tests/api/test_applicants.py` tries it as applicants.
ATTEMPTS[UseCase.DOCUMENT_RECEIVE] = [lambda a: a.who.post(f"/cases/{a.case()}/documents/x/receipt", {})]
ATTEMPTS[UseCase.DRAFT_KEEP] = [
    lambda a: a.who.get("/applicants/me"),
    lambda a: a.who.get("/drafts"),
    lambda a: a.who.post("/drafts", {"item": ITEM["code"], "region": REGION}),
]
READS = {
    tried
    for use in (
        *(UseCase.CASE_LIST, UseCase.CASE_READ, UseCase.TASK_LIST, UseCase.TASK_READ, UseCase.DEPARTMENT_WATCH),
        *(UseCase.VERIFICATION_LIST, UseCase.DEPENDANTS_READ, UseCase.STAY_RECORD),
    )
    for tried in ATTEMPTS[use]
}
#: Use cases whose door is not this API yet, and the file that tries every cell of them.
TRIED_ELSEWHERE: dict[UseCase, str] = {}
#: The operations of the API that need no permission: no account, or one's own.
FREE = {
    "POST /tokens",
    "POST /applicants/password",
    "DELETE /tokens/current",
    "POST /applicants",
    "GET /progress/<number>",
    "GET /verify/<code>",
    "GET /regions",
    "GET /regions/<region>",
    "GET /departments",
    "GET /calendars/<year>",
    "GET /items",
    "GET /power-lists",
    "GET /power-lists/export",
    "GET /departments/<department>/power-list",
    "GET /permits/<number>",
    "GET /items/<item>/guide",
    "POST /items/<item>/precheck",
    "GET /items/<item>/eligibility",
    "GET /items/<item>/versions",
    "GET /items/<item>/versions/<version>",
    "GET /items/<item>/versions/<version>/files/<name>",
    "GET /demo/clock",
    "POST /demo/clock",
}
#: Which use case each operation of the API is.
OPERATIONS: dict[str, UseCase] = {
    "GET /cases": UseCase.CASE_LIST,
    "POST /cases": UseCase.CASE_SUBMIT,
    "GET /cases/<number>": UseCase.CASE_READ,
    "POST /cases/<number>/acceptance": UseCase.CASE_ACCEPT,
    "GET /cases/<number>/documents": UseCase.CASE_READ,
    "GET /cases/<number>/documents/<code>/file": UseCase.CASE_READ,
    "POST /cases/<number>/documents/<code>/seal": UseCase.DOCUMENT_SEAL,
    "POST /cases/<number>/documents/<code>/deliveries": UseCase.DOCUMENT_DELIVER,
    "GET /cases/<number>/materials": UseCase.CASE_READ,
    "GET /cases/<number>/materials/held": UseCase.CASE_READ,
    "POST /cases/<number>/materials": UseCase.MATERIAL_ADD,
    "GET /cases/<number>/materials/<material>/file": UseCase.CASE_READ,
    "POST /cases/<number>/materials/<material>/review": UseCase.MATERIAL_REVIEW,
    "GET /cases/<number>/limits": UseCase.CASE_READ,
    "POST /cases/<number>/special-procedures": UseCase.SPECIAL_PROCEDURE,
    "POST /cases/<number>/special-procedures/<procedure>/end": UseCase.SPECIAL_PROCEDURE,
    "POST /cases/<number>/extensions": UseCase.EXTENSION_ASK,
    "POST /cases/<number>/extensions/<extension>/approve": UseCase.EXTENSION_DECIDE,
    "POST /cases/<number>/extensions/<extension>/reject": UseCase.EXTENSION_DECIDE,
    "POST /cases/<number>/documents/<code>/receipt": UseCase.DOCUMENT_RECEIVE,
    "GET /applicants/me": UseCase.DRAFT_KEEP,
    "GET /drafts": UseCase.DRAFT_KEEP,
    "POST /drafts": UseCase.DRAFT_KEEP,
    "GET /drafts/<draft>": UseCase.DRAFT_KEEP,
    "PUT /drafts/<draft>": UseCase.DRAFT_KEEP,
    "DELETE /drafts/<draft>": UseCase.DRAFT_KEEP,
    "POST /drafts/<draft>/materials": UseCase.DRAFT_KEEP,
    "DELETE /drafts/<draft>/materials/<material>": UseCase.DRAFT_KEEP,
    "GET /drafts/<draft>/materials/<material>/file": UseCase.DRAFT_KEEP,
    "GET /drafts/<draft>/ways": UseCase.DRAFT_KEEP,
    "POST /drafts/<draft>/submission": UseCase.DRAFT_KEEP,
    "POST /applicants/<username>/confirmation": UseCase.APPLICANT_CONFIRM,
    "POST /applicants/<username>/password-reset": UseCase.APPLICANT_RESET,
    "GET /tasks": UseCase.TASK_LIST,
    "GET /tasks/<task>": UseCase.TASK_READ,
    "POST /tasks/<task>/claim": UseCase.TASK_CLAIM,
    "POST /tasks/<task>/release": UseCase.TASK_CLAIM,
    "POST /tasks/<task>/complete": UseCase.TASK_COMPLETE,
    "POST /tasks/<task>/return": UseCase.TASK_RETURN,
    "GET /events": UseCase.EVENT_READ,
    "POST /definitions/lint": UseCase.DIAGRAM_CHECK,
    "POST /definitions/fix": UseCase.DIAGRAM_CHECK,
    "POST /definitions/layout": UseCase.DIAGRAM_CHECK,
    "POST /definitions/convert": UseCase.DIAGRAM_CHECK,
    "POST /definitions/dry-run": UseCase.DEFINITION_REHEARSE,
    "POST /definitions": UseCase.DEFINITION_STORE,
    "GET /definitions": UseCase.DEFINITION_READ,
    "GET /definitions/<definition>": UseCase.DEFINITION_READ,
    "GET /definitions/<definition>/changes": UseCase.DEFINITION_READ,
    "GET /definitions/<definition>/impact": UseCase.DEFINITION_READ,
    "POST /definitions/<definition>/review": UseCase.DEFINITION_REVIEW,
    "POST /definitions/<definition>/publish": UseCase.DEFINITION_PUBLISH,
    "POST /definitions/<definition>/withdraw": UseCase.DEFINITION_PUBLISH,
    "POST /mandates/<mandate>/scan": UseCase.MANDATE_SCAN,
    "GET /mandates/<mandate>/scan/file": UseCase.MANDATE_LIST,
    "POST /catalogue/items/<item>/files": UseCase.ITEM_STORE,
    "GET /cards": UseCase.CARD_READ,
    "POST /cards/<card>/acknowledge": UseCase.CARD_ANSWER,
    "POST /cards/<card>/explain": UseCase.CARD_ANSWER,
    "GET /lights": UseCase.LIGHT_READ,
    "GET /verifications": UseCase.VERIFICATION_LIST,
    "GET /verifications/figures": UseCase.VERIFICATION_LIST,
    "POST /verifications/<verification>/result": UseCase.VERIFICATION_RESULT,
    "POST /rectifications/<rectification>": UseCase.RECTIFICATION_SUPPLY,
    "POST /cases/<number>/revocation": UseCase.REVOCATION_OPEN,
    "POST /revocations/<revocation>/statement": UseCase.DEFENCE_STATE,
    "POST /cases/<number>/objections": UseCase.STAY_RECORD,
    "GET /cases/<number>/dependants": UseCase.DEPENDANTS_READ,
    "POST /calendars/<year>/preview": UseCase.CALENDAR_IMPORT,
    "PUT /calendars/<year>": UseCase.CALENDAR_IMPORT,
    "GET /cases/<number>/commitment": UseCase.CASE_READ,
    "POST /cases/<number>/commitment": UseCase.COMMITMENT_SIGN,
    "DELETE /cases/<number>/commitment": UseCase.COMMITMENT_WITHDRAW,
    "GET /credit/<subject>": UseCase.CREDIT_READ,
    "POST /credit": UseCase.CREDIT_RECORD,
    "POST /credit/<record>/repair": UseCase.CREDIT_DECIDE,
    "POST /credit/<record>/objection": UseCase.CREDIT_OBJECT,
    "POST /credit/<record>/objection/settle": UseCase.CREDIT_DECIDE,
    "POST /credit/<record>/stay": UseCase.CREDIT_DECIDE,
    "POST /credit/<record>/stay/end": UseCase.CREDIT_DECIDE,
    "GET /webhooks": UseCase.WEBHOOK_MANAGE,
    "POST /webhooks": UseCase.WEBHOOK_MANAGE,
    "GET /webhooks/<webhook>": UseCase.WEBHOOK_MANAGE,
    "DELETE /webhooks/<webhook>": UseCase.WEBHOOK_MANAGE,
    "POST /webhooks/<webhook>/secret": UseCase.WEBHOOK_MANAGE,
    "GET /webhooks/<webhook>/deliveries": UseCase.WEBHOOK_MANAGE,
    "POST /webhooks/<webhook>/replay": UseCase.WEBHOOK_MANAGE,
    "GET /clients": UseCase.CLIENT_MANAGE,
    "POST /clients": UseCase.CLIENT_MANAGE,
    "GET /clients/<client>": UseCase.CLIENT_MANAGE,
    "PUT /clients/<client>/clerks": UseCase.CLIENT_MANAGE,
    "POST /clients/<client>/secret": UseCase.CLIENT_MANAGE,
    "POST /clients/<client>/deactivate": UseCase.CLIENT_MANAGE,
}


@pytest.fixture(scope="module")
def world(server, template):
    with fresh_engine(server, template) as engine:
        app = Flask("onewindow")
        register_api(app, engine)
        made = World(engine, app)
        made.settle()
        yield made


def outcome(attempt: Attempt, tried: Callable[[Attempt], TestResponse | bool]) -> Verdict:
    said = answer_of(attempt, tried)
    if said is Verdict.ALLOWED and tried not in READS:
        attempt.world.targets.clear()
    return said


def answer_of(attempt: Attempt, tried: Callable[[Attempt], TestResponse | bool]) -> Verdict:
    try:
        answer = tried(attempt)
    except Forbidden:
        return Verdict.FORBIDDEN
    except NotFound:
        return Verdict.HIDDEN
    if isinstance(answer, bool):
        return Verdict.ALLOWED if answer else Verdict.HIDDEN
    if answer.status_code < 300:
        return Verdict.ALLOWED
    hidden = answer.status_code == 404 or "region" in (answer.json or {}).get("fields", ())
    assert hidden or answer.status_code == 403, answer.text
    return Verdict.HIDDEN if hidden else Verdict.FORBIDDEN


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("use", ATTEMPTS, ids=lambda use: use.label)
def test_every_cell_is_what_the_matrix_says(world, use, role):
    for tried in ATTEMPTS[use]:
        for place in Place:
            expected = verdict(use, ROLE_PERMISSIONS[role], place)
            assert outcome(Attempt(world, role, place), tried) is expected, (use.label, role, place)


def test_every_use_case_is_tried():
    assert set(ATTEMPTS) | set(TRIED_ELSEWHERE) == set(UseCase)
    assert all(Path(file).is_file() for file in TRIED_ELSEWHERE.values())


def operations(app: Flask) -> set[str]:
    """Every operation of the API, as OPERATIONS names them."""
    return {
        f"{method} {rule.rule.removeprefix('/api/v1')}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint.split(".")[0] not in ("api-docs", "docs")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_who_has_no_role_can_do_nothing_at_any_operation(world):
    """Also at those that are not in OPERATIONS yet."""
    served = operations(world.app)
    assert set(OPERATIONS) <= served
    with world.engine.database.begin() as connection:
        connection.execute(
            text("INSERT INTO officers VALUES ('nobody', 'nobody', 'nobody', '', 'x', true, :region)"),
            {"region": REGION},
        )
        nobody = Caller(world.app, keep_token(connection, "nobody", TOKEN_LIFE)[0])
    for operation in sorted(served - FREE):
        method, _, path = operation.partition(" ")
        answer = nobody.call(method, re.sub("<[^>]+>", "x1", path), json={} if method != "GET" else None)
        assert 400 <= answer.status_code < 500, (operation, answer.status_code)


def test_a_refused_attempt_changes_nothing(world):
    attempts = {place: Attempt(world, Role.OFFICER, place) for place in (Place.OTHER_DEPARTMENT, Place.OTHER_REGION)}
    case, task = attempts[Place.OTHER_DEPARTMENT].case(), attempts[Place.OTHER_DEPARTMENT].task("fire")
    before = world.footprint()
    for attempt in attempts.values():
        for path in (f"/cases/{case}/acceptance", f"/tasks/{task}/complete", f"/tasks/{task}/claim"):
            body = {"answer": "accepted"} if "acceptance" in path else PASSED if "complete" in path else None
            assert attempt.who.post(path, body).status_code in (403, 404)
    assert world.footprint() == before


def test_what_is_hidden_looks_like_what_does_not_exist(world):
    attempt = Attempt(world, Role.OFFICER, Place.OTHER_REGION)
    task = attempt.task("fire")
    hidden, missing = (
        attempt.who.get(f"/tasks/{one}").json for one in (task, f"{uuid.uuid4()}.{task.partition('.')[2]}")
    )
    for one in (hidden, missing):
        one.pop("request_id"), one.pop("id"), one.pop("detail")
    assert hidden == missing


def test_who_watches_over_a_region_sees_those_below(world):
    number = Attempt(world, Role.OFFICER, Place.OWN).case("accepted")
    with world.engine.database.begin() as connection:
        connection.execute(text("UPDATE officers SET region_code = '440000' WHERE id = 'supervisor.ma'"))
    assert world.engine.get_case(world.actor("supervisor.ma"), number)["number"] == number
    with world.engine.database.begin() as connection:
        connection.execute(text("UPDATE officers SET region_code = '440105' WHERE id = 'supervisor.ma'"))
    with pytest.raises(NotFound):
        world.engine.get_case(world.actor("supervisor.ma"), number)


def test_a_front_office_reads_and_completes_what_it_submitted_anywhere(world):
    """Also a case that it handed in for another region: its applicant's task is its own."""
    attempt = Attempt(world, Role.FRONT_OFFICE_SYSTEM, Place.OTHER_REGION)
    number = attempt.who.post("/cases", APPLICATION).json["number"]
    assert attempt.who.get(f"/cases/{number}").status_code == 200
    for node in ("accept", *REVIEWS):
        attempt.step(number, node, {"accept": "accepted", "fire": "faults"}.get(node, "passed"))
    case_id, task = attempt.place_of(number, "rectify")
    listed = attempt.who.get("/tasks").json["items"]
    assert [row["id"] for row in listed] == [f"{case_id}.{task}"]
    assert attempt.who.post(f"/tasks/{case_id}.{task}/complete", RECTIFIED).status_code == 200


def test_the_page_is_fresh():
    assert PAGE.read_text("utf-8") == page(), "run: python -m engine.organization.permission_page"
    assert set(ROLES) == set(Role)
