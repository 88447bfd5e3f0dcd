"""Every page by axe (WCAG 2.2 AA: nothing serious or critical), at 320 px and at 200 % zoom, in both languages."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cases.accept import Acceptance, Listed
from engine.cases.add_material import NewMaterial
from engine.cases.inbox import InboxQuery
from engine.cases.review_material import Review
from engine.cases.submit import Application, query_code
from engine.definitions.deploy import Draft
from engine.doors.drafts import DraftContent
from engine.settings import DEMONSTRATION_PASSWORD
from tests.engine.papers import PDF
from tests.engine.stories import SYSTEM, accepted, complete, submitted
from tests.engine.test_mandates import MANDATE
from tests.web.conftest import advance, needs_browser
from tests.web.test_forms import FORM
from web.assets import FOLDER

pytestmark = needs_browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOK = """async (rules) => {
  const found = await axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] });
  return found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 200)}`));
}"""


APPLICANT = "zhang.san"
ANSWERS = "a.civil-air-defence=yes&a.permit=yes&a.fire-class=other"


def violations(page) -> list[str]:
    page.evaluate((FOLDER / "axe.js").read_text("utf-8"))
    return page.evaluate(LOOK, RULES)


@pytest.fixture
def places(engine, actor):
    """Who sees which pages, the late and the done among them."""
    number = accepted(engine, actor)
    complete(engine, actor("water.jiang"), number, "drainage", "faults", "雨水管错接。")
    advance(engine, 9)
    waiting = submitted(engine, actor)
    task = engine.inbox(actor("fire.liu"), InboxQuery())["items"][0]["id"]
    code = handed_in(engine, actor, number)
    wrong = {"name": "大会审", "case_limits": {"promised": 99}}
    engine.catalogue_office.store_implementation(SYSTEM, "joint-final-inspection", "440106", wrong)
    engine.mandates.record(actor("agent.he"), MANDATE)
    hotel, window = at_the_county(engine, actor("tianhe.lin"))
    draft, mine = applied(engine, actor)
    return {
        None: [
            "/items?q=联合验收&theme=construction&region=440100",
            "/items/joint-final-inspection",
            "/items/joint-final-inspection?region=440106",
            "/items/joint-final-inspection/precheck?region=440106",
            f"/items/joint-final-inspection/precheck?region=440106&{ANSWERS}",
            "/items/joint-final-inspection/history",
            "/power-lists",
            "/permits?number=x",
            "/",
            "/admin/login",
            "/account/login",
            "/account/register",
            "/account/reset",
            f"/progress/{number}",
            f"/progress/{number}/promise",
            "/nowhere",
            "/verify",
            f"/verify/{code}",
        ],
        "designer.qin": [
            "/admin/workshop",
            "/admin/workshop/check",
            f"/admin/workshop/{at_the_designers(engine, actor)}",
            "/admin/workshop/dry-run",
        ],
        APPLICANT: [
            "/account",
            "/account/settings",
            "/items/hotel-hygiene-permit/apply?region=440106",
            f"/account/drafts/{draft}",
            f"/account/drafts/{draft}/materials",
            f"/account/drafts/{draft}/review",
            f"/account/cases/{mine}",
            f"/account/cases/{mine}/promise",
        ],
        "admin.yang": [
            "/admin/catalogue",
            "/admin/catalogue/joint-final-inspection",
            "/admin/catalogue/drift",
            "/admin/catalogue/hotel-hygiene-permit/regimes",
            "/admin/catalogue/hotel-hygiene-permit/forms",
            "/admin/catalogue/hotel-hygiene-permit/forms/application",
        ],
        "clerk.chen": [
            "/admin/window",
            "/admin/applicants?username=zhang.san",
            "/admin/applications/new",
            f"/admin/cases/{waiting}",
            f"/admin/cases/{number}",
            f"/admin/cases/{waiting}/receipt",
            "/admin/mandates",
            "/admin/verifications",
        ],
        "tianhe.lin": [
            f"/admin/cases/{hotel}",
            f"/admin/cases/{hotel}/promise",
            f"/admin/tasks/{window}",
            "/admin/credit?subject=91440106MA5HTL088K",
        ],
        "agent.he": ["/admin/mandates", "/admin/applications/new"],
        "fire.wei": [
            "/admin/inbox",
            f"/admin/tasks/{task}",
            "/admin/cases",
            "/admin/department",
            "/admin/inbox?cursor=x",
        ],
    }, number


def at_the_designers(engine, actor):
    """A draft that differs from the version in effect, and has findings."""
    bpmn = Path("processes/joint-final-inspection/process.bpmn").read_bytes().replace(b' isExecutable="true"', b"")
    return engine.store_draft(actor("designer.xu"), Draft("joint-final-inspection", bpmn))["id"]


def applied(engine, actor):
    """A draft of an applicant of the demonstration, wrong in places, and a case of which something is asked for."""
    me = engine.authenticate(engine.log_in(APPLICANT, DEMONSTRATION_PASSWORD)["token"])
    content = DraftContent({"air-conditioning": "no"}, {"hotel_name": "示范里旅馆", "rooms": "many"})
    draft = engine.drafts.start(me, "hotel-hygiene-permit", "440106", content)["id"]
    engine.drafts.add_material(me, draft, "floor-plan", None)
    asked = Application("joint-final-inspection", "440100", {}, {"project_name": "示例大厦三期"})
    mine = engine.submit(me, asked)["number"]
    engine.accept(actor("clerk.chen"), Acceptance(mine, "supplement", materials=(Listed("survey-results", "缺"),)))
    return draft, mine


def handed_in(engine, actor, number):
    """A material with a review, and a sealed document: its code."""
    with engine.materials.receiving(io.BytesIO(PDF), "report.pdf") as incoming:
        engine.materials.add(actor("clerk.chen"), NewMaterial(number, "survey-results"), incoming)
    engine.materials.review(actor("planning.zhao"), Review(number, 1, "rejected", "缺页"))
    papers = engine.documents.listed(actor("clerk.chen"), number)["items"]
    engine.documents.render(papers[0]["number"])
    return papers[0]["code"]


def at_the_county(engine, clerk):
    """A case that waits for its supplement, and the task of another that waits for acceptance, both with an entry form."""
    asked = Application("hotel-hygiene-permit", "440106", {"name": "示范"}, FORM | {"contact_phone": "13800000003"})
    one, other = (engine.submit(clerk, replace(asked, form=asked.form | {"address": f"示范里{n}号"})) for n in range(2))
    engine.accept(clerk, Acceptance(one["number"], "supplement", materials=(Listed("floor-plan", "缺"),)))
    return one["number"], engine.inbox(clerk, InboxQuery(case=other["number"]))["items"][0]["id"]


def visit(places, number, person, engine, check, **browser):
    for username, paths in places.items():
        somebody = person(**browser)
        if username == APPLICANT:
            somebody.log_in_to_apply(username)
        elif username:
            somebody.log_in(username)
        else:
            somebody.look_up(number, query_code(engine.settings.secret_key, number))
        for path in paths:
            somebody.open(path)
            check(somebody.page, path)


def test_axe_finds_itself_what_is_wrong(person):
    somebody = person()
    somebody.open("/")
    somebody.page.evaluate("document.querySelector('main').innerHTML += '<img src=\"x\"><input>'")
    assert {one.split(":")[0] for one in violations(somebody.page)} == {"image-alt", "label"}


#: Beside the width of a desk: a telephone's, and 1280 px at 200 %.
NARROW = [(320, 640), (640, 450)]


def test_axe_finds_nothing_serious_on_any_page_in_english(places, person, engine):
    def check(page, path):
        assert violations(page) == [], path

    visit(*places, person, engine, check, lang="en")


def test_axe_finds_nothing_serious_on_any_page_and_nothing_is_cut_off_on_a_narrow_one(places, person, engine):
    def check(page, path):
        wide = page.viewport_size
        assert violations(page) == [], path
        for width, height in NARROW:
            page.set_viewport_size({"width": width, "height": height})
            assert cut_off(page, width) == [], (path, width)
            assert page.evaluate(LOOK, RULES) == [], (path, width)
        page.set_viewport_size(wide)

    visit(*places, person, engine, check)


def cut_off(page, width):
    """What can be clicked and does not fit in, and how wide the whole is where it is too wide."""
    whole = page.evaluate("document.documentElement.scrollWidth")
    hidden = page.evaluate(
        """() => [...document.querySelectorAll('main a, main button, main input:not([type=hidden]), main select')]
          .filter((one) => one.getClientRects().length && !one.closest('.process-diagram, .wide'))
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 100))"""
    )
    return hidden if whole <= width else [f"{whole} px", *hidden]


def test_a_page_is_walked_by_keyboard_and_the_focus_is_seen(person):
    somebody = person()
    somebody.open("/")
    seen = []
    for _ in range(12):
        somebody.page.keyboard.press("Tab")
        seen.append(
            somebody.page.evaluate(
                """() => {
                  const one = document.activeElement;
                  const { outlineStyle, boxShadow } = getComputedStyle(one);
                  return [one.id || one.textContent.trim().slice(0, 20), outlineStyle !== 'none' || boxShadow !== 'none'];
                }"""
            )
        )
    assert all(visible for _, visible in seen), seen
    names = [name for name, _ in seen]
    assert names[0] == "跳到正文"
    assert names.index("number") < names.index("query_code")
    assert re.search("查询", names[names.index("query_code") + 1])
