"""演示值: whoever is shown limits or due dates that are ours and no real place's is told so, on every page and in every answer."""

from __future__ import annotations

import json

from sqlalchemy import text

from engine.background.sweep import sweep
from engine.cases.inbox import InboxQuery
from engine.cases.submit import query_code
from engine.catalogue.demonstration_values import ON_PAPER, VALUES
from engine.commands.limits import told
from engine.settings import DEMONSTRATION_PASSWORD
from tests.engine.stories import ITEM, SYSTEM, accepted
from tests.engine.test_accounts import ASKED
from tests.engine.test_limits import put
from tests.web.applicant import visitor
from tests.web.test_account import actor_of


def late(engine, actor):
    """A case whose limits have passed, so that lights are red and cards stand; it, and the row of one of its tasks."""
    put(engine, "2026-09-21T10:00")
    number = accepted(engine, actor)
    put(engine, "2026-12-21T10:00")
    while sweep(engine):
        pass
    row = next(one for one in engine.inbox(SYSTEM, InboxQuery(case=number))["items"] if one["node"] == "fire")
    return number, row["id"]


def pages(app, engine, desk, number, task):
    """Every page that shows limits or due dates of the case or of its item, as whoever sees it."""
    page = app.test_client()
    page.post("/progress", data={"number": number, "query_code": query_code(engine.settings.secret_key, number)})
    me = visitor(app.test_client())
    own = engine.submit(actor_of(engine), ASKED)["number"]
    fire, clerk, head, watcher = map(desk, ("fire.liu", "clerk.chen", "fire.wei", "supervisor.ma"))
    admin = desk("admin.yang")
    region = "?region=440100"
    for who, paths in (
        (page, ("/items", f"/items{region}", f"/items/{ITEM}{region}", f"/items/{ITEM}/precheck{region}")),
        (page, (f"/progress/{number}",)),
        (me, ("/account", f"/account/cases/{own}")),
        (fire, ("/admin/inbox", f"/admin/tasks/{task}", f"/admin/cases/{number}", "/admin/cases", "/admin/cards")),
        (clerk, ("/admin/cases",)),
        (head, ("/admin/department",)),
        (watcher, tuple(f"/admin/lights?by={by}" for by in ("node", "case", "officer", "department", "region"))),
        (admin, (f"/admin/catalogue/{ITEM}",)),
    ):
        yield from ((who, path) for path in paths)


def answers(app, number):
    """Every answer of the API that has them: the whole of it, and the rows that have to say so."""
    client = app.test_client()

    def token(name):
        said = {"username": name, "password": DEMONSTRATION_PASSWORD}
        return {"Authorization": f"Bearer {client.post('/api/v1/tokens', json=said).json['token']}"}

    fire, watcher = token("fire.liu"), token("supervisor.ma")
    for path, headers in (
        (f"/cases/{number}", fire),
        (f"/cases/{number}/limits", fire),
        ("/cases", fire),
        ("/tasks", fire),
        ("/cards", fire),
        ("/lights", watcher),
        ("/items?region=440100", {}),
        (f"/items/{ITEM}/guide?region=440100", {}),
    ):
        found = client.get(f"/api/v1{path}", headers=headers)
        assert found.status_code == 200, (path, found.text)
        yield path, found.json.get("items", [found.json])


def test_values_that_are_ours_are_said_to_be_so_wherever_they_are_shown(app, engine, actor, desk):
    number, task = late(engine, actor)
    shown = list(pages(app, engine, desk, number, task))
    for who, path in shown:
        for lang, said in zip(("zh", "en"), VALUES, strict=True):
            read = who.get(f"{path}{'&' if '?' in path else '?'}lang={lang}").text
            assert read.count(said) == 1, (path, lang)
    for path, rows in answers(app, number):
        mine = [row for row in rows if row.get("item", ITEM) == ITEM]
        assert mine, path
        assert all(row["demonstration"] is True for row in mine), path
    code = query_code(engine.settings.secret_key, number)
    assert app.test_client().get(f"/api/v1/progress/{number}?query_code={code}").json["demonstration"] is True
    found = engine.limits.of_case(SYSTEM, number)
    assert told(found, "zh").endswith(VALUES[0])
    assert told(found, "en").endswith(VALUES[1])
    assert told(found, None).endswith("\n".join(VALUES))
    with engine.database.connect() as connection:
        papers = {kind: json.loads(data) for kind, data in connection.execute(text("SELECT kind, data FROM documents"))}
    assert ON_PAPER in "".join(map(str, papers["acceptance-notice"]["paragraphs"])), "behind the promised day"
    assert ON_PAPER not in str(papers["receipt"]), "the day of receipt is nobody's limit"
    # What a real place has published says nothing of the kind.
    with engine.database.begin() as connection:
        for table in ("offers", "item_versions", "items"):
            connection.execute(text(f"UPDATE {table} SET data = data #- '{{listing,demonstration}}'"))
    for path, rows in answers(app, number):
        if path in ("/cases", "/tasks", "/cards", "/lights"):
            assert not any(row["demonstration"] for row in rows), path
    assert VALUES[0] not in desk("fire.liu").get("/admin/inbox").text
