"""The scenarios next to a draft: written or sent as a file, changed, taken away."""

from __future__ import annotations

import hashlib
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import me
from admin.inbox import once_of
from admin.workshop.versions import done, id_of
from engine.errors import Invalid
from engine.play import ScenarioInvalid, scenario_of
from engine.unit_of_work import Once
from web.pages import Pages, field
from web.serving import engine

MOST_STORY = 256 * 1024


def serve_stories(pages: Pages) -> None:
    """The addresses."""
    pages.take_large(3 * MOST_STORY, "keep_story")

    @pages.post("/workshop/<definition>/scenarios")
    def keep_story(definition: str) -> AnyResponse:
        """Add a scenario, or put another in the place of one."""
        id, sent = id_of(definition), _sent()
        asked = [field("at", 4), hashlib.sha256(sent).hexdigest(), field("seen", 64)]
        once = once_of("keep-story", definition, asked)
        return done(id, lambda: _keep(id, sent, once), story=sent.decode("utf-8", "replace"), at=field("at", 4))

    @pages.post("/workshop/<definition>/scenarios/remove")
    def remove_story(definition: str) -> AnyResponse:
        id = id_of(definition)
        once = once_of("remove-story", definition, [field("at", 4), field("seen", 64)])
        return done(id, lambda: engine().workshop.change_story(me(), id, field("seen", 64), _place(True), None, once))


def _keep(id: UUID, sent: bytes, once: Once) -> None:
    if len(sent) > MOST_STORY:
        raise ScenarioInvalid(where="", detail="it is over 256 KB", detail_zh="超过 256 KB")
    story = scenario_of(sent)
    engine().workshop.change_story(me(), id, field("seen", 64), _place(False), story, once)


def _sent() -> bytes:
    file = request.files.get("story_file")
    if file is not None and file.filename:
        return bytes(file.read(MOST_STORY + 1))
    return field("story", MOST_STORY).encode("utf-8", "surrogatepass")


def _place(needed: bool) -> int | None:
    said = field("at", 4)
    if said.isascii() and said.isdigit():
        return int(said)
    if said or needed:
        raise Invalid(detail="at", fields={"at": ["0 …"]})
    return None
