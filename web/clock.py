"""The demonstration's clock as the pages show it; `clock_page.py` moves it."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import exc

from engine.assemble import Engine
from engine.background.demonstration_clock import show_clock

#: The database is down, restarting, or out of connections.
DATABASE_AWAY = (psycopg.OperationalError, exc.OperationalError, exc.TimeoutError)
STEPS = (1, 5, 10)


def clock_panel(engine: Engine) -> dict[str, Any] | None:
    """What the panel shows; None outside a demonstration, or while the database is away."""
    if not engine.settings.demo:
        return None
    try:
        state = show_clock(engine).as_data()
    except DATABASE_AWAY:
        return None
    return {
        "now": state["now"][:16].replace("T", " "),
        "today": state["now"][:10],
        "working_day": state["working_day"],
        "next_due": (state["next_due"] or "")[:16].replace("T", " "),
        "steps": STEPS,
    }
