"""Forms on the inside pages: the fields of the item chosen, typed, and each with what is wrong with it, without scripts."""

import re

from sqlalchemy import text

from engine.cases.accept import Acceptance, Listed
from engine.cases.submit import Application
from engine.catalogue.forms import form_from_data
from tests.unit.test_forms import FORM as BOXES
from tests.web.test_admin import task_of
from web.forms import as_sent, changed

HOTEL = {
    "item": "hotel-hygiene-permit",
    "region": "440106",
    "channel": "help",
    "applicant.name": "广州示范里旅馆有限公司",
    "form.hotel_name": "示范里旅馆",
    "form.address": "天河区示范里8号",
    "form.floor_area": "680.5",
    "form.rooms": "36",
    "form.air_conditioning": "none",
    "form.contact_phone": "13800000003",
}
FORM = {"hotel_name": "示范里旅馆", "address": "示范里8号", "floor_area": 680, "rooms": 36, "air_conditioning": "none"}


def test_a_group_of_boxes_can_be_emptied_on_a_page(app):
    group, had = form_from_data("application", BOXES), {"extras": ["pool"]}
    with app.test_request_context():
        words = {"t": str, "name": lambda row, key: row[key], "own": str}
        macro = app.jinja_env.get_template("web/form.html").make_module(words).fields
        assert '<input type="hidden" name="form.extras" value="">' in macro(group, as_sent(group, had), {})
    with app.test_request_context(method="POST", data={"form.extras": ["", "bar"]}):
        assert changed(group, had) == {"extras": ["bar"]}
    with app.test_request_context(method="POST", data={"form.extras": ""}):
        assert changed(group, had) == {"extras": None}
    with app.test_request_context(method="POST", data={"note": "of another part of the page"}):
        assert changed(group, had) == {}


def kept(engine, number):
    with engine.database.connect() as connection:
        return connection.execute(text("SELECT form, channel FROM cases WHERE number = :n"), {"n": number}).one()


def test_the_window_fills_in_the_form_of_the_item_and_is_told_what_is_wrong_by_field(desk, engine, actor):
    clerk = desk("tianhe.lin")
    shown = clerk.get("/admin/applications/new?item=hotel-hygiene-permit").text
    assert 'name="form.hotel_name"' in shown
    assert 'name="name.1"' not in shown
    wrong = {**HOTEL, "form.rooms": "viele", "form.contact_phone": "123", "form.hotel_name": ""}
    refused = clerk.post("/admin/applications", **wrong)
    assert refused.status_code == 422
    for name in ("rooms", "contact_phone", "hotel_name"):
        assert f'id="form-{name}-wrong"' in refused.text
    assert 'value="viele"' in refused.text
    assert "须为整数" in refused.text
    assert 'name="papers" value="floor-plan" checked' in shown
    handed = {"papers_of": HOTEL["item"], "papers": "floor-plan"}
    refused = clerk.post("/admin/applications", **wrong, **handed).text
    assert 'value="floor-plan" checked' in refused
    assert 'value="test-report" checked' not in refused
    strange = clerk.post("/admin/applications", **HOTEL, **{**handed, "papers": "no-such"})
    assert strange.status_code == 422
    made = clerk.post("/admin/applications", **HOTEL, **handed)
    assert made.status_code == 303
    number = re.search(r"/cases/([^/]+)/receipt", made.headers["Location"])[1]
    case = kept(engine, number)
    assert (case.form["floor_area"], case.form["rooms"], case.channel) == (680.5, 36, "help")
    receipt = engine.case_file(number)["documents"][0]["content"]
    assert (receipt.count("平面图"), "\n" in receipt) == (1, False)  # that one paper, and no other
    assert engine.verify_record(number).whole


def test_an_officer_fills_in_the_form_of_the_task(desk, engine, actor):
    clerk = actor("tianhe.lin")
    asked = Application("hotel-hygiene-permit", "440106", {"name": "示范"}, FORM | {"contact_phone": "13800000003"})
    number = engine.submit(clerk, asked)["number"]
    engine.accept(clerk, Acceptance(number, "accepted"))
    officer = desk("health.deng")
    task = task_of(officer, number)
    assert 'name="form.second_reviewer"' in officer.get(f"/admin/tasks/{task}").text
    lacking = {"outcome": "conforming", "opinion": "符合", "form.reviewed_on": "2026-13-01"}
    refused = officer.post(f"/admin/tasks/{task}/complete", **lacking)
    assert refused.status_code == 422
    assert 'id="form-reviewed_on-wrong"' in refused.text
    assert 'id="form-second_reviewer-wrong"' in refused.text
    assert kept(engine, number).form.get("reviewed_on") is None
    whole = lacking | {"form.reviewed_on": "2026-09-08", "form.second_reviewer": "范立"}
    assert officer.post(f"/admin/tasks/{task}/complete", **whole).status_code == 303
    assert kept(engine, number).form["second_reviewer"] == "范立"


def test_the_window_gives_one_list_of_what_is_missing_from_the_task_page(desk, engine, actor):
    asked = Application("hotel-hygiene-permit", "440106", {"name": "示范"}, FORM | {"contact_phone": "13800000003"})
    number = engine.submit(actor("tianhe.lin"), asked)["number"]
    clerk = desk("tianhe.lin")
    path = f"/admin/tasks/{task_of(clerk, number)}"
    assert 'name="missing.floor-plan"' in clerk.get(path).text
    assert clerk.post(f"{path}/answer", answer="not_ours", reason="不归本局").status_code == 422
    assert clerk.post(f"{path}/answer", answer="supplement").status_code == 422
    listed = {"answer": "supplement", "missing.floor-plan": "未标注布草间"}
    assert clerk.post(f"{path}/answer", **listed).status_code == 303
    assert engine.case_file(number)["state"] == "supplement"


def hotel(engine, actor):
    asked = Application("hotel-hygiene-permit", "440106", {"name": "示范"}, FORM | {"contact_phone": "13800000003"})
    return engine.submit(actor("tianhe.lin"), asked)["number"]


def test_what_is_put_right_on_the_spot_is_said_in_the_form_of_the_item(desk, engine, actor):
    number, clerk = hotel(engine, actor), desk("tianhe.lin")
    path = f"/admin/tasks/{task_of(clerk, number)}"
    shown = clerk.get(path).text
    assert re.search(r'name="form.rooms"[^>]* value="36"', shown)
    assert 'value="none" checked' in shown
    said = {"answer": "fixed_on_the_spot", "reason": "房间数笔误", "form.address": FORM["address"]}
    refused = clerk.post(f"{path}/answer", **said, **{"form.rooms": "0"})
    assert refused.status_code == 422
    assert 'id="form-rooms-wrong"' in refused.text
    assert clerk.post(f"{path}/answer", **said, **{"form.rooms": "35"}).status_code == 303
    assert kept(engine, number).form == FORM | {"contact_phone": "13800000003", "rooms": 35}
    case = clerk.get(f"/admin/cases/{number}").text
    assert "hotel_name" not in case
    for where in (case, shown, desk("admin.yang").get("/admin/catalogue/hotel-hygiene-permit").text):
        assert "为演示值" in where, "values that are ours are said to be so"
    assert "为演示值" in clerk.get("/items/hotel-hygiene-permit/precheck?region=440106").text
    assert engine.verify_record(number).whole


def test_the_window_takes_in_a_supplement_with_the_form_and_a_withdrawal(desk, engine, actor):
    number, clerk = hotel(engine, actor), desk("tianhe.lin")
    assert "/supplements" not in clerk.get(f"/admin/cases/{number}").text
    listed = (Listed("floor-plan", "未标注布草间"),)
    engine.accept(actor("tianhe.lin"), Acceptance(number, "supplement", materials=listed))
    path = f"/admin/cases/{number}"
    shown = clerk.get(path).text
    assert "未标注布草间" in shown
    assert re.search(r'name="form.rooms"[^>]* value="36"', shown)
    wrong = clerk.post(f"{path}/supplements", material="floor-plan", **{"form.rooms": "viele"})
    assert wrong.status_code == 422
    assert 'id="form-rooms-wrong"' in wrong.text
    assert 'value="floor-plan" checked' in wrong.text
    assert clerk.post(f"{path}/supplements").status_code == 422
    fine = {"material": "floor-plan", "note.floor-plan": "新图", "form.rooms": "30"}
    assert clerk.post(f"{path}/supplements", **fine).status_code == 303
    assert kept(engine, number).form["rooms"] == 30
    assert engine.verify_record(number).whole
    assert engine.case_file(number)["state"] == "submitted"
    assert clerk.post(f"{path}/supplements", **fine).status_code == 409
    assert desk("health.deng").post(f"{path}/withdrawal", reason="x").status_code in (403, 404)
    assert clerk.post(f"{path}/withdrawal", reason="改期").status_code == 303
    assert engine.case_file(number)["result"] == "withdrawn"
    assert "/withdrawal" not in clerk.get(path).text
    assert engine.verify_record(number).whole


def test_an_optional_field_can_be_emptied_and_a_required_one_can_not(desk, engine, actor):
    """At the window on the spot, and with a supplement: what is sent empty is empty, and the record holds it."""
    filled = FORM | {"contact_phone": "13800000003", "manager_name": "李卫生"}
    clerk, desk_clerk = actor("tianhe.lin"), desk("tianhe.lin")
    for way in ("spot", "supplement"):
        asked = Application("hotel-hygiene-permit", "440106", {"name": f"示范{way}"}, filled)
        number = engine.submit(clerk, asked)["number"]
        path, said = (
            f"/admin/tasks/{task_of(desk_clerk, number)}/answer",
            {"answer": "fixed_on_the_spot", "reason": "误填"},
        )
        if way == "supplement":
            engine.accept(clerk, Acceptance(number, "supplement", materials=(Listed("floor-plan", "缺"),)))
            path, said = f"/admin/cases/{number}/supplements", {"material": "floor-plan"}
        refused = desk_clerk.post(path, **said, **{"form.contact_phone": "", "form.manager_name": ""})
        assert refused.status_code == 422
        assert 'id="form-contact_phone-wrong"' in refused.text
        assert kept(engine, number).form == filled
        assert desk_clerk.post(path, **said, **{"form.manager_name": ""}).status_code == 303
        assert kept(engine, number).form == FORM | {"contact_phone": "13800000003"}
        assert engine.verify_record(number).whole
