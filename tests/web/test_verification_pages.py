"""The pages of verifications, of revocations, and of what an applicant still has to do: their forms do what they say."""

import re

from engine.background.worker import run_dry
from engine.cases.submit import query_code
from tests.engine.stories import complete, open_tasks
from tests.engine.trust_first import DECIDER, granted, permit, trust_first, verification
from tests.web.test_language import unmarked
from tests.web.test_papers import looked_up


def test_a_check_at_the_desk_a_rectification_and_a_defence_outside_and_what_everybody_is_told(
    engine, actor, desk, page, app
):
    trust_first(engine, "post-verification", decides="lead", checks="window")
    number = granted(engine, actor)
    row = verification(engine, number)
    clerk, head = desk("clerk.li"), desk(DECIDER)

    listed = clerk.get("/admin/verifications?state=due").text
    assert f'href="/admin/verifications/{row["id"]}"' in listed
    assert "广州示例置业有限公司" in listed
    assert number not in clerk.get("/admin/verifications?state=overdue").text
    assert clerk.get("/admin/verifications?lang=en").text.count("pending verification") > 0
    looked_up(page, engine, number)
    assert "只需到场一次" in page.get(f"/progress/{number}").text

    form = f"/admin/verifications/{row['id']}"
    task = open_tasks(engine, row["linked_case"])["compare"]
    shown = clerk.get(f"/admin/tasks/{task.case_id}.{task.task}").text
    assert f'href="{form}"' in shown
    assert "/complete" not in shown, "a check is recorded material by material, and by no other form"
    assert f'href="/admin/cases/{number}"' in clerk.get(f"/admin/cases/{row['linked_case']}").text
    assert 'name="verdict.survey-results"' in clerk.get(form).text
    said = {"material": ["survey-results"], "verdict.survey-results": "match", "key": "k1"}
    assert clerk.post(f"{form}/result", **said).status_code == 422
    said |= {
        "material": ["survey-results", "five-party-signatures"],
        "verdict.five-party-signatures": "differs-correctable",
    }
    assert clerk.post(f"{form}/result", **said, note="<b>盖章不清</b>").status_code == 303
    assert "&lt;b&gt;盖章不清" in clerk.get(form).text

    shown = page.get(f"/progress/{number}").text
    assert "无需再次到场" in shown
    assert re.search(r"<li>\s*五方责任主体竣工验收签章表", shown), "what is to be put right is named"
    which = re.search(r'name="rectification" value="([^"]+)"', shown)[1]
    sent = {"rectification": which, "note": "已重盖", "way": "post", "key": "r1"}
    assert page.post(f"/progress/{number}/rectification", data=sent).status_code == 303
    assert page.post(f"/progress/{number}/rectification", data=sent | {"key": "r2"}).status_code == 409
    said = {"material": ["survey-results", "five-party-signatures"], "verdict.survey-results": "match", "key": "k2"}
    assert clerk.post(f"{form}/result", **said, **{"verdict.five-party-signatures": "match"}).status_code == 303
    assert permit(engine, number) == "confirmed"

    taken = f"/admin/cases/{number}/revocation"
    assert "69-2" in head.get(taken).text
    assert head.post(taken, ground="69-2", reason="事后查实材料虚假", key="v1").status_code == 303
    assert head.post(taken, ground="69-2", reason="事后查实材料虚假", key="v2").status_code == 409
    run_dry(engine)
    linked = engine.verifications.follow_up(number)["revocation"]["linked_case"]
    complete(engine, actor(DECIDER), linked, "notice", "noticed", "拟撤销")
    shown = page.get(f"/progress/{number}").text
    assert "陈述、申辩" in shown
    which = re.search(r'name="revocation" value="([^"]+)"', shown)[1]
    code = {"Query-Code": query_code(engine.settings.secret_key, number)}
    assert page.post(f"/api/v1/revocations/{which}/statement", json={}, headers=code).status_code == 422
    sent = {"revocation": which, "statement": " ", "key": "s0"}
    refused = page.post(f"/progress/{number}/statement", data=sent)
    assert (refused.status_code, "未提交任何内容" in refused.text) == (422, True), "nobody waives by an empty form"
    sent = {"revocation": which, "statement": "材料属实", "key": "s1"}
    assert page.post(f"/progress/{number}/statement", data=sent).status_code == 303
    complete(engine, actor(DECIDER), linked, "decide_revocation", "revoked", "查证属实")
    assert permit(engine, number) == "revoked"

    paper = next(
        one for one in engine.documents.listed(actor(DECIDER), number)["items"] if one["kind"] == "grant-decision"
    )
    assert "已被撤销" in page.get(f"/verify/{paper['code']}").text
    assert "已撤销" in page.get("/permits", query_string={"number": paper["number"]}).text
    stay = {"kind": "stay", "body": "某市中级人民法院", "reference": "行停1号"}
    assert head.post(f"/admin/cases/{number}/objections", **stay, key="o1").status_code == 303
    assert "停止执行" in page.get(f"/progress/{number}").text
    assert permit(engine, number) == "stayed"
    for path in ("/admin/verifications", form, taken, f"/admin/cases/{number}"):
        assert not unmarked(head.get(f"{path}?lang=en").text), path
