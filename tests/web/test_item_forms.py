"""Forms edited as tables on the inside pages: rows by buttons, checked by the server, stored as a draft, published."""

from __future__ import annotations

import re

from tests.web.test_forms import FORM, HOTEL, kept

PATH = "/admin/catalogue/hotel-hygiene-permit/forms"


def sent(html: str) -> dict[str, str]:
    """What a browser would send of the table, without scripts."""
    found = dict(
        re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', re.sub(r'type="checkbox"[^>]*', "", html))
    )
    for name, inner in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', html, flags=re.DOTALL):
        found[name] = (re.search(r'value="([^"]*)" selected', inner) or re.search(r'value="([^"]*)"', inner))[1]
    found |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', html, flags=re.DOTALL))
    found |= dict.fromkeys(re.findall(r'name="(f[.][0-9]+[.]required)" value="true" checked', html), "true")
    return {name: value for name, value in found.items() if name.startswith("f.") or name == "base"}


def test_a_form_is_edited_as_a_table_saved_and_published(desk, engine, actor):
    admin = desk("admin.yang")
    listed = admin.get(PATH).text
    assert f'href="{PATH}/on-site-review"' in listed
    assert "现场审核" in listed
    table = admin.get(f"{PATH}/application").text
    rows = sent(table)
    assert (rows["f.1.name"], rows["f.1.required"]) == ("hotel_name", "true")
    assert rows["f.5.options"] == "none | 无 | none\ncentral | 有 | central"
    more = admin.post(f"{PATH}/application", do="add", **rows)
    assert more.status_code == 200
    assert "尚未保存" in more.text
    rows = sent(more.text)
    rows |= {
        "f.9.name": "beds",
        "f.9.title": "床位数",
        "f.9.title_en": "Beds",
        "f.9.kind": "integer",
        "f.9.least": "viele",
    }
    refused = admin.post(f"{PATH}/application", do="save", **rows)
    assert refused.status_code == 422
    assert "第 9 行" in refused.text
    assert 'value="viele"' in refused.text
    up = sent(admin.post(f"{PATH}/application", do="up-9", **rows | {"f.9.least": "1", "f.9.required": "true"}).text)
    assert (up["f.8.name"], up["f.8.required"], up["f.9.name"]) == ("beds", "true", "manager_name")
    gone = sent(admin.post(f"{PATH}/application", do="delete-9", **up).text)
    assert "f.9.name" not in gone
    assert admin.post(f"{PATH}/application", do="save", **gone).status_code == 303
    # Who has still the table from before is told that it changed meanwhile.
    assert admin.post(f"{PATH}/application", do="save", **rows | {"f.9.least": "1"}).status_code == 409
    clerk = desk("tianhe.lin")
    new = "/admin/applications/new?item=hotel-hygiene-permit"
    assert 'name="form.beds"' not in clerk.get(new).text, "a draft is nobody's form yet"
    publish = "/admin/catalogue/hotel-hygiene-permit/versions"
    assert admin.post(publish, operation="changed").status_code == 303
    assert 'name="form.beds"' in clerk.get(new).text
    assert clerk.post("/admin/applications", **HOTEL).status_code == 422
    made = clerk.post("/admin/applications", **HOTEL, **{"form.beds": "60"})
    number = re.search(r"/cases/([^/]+)/receipt", made.headers["Location"])[1]
    assert kept(engine, number).form["beds"] == 60
    assert set(FORM) < set(kept(engine, number).form)


def test_who_may_not_store_sees_the_table_and_what_is_no_form_is_not_found(desk):
    designer = desk("designer.xu")
    table = designer.get(f"{PATH}/application").text
    assert "<fieldset disabled>" in table
    data = {"csrf": designer.token("/admin/catalogue"), "do": "save", **sent(table)}
    assert designer.client.post(f"{PATH}/application", data=data).status_code == 403
    assert designer.get(f"{PATH}/nothing").status_code == 404
    assert desk("fire.liu").get(PATH).status_code == 403
    admin = desk("admin.yang")
    assert admin.post(f"{PATH}/application", do="save", base="").status_code in (409, 422)
    assert admin.post(f"{PATH}/application", do="up-0").status_code == 200
    assert admin.post(f"{PATH}/nothing", do="save").status_code == 404
