"""The examples that integrators copy, `docs/api.md`: run as they stand, by programs of their own, against a listening server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading

import pytest
from werkzeug.serving import make_server

from api.documentation import PAGE

SECTION = PAGE.read_text("utf-8").partition("## The shortest way in\n")[2].partition("\n## ")[0]
AS_WRITTEN = "http://127.0.0.1:8000"


def example(kind):
    (found,) = re.findall(rf"```{kind}\n(.*?)```", SECTION, re.DOTALL)
    assert AS_WRITTEN in found
    return found


@pytest.fixture
def address(app):
    web = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{web.port}"
    web.shutdown()
    thread.join()
    web.server_close()


def said_by(command):
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_python_runs_and_submits(address, caller):
    lines = example("python").replace(AS_WRITTEN, address)
    number, code, after = said_by([sys.executable, "-I", "-c", lines]).split()
    assert caller("clerk.chen").get(f"/cases/{number}").json["external_number"] == "A-1"
    assert caller("clerk.chen").get(f"/progress/{number}?query_code={code}").status_code == 200
    assert after.isdigit()
    assert said_by([sys.executable, "-I", "-c", lines]).split()[:2] == [number, code], "the key makes it safe to repeat"


def test_the_python_is_ten_lines():
    assert len([line for line in example("python").splitlines() if line.strip()]) == 10


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_logs_in(address):
    token = json.loads(said_by(["bash", "-c", example("sh").replace(AS_WRITTEN, address)]))["token"]
    assert len(token) > 20
