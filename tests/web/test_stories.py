"""A story per person, in a real browser: clerk, six officers, the applicant who watches them, and the leader."""

from __future__ import annotations

import re

import pytest

from engine.cases.submit import query_code
from tests.engine.stories import REVIEWERS, accepted, complete, submitted
from tests.web.conftest import needs_browser

pytestmark = needs_browser


def at_peace(*people):
    """No browser complained, and none asked anybody else for anything."""
    for one in people:
        assert one.complaints == []
        assert not [url for url in one.asked if not url.startswith((one.address, "data:"))]


def test_a_clerk_takes_an_application_and_accepts_it_by_keyboard(person, engine, actor):
    clerk = person()
    clerk.log_in("clerk.chen")
    clerk.press("n")
    page = clerk.page
    page.focus('a[href$="item=joint-final-inspection"]')
    clerk.press("Enter")
    page.focus("#applicant-name")
    page.keyboard.type("广州示例置业有限公司")
    page.focus('[name="name.1"]')
    page.keyboard.type("project_name")
    page.keyboard.press("Tab")
    page.keyboard.type("示例大厦")
    clerk.press("Control+Enter")
    number = re.search(r"(\d{6}-\d{8}-\d{6})", clerk.text()).group(1)
    assert query_code(engine.settings.secret_key, number) in clerk.text()
    clerk.press("b")
    assert number in clerk.text()
    clerk.press("1")
    page.focus("#opinion")
    page.keyboard.type("材料齐全，予以受理。a1")
    clerk.press("Control+Enter")
    assert f"办件 {number}：已受理。" in clerk.text()
    case = engine.get_case(actor("clerk.chen"), number)
    assert (case["state"], case["timeline"][0]["opinion"]) == ("accepted", "材料齐全，予以受理。a1")
    assert case["form"] == {"project_name": "示例大厦"}
    at_peace(clerk)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_applicant_watches_six_officers_at_work_without_a_reload(person, engine, actor, lang):
    number = accepted(engine, actor)
    applicant = person(lang)
    applicant.look_up(number, query_code(engine.settings.secret_key, number))
    page = applicant.page
    page.wait_for_selector(".process-diagram.is-drawn svg .mark-current")
    assert page.locator("svg .mark-current").count() == 6
    page.evaluate("window.sameAsBefore = true")
    officer = person(lang)
    for node, username in REVIEWERS.items():
        officer.log_in(username)
        officer.press("1")
        officer.page.keyboard.press("1" if node != "fire" else "2")
        officer.page.focus("#opinion")
        officer.page.keyboard.type(f"{node} 的意见")
        officer.press("Control+Enter")
        said = "已提交办理结果" if lang == "zh" else "the task is completed"
        assert said in officer.text()
        with officer.page.expect_navigation():
            officer.page.click(".site-tools button")
    found = "发现问题" if lang == "zh" else "faults found"
    page.wait_for_selector(f".entry:has-text('{found}')")
    page.wait_for_selector(".entry-current:has-text('%s')" % ("申请人整改" if lang == "zh" else "Rectification"))
    assert page.locator("svg .mark-done").count() == 7
    assert page.evaluate("window.sameAsBefore"), "the page was loaded anew"
    assert "fire 的意见" in applicant.text()
    assert ("整改通知书" if lang == "zh" else "Documents") in applicant.text()
    at_peace(applicant, officer)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_leader_sees_what_is_late_after_the_clock_was_moved(person, engine, actor, lang):
    number = accepted(engine, actor)
    leader = person(lang)
    leader.log_in("fire.wei")
    leader.open("/admin/department")
    assert leader.page.locator(".light-red").count() == 0
    for _ in range(2):
        with leader.page.expect_navigation():
            leader.page.click(".clock button[value='10']")
    assert ("超期 10 个工作日" if lang == "zh" else "10 working days late") in leader.text()
    assert number in leader.text()
    leader.open("/admin/inbox")
    leader.page.select_option("#light", "red")
    with leader.page.expect_navigation():
        leader.page.click(".filters button")
    assert leader.page.locator("tbody .light-red").count() == 1
    at_peace(leader)


def test_an_applicant_without_a_script_sees_it_all_and_asks_again(person, engine, actor):
    number = accepted(engine, actor)
    applicant = person(script=False)
    applicant.look_up(number, query_code(engine.settings.secret_key, number))
    assert "消防验收" in applicant.text()
    assert "各环节见办理经过列表" in applicant.text()
    assert "页面会自动更新" not in applicant.text()
    complete(engine, actor("fire.liu"), number, "fire", "passed", "合格。")
    with applicant.page.expect_navigation():
        applicant.page.click("text=刷新")
    assert "验收合格" in applicant.text()
    at_peace(applicant)


def test_an_officer_without_a_script_decides(person, engine, actor):
    accepted(engine, actor)
    officer = person(script=False)
    officer.open("/admin/login")
    officer.page.fill("#username", "fire.liu")
    officer.page.fill("#password", "onewindow-demo")
    with officer.page.expect_navigation():
        officer.page.click("main button")
    with officer.page.expect_navigation():
        officer.page.click("tbody a >> nth=0")
    officer.page.check("#outcome-1")
    with officer.page.expect_navigation():
        officer.page.click("main form button >> nth=0")
    assert "已提交办理结果" in officer.text()
    at_peace(officer)


def test_the_sign_of_the_diagrams_maker_is_visible_and_uncovered(person, engine, actor):
    number = accepted(engine, actor)
    for width in (1280, 320):
        applicant = person(width=width)
        applicant.look_up(number, query_code(engine.settings.secret_key, number))
        applicant.page.wait_for_selector(".process-diagram.is-drawn svg .mark-current")
        sign = applicant.page.locator(".bjs-powered-by")
        sign.scroll_into_view_if_needed()
        box = sign.bounding_box()
        assert box["width"] > 20
        assert box["height"] > 10
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert applicant.page.evaluate(
            "([x, y]) => !!document.elementFromPoint(x, y)?.closest('.bjs-powered-by')", middle
        )


def test_a_diagram_keeps_its_place_when_the_page_keeps_itself_up_to_date(person, engine, actor):
    number = submitted(engine, actor)
    applicant = person()
    applicant.look_up(number, query_code(engine.settings.secret_key, number))
    page = applicant.page
    page.wait_for_selector(".process-diagram.is-drawn svg .mark-current")
    page.evaluate("document.querySelector('.process-diagram .djs-container').dataset.same = 'yes'")
    from engine.cases.accept import Acceptance

    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    page.wait_for_selector("svg .mark-done")
    page.wait_for_function("document.querySelectorAll('svg .mark-current').length === 6")
    assert page.locator(".djs-container[data-same=yes]").count() == 1
    assert page.locator(".djs-container").count() == 1
    at_peace(applicant)
