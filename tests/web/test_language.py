"""Chinese first, English by a switch, everywhere: no text without both, no words in templates, no unmarked Chinese in English."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from admin.credit_texts import CREDIT_DESK
from admin.designer.texts import DESIGNER
from admin.limits_texts import LIMITS
from admin.mandates_texts import MANDATES
from admin.return_texts import RETURNS
from admin.supervision_texts import SUPERVISION
from admin.texts import TEXTS as ADMIN
from admin.verification_texts import VERIFICATIONS
from admin.workshop.texts import WORKSHOP
from portal.account_texts import ACCOUNT_TEXTS
from portal.draft_texts import DRAFT_TEXTS
from portal.item_texts import ITEM_TEXTS
from portal.limits_texts import LIMITS as PORTAL_LIMITS
from portal.texts import TEXTS as PORTAL
from tests.engine.stories import accepted, complete
from web.credit_texts import CREDIT
from web.follow_up_texts import FOLLOW_UP
from web.paper_texts import PAPERS
from web.texts import COMMON

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for room in ("web", "portal", "admin") for path in (ROOT / room / "templates").rglob("*.html"))
CHINESE = re.compile("[\u3400-\u9fff]")
LATIN = re.compile("[A-Za-z]{2,}")
#: Names that are the same in both languages, and keys of the keyboard.
NAMES = re.compile("OneWindow|Camunda Modeler|GB/T|Ctrl|Enter|API|一窗")
WORDS = {
    **COMMON,
    **PORTAL,
    **ADMIN,
    **PAPERS,
    **PORTAL_LIMITS,
    **LIMITS,
    **SUPERVISION,
    **MANDATES,
    **DESIGNER,
    **WORKSHOP,
    **FOLLOW_UP,
    **VERIFICATIONS,
    **CREDIT,
    **CREDIT_DESK,
    **RETURNS,
}


@pytest.mark.parametrize(
    "texts",
    [
        (COMMON, ITEM_TEXTS, ACCOUNT_TEXTS, DRAFT_TEXTS, PORTAL_LIMITS, PAPERS, FOLLOW_UP, CREDIT),
        (
            COMMON,
            ADMIN,
            PAPERS,
            LIMITS,
            SUPERVISION,
            MANDATES,
            DESIGNER,
            WORKSHOP,
            FOLLOW_UP,
            VERIFICATIONS,
            CREDIT,
            CREDIT_DESK,
        ),
    ],
    ids=["outside", "inside"],
)
def test_no_text_of_a_page_takes_the_place_of_another(texts):
    own = {key: said for words in texts for key, said in words.items()}
    hidden = {key: said for words in texts for key, said in words.items() if own[key] != said}
    assert not hidden


def test_every_text_is_there_in_both_languages_with_the_same_parameters():
    for key, (zh, en) in WORDS.items():
        assert zh.strip(), key
        assert en.strip(), key
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), key


def test_chinese_texts_are_chinese_and_english_ones_english():
    switch = {"switch", "none"}
    for key, (zh, en) in WORDS.items():
        if key not in switch and LATIN.search(NAMES.sub("", re.sub(r"{\w+}", "", en))):
            assert CHINESE.search(zh), f"{key} is not translated: {zh}"
            assert not CHINESE.search(NAMES.sub("", en)), f"{key}: {en}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_words_of_their_own(path):
    bare = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", path.read_text("utf-8"), flags=re.DOTALL)
    said = re.sub(r"<[^>]*>", " ", re.sub(r"<code>.*?</code>", "", bare))
    assert not CHINESE.search(said), said
    assert not LATIN.search(said), said
    for attribute in re.findall(r'(?:title|alt|placeholder|aria-label)="([^"]*)"', bare):
        assert not attribute.strip(), attribute


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_key_of_a_template_has_words(path):
    for key in re.findall(r"(?<![\w.])t\('([\w.]+)'[,)]", path.read_text("utf-8")):
        assert key in WORDS, key


class Unmarked(HTMLParser):
    """Collects Chinese that stands outside an element that says it is Chinese."""

    #: What somebody wrote, and where a link leads; all else that an attribute says is read, heard or drawn.
    NOT_SAID = frozenset({"value", "href", "action"})
    VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.marked: list[bool] = [False]
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        for name, value in attributes:
            told = base64.b64decode(value).decode() if name == "data-xml" else value or ""
            if name not in self.NOT_SAID and CHINESE.search(NAMES.sub("", told)):
                self.found.append(f"{name}: {told[:200]}")
        if tag not in self.VOID:
            self.marked.append(self.marked[-1] or said.get("lang", "").startswith("zh"))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            self.marked.pop()

    def handle_data(self, data):
        if not self.marked[-1] and CHINESE.search(NAMES.sub("", data)):
            self.found.append(data.strip())


def unmarked(html: str) -> list[str]:
    parser = Unmarked()
    parser.feed(html)
    return parser.found


def test_the_check_finds_what_it_looks_for():
    assert unmarked("<p>办件</p>") == ["办件"]
    for attribute in ("aria-label", "title", "placeholder", "alt", "data-name", "data-updated"):
        assert unmarked(f'<p {attribute}="办件">x</p>') == [f"{attribute}: 办件"]
    drawn = base64.b64encode('<task name="消防验收"/>'.encode()).decode()
    assert unmarked(f'<div data-xml="{drawn}"></div>') == ['data-xml: <task name="消防验收"/>']
    assert unmarked('<p><span lang="zh-CN">办件</span></p>') == []


class Latin(HTMLParser):
    """Collects words in Latin letters that are no code: those of a page in Chinese are left over from English."""

    CODE = frozenset({"code", "kbd", "script", "style"})

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        if tag not in Unmarked.VOID:
            self.inside.append("code" if said.get("lang") == "en" else tag)
        for name in ("aria-label", "placeholder", "title", "alt", "data-name", "data-label"):
            self._look(said.get(name) or "")

    def handle_endtag(self, tag):
        if tag not in Unmarked.VOID:
            self.inside.pop()

    def handle_data(self, data):
        if not self.CODE & set(self.inside):
            self._look(data)

    def _look(self, text):
        if LATIN.search(NAMES.sub("", re.sub(r"https?://\S+|[a-z]+\.[a-z]+", "", text))):
            self.found.append(text.strip())


def left_over(html: str) -> list[str]:
    parser = Latin()
    parser.feed(html)
    return parser.found


def test_every_page_is_in_the_language_that_was_asked_for(desk, page, engine, actor):
    assert left_over('<p title="Due">办件 <b>floor_area</b> <code>fire.liu</code></p>') == ["Due", "floor_area"]
    number = accepted(engine, actor)
    complete(engine, actor("water.jiang"), number, "drainage", "faults", "雨水管错接。")
    clerk, officer, head = desk("clerk.chen"), desk("fire.liu"), desk("fire.wei")
    task = re.search(r'href="/admin/tasks/([^"]+)"', officer.get("/admin/inbox").text)[1]
    code = clerk.get(f"/admin/cases/{number}/receipt").text
    code = re.search(r"<dt>查询码</dt><dd><strong>(\w+)<", code)[1]
    page.post("/progress", data={"number": number, "query_code": code})
    pages = {
        "/": page,
        f"/progress/{number}": page,
        "/admin/login": page,
        "/account/login": page,
        "/account/register": page,
        "/nowhere/x": page,
        "/admin/nowhere": officer,
        "/admin/window": clerk,
        "/admin/applications/new": clerk,
        f"/admin/cases/{number}": clerk,
        f"/admin/cases/{number}/receipt": clerk,
        "/admin/inbox": officer,
        f"/admin/tasks/{task}": officer,
        "/admin/cases": officer,
        "/admin/department": head,
        "/admin/start": desk("designer.xu"),
        "/admin/mandates": clerk,
        f"/progress/{number}/promise": page,
        f"/admin/cases/{number}/promise": clerk,
        "/admin/credit": clerk,
        "/admin/catalogue/hotel-hygiene-permit/regimes": desk("admin.yang"),
    }
    for path, who in pages.items():
        shown = who.get(f"{path}?lang=en", headers={"Accept": "text/html"})
        if path != "/nowhere/x":
            assert '<html lang="en">' in shown.text, path
        assert not unmarked(shown.text), path
        chinese = who.get(f"{path}?lang=zh", headers={"Accept": "text/html"}).text
        secret = rf"{code}|[0-9a-f]{{32}}"
        assert not left_over(re.sub(secret, "", chinese)), path
