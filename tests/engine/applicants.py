"""Accounts of applicants for tests: a person and a body, with numbers that pass their check digits."""

from __future__ import annotations

from engine.assemble import Engine
from engine.organization.accounts import NewAccount
from engine.organization.actor import Actor

PASSWORD = "correct horse 9"
PERSON = NewAccount("zhang.wei", PASSWORD, "person", "张伟", "11010519491231002X", "13800000001")
BODY = NewAccount("hotel.demo", PASSWORD, "enterprise", "示范里旅馆", "91350100M000100Y43", "13800000002", "李经理")


def registered(engine: Engine, asked: NewAccount = PERSON) -> Actor:
    """Whoever is logged in with a new account."""
    engine.accounts.register(asked)
    return engine.authenticate(engine.accounts.log_in(asked.username, asked.password)["token"])
