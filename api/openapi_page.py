"""`docs/openapi.json`: the description of the API as it is served, checked in: `python -m api.openapi_page` writes it anew.

A test holds it fresh; another, that nothing of it breaks who calls what was given out, `docs/openapi-baseline.json`
(`api/breaking.py`), unless the version moves. `python -m api.openapi_page --release` makes today's the baseline.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from flask import Flask

from api.app import register_api
from engine.assemble import Engine, open_engine
from engine.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
BASELINE = PAGE.with_name("openapi-baseline.json")


def description() -> dict[str, Any]:
    """The description of the API with the demonstration's part; no database is asked."""
    engine: Engine = open_engine(Settings(demo=True), "postgresql+psycopg://nobody@127.0.0.1:1/none", pool_size=1)
    app = Flask("onewindow")
    register_api(app, engine)
    told: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()
    engine.close()
    return told


def page() -> str:
    """The file as it is checked in."""
    return json.dumps(description(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    if "--release" in sys.argv[1:]:
        BASELINE.write_text(page(), "utf-8")
