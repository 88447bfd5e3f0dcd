"""`/progress`: where a case stands, for whoever has its number and query code. No log-in."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from api.caller import engine
from api.cases import CaseProgress
from api.resource import Resource, answer
from api.shapes import Shape, Text

progress = Resource("progress", __name__, "Progress", public=True)


class QueryCode(Shape):
    """The secret that goes with a case's number."""

    query_code = Text(64, required=True)


@progress.serve("GET", "/progress/<number>", takes=QueryCode(), location="query", gives=(200, CaseProgress))
def show_progress(asked: dict[str, Any], number: str) -> Response:
    """The public progress of a case; a wrong code and an unknown number get the same answer"""
    return answer(engine().progress(number, asked["query_code"], request.remote_addr), Cache_Control="no-store")
