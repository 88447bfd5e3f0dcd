"""An applicant at a browser without a window: registered and logged in at the portal."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask.testing import FlaskClient

from engine.organization.accounts import NUMBERS, NewAccount
from tests.engine.applicants import PERSON


@dataclass
class Visitor:
    """A client at which an applicant is logged in."""

    client: FlaskClient

    @property
    def csrf(self) -> str:
        return re.search(r'name="csrf" value="([0-9a-f]{64})"', self.client.get("/account").text)[1]

    def get(self, path: str, **options):
        return self.client.get(path, **options)

    def post(self, path: str, csrf: str | None = None, **fields):
        data = {"csrf": self.csrf if csrf is None else csrf, **fields}
        files = any(isinstance(one, tuple) for one in fields.values())
        return self.client.post(path, data=data, content_type="multipart/form-data" if files else None)

    def log_in(self, account: NewAccount = PERSON):
        data = {"username": account.username, "password": account.password}
        return self.client.post("/account/login", data=data)


def visitor(client: FlaskClient, account: NewAccount = PERSON) -> Visitor:
    """Somebody who has just registered and logged in."""
    fields = ("kind", "name", "mobile", "contact", "username", "password")
    data = {name: getattr(account, name) for name in fields} | {NUMBERS[account.kind]: account.number}
    made = client.post("/account/register", data=data)
    assert made.headers["Location"].startswith("/account/login?registered"), made.text
    found = Visitor(client)
    assert found.log_in(account).status_code == 303
    return found
