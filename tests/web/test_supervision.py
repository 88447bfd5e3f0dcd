"""The pages of supervision and of the calendar: who gets there, what they show, and that forms do what they say."""

import re

from sqlalchemy import text

from engine.background.sweep import sweep
from tests.engine.stories import accepted
from tests.engine.test_limits import put


def late(engine, actor):
    put(engine, "2026-09-21T10:00")
    number = accepted(engine, actor)
    put(engine, "2026-12-21T10:00")
    while sweep(engine):
        pass
    return number


def test_a_department_sees_and_answers_its_cards(engine, actor, desk):
    number = late(engine, actor)
    fire = desk("fire.liu")
    shown = fire.get("/admin/cards").text
    assert f'href="/admin/cases/{number}#limits"' in shown, "a card leads to the dates of its case"
    assert 'id="limits"' in fire.get(f"/admin/cases/{number}").text
    card = re.search(r'action="/admin/cards/([^"]+)/acknowledge"', shown)[1]
    assert fire.post(f"/admin/cards/{card}/acknowledge", key="a1").status_code == 303
    assert (
        fire.post(f"/admin/cards/{card}/explain", key="a2", explanation="<script>现场复测</script>").status_code == 303
    )
    shown = fire.get("/admin/cards?state=explained").text
    assert "&lt;script&gt;现场复测" in shown
    assert fire.post(f"/admin/cards/{card}/acknowledge", key="a3").status_code == 409
    assert fire.get("/admin/cards?lang=en").text.count("Promised limit exceeded") > 0


def test_a_supervisor_sees_lights_by_everything(engine, actor, desk):
    late(engine, actor)
    with engine.database.connect() as connection:
        who = connection.scalar(text("SELECT officer_id FROM officer_roles WHERE role = 'supervisor' LIMIT 1"))
    watcher = desk(who)
    for by in ("node", "case", "officer", "department", "region", "nonsense"):
        shown = watcher.get(f"/admin/lights?by={by}")
        assert (shown.status_code, "light-red" in shown.text) == (200, True), by
    assert desk("fire.liu").get("/admin/lights").status_code == 403


def test_an_administrator_looks_at_a_notice_and_imports_it(engine, actor, desk):
    put(engine, "2026-09-21T10:00")
    number = accepted(engine, actor)
    admin = desk("admin.yang")
    form = {"year": "2026", "notice": "台风停工通知", "region": "440100", "days": "2026-09-22 rest 台风"}
    csrf = admin.token("/admin/calendar")
    seen = admin.post("/admin/calendar/preview", csrf, **form)
    assert (seen.status_code, number in seen.text) == (200, True)
    found = re.search(r'name="hash" value="([0-9a-f]{64})"', seen.text)[1]
    assert admin.post("/admin/calendar/apply", csrf, **form, hash=found).status_code == 303
    assert (
        admin.post("/admin/calendar/apply", csrf, **form | {"days": "2026-09-23 rest"}, hash=found).status_code == 409
    )
    assert admin.post("/admin/calendar/preview", csrf, **form | {"days": "2026-09-31 rest"}).status_code == 422
    assert admin.post("/admin/calendar/preview", csrf, **form | {"year": "soon"}).status_code == 422
    assert "2026-09-22" not in admin.get("/admin/calendar?year=2026").text  # the region's, not the nation's
    assert desk("fire.liu").post("/admin/calendar/preview", **form).status_code == 403
