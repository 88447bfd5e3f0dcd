"""The page of mandates: an agent records who gave him one, applies for them at the desk, and ends it early."""

from __future__ import annotations

import html
import io
import re

from tests.engine.papers import PDF, PNG
from tests.engine.test_mandates import MANDATE, WHO

SAID = {
    "principal.name": WHO["name"],
    "principal.id_number": WHO["id_number"],
    "agent": "agent.he|demo-village-station",
    "items": "joint-final-inspection",
    "first_day": "2026-01-01",
    "last_day": "2030-12-31",
    "evidence": "委托书 2026-1 号",
}


def recorded(at, **change):
    return at.post("/admin/mandates", at.token("/admin/mandates"), **SAID | change)


def test_an_agent_records_a_mandate_applies_by_it_and_ends_it(desk, engine, actor):
    agent = desk("agent.he")
    assert agent.get("/admin/").headers["Location"] == "/admin/inbox"
    for path in ("/admin/mandates", "/admin/applications/new"):
        assert f'href="{path}"' in agent.get("/admin/cases").text
    assert "您没有有效的委托" in agent.get("/admin/applications/new").text
    assert recorded(agent).headers["Location"] == "/admin/mandates?done=recorded"
    shown = agent.get("/admin/mandates?done=recorded").text
    assert "委托已登记" in shown
    assert "1101**********002X" in shown
    assert WHO["id_number"] not in shown
    new = html.unescape(re.search(r'href="(/admin/applications/new\?mandate=[^"]+)"', shown)[1])
    form = agent.get(f"{new}&item=joint-final-inspection").text
    assert 'name="applicant.id_number"' not in form
    assert 'name="channel"' not in form
    asked = {"item": "joint-final-inspection", "region": "440106900201", "mandate": new.partition("=")[2]}
    made = agent.post("/admin/applications", **asked | {"applicant.phone": "13800000009"})
    assert made.status_code == 303
    number = re.search(r"/cases/([^/]+)/receipt", made.headers["Location"])[1]
    assert "/admin/window" not in agent.get(made.headers["Location"]).text
    case = engine.get_case(actor("agent.he"), number)
    assert (case["channel"], case["applicant"]["id_number"], case["applicant"]["phone"]) == (
        "agent",
        WHO["id_number"],
        "13800000009",
    )
    mandate = asked["mandate"]
    assert agent.post(f"/admin/mandates/{mandate}/end").status_code == 422
    assert agent.post(f"/admin/mandates/{mandate}/end", reason="本人要求").status_code == 303
    assert "本人要求" in agent.get("/admin/mandates").text
    assert agent.post(f"/admin/mandates/{mandate}/end", reason="再次").status_code == 409
    over = agent.post("/admin/applications", **asked | {"applicant.phone": "13800000009"})
    assert over.status_code == 403
    assert "没有有效的委托" in over.text
    assert 'value="13800000009"' in over.text  # what was entered is still there


def test_what_is_wrong_is_said_at_its_field_and_what_was_entered_stays(desk, engine):
    agent = desk("agent.he")
    refused = recorded(agent, **{"last_day": "2020-01-01", "evidence": " ", "principal.id_number": ""})
    assert refused.status_code == 422
    for name in ("last_day", "evidence", "principal"):
        assert f'id="wrong-{name}"' in refused.text
    assert f'value="{WHO["name"]}"' in refused.text
    assert recorded(agent, first_day="tomorrow").status_code == 422
    assert recorded(agent, agent="clerk.chen|gz-government-services").status_code == 422
    with_nul = agent.client.post("/admin/mandates", data={"csrf": agent.token("/admin/mandates"), "evidence": "a\0b"})
    assert with_nul.status_code == 422
    plain = agent.get("/admin/mandates").text
    assert "没有已登记的委托" in plain
    assert "built-in" not in plain  # a field called `items` is not the method of that name
    for _ in range(2):
        assert recorded(agent, key="once").status_code == 303
    assert agent.get("/admin/mandates").text.count('name="reason"') == 1


def test_a_window_sees_its_region_s_mandates_and_nobody_else_s(desk, engine, actor):
    mandate = engine.mandates.record(actor("agent.he"), MANDATE)["id"]
    elsewhere = desk("clerk.chen")
    shown = elsewhere.get("/admin/mandates").text
    assert WHO["name"] not in shown
    assert "本地区没有代办员" in shown
    assert elsewhere.post(f"/admin/mandates/{mandate}/end", reason="x").status_code == 404
    assert desk("fire.liu").get("/admin/mandates").status_code == 403
    assert engine.mandates.list(actor("agent.he"), None, None, 9)["items"][0]["valid"] is True


def test_the_window_begins_with_what_is_usual_there(desk, engine, actor):
    """Without any case what the window itself accepts comes first, and of several what came in most of late."""
    city = [one["code"] for one in engine.intake.window_items(actor("clerk.chen"))]
    assert city[:2] == ["construction-permit", "joint-final-inspection"]
    chosen = r'<option value="([a-z-]+)" selected>'
    assert re.search(chosen, desk("clerk.chen").get("/admin/applications/new").text)[1] == "construction-permit"
    county = [one["code"] for one in engine.intake.window_items(actor("tianhe.lin"))]
    assert county[:2] == ["construction-permit", "hotel-hygiene-permit"]
    assert set(county) >= {"joint-final-inspection", "real-estate-transfer", "minimum-living-allowance"}
    with engine.database.begin() as connection:
        last = "joint-final-inspection"
        connection.exec_driver_sql(
            "INSERT INTO cases (id, number, region_code, item, definition_id, offer_id, state, channel, applicant, form, "
            "submitted_at, received_at, seq, head, last_instant, progress) SELECT gen_random_uuid(), 'n' || n, '440106', "
            "%(item)s, i.active_definition_id, NULL, 'submitted', 'window', '{}', '{}', now(), now(), 0, '', now(), '{}' "
            "FROM items i, generate_series(1, 2) n WHERE i.code = %(item)s",
            {"item": last},
        )
    assert engine.intake.window_items(actor("tianhe.lin"))[0]["code"] == last


def test_the_scan_of_the_paper_comes_with_the_mandate_or_later(desk, engine):
    agent = desk("agent.he")
    wrong = agent.client.post("/admin/mandates", data=_form(agent, scan=(io.BytesIO(PNG), "委托书.pdf")))
    assert wrong.status_code == 422, "a file that is not what its name says; and no mandate is recorded"
    assert "没有已登记的委托" in agent.get("/admin/mandates").text
    made = agent.client.post("/admin/mandates", data=_form(agent, scan=(io.BytesIO(PDF), "委托书.pdf")))
    assert made.status_code == 303
    first = re.search(r'href="(/admin/mandates/[^"]+/scan/file)"', agent.get("/admin/mandates").text)[1]
    assert agent.get(first).data == PDF
    assert desk("clerk.chen").get(first).status_code == 404
    recorded(agent)
    later = re.search(r'action="(/admin/mandates/[^"]+/scan)"', agent.get("/admin/mandates").text)[1]
    csrf = agent.token("/admin/mandates")
    sent = agent.client.post(later, data={"csrf": csrf, "scan": (io.BytesIO(PDF), "b.pdf")})
    assert sent.headers["Location"] == "/admin/mandates?done=scanned"
    assert "扫描件已保存" in agent.get(sent.headers["Location"]).text


def _form(agent, **files):
    return SAID | {"csrf": agent.token("/admin/mandates")} | files
