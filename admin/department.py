"""What a head of department sees: how much is open and late, by node and by officer, and what is late."""

from __future__ import annotations

from flask import Response

from admin.desk import me, page
from engine.cases.inbox import InboxQuery
from web.pages import Pages
from web.serving import engine

ROWS = 100


def serve_department(pages: Pages) -> None:
    """The address of the department's view."""

    @pages.get("/department")
    def department() -> Response:
        load = engine().department_load(me())
        late = engine().inbox(me(), InboxQuery(lights=("red",), limit=ROWS))["items"]
        waiting = engine().inbox(me(), InboxQuery(lights=("green", "none"), limit=ROWS))["items"]
        return page(
            "admin/department.html", load=load, late=late, waiting=waiting, extensions=engine().limits.waiting(me())
        )
