"""Demonstration data: an organisation, its accounts and the processes of `processes/`, loaded once.

The database is marked as a demonstration; a production start refuses it, so that these accounts exist nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import text

from engine import demonstration_cases
from engine.assemble import Engine
from engine.cases.accept import Acceptance
from engine.cases.submit import Application, query_code
from engine.errors import Refused
from engine.organization import accounts
from engine.organization.actor import Actor
from engine.organization.clients import register_client, set_clerks
from engine.organization.load import load_actor
from engine.organization.log_in import hash_password
from engine.organization.seed import seed_organization
from engine.settings import DEMONSTRATION_CLIENT, DEMONSTRATION_PASSWORD
from engine.unit_of_work import UnitOfWork

_MARK = text("UPDATE platform SET demonstration = true, organization_version = organization_version + 1")
_STATE = text("SELECT demonstration, EXISTS (SELECT 1 FROM officers) AS used FROM platform")


class NotADemonstration(Refused):
    """A demonstration start met a database with real data."""

    code = "not-a-demonstration"
    zh = "该数据库不是演示数据库，演示模式不能使用它。请改用另一个数据库。"
    en = "This database is not a demonstration: demonstration mode won't touch it. Use another database."


class IsADemonstration(Refused):
    """A production start met a demonstration database."""

    code = "is-a-demonstration"
    zh = "该数据库是演示数据库，其账号口令公开，不能用于正式环境。请改用另一个数据库。"
    en = "This database is a demonstration whose passwords are public: it can't be used for real. Use another database."


def check_mode(engine: Engine) -> None:
    """Refuse a database of the other mode. Raises NotADemonstration or IsADemonstration."""
    with engine.database.connect() as connection:
        state = connection.execute(_STATE).one()
    if engine.settings.demo and state.used and not state.demonstration:
        raise NotADemonstration()
    if not engine.settings.demo and state.demonstration:
        raise IsADemonstration()


def load_demonstration(engine: Engine, cases: bool = True, items: Collection[str] | None = None) -> list[str]:
    """Load what is not there yet; answers the usernames of the accounts made (none at the second start).

    `items` are the codes of the only processes that are wanted; the whole demonstration without it.
    """
    processes = engine.settings.processes
    data = json.loads((processes / "demonstration" / "organization.json").read_text("utf-8"))
    shared = hash_password(DEMONSTRATION_PASSWORD)

    def seed(uow: UnitOfWork) -> list[str]:
        made = seed_organization(uow.session, data, lambda _username: shared)
        if register_client(uow.connection, DEMONSTRATION_CLIENT):
            set_clerks(uow.connection, [one["code"] for one in data["regions"]], DEMONSTRATION_CLIENT, data["clerks"])
        uow.connection.execute(_MARK)
        return made

    made = engine.perform(Actor.system("demonstration"), seed)
    engine.perform(Actor.system("demonstration"), lambda uow: _applicants(uow, applicants_of(processes)))
    for path in sorted(processes.glob("*/item.json")):
        if items is not None and json.loads(path.read_text("utf-8")).get("code") not in items:
            continue
        engine.load_process(Actor.system("demonstration"), path.parent)
    engine.catalogue_office.load_power_lists(Actor.system("demonstration"))
    if made and cases:
        _example_cases(engine)
    return made


def applicants_of(processes: Path) -> list[dict[str, Any]]:
    """The accounts of applicants that a demonstration has: one that is declared, one that was confirmed."""
    found: list[dict[str, Any]] = json.loads((processes / "demonstration" / "applicants.json").read_text("utf-8"))
    return found


def _applicants(uow: UnitOfWork, known: list[dict[str, Any]]) -> None:
    fields = ("username", "kind", "name", "number", "mobile", "contact")
    for one in known:
        if accounts.is_account(uow.connection, one["username"]):
            continue
        asked = {name: one[name] for name in fields}
        accounts.register(uow.connection, accounts.NewAccount(password=DEMONSTRATION_PASSWORD, **asked))
        if one["confirmed_with"]:
            accounts.confirm(uow.connection, one["username"], "demonstration", one["confirmed_with"])


def example_cases(engine: Engine, most: int = 2) -> list[tuple[str, str]]:
    """Case numbers with their query codes, for trying the progress page. In demonstration mode only."""
    if not engine.settings.demo:
        return []
    with engine.database.connect() as connection:
        numbers = connection.scalars(
            text("SELECT number FROM cases WHERE item = :item ORDER BY submitted_at, number LIMIT :n"),
            {"n": most, "item": "joint-final-inspection"},
        )
        return [(number, query_code(engine.settings.secret_key, number)) for number in numbers]


def _example_cases(engine: Engine) -> None:
    """Cases to look at: one at the window, one in the hands of six departments, and those of credit first."""
    with engine.database.connect() as connection:
        clerk = load_actor(connection, "clerk.chen")
    assert clerk is not None
    applicant = {"kind": "enterprise", "name": "广州示例置业有限公司", "contact": "周女士", "phone": "020-00000000"}
    for project, accepted in (("示例大厦一期", False), ("示例广场", True)):
        form = {"project_name": project, "address": "天河区示例路 1 号", "floor_area": 12000}
        case = engine.submit(clerk, Application("joint-final-inspection", "440100", applicant, form))
        if accepted:
            engine.accept(clerk, Acceptance(case["number"], "accepted"))
    demonstration_cases.example_cases(engine)
