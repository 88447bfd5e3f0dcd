"""The pages of trust first: a manager sets the ways, the guide tells them, a promise is signed and withdrawn, credit is decided."""

from __future__ import annotations

import json
import re
from pathlib import Path

from engine.catalogue.publish import Change
from engine.organization.actor import Actor
from tests.engine.applicants import BODY
from tests.engine.test_drafts import CODES
from tests.unit.test_regimes import COMMITMENT, POST
from tests.web.applicant import visitor
from tests.web.test_apply import FORM
from tests.web.test_language import unmarked

ITEM, REGION = "hotel-hygiene-permit", "440105"
STORY = json.loads(Path(f"processes/{ITEM}/scenarios/bureau-decides-in-haizhu.json").read_text("utf-8"))
SYSTEM = Actor.system("test")
SUBJECT = STORY["applicant"]["credit_code"]


def as_fields(rule):
    """A rule as the manager's form sends it."""
    name = rule["regime"]
    fields = {
        "open": "yes",
        "act": rule["basis"]["act"],
        "article": rule["basis"]["article"],
        "grades": ["A", "B"],
        "applicants": ["person", "legal-person"],
        "materials": rule.get("materials", []),
        "remind": "5 1",
        "field": rule.get("field", ""),
        "public_safety": "yes" if rule.get("public_safety") else "",
        "opens_act": (rule.get("opens") or {}).get("act", ""),
        "opens_article": (rule.get("opens") or {}).get("article", ""),
    }
    for span in ("verification", "rectification"):
        for part, value in rule.get(span, {}).items():
            fields[f"{span}.{part}"] = str(value)
    if "text" in rule:
        fields |= {key: str(value) for key, value in rule["text"].items()}
    return {f"{name}.{key}": value for key, value in fields.items()}


def test_from_the_managers_desk_to_the_applicants_promise(desk, page, engine, actor):
    manager = desk("admin.yang")
    path = f"/admin/catalogue/{ITEM}/regimes"
    assert f'href="{path}"' in manager.get(f"/admin/catalogue/{ITEM}").text
    token = manager.token(path)
    wrong = manager.post(path, token, **as_fields(COMMITMENT | {"text": {"version": 1, "zh": "", "en": ""}}))
    assert wrong.status_code == 422
    assert "regimes[0].text.zh" in wrong.text
    closed = as_fields(COMMITMENT | {"opens": None}) | as_fields(POST)
    assert manager.post(path, token, **closed).headers["Location"] == f"{path}?done=regimes"
    # Without the act that opens the forbidden field, the item is not published; with it, it is.
    refused = manager.post(f"/admin/catalogue/{ITEM}/versions", operation="changed")
    assert refused.status_code == 422
    assert "opens" in refused.text
    assert manager.post(path, token, **as_fields(COMMITMENT) | as_fields(POST)).status_code == 303
    shown = manager.get(path).text
    assert "本人承诺" in shown
    assert 'value="health-and-life" selected' in shown
    engine.catalogue_office.publish_item(SYSTEM, ITEM, Change("changed"))

    guide = page.get(f"/items/{ITEM}?region={REGION}").text
    assert "告知承诺 · 可以选择" in guide
    assert "容缺受理 · 不能选择" in guide
    assert "该事项没有开通“容缺受理”" in guide
    precheck = page.get(f"/items/{ITEM}/precheck?region={REGION}&a.air-conditioning=no").text
    assert "本人承诺" in precheck

    made = {name: STORY[name] for name in ("item", "region", "applicant", "form")}
    from engine.cases.submit import Application

    case = engine.submit(actor("haizhu.ye"), Application(**made))
    number = case["number"]
    page.post("/progress", data={"number": number, "query_code": case["query_code"]})
    here = f"/progress/{number}/promise"
    assert f'href="{here}"' in page.get(f"/progress/{number}").text
    form = page.get(here).text
    sent = dict(re.findall(r'name="(regime|text_version|text_hash)" value="([^"]+)"', form))
    assert "本人承诺" in form
    unread = page.post(here, data=sent)
    assert unread.status_code == 422
    assert "请先阅读全文" in unread.text
    other = page.post(here, data=sent | {"agree": "yes", "text_version": "7"})
    assert other.status_code == 409
    assert page.post(here, data=sent | {"agree": "yes"}).headers["Location"] == here
    assert "告知承诺" in page.get(f"/progress/{number}").text
    assert page.post(f"{here}/withdrawal", data={"key": "k1"}).headers["Location"] == here
    assert "已撤回" in page.get(here).text
    stranger = page.application.test_client()
    assert stranger.get(here).status_code == 404

    window = desk("haizhu.ye")
    at_window = f"/admin/cases/{number}/promise"
    assert f'href="{at_window}"' in window.get(f"/admin/cases/{number}").text
    assert window.post(at_window, **sent | {"agree": "yes", "signer": "路人"}).status_code == 403
    assert window.post(at_window, **sent | {"agree": "yes"}).headers["Location"].endswith("?done=signed")
    assert engine.get_case(SYSTEM, number)["regime"] == "commitment"
    english = [window.get(f"{at_window}?lang=en"), manager.get(f"{path}?lang=en"), page.get(f"{here}?lang=en")]
    english += [page.get(f"/items/{ITEM}?region={REGION}&lang=en"), page.get(f"/progress/{number}?lang=en")]
    for one in english:
        assert one.status_code == 200
        assert unmarked(one.text) == []
    window.get("/admin/cases?lang=zh")
    assert window.post(f"{at_window}/withdrawal").status_code == 303
    assert desk("fire.liu").get(at_window).status_code == 404
    post_verification_is_chosen_at_the_window(window, engine)
    an_applicant_chooses_the_way_online(page.application.test_client(), engine, actor)
    credit_is_looked_up_and_decided(desk, engine, number)


def post_verification_is_chosen_at_the_window(window, engine):
    form = window.get(f"/admin/applications/new?item={ITEM}").text
    offered = re.search(r'<select[^>]* name="regime".*?</select>', form, re.S)[0]
    assert re.findall(r'value="([^"]+)"', offered) == ["ordinary", "post-verification"]
    assert 'name="regime"' not in window.get("/admin/applications/new?item=joint-final-inspection").text
    who = {f"applicant.{name}": value for name, value in STORY["applicant"].items() if isinstance(value, str)}
    sent = {"item": ITEM, "region": REGION} | who | {"applicant.name": "示范后置旅馆"}
    sent |= {f"form.{name}": str(value) for name, value in STORY["form"].items()}
    fields = sent | {"form.address": "海珠区后置里1号", "applicant.credit_code": ""}
    refused = window.post("/admin/applications", **fields, regime="post-verification")
    assert refused.status_code == 422
    assert "无法核实信用状况" in refused.text
    assert 'value="post-verification" selected' in refused.text
    fields["applicant.credit_code"] = "91440101MA59POST0X"
    for regime in ("post-verification", "ordinary"):
        fields["form.address"] = f"海珠区后置里{regime}号"
        made = window.post("/admin/applications", **fields, regime=regime).headers["Location"]
        number = re.search(r"/admin/cases/([^/]+)/receipt", made)[1]
        assert engine.get_case(SYSTEM, number)["regime"] == regime


def an_applicant_chooses_the_way_online(client, engine, actor):
    me = visitor(client, BODY)
    here = me.post("/account/drafts", item=ITEM, region=REGION, **{"a.air-conditioning": "no"}).headers["Location"]
    me.post(here, do="save", **FORM)
    for code in set(CODES) - {"test-report"}:
        me.post(f"{here}/materials", code=code, how="paper")
    declared = me.get(f"{here}/review").text
    assert "您的身份尚未核验" in declared
    assert 'id="way-ordinary" value="ordinary" checked' in declared
    assert re.search(r'value="commitment" disabled', declared)
    assert me.post(f"{here}/submission", version="2", way="commitment").status_code == 403
    engine.accounts.confirm(actor("haizhu.ye"), BODY.username, "营业执照")
    review = me.get(f"{here}/review").text
    assert not re.search(r'value="commitment" (disabled|checked)', review)  # offered, and never chosen for anybody
    assert "本人承诺" in review
    assert unmarked(me.get(f"{here}/review?lang=en").text) == []
    me.get(f"{here}/review?lang=zh")
    version = re.search(r'name="version" value="(\d+)"', review)[1]
    ordinary = me.post(f"{here}/submission", version=version, way="ordinary")
    assert ordinary.status_code == 422
    sent = me.post(f"{here}/submission", version=version, way="commitment").headers["Location"]
    number = re.search(r"/account/cases/([^/]+)/promise\?chosen=commitment", sent)[1]
    shown = me.get(sent).text
    assert "申请已提交" in shown
    promise = dict(re.findall(r'name="(regime|text_version|text_hash)" value="([^"]+)"', shown))
    assert me.post(f"/account/cases/{number}/promise", **promise, agree="yes").status_code == 303
    assert engine.get_case(SYSTEM, number)["regime"] == "commitment"


def credit_is_looked_up_and_decided(desk, engine, number):
    window = desk("haizhu.ye")
    assert "没有信用记录" in window.get(f"/admin/credit?subject={SUBJECT}").text
    head = desk("fire.wei")
    put = {"subject": SUBJECT, "kind": "broken-promise", "text": "未按期整改", "name": "示范里旅馆"}
    token = head.token("/admin/credit?subject=" + SUBJECT)
    assert "须有依据" in head.post("/admin/credit", token, **put).text
    assert head.post("/admin/credit", token, **put | {"document": "穗执〔2026〕3号"}).status_code == 303
    shown = head.get(f"/admin/credit?subject={SUBJECT}").text
    assert "因失信记录关闭" in shown
    record = re.search(r"/admin/credit/([0-9a-f-]{36})/repaired", shown)[1]
    said = {"subject": SUBJECT, "reason": "事实有误"}
    assert window.post(f"/admin/credit/{record}/disputed", **said).status_code == 303
    assert window.post(f"/admin/credit/{record}/repaired", **said | {"decision": "1"}).status_code == 403
    assert "有异议" in head.get(f"/admin/credit?subject={SUBJECT}").text
    assert head.post(f"/admin/credit/{record}/repaired", token, **said).status_code == 422
    assert head.post(f"/admin/credit/{record}/repaired", token, **said | {"decision": "修1号"}).status_code == 303
    assert "已修复" in head.get(f"/admin/credit?subject={SUBJECT}").text
    assert head.post(f"/admin/credit/{record}/nothing", token, **said).status_code == 404
    assert desk("designer.xu").get("/admin/credit").status_code == 403
    english = head.get(f"/admin/credit?subject={SUBJECT}&lang=en").text
    assert "What was decided about it" in english
    assert unmarked(english) == []


def test_the_page_of_credit_takes_a_number_and_offers_what_fits(desk, engine):
    from engine.credit_first.credit_office import NewEntry

    clerk = desk("tianhe.lin")
    wrong = clerk.get("/admin/credit?subject=hello")
    assert wrong.status_code == 422
    assert "不是有效的统一社会信用代码" in wrong.text
    entry = NewEntry(SUBJECT, "broken-promise", "未按承诺整改", document="海执〔2026〕3号")
    engine.credit.record(SYSTEM, entry)
    shown = clerk.get(f"/admin/credit?subject={SUBJECT}").text
    assert re.findall(r'action="/admin/credit/[^"/]+/([a-z-]+)"', shown) == ["disputed"]
    path = re.search(r'action="(/admin/credit/[^"]+/disputed)"', shown)[1]
    refused = clerk.post(path, subject=SUBJECT, reason=" ", evidence="照片两张")
    assert refused.status_code == 422
    assert "理由：必填" in refused.text
    assert "<details open><summary>提出异议" in refused.text
    assert 'value="照片两张"' in refused.text
