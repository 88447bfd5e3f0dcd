"""Webhooks against real receivers on this machine: those that take, refuse, hang, drip, lie, answer twice, and are away."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.webhooks import WebhookDeliveryPage, WebhookView, WebhookWithSecret
from engine.background.worker import run_dry
from engine.clock import wall_now
from engine.webhooks import deliver, subscriptions
from engine.webhooks.deliver import GIVE_UP_AFTER, Courier
from engine.webhooks.receiver import Addresses, WebhookUrlRefused, call, secret_of, signature
from tests.api.conftest import APPLICATION, Caller, refused, task_of


@dataclass
class Receiver:
    """An HTTP server that notes what it gets and answers as it is told."""

    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)  #: cases whose events get a 500
    url: str = ""

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    noted = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            noted.got.append((dict(self.headers), body))
            self.send_response(500 if json.loads(body)["case"] in noted.refuses else noted.status)
            self.send_header("Location", noted.url + "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    noted.url = f"http://127.0.0.1:{server.server_port}/hook?x=1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield noted
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def raw(answers: list[bytes], hold: bool = False) -> Iterator[str]:
    """A receiver that is no HTTP server: it says these bytes, and then hangs or hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listening.accept()
                with peer, suppress(OSError):
                    peer.settimeout(5)
                    peer.recv(65536)
                    for n, said in enumerate(answers):
                        if n:
                            over.wait(0.02)
                        peer.sendall(said)
                    if hold:
                        over.wait(30)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


@dataclass
class Clock:
    """Wall time that a test moves."""

    now: datetime = field(default_factory=lambda: wall_now() + timedelta(minutes=2))

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def courier(engine, clock) -> Courier:
    return replace(engine.webhooks.courier, clock=clock, call=partial(call, wait=0.3, whole=0.6))


@pytest.fixture
def office(app) -> Caller:
    asked = {"grant_type": "client_credentials", "client_id": "front.office", "client_secret": "onewindow-demo-client"}
    return Caller(app, app.test_client().post("/api/v1/tokens", json=asked).json["token"])


def subscribe(office: Caller, url: str, **more: Any) -> dict[str, Any]:
    answer = office.post("/webhooks", {"url": url, **more})
    assert answer.status_code == 201, answer.text
    return WebhookWithSecret().load(answer.json) | {"id": answer.json["id"]}


def submit(office: Caller, engine) -> str:
    number = office.post("/cases", APPLICATION).json["number"]
    run_dry(engine)
    return str(number)


def rounds(courier: Courier, clock: Clock, hours: float, step: float = 1 / 6) -> int:
    """What is delivered while so many hours pass."""
    taken, passed = 0, 0.0
    while passed < hours:
        taken += sum(courier.visit(one) for one in courier.due())
        clock.later(hours=step)
        passed += step
    return taken


def show(office: Caller, made: dict[str, Any]) -> dict[str, Any]:
    answer = office.get(f"/webhooks/{made['id']}")
    WebhookView().load(answer.json)
    return answer.json


def feed_of(office: Caller) -> list[dict[str, Any]]:
    return office.get("/events?limit=500").json["items"]


def test_events_are_brought_signed_and_as_the_feed_has_them(engine, office, receiver, courier, clock):
    made = subscribe(office, receiver.url)
    submit(office, engine)
    assert rounds(courier, clock, 0.1) == len(feed_of(office))
    assert receiver.events == feed_of(office)
    headers, body = receiver.got[0]
    assert headers["OneWindow-Delivery"] == f"{made['id']}.{receiver.events[0]['position']}"
    stamp, _, given = headers["OneWindow-Signature"].removeprefix("t=").partition(",v1=")
    expected = hmac.new(made["secret"].encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert given == expected
    assert abs(int(stamp) - clock.now.timestamp()) < 2000
    assert (show(office, made)["delivered"], show(office, made)["waiting"]) == (len(feed_of(office)), 0)
    assert rounds(courier, clock, 1) == 0  # once is once


def test_both_secrets_sign_for_a_day_after_a_rotation(engine, office, receiver, courier, clock):
    made = subscribe(office, receiver.url)
    fresh = office.post(f"/webhooks/{made['id']}/secret").json
    assert fresh["secret"] != made["secret"]
    assert fresh["previous_secret_until"]
    submit(office, engine)
    rounds(courier, clock, 0.1)
    clock.later(hours=25)
    submit(office, engine)
    rounds(courier, clock, 0.1)
    secrets = [fresh["secret"], made["secret"]]
    for (headers, body), known in ((receiver.got[0], secrets), (receiver.got[-1], secrets[:1])):
        stamp = int(headers["OneWindow-Signature"].split(",")[0].removeprefix("t="))
        assert headers["OneWindow-Signature"] == signature(known, stamp, body)


def test_only_ones_own_cases_and_only_the_kinds_asked_for(engine, office, caller, receiver, courier, clock):
    subscribe(office, receiver.url, kinds=["case.submitted"])
    caller("clerk.chen").post("/cases", APPLICATION)
    mine = submit(office, engine)
    rounds(courier, clock, 0.1)
    assert [(event["case"], event["kind"]) for event in receiver.events] == [(mine, "case.submitted")]


def test_a_receiver_that_is_down_for_a_day_gets_everything_in_order(engine, office, caller, receiver, courier, clock):
    with raw([]) as away:
        pass  # nobody listens there any more
    made = subscribe(office, away)
    numbers = [submit(office, engine) for _ in range(3)]
    clerk = caller("clerk.chen")
    for number in numbers:
        clerk.post(f"/tasks/{task_of(clerk, number, 'accept')}/complete", {"outcome": "accepted"})
    run_dry(engine)
    tries: list[int] = []
    counted = replace(courier, call=lambda *a: tries.append(1) or courier.call(*a))
    assert rounds(counted, clock, 24) == 0
    assert 100 < len(tries) < 200  # one call every ten minutes, however much waits
    seen = show(office, made)
    assert (seen["state"], seen["dead"], seen["delivered"]) == ("failing", 0, 0)
    assert seen["last_error"].startswith("ConnectionRefusedError")
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE webhooks SET url = :url"), {"url": receiver.url})
    rounds(courier, clock, 1)
    assert receiver.events == feed_of(office)
    assert show(office, made)["state"] == "active"


@pytest.mark.parametrize(
    ("answers", "hold"),
    [
        ([], True),  # hangs without a word
        ([b"HTTP/1.1 200"] + [b" "] * 200, True),  # drips
        ([b"HTTP/1.1 100 Continue\r\n\r\n"] * 200, True),  # never comes to the point
        ([b"no HTTP at all\r\n\r\n"], False),
        ([b"HTTP/1.1 999999 x\r\n\r\n"], False),
        ([b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\n\r\n"], False),
        ([b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"], False),
        ([], False),  # hangs up
    ],
)
def test_whatever_a_receiver_does_a_call_ends_and_nothing_is_lost(engine, office, courier, clock, answers, hold):
    with raw(answers, hold) as url:
        made = subscribe(office, url)
        submit(office, engine)
        assert sum(courier.visit(one) for one in courier.due()) == 0
    seen = show(office, made)
    assert (seen["waiting"], seen["dead"], seen["failures"]) == (len(feed_of(office)), 0, 1)
    assert seen["last_error"]


@pytest.mark.parametrize(
    "answers",
    [
        [b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 500 No\r\n\r\n"],  # answers twice
        [b"HTTP/1.1 204 No Content\r\nContent-Length: 99999999999\r\n\r\n"],  # lies about what follows
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"],
    ],
)
def test_the_first_line_of_an_answer_is_what_counts(engine, office, courier, clock, answers):
    with raw(answers) as url:
        made = subscribe(office, url)
        submit(office, engine)
        assert sum(courier.visit(one) for one in courier.due()) == len(feed_of(office))
    assert show(office, made)["waiting"] == 0


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 410, 500, 503])
def test_anything_but_2xx_is_a_refusal_and_no_redirect_is_followed(engine, office, receiver, courier, clock, status):
    receiver.status = status
    made = subscribe(office, receiver.url)
    submit(office, engine)
    assert sum(courier.visit(one) for one in courier.due()) == 0
    assert len(receiver.got) == 1  # the second event of the case waits for the first
    first, second, *_ = office.get(f"/webhooks/{made['id']}/deliveries").json["items"]
    assert (first["tries"], first["last_error"], second["tries"]) == (1, f"HTTP {status}", 0)


def test_what_is_refused_holds_up_its_own_case_only_and_becomes_a_dead_letter(engine, office, receiver, courier, clock):
    made = subscribe(office, receiver.url)
    bad, good = submit(office, engine), submit(office, engine)
    receiver.refuses = {bad}
    whole = [event["seq"] for event in feed_of(office) if event["case"] == good]
    assert rounds(courier, clock, 1) == len(whole)
    assert [event["seq"] for event in receiver.events if event["case"] == good] == whole
    assert {event["seq"] for event in receiver.events if event["case"] == bad} == {1}
    rounds(courier, clock, GIVE_UP_AFTER / timedelta(hours=1) + 2)
    seen = show(office, made)
    assert seen["dead"] == 1
    page = office.get(f"/webhooks/{made['id']}/deliveries?state=dead").json
    WebhookDeliveryPage().load(page)
    assert [(row["case"], row["seq"], row["last_error"]) for row in page["items"]] == [(bad, 1, "HTTP 500")]
    assert 8 <= page["items"][0]["tries"] < 120
    receiver.refuses, before = set(), len(receiver.got)
    answer = office.post(f"/webhooks/{made['id']}/replay", {"positions": [page["items"][0]["position"]]})
    assert (answer.json["dead"], answer.json["waiting"]) == (0, len(whole))
    rounds(courier, clock, 1)
    assert [(event["case"], event["seq"]) for event in receiver.events[before:]] == [(bad, seq) for seq in whole]


def test_a_replay_from_a_position_brings_everything_again(engine, office, receiver, courier, clock):
    made = subscribe(office, receiver.url)
    submit(office, engine)
    rounds(courier, clock, 0.1)
    assert office.post(f"/webhooks/{made['id']}/replay", {"after": 0}).status_code == 200
    rounds(courier, clock, 0.1)
    assert receiver.events == feed_of(office) * 2


def test_a_subscription_may_begin_in_the_past(engine, office, receiver, courier, clock):
    submit(office, engine)
    subscribe(office, receiver.url, after=0)
    rounds(courier, clock, 0.1)
    assert receiver.events == feed_of(office)


def test_the_queue_is_bounded_and_what_does_not_fit_waits_in_the_feed(
    engine, office, receiver, courier, clock, monkeypatch
):
    for module in (deliver, subscriptions):
        monkeypatch.setattr(module, "MOST_QUEUED", 3)
    receiver.status = 500
    made = subscribe(office, receiver.url)
    for _ in range(4):
        submit(office, engine)
    rounds(courier, clock, 2)
    seen = show(office, made)
    assert (seen["waiting"], seen["state"]) == (3, "full")
    receiver.status, before = 200, len(receiver.got)
    rounds(courier, clock, 3)
    assert receiver.events[before:] == feed_of(office)


def test_two_workers_never_visit_one_subscription_at_once(engine, office, receiver, courier, clock):
    made = subscribe(office, receiver.url)
    submit(office, engine)
    inside: list[int] = []

    def calls(*asked: Any) -> Any:
        inside.append(courier.visit(UUID(made["id"])))  # a second worker comes by
        return call(*asked)

    assert replace(courier, call=calls).visit(UUID(made["id"])) == len(feed_of(office))
    assert set(inside) == {0}


def test_a_worker_that_died_is_followed_by_another(engine, office, receiver, courier, clock):
    made = subscribe(office, receiver.url)
    submit(office, engine)

    class Killed(BaseException):
        pass

    def dies(*_: Any) -> Any:
        raise Killed

    dying = replace(courier, call=dies)
    with pytest.raises(Killed):
        dying.visit(UUID(made["id"]))
    with engine.database.begin() as connection:  # it had no time to give the lease back
        connection.execute(text("UPDATE webhooks SET leased_until = :until"), {"until": clock.now + deliver.LEASE})
    assert courier.due() == []
    clock.later(seconds=200)
    assert rounds(courier, clock, 0.1) == len(feed_of(office))


def test_no_transaction_is_open_while_a_receiver_is_called(engine, office, receiver, courier, clock):
    submit(office, engine)
    made = subscribe(office, receiver.url, after=0)
    open_ones: list[int] = []

    def calls(*asked: Any) -> Any:
        with engine.database.connect() as connection:
            busy = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
            )
            open_ones.append(connection.scalar(text(busy)))
        return call(*asked)

    assert replace(courier, call=calls).visit(UUID(made["id"])) == len(feed_of(office))
    assert set(open_ones) == {0}


def test_an_ended_subscription_gets_nothing_and_is_gone(engine, office, receiver, courier, clock):
    made = subscribe(office, receiver.url)
    submit(office, engine)
    assert office.call("DELETE", f"/webhooks/{made['id']}").json == {"deleted": True}
    assert rounds(courier, clock, 1) == 0
    refused(office.get(f"/webhooks/{made['id']}"), 404, "not-found")
    refused(office.call("DELETE", f"/webhooks/{made['id']}"), 404, "not-found")
    assert office.get("/webhooks").json == {"items": []}


def test_a_deactivated_client_gets_nothing(engine, office, caller, receiver, courier, clock):
    subscribe(office, receiver.url)
    submit(office, engine)
    caller("admin.yang").post("/clients/front.office/deactivate")
    assert rounds(courier, clock, 1) == 0


def test_a_client_has_few_webhooks_and_a_repeated_request_makes_one(office, receiver):
    headers = {"Idempotency-Key": "hook"}
    answers = [office.post("/webhooks", {"url": receiver.url}, headers=headers).json for _ in range(2)]
    assert answers[0] == answers[1]
    for _ in range(4):
        subscribe(office, receiver.url)
    refused(office.post("/webhooks", {"url": receiver.url}), 409, "too-many-webhooks")


def test_a_secret_is_told_once_and_stored_nowhere(engine, office, receiver):
    made = subscribe(office, receiver.url)
    assert made["secret"] not in office.get("/webhooks").text + office.get(f"/webhooks/{made['id']}").text
    with engine.database.connect() as connection:
        for table in ("webhooks", "idempotency_keys"):
            assert made["secret"] not in str(connection.execute(text(f"SELECT * FROM {table}")).all())
    assert secret_of("another key", UUID(made["id"]), 0) != made["secret"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "url"),
        ({"url": "http://127.0.0.1/", "kinds": ["a,b"]}, "kinds"),
        ({"url": "http://127.0.0.1/", "kinds": ["a"] * 21}, "kinds"),
        ({"url": "http://127.0.0.1/", "kinds": "a"}, "kinds"),
        ({"url": "http://127.0.0.1/", "after": -1}, "after"),
        ({"url": "http://127.0.0.1/", "after": 10**13}, "after"),
        ({"url": "http://127.0.0.1/", "after": "1"}, "after"),
    ],
)
def test_what_is_wrong_with_a_subscription_is_named(office, asked, field):
    assert set(refused(office.post("/webhooks", asked), 422, "input-invalid")["fields"]) == {field}


@pytest.mark.parametrize("body", [{"after": 1, "positions": [1]}, {"positions": []}, {"positions": ["a"]}, {"x": 1}])
def test_what_is_wrong_with_a_replay_is_named(office, receiver, body):
    made = subscribe(office, receiver.url)
    refused(office.post(f"/webhooks/{made['id']}/replay", body), 422, "input-invalid")


def test_an_address_that_may_not_be_called_is_refused_with_its_reason(office):
    problem = refused(office.post("/webhooks", {"url": "http://10.0.0.1/"}), 422, "webhook-url-refused")
    assert set(problem["fields"]) == {"url"}


REAL = Addresses(("hall.example", "city.example:8443"))


@pytest.mark.parametrize("url", ["https://hall.example/a?b=c", "https://HALL.example", "https://city.example:8443/x"])
def test_declared_hosts_may_be_called(url):
    assert REAL.check(url).hostname


@pytest.mark.parametrize(
    "url",
    [
        "http://hall.example/",
        "https://hall.example:444/",
        "https://city.example/",
        "https://other.example/",
        "https://hall.example.evil.test/",
        "https://hall.example@evil.test/",
        "https://evil.test/@hall.example",
        "https://evil.test#hall.example",
        "https://user:pw@hall.example/",
        "https://hall.example/#part",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://169.254.169.254/",
        "https://hall.example:99999/",
        "https://hall.example:0/",
        "https://hall.example\\@evil.test/",
        "https://hall.example/\r\nX: y",
        "https://hall.example/ä",
        "https://[hall.example/",
        "https:///x",
        "//hall.example/",
        "file:///etc/passwd",
        "gopher://hall.example/",
        "x" * 600,
        "",
    ],
)
def test_nothing_else_is_called(url):
    with pytest.raises(WebhookUrlRefused):
        REAL.check(url)


def test_in_a_demonstration_this_machine_may_be_called_and_no_other():
    demo = Addresses((), demo=True)
    assert demo.check("http://127.0.0.1:9/").port == 9
    for url in ("http://127.0.0.2/", "http://0.0.0.0/", "https://hall.example/", "http://2130706433/"):
        with pytest.raises(WebhookUrlRefused):
            demo.check(url)


def test_a_host_that_is_no_longer_declared_is_not_called_and_its_events_wait(engine, office, receiver, courier, clock):
    made = subscribe(office, receiver.url)
    submit(office, engine)
    assert rounds(replace(courier, addresses=Addresses()), clock, 1) == 0
    assert receiver.got == []
    assert show(office, made)["state"] == "failing"
    clock.later(hours=1)
    assert rounds(courier, clock, 0.1) == len(feed_of(office))
