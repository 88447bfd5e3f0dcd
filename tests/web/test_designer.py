"""The designer in a real browser: a process is drawn in Chinese, mended, kept, reviewed by another account, published, and run."""

from __future__ import annotations

import re
from pathlib import Path

from engine.cases.accept import Acceptance
from engine.cases.inbox import InboxQuery
from tests.engine.stories import ITEM, submitted
from tests.web.conftest import needs_browser
from tests.web.test_accessibility import violations
from tests.web.test_attacks import ATTRIBUTE, HOSTILE
from tests.web.test_stories import at_peace

ON_TOP = """() => {
  const sign = document.querySelector('.bjs-powered-by');
  const { left, top, width, height } = sign.getBoundingClientRect();
  const found = document.elementFromPoint(left + width / 2, top + height / 2);
  return width > 20 && height > 10 && sign.contains(found) && getComputedStyle(sign).opacity === '1';
}"""


class Drawing:
    """The board in somebody's browser."""

    def __init__(self, somebody, path="/admin/designer"):
        self.page = somebody.page
        somebody.open(path)
        self.page.wait_for_selector(".designer[data-ready]")

    def middle(self, element: str) -> tuple[float, float]:
        box = self.page.locator(f'[data-element-id="{element}"] .djs-hit').first.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
        self.page.mouse.move(*end, steps=4)
        self.page.mouse.up()

    def fill(self, label: str, group: str, value: str) -> None:
        field = self.page.locator(f'[data-group="{group}"]').get_by_label(label, exact=True)
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
            field.press("Enter")

    def rules(self, element: str) -> set[str]:
        """What is found about an element, once the server has judged what is drawn now."""
        self.page.wait_for_selector('.designer[data-quiet="yes"]')
        found = self.page.locator(f'.finding[data-element="{element}"]').all()
        return {one.get_attribute("data-rule") for one in found}


@needs_browser
def test_a_process_is_drawn_mended_kept_published_and_run(person, engine, actor):
    designer = person(width=1440)
    designer.log_in("designer.xu")
    drawing = Drawing(designer)
    page = drawing.page
    assert page.evaluate(ON_TOP)
    assert drawing.rules("handle") == {"assignment-missing", "public-name-missing", "time-limit-missing"}

    # A task is drawn into the flow, and named in Chinese.
    x, y = drawing.middle("done")
    drawing.drag((x, y), (x + 180, y))
    sign = page.locator('.djs-palette [data-action="create.user-task"]')
    sign.hover()
    assert sign.get_attribute("title") == sign.get_attribute("aria-label")
    palette = sign.bounding_box()
    drawing.drag((palette["x"] + 10, palette["y"] + 10), drawing.middle("to_done"))
    page.locator(".djs-direct-editing-content").fill("消防验收")
    page.locator(".djs-direct-editing-content").press("Enter")
    drawn = page.evaluate("designer.board.selected().id")
    missing = {"assignment-missing", "public-name-missing", "time-limit-missing"}
    assert drawing.rules(drawn) == missing
    assert page.locator(f'[data-container-id="{drawn}"] .badge-error').is_visible()

    # The panel takes who does it and until when; the findings go one after the other.
    drawing.fill("职能", "assignment", "fire")
    drawing.fill("层级", "assignment", "市级")
    assert drawing.rules(drawn) == missing - {"assignment-missing"}
    drawing.fill("承诺时限", "timeLimit", "5")
    assert "time-limit-unit" in drawing.rules(drawn)
    drawing.fill("单位", "timeLimit", "工作日")
    drawing.fill("公示名称", "public", "消防验收")
    assert drawing.rules(drawn) == set()
    assert page.locator(f'[data-container-id="{drawn}"] .badge-finding').count() == 0

    # What the lint offers to mend is one click; undo brings the finding back, redo takes it away again.
    for rule in ("public-name-missing", "time-limit-missing"):
        page.locator(f'.finding[data-rule="{rule}"]').get_by_role("button", name="修补").click()
        page.wait_for_selector(f'.finding[data-rule="{rule}"]', state="detached")
    page.get_by_role("button", name="撤销", exact=True).click()
    assert "time-limit-missing" in drawing.rules("handle")
    page.get_by_role("button", name="重做", exact=True).click()
    assert drawing.rules("handle") == {"assignment-missing"}
    page.get_by_label("“办理”由哪个职能办理？").select_option("window")
    page.locator('.finding[data-rule="assignment-missing"]').get_by_role("button", name="修补").click()
    page.wait_for_selector('.finding[data-rule="assignment-missing"]', state="detached")
    page.get_by_label("选中元素").select_option("handle")
    drawing.fill("层级", "assignment", "市级")
    assert drawing.rules("handle") == set()
    assert page.locator('[data-group="return"]').inner_text().startswith("退回")

    # Where a task may be returned to is ticked by its name, among the tasks before it.
    page.get_by_label("选中元素").select_option(drawn)
    page.locator('[data-group="return"] summary').click()
    page.locator('[data-group="return"]').get_by_label("办理", exact=True).check()
    assert drawing.rules(drawn) == {"return-to-other-department"}
    assert (
        page.evaluate("async () => (await designer.board.modeler.saveXML()).xml").count('<ow:return to="handle"') == 1
    )
    page.locator('[data-group="return"]').get_by_label("办理", exact=True).uncheck()
    assert drawing.rules(drawn) == set()
    page.get_by_label("选中元素").select_option("handle")
    assert page.inner_text('[data-place="judged"]') == "无问题"
    assert page.evaluate("[...designer.board.missing]") == [], "bpmn-js says something that has no Chinese"
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator(".bjs-powered-by").scroll_into_view_if_needed()
    assert page.evaluate(ON_TOP)
    page.set_viewport_size({"width": 1440, "height": 900})

    # It comes out as a file, and another one in; whatever stands in that is shown and never run, and undo takes it back.
    with page.expect_download() as given:
        page.get_by_role("button", name="导出文件").click()
    file = Path(given.value.path()).read_text("utf-8")
    assert given.value.suggested_filename == "新流程.bpmn"
    assert 'name="消防验收"' in file
    hostile = re.sub('name="[^"]*"', lambda _: f'name="{ATTRIBUTE}"', file).encode()
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="导入").click()
    asked.value.set_files([{"name": "<img src=x>.bpmn", "mimeType": "application/xml", "buffer": hostile}])
    page.wait_for_selector("text=已导入")
    page.get_by_label("选中元素").select_option(drawn)
    assert page.locator(".panel-title").inner_text().endswith(HOSTILE)
    assert page.evaluate("window.owned") is None
    assert page.locator("img[src=x], svg[onload]").count() == 0
    page.get_by_role("button", name="撤销", exact=True).click()
    assert drawing.rules(drawn) == set()

    # What is not kept yet is warned of, and still there after the page is read again.
    warned = []
    page.once("dialog", lambda dialog: warned.append(dialog.type) or dialog.accept())
    page.reload()
    page.wait_for_selector(".designer[data-ready]")
    assert warned == ["beforeunload"]
    assert drawing.rules("handle") == missing
    page.get_by_role("button", name="恢复").click()
    page.wait_for_selector("text=已恢复")
    assert drawing.rules("handle") == set()

    # It is kept as a draft of an item, and what is not kept is told.
    assert "有未保存的修改" in page.inner_text(".designer-bar")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_label("服务事项", exact=True).select_option(ITEM)
    page.get_by_role("dialog").get_by_role("button", name="保存草稿").click()
    page.wait_for_selector("text=已保存为草稿。请由另一名流程设计人员审核后发布。")
    made = page.evaluate("designer.definition")
    assert (made["item"], made["deployable"]) == (ITEM, True)

    # Somebody else's draft of the same time is told of, one's own is not.
    said = [
        page.evaluate("made => designer.beside([made], designer.definition, '2020-01-01')", made | {"created_by": who})
        for who in ("designer.qin", "designer.xu")
    ]
    assert ("designer.qin" in said[0], said[1]) == (True, "")
    assert "designer.xu" in page.locator("#against option").nth(1).text_content()
    assert page.evaluate(ON_TOP)

    # What is drawn can be tried in another window.
    with page.expect_popup() as opened:
        page.get_by_role("button", name="试运行").click()
    assert drawn in opened.value.content()
    opened.value.close()

    # Against what is in force, it is seen what changed.
    page.get_by_role("tab", name="与其他版本比较").click()
    page.get_by_label("比较的版本").select_option(index=page.locator("#against option").count() - 1)
    page.wait_for_selector(".changes-added")
    assert page.locator(f'.is-added[data-element-id="{drawn}"]').count() == 1
    assert page.locator(".shadow-removed").count() > 10
    assert violations(page) == []
    page.get_by_label("比较的版本").select_option(made["id"])
    page.wait_for_selector("text=没有差异。")
    page.get_by_label("选中元素").select_option(drawn)
    drawing.fill("承诺时限", "timeLimit", "6")
    assert page.inner_text(".changes-changed tbody tr").split() == ["办理时限", "·", "承诺时限", "5", "6"]
    at_peace(designer)

    # Somebody else looks at it and publishes it; from then on cases run on it.
    leads = page.get_by_role("link", name="审核与发布").get_attribute("href")
    reviewer = person()
    reviewer.log_in("designer.qin")
    reviewer.open(leads)
    for button in ('button[value="approved"]', 'form[action$="/publish"] button'):
        with reviewer.page.expect_navigation():
            reviewer.page.click(button)
    (running,) = engine.workshop.list(actor("designer.xu"), ITEM, "published")["items"]
    assert (running["id"], running["created_by"], running["reviewed_by"]) == (made["id"], "designer.xu", "designer.qin")
    at_peace(reviewer)
    number = submitted(engine, actor)
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    assert [one["node"] for one in engine.inbox(actor("clerk.chen"), InboxQuery(case=number))["items"]] == ["handle"]

    # What is not there can't be drawn on: the page says so, offers nothing dead, and leads on.
    reviewer.open("/admin/designer?definition=nothing")
    reviewer.page.get_by_text("没有找到流程定义“nothing”").wait_for()
    assert reviewer.page.locator("[data-do]:enabled").count() == 0
    assert reviewer.page.get_by_role("link", name="审核与发布").is_visible()
