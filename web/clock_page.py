"""`POST /clock`: the buttons of the pages that let days pass. Mounted in demonstration mode only.

Whoever reaches a demonstration may move its clock: it listens on its own machine alone.
"""

from __future__ import annotations

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from engine.background.demonstration_clock import advance_clock
from web.clock import STEPS
from web.pages import Pages, local_path
from web.serving import engine


def register_clock(app: Flask) -> None:
    """Mount the address on the application."""
    pages = Pages("clock", __name__, {})

    @pages.post("/clock")
    def move() -> Response:
        days = request.form.get("days", "")
        if days in map(str, STEPS):
            advance_clock(engine(), int(days))
        return redirect(local_path(request.form.get("back"), "/"), 303)

    app.register_blueprint(pages)
