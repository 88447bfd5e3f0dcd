"""Chinese first, English by a switch, everywhere: no text without both, no words in templates, no unmarked Chinese in English."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from admin.texts import TEXTS as ADMIN
from portal.texts import TEXTS as PORTAL
from tests.engine.stories import accepted, complete
from web.texts import COMMON

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for room in ("web", "portal", "admin") for path in (ROOT / room / "templates").rglob("*.html"))
CHINESE = re.compile("[\u3400-\u9fff]")
LATIN = re.compile("[A-Za-z]{2,}")
#: Names that are the same in both languages, and keys of the keyboard.
NAMES = re.compile("OneWindow|GB/T|Ctrl|Enter|API|一窗")
WORDS = {**COMMON, **PORTAL, **ADMIN}


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
    said = re.sub(r"<[^>]*>", " ", bare)
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

    VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.marked: list[bool] = [False]
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        for name in ("aria-label", "placeholder", "title", "data-label"):
            if CHINESE.search(said.get(name) or ""):
                self.found.append(said[name])
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
    assert unmarked('<p aria-label="办件">x</p>') == ["办件"]
    assert unmarked('<p><span lang="zh-CN">办件</span></p>') == []


def test_english_pages_are_english(desk, page, engine, actor):
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
    }
    for path, who in pages.items():
        shown = who.get(f"{path}?lang=en", headers={"Accept": "text/html"})
        if path != "/nowhere/x":
            assert '<html lang="en">' in shown.text, path
        assert not unmarked(shown.text), path
