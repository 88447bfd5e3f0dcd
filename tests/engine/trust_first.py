"""An item with the regimes of trust first, for tests that start in the middle of it."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from engine.assemble import Engine
from engine.background.demonstration_clock import step_through
from engine.background.worker import run_dry
from engine.cases.accept import Acceptance
from engine.cases.submit import Application
from engine.credit_first.revocation import NewRevocation
from engine.credit_first.verification import Finding, Result
from engine.credit_first.views import VerificationQuery
from engine.organization.actor import Actor
from tests.engine.drawn import flow, node
from tests.engine.stories import ITEM, REGION, SYSTEM, complete, deploy

APPLICANT = {"kind": "legal-person", "name": "广州示例置业有限公司", "credit_code": "91350100M000100Y43"}
TEXT = {"version": 1, "zh": "我承诺", "en": "I promise"}
BASIS = {"act": "某条例", "article": "第一条"}
ORIGINALS = ("five-party-signatures", "survey-results")
#: Who does what: decided by the housing department, verified at the town's window (one clerk) or by housing's officers (two).
DECIDER, CLERK, CHECKER, FIRST, SECOND = ("housing.huang", "clerk.chen", "town.pan", "housing.luo", "housing.liang")
REGIMES = [
    {"regime": "post-verification", "basis": BASIS, "materials": list(ORIGINALS)}
    | {
        "verification": {"promised": 15, "unit": "working-day"},
        "rectification": {"promised": 5, "unit": "working-day"},
    },
    {"regime": "commitment", "basis": BASIS, "text": TEXT, "materials": ["test-reports"]}
    | {
        "verification": {"promised": 60, "unit": "calendar-day"},
        "rectification": {"promised": 15, "unit": "working-day"},
    },
]
PROCESSES = {"post-verification": "verification_of_originals", "commitment": "verification_on_site"}


def person(name: str, function: str, outcomes: str, more: str = "") -> str:
    """A task of a function of the city's; of the applicant's without one."""
    whose = f'function="{function}" level="city"' if function else 'applicant="true"'
    inner = (
        f'<extensionElements><ow:assignment {whose}/><ow:public name="{name}" stage="办理"/>'
        f'<ow:outcomes values="{outcomes}"/>{more}</extensionElements>'
    )
    return node("userTask", name, inner)


def end(result: str) -> str:
    """An end event with a result."""
    return node("endEvent", result, f"<extensionElements><ow:result value='{result}'/></extensionElements>")


def process(name: str, *elements: str) -> str:
    """A process of the same file."""
    return f'<process id="{name}" isExecutable="true">{"".join(elements)}</process>'


def own_processes(check: str, decide: str) -> str:
    """A verification and proceedings of a file's own, small, in departments that a test chooses."""
    outcomes = "revoked=撤销,upheld=不撤销,public-interest=公共利益"
    verification = process(
        "own_check",
        node("startEvent", "s"),
        person("compare", check, "confirmed=一致,rectify=更正,revoke=不一致"),
        node("exclusiveGateway", "g", default="g_lapsed"),
        person("mend", "", "supplied=已提交"),
        person("again", check, "confirmed=一致,revoke=不一致"),
        *(end(one) for one in ("confirmed", "revoke", "lapsed")),
        flow("s", "compare"),
        flow("compare", "g"),
        flow("g", "confirmed", "outcome == 'confirmed'"),
        flow("g", "mend", "outcome == 'rectify'"),
        flow("g", "revoke", "outcome == 'revoke'"),
        flow("g", "lapsed"),
        flow("mend", "again"),
        flow("again", "g"),
    )
    proceedings = process(
        "revocation",
        node("startEvent", "s2"),
        person("notice", decide, "noticed=已告知"),
        person("statement", "", "stated=已陈述,waived=放弃,hearing=听证"),
        person("decide_revocation", decide, outcomes),
        node("exclusiveGateway", "g2", default="g2_upheld"),
        *(end(one) for one in ("revoked", "upheld")),
        flow("s2", "notice"),
        flow("notice", "statement"),
        flow("statement", "decide_revocation"),
        flow("decide_revocation", "g2"),
        flow("g2", "revoked", "outcome == 'revoked'"),
        flow("g2", "upheld"),
    )
    return verification + proceedings


def approval(regime: str, decides: str = "lead", checks: str | None = None) -> bytes:
    """Window, decision, and the call activity that links the verification: three steps and an end that grants."""
    granted = "<extensionElements><ow:result value='granted'/></extensionElements>"
    denied = "<extensionElements><ow:result value='denied'/></extensionElements>"
    document = '<ow:document kind="grant-decision" title="准予决定书"/>'
    linked = f'<extensionElements><ow:commitment regime="{regime}" decision="decide"/></extensionElements>'
    head = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ow="urn:onewindow:bpmn:1.0" id="d" '
        'targetNamespace="test"><process id="p" isExecutable="true">'
    )
    body = (
        node("startEvent", "start"),
        person("accept", "window", "accepted=受理,refused=不受理"),
        person("decide", decides, "granted=准予,denied=不予", document),
        node("exclusiveGateway", "which", default="which_no"),
        node("callActivity", "verify", linked, calledElement="own_check" if checks else PROCESSES[regime]),
        node("endEvent", "yes", granted),
        node("endEvent", "no", denied),
        flow("start", "accept"),
        flow("accept", "decide"),
        flow("decide", "which"),
        flow("which", "verify", "outcome == 'granted'"),
        flow("verify", "yes"),
        flow("which", "no", name="which_no"),
    )
    own = own_processes(checks, decides) if checks else ""
    return (head + "".join(body) + "</process>" + own + "</definitions>").encode()


def trust_first(engine: Engine, regime: str, **where: str) -> Engine:
    """The item opens both regimes; its diagram takes this one."""
    with engine.database.begin() as connection:
        for table, column in (("item_versions", "data"), ("definitions", "item_data"), ("offers", "data")):
            connection.execute(
                text(f"UPDATE {table} SET {column} = jsonb_set({column}, '{{regimes}}', CAST(:regimes AS jsonb))"),
                {"regimes": json.dumps(REGIMES)},
            )
        connection.execute(text("UPDATE platform SET catalogue_version = catalogue_version + 1"))
    deploy(engine, approval(regime, **where))
    return engine


def submitted_and_accepted(engine: Engine, actor, **where: str) -> str:
    """A case that waits for its decision, in a town unless it says otherwise."""
    form = {"project_name": "示例", **(where or {"locality": "440106900"})}
    number = str(engine.submit(actor(CLERK), Application(ITEM, REGION, APPLICANT, form))["number"])
    engine.accept(actor(CLERK), Acceptance(number, "accepted"))
    return number


def granted(engine: Engine, actor, **where: str) -> str:
    """A case that was decided before its check; its linked case is open. Its number."""
    number = submitted_and_accepted(engine, actor, **where)
    complete(engine, actor(DECIDER), number, "decide", "granted")
    run_dry(engine)
    return number


def verification(engine: Engine, number: str) -> dict:
    """The verification of a case, whole."""
    (row,) = engine.verifications.list(SYSTEM, VerificationQuery(case=number))["items"]
    return engine.verifications.get(SYSTEM, UUID(row["id"]))


def found(engine: Engine, number: str, verdict: str = "match", **more: object) -> Result:
    """What an officer says: the same verdict of everything that was presumed."""
    row = verification(engine, number)
    findings = tuple(
        Finding(one["code"], verdict, "" if verdict == "match" else "与原件不符") for one in row["presumed"]
    )
    return Result(UUID(row["id"]), findings, **more)  # type: ignore[arg-type]


def check(engine: Engine, actor, number: str, verdict: str = "match", **more: object) -> dict:
    """The check by whoever is owed: one clerk, or two officers."""
    row = verification(engine, number)
    signers = (FIRST, SECOND) if row["officers"] == 2 else (CHECKER,)
    answers = [engine.verifications.result(actor(one), found(engine, number, verdict, **more)) for one in signers]
    return answers[-1]


def proceed(engine: Engine, actor, number: str, decision: str = "revoked", defence: str = "请求保留许可") -> str:
    """Proceedings from the notice to the decision; the number of their case."""
    run_dry(engine)
    linked = engine.verifications.follow_up(number)["revocation"]["linked_case"]
    which = UUID(engine.verifications.follow_up(number)["revocation"]["id"])
    complete(engine, actor(DECIDER), linked, "notice", "noticed", "拟撤销")
    engine.verifications.state(Actor.applicant("applicant", "甲"), which, defence)
    complete(engine, actor(DECIDER), linked, "decide_revocation", decision, "经审查")
    return str(linked)


def revoke(engine: Engine, actor, number: str, decision: str = "revoked", ground: str = "69-2") -> str:
    """Proceedings against a permit, whole."""
    engine.verifications.open_revocation(actor(DECIDER), NewRevocation(number, ground, "材料虚假"))
    return proceed(engine, actor, number, decision)


def permit(engine: Engine, number: str) -> str:
    """What everybody is told of the permit."""
    return str(engine.verifications.follow_up(number)["permit"]["status"])


def later(engine: Engine, **span: int) -> None:
    """Time passes, and what comes due on the way happens."""
    with engine.database.connect() as connection:
        now = connection.scalar(text("SELECT coalesce(clock_fixed_at, clock_timestamp() + clock_offset) FROM platform"))

    def put(at) -> None:
        with engine.database.begin() as connection:
            connection.execute(text("UPDATE platform SET clock_fixed_at = :at"), {"at": at})

    step_through(engine, now + timedelta(**span), put)


def until(engine: Engine, number: str, state: str) -> None:
    """Days pass until the verification is in a state."""
    for _ in range(100):
        if verification(engine, number)["state"] == state:
            return
        later(engine, days=3)
    raise AssertionError(f"never {state}")


def case_id(engine: Engine, number: str) -> UUID:
    """The id behind a number."""
    with engine.database.connect() as connection:
        return connection.execute(text("SELECT id FROM cases WHERE number = :n"), {"n": number}).scalar_one()


def whole(engine: Engine, number: str) -> list[int]:
    """The record of a case and of everything that follows it verifies; how many entries each has."""
    with engine.database.connect() as connection:
        numbers = connection.scalars(
            text("SELECT number FROM cases WHERE number = :n OR linked_to = (SELECT id FROM cases WHERE number = :n)"),
            {"n": number},
        ).all()
    entries = []
    for one in numbers:
        said = engine.verify_record(one)
        assert said.whole, (one, said)
        entries.append(said.entries)
    return entries


def numbers_of(engine: Engine, sql: str, number: str) -> list:
    """What a statement about a case (`:n`) finds, first columns."""
    with engine.database.connect() as connection:
        return list(connection.scalars(text(sql), {"n": number}))
