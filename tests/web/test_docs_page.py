"""`/api/v1/docs` in a real browser: everything is described, and nothing is asked of another host."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

import server
from api.openapi_page import PAGE

CHROMIUM = Path("/usr/bin/chromium")
#: Without these, Chromium itself calls home in the background.
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def site(engine):
    """The application on a port of this machine, and the paths that were asked of it."""
    asked: list[str] = []
    app = server.create_app(engine)
    inner = app.wsgi_app

    def watched(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    app.wsgi_app = watched
    web = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{web.port}", asked
    web.shutdown()
    thread.join()
    web.server_close()


def told_tags():
    """The groups under which the description tells its operations: the page opens with all of them closed."""
    paths = json.loads(PAGE.read_text("utf-8"))["paths"].values()
    return {told["tags"][0] for path in paths for name, told in path.items() if name != "parameters"}


@pytest.mark.skipif(not CHROMIUM.exists(), reason="NO BROWSER: apt-get install chromium fonts-noto-cjk")
def test_a_browser_shows_every_group_of_operations_and_asks_nobody_else(site, tmp_path):
    address, asked = site
    command = [str(CHROMIUM), *SWITCHES, f"--user-data-dir={tmp_path}", "--virtual-time-budget=20000"]
    # Every other host is this machine's closed port: a page that needed one would not come up whole.
    command += ["--host-resolver-rules=MAP * 127.0.0.1:9 , EXCLUDE 127.0.0.1", "--enable-logging=stderr"]
    done = subprocess.run(
        [*command, "--dump-dom", f"{address}/api/v1/docs"], capture_output=True, text=True, check=True, timeout=120
    )
    for tag in told_tags():
        assert f'id="operations-tag-{tag}"' in done.stdout, done.stderr[-2000:]
    assert "Content Security Policy" not in done.stderr
    elsewhere = {
        url for url in re.findall(r'(?:src|href)="(https?://[^"]*)"', done.stdout) if not url.startswith(address)
    }
    assert not {url for url in elsewhere if f'src="{url}"' in done.stdout}
    assert {"/api/v1/docs", "/api/v1/openapi.json"} <= set(asked)


def test_the_page_is_strict_and_says_where_the_description_is(engine):
    with server.create_app(engine).test_client() as client:
        page = client.get("/api/v1/docs", headers={"Accept-Language": "en"})
        assert page.status_code == 200
        assert "script-src 'self';" in page.headers["Content-Security-Policy"]
        assert "<noscript>" in page.text
        assert 'lang="en"' in page.text
        assert 'lang="zh-CN"' in client.get("/api/v1/docs").text
        for path in re.findall(r'(?:src|href)="(/[^"]*)"', page.text):
            with client.get(path) as answer:
                assert answer.status_code == 200, path
        assert json.loads(client.get("/api/v1/openapi.json").text)["openapi"] == "3.1.0"
