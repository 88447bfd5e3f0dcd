"""Scripts and styles of the pages, as `web/build.mjs` builds them: found by a logical name, served for good.

The name of a file holds the hash of its content, so that a browser keeps it and a new build is met at once.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, send_from_directory

log = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parent / "static"
ONE_YEAR = 31_536_000
#: Said here: what the machine's own table says of an ending differs between machines.
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}


def asset_path(name: str) -> str:
    """The path of an address for a logical name such as "app.js"; "/assets/<name>" when nothing was built."""
    return f"/assets/{_manifest(FOLDER).get(name, name)}"


def assets_blueprint() -> Blueprint:
    """Serves the files of the manifest below /assets/, and nothing else (404); brings the templates that pages share."""
    blueprint = Blueprint("assets", __name__, url_prefix="/assets", template_folder="templates")

    @blueprint.get("/<name>")
    def asset(name: str) -> Response:
        if name not in _manifest(FOLDER).values():
            abort(404)
        return _send(name)

    return blueprint


def _send(name: str) -> Response:
    response = send_from_directory(FOLDER, name, mimetype=TYPES.get(Path(name).suffix), max_age=ONE_YEAR)
    response.cache_control.public = True
    response.cache_control.immutable = True
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@cache
def _manifest(folder: Path) -> dict[str, str]:
    """Logical names and their files; empty, with a line in the log, when nothing was built."""
    try:
        found: dict[str, str] = json.loads((folder / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        log.warning("the scripts and styles of the pages were not built: run `make install`")
        return {}
    return found
