"""The whole application: for a client without a browser, and on a port of this machine for one with."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

import server as web_server
from engine.assemble import Engine
from engine.settings import DEMONSTRATION_PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="NO BROWSER: apt-get install chromium fonts-noto-cjk")


@pytest.fixture
def app(engine: Engine) -> Flask:
    """The application with all its parts."""
    return web_server.create_app(engine)


@pytest.fixture
def page(app: Flask) -> FlaskClient:
    """A client that nobody is signed in at."""
    return app.test_client()


@dataclass
class Desk:
    """A client at which somebody is signed in."""

    client: FlaskClient

    def get(self, path: str, **options):
        return self.client.get(path, **options)

    def token(self, path: str = "/admin/cases") -> str:
        """The token of this session, as its forms carry it."""
        return re.search(r'name="csrf" value="([0-9a-f]{64})"', self.client.get(path).text)[1]

    def post(self, path: str, csrf: str | None = None, **fields: str):
        """Send a form with the session's token."""
        return self.client.post(path, data={"csrf": self.token() if csrf is None else csrf, **fields})


@pytest.fixture
def desk(app: Flask) -> Callable[[str], Desk]:
    """Signs in with a username of the demonstration."""

    def sign_in(username: str) -> Desk:
        client = app.test_client()
        data = {"username": username, "password": DEMONSTRATION_PASSWORD}
        assert client.post("/admin/login", data=data).status_code == 303
        return Desk(client)

    return sign_in


@contextlib.contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a port of this machine; its address."""
    web = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{web.port}"
    finally:
        web.shutdown()
        thread.join()
        web.server_close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The address of the running application."""
    with serving(app) as found:
        yield found


#: Without these, Chromium itself calls home in the background; every other host is this machine's closed port.
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
    "--host-resolver-rules=MAP * 127.0.0.1:9 , EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="module")
def chromium():
    """One Chromium for a module: while Playwright runs, this thread has an event loop, which other tests can't bear."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(SWITCHES))
        yield browser
        browser.close()


def advance(engine: Engine, days: int) -> None:
    """Move the clock, in a thread of its own: in this one Playwright keeps an event loop."""
    from engine.background.demonstration_clock import advance_clock

    mover = threading.Thread(target=advance_clock, args=(engine, days))
    mover.start()
    mover.join()


@dataclass
class Person:
    """Somebody at a browser of their own, at one site. Every request and every complaint of the browser is kept."""

    page: Any
    address: str
    asked: list[str]
    complaints: list[str]

    def open(self, path: str) -> None:
        """Go to a page."""
        self.page.goto(f"{self.address}{path}")

    def log_in(self, username: str) -> None:
        """Log in with a demonstration account, by keyboard."""
        self.open("/admin/login")
        self.page.focus("#username")  # the browser itself puts the focus there, a moment later
        self.page.keyboard.type(username)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(DEMONSTRATION_PASSWORD)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def log_in_to_apply(self, username: str) -> None:
        """Log in at the portal, as an applicant of the demonstration."""
        self.open("/account/login")
        self.page.fill("#username", username)
        self.page.fill("#password", DEMONSTRATION_PASSWORD)
        with self.page.expect_navigation():
            self.page.click("main button")

    def press(self, key: str) -> None:
        """Press a key that leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def look_up(self, number: str, code: str) -> None:
        """Look a case up, by keyboard."""
        self.open("/")
        self.page.focus("#number")
        self.page.keyboard.type(number)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(code)
        self.press("Enter")

    def text(self, selector: str = "main") -> str:
        """What stands in a part of the page, as it is read."""
        return str(self.page.inner_text(selector))


@pytest.fixture
def person(chromium, address):
    """Sits somebody down at a browser: `person(lang="zh", width=1280, height=900, script=True)`."""
    contexts = []

    def sit_down(lang: str = "zh", width: int = 1280, height: int = 900, script: bool = True) -> Person:
        locale = "zh-CN" if lang == "zh" else "en-GB"
        context = chromium.new_context(
            locale=locale, viewport={"width": width, "height": height}, java_script_enabled=script
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        asked, complaints = [], []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        if lang == "en":
            context.add_cookies([{"name": "lang", "value": "en", "url": address}])
        return Person(page, address, asked, complaints)

    yield sit_down
    for context in contexts:
        context.close()
