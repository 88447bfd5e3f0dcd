"""A credit source over HTTP: asked in bounds, tried again when it is down, and silent rather than good when it talks rubbish."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from engine.plugins.credit_sources import MOST_ANSWER, HttpCreditSource, credit_source_of
from engine.settings import CreditSettingInvalid, Settings, read_settings


@contextmanager
def bureau(say):
    """A server that answers as `say(handler, nth)` does; gives the source and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Authorization")))
            say(self, len(asked))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/grade?of=gz", asked
    finally:
        server.shutdown()
        server.server_close()


def answers(handler, body, status=200):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_it_asks_for_a_subject_and_takes_grade_and_records():
    with bureau(lambda h, _: answers(h, b'{"grade": "A", "records": [{"no": 1}], "more": 1}')) as (url, asked):
        told = HttpCreditSource(url, token="t0ken").ask("91 44")
    assert (told.grade, told.records, told.trouble, told.source) == ("A", ({"no": 1},), None, "127.0.0.1")
    assert asked == [("/grade?of=gz&subject=91%2044", "Bearer t0ken")]


def test_who_is_not_known_has_no_grade_and_that_is_no_trouble():
    with bureau(lambda h, _: answers(h, b"", 404)) as (url, asked):
        told = HttpCreditSource(url).ask("x")
    assert (told.grade, told.trouble, len(asked)) == (None, None, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"null",
        b'{"grade": "AAA"}',
        b'{"grade": 1}',
        b'{"grade": ["A"]}',
        b'{"grade": "A", "records": {}}',
        b'{"grade": "A", "records": [1]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_trouble_and_not_asked_for_again(body):
    with bureau(lambda h, _: answers(h, body)) as (url, asked):
        told = HttpCreditSource(url, retries=2).ask("x")
    assert told.grade is None
    assert told.trouble
    assert len(asked) == 1


def test_a_source_that_fails_is_tried_again_so_often_and_no_more():
    def fails(handler, nth):
        answers(handler, b'{"grade": "B"}', 200 if nth == 3 else 500)

    with bureau(fails) as (url, _):
        assert HttpCreditSource(url, retries=2).ask("x").grade == "B"
    with bureau(fails) as (url, asked):
        told = HttpCreditSource(url, retries=1).ask("x")
    assert (told.grade, told.trouble, len(asked)) == (None, "HTTP 500", 2)


def test_a_slow_source_a_dripping_one_and_a_huge_answer_end_in_bounds():
    over = threading.Event()

    def drips(handler, _):
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.02):
            handler.wfile.write(b" ")

    def floods(handler, _):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(MOST_ANSWER // 65_536 + 2):
            handler.wfile.write(b" " * 65_536)

    for behaves in (lambda h, _: over.wait(5), drips, floods):
        with bureau(behaves) as (url, _):
            told = HttpCreditSource(url, wait=0.2, retries=1).ask("x")
        assert told.grade is None
        assert told.trouble
    over.set()


def test_nobody_there_is_trouble():
    with bureau(lambda h, _: None) as (url, _):
        pass
    told = HttpCreditSource(url, wait=0.5).ask("x")
    assert told.grade is None
    assert "refused" in told.trouble


def test_a_source_is_named_by_settings():
    assert credit_source_of(Settings()) is None
    told = read_settings({"ONEWINDOW_CREDIT_URL": "https://c.example/x", "ONEWINDOW_CREDIT_TIMEOUT": "0.5"})
    source = credit_source_of(told)
    assert isinstance(source, HttpCreditSource)
    assert (source.name, source.wait, source.retries, told.credit_unrecorded) == ("c.example", 0.5, 1, "B")
    assert read_settings({"ONEWINDOW_CREDIT_UNRECORDED": "none"}).credit_unrecorded == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "ftp://x"),
        ("URL", "http://a b"),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "31"),
        ("TIMEOUT", "1e3"),
        ("RETRIES", "6"),
        ("RETRIES", "-1"),
        ("UNRECORDED", "D"),
    ],
)
def test_a_setting_that_can_not_be_meant_is_refused(name, value):
    with pytest.raises(CreditSettingInvalid):
        read_settings({f"ONEWINDOW_CREDIT_{name}": value})
