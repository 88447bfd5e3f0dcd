"""`make screenshots`: runs a demonstration, plays it to where there is something to see, and photographs its pages into
docs/screenshots/, which the READMEs show. Everything is done through the pages, as the people of the story would.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from engine.settings import DEMONSTRATION_PASSWORD
from tests.engine.running import Running, free_port
from tests.web.conftest import CHROMIUM, SWITCHES

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
MOST_BYTES = 150_000
DESK, PHONE, BOARD = {"width": 1280, "height": 800}, {"width": 360, "height": 740}, {"width": 1240, "height": 720}
#: Who finds what, in the order in which they do: the key of the outcome, and the opinion.
OPINIONS = {
    "planning.zhao": ("1", "建筑面积、退距与规划许可一致。"),
    "water.jiang": ("2", "东侧雨水管接入污水井，须改接市政雨水井 Y12。"),
    "archives.zheng": ("1", "竣工档案齐全，已预验收。"),
}
LATE_DAYS = "10"


def main() -> int:
    """Write the pictures; 1 when one of them is too large to be kept with the sources."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demonstration() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(SWITCHES))
        photograph(browser, address)
        browser.close()
    sizes = {path.name: path.stat().st_size for path in sorted(FOLDER.glob("*.png"))}
    for name, size in sizes.items():
        print(f"docs/screenshots/{name}  {size // 1000} kB")
    return int(max(sizes.values()) > MOST_BYTES)


@contextmanager
def demonstration() -> Iterator[str]:
    """A demonstration in a folder of its own; its address."""
    with tempfile.TemporaryDirectory(prefix="onewindow-screenshots-") as folder:
        Path(folder).chmod(0o711)
        running = Running(Path(folder), free_port())
        try:
            yield f"http://127.0.0.1:{running.port}"
        finally:
            running.stop()


def photograph(browser: Any, address: str) -> None:
    """The story: the window, three opinions, an officer at his task, the clock, what is late, and the applicant's view."""
    visitor = sit_down(browser, address)
    keep(visitor, "home")
    visitor.click(".examples button >> nth=1")
    progress = visitor.url

    clerk = sit_down(browser, address, "clerk.chen")
    keep(clerk, "window")
    for username, (key, opinion) in OPINIONS.items():
        officer = sit_down(browser, address, username)
        open_first(officer)
        officer.keyboard.press(key)
        officer.fill("#opinion", opinion)
        with officer.expect_navigation():
            officer.press("#opinion", "Control+Enter")

    reviewer = sit_down(browser, address, "fire.liu")
    keep(reviewer, "inbox")
    open_first(reviewer)
    reviewer.wait_for_selector(".process-diagram.is-drawn svg .mark-current")
    reviewer.keyboard.press("1")
    reviewer.fill("#opinion", "现场抽测合格。")
    keep(reviewer, "task")
    english = sit_down(browser, address, "air.wu", lang="en")
    open_first(english)
    english.wait_for_selector(".process-diagram.is-drawn svg .mark-current")
    keep(english, "task-en")

    leader = sit_down(browser, address, "municipal.feng")
    leader.click(f".clock button[value='{LATE_DAYS}']")
    leader.goto(f"{address}/admin/department")
    keep(leader, "department")
    visitor.goto(progress)
    visitor.wait_for_selector(".process-diagram.is-drawn svg .mark-late")
    keep(visitor, "progress")
    visitor.set_viewport_size(PHONE)
    visitor.goto(progress)
    visitor.wait_for_selector(".process-diagram.is-drawn svg .mark-late")
    keep(visitor, "progress-phone")
    photograph_designer(browser, address)


def photograph_designer(browser: Any, address: str) -> None:
    """The designer: a new version of what is in force, with a faulty task and what the lint says of it."""
    designer = sit_down(browser, address, "designer.xu")
    designer.set_viewport_size(BOARD)
    designer.goto(f"{address}/admin/designer?item=joint-final-inspection")
    designer.wait_for_selector(".designer[data-ready]")
    in_force = designer.evaluate("designer.data.others.find(({ state }) => state === 'published').id")
    designer.goto(f"{address}/admin/designer?definition={in_force}")
    designer.wait_for_selector(".designer[data-ready]")
    designer.select_option("#picker", "fire")
    for field, value in (("timeLimit.0.promised", "30"), ("public.0.name", "")):
        designer.fill(f'[data-field="{field}"]', value)
        designer.press(f'[data-field="{field}"]', "Enter")
    designer.wait_for_selector(".finding-error")
    designer.wait_for_selector('.designer[data-quiet="yes"]')
    keep(designer, "designer")


def sit_down(browser: Any, address: str, username: str = "", lang: str = "zh") -> Any:
    """A browser of somebody's own, at the first page or, for an account, at what it sees after the log-in."""
    context = browser.new_context(viewport=DESK, locale="zh-CN" if lang == "zh" else "en-GB")
    context.add_cookies([{"name": "lang", "value": lang, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/{'admin/login' if username else ''}")
    if username:
        page.fill("#username", username)
        page.fill("#password", DEMONSTRATION_PASSWORD)
        with page.expect_navigation():
            page.press("#password", "Enter")
    return page


def open_first(page: Any) -> None:
    """Open what stands first in the inbox, by keyboard."""
    with page.expect_navigation():
        page.keyboard.press("1")


def keep(page: Any, name: str) -> None:
    """Write a picture of what is seen without scrolling."""
    page.evaluate("document.activeElement?.blur()")
    page.screenshot(path=str(FOLDER / f"{name}.png"), animations="disabled")


if __name__ == "__main__":
    sys.exit(main())
