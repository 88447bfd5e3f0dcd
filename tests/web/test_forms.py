"""Forms on the inside pages: the fields of the item chosen, typed, and each with what is wrong with it, without scripts."""

import re

from sqlalchemy import text

from engine.cases.accept import Acceptance
from engine.cases.submit import Application
from tests.web.test_admin import task_of

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
    made = clerk.post("/admin/applications", **HOTEL)
    assert made.status_code == 303
    number = re.search(r"/cases/([^/]+)/receipt", made.headers["Location"])[1]
    case = kept(engine, number)
    assert (case.form["floor_area"], case.form["rooms"], case.channel) == (680.5, 36, "help")


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
