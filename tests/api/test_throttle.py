"""What a guesser gets from the API: 429 with the time to wait, the same for what exists and what does not."""

from __future__ import annotations

import server
from engine.assemble import open_engine
from engine.settings import Settings
from tests.api.conftest import refused

WRONG = {"username": "fire.liu", "password": "wrong"}


def test_log_in_is_locked_with_the_time_to_wait(client):
    for _ in range(5):
        refused(client.post("/api/v1/tokens", json=WRONG), 401, "log-in-failed")
    answer = client.post("/api/v1/tokens", json=WRONG)
    problem = refused(answer, 429, "too-many-tries")
    assert int(answer.headers["Retry-After"]) == problem["retry_after"] <= 900


def test_a_wrong_code_and_an_unknown_number_are_throttled_alike(client, submitted):
    for number in (submitted["number"], "440100-20260101-999999"):
        statuses = [client.get(f"/api/v1/progress/{number}?query_code=WRONG").status_code for _ in range(12)]
        assert statuses == [404] * 10 + [429] * 2


def test_a_token_is_revoked_by_its_owner(caller):
    officer = caller("fire.liu")
    assert officer.get("/tasks").status_code == 200
    assert officer.call("DELETE", "/tokens/current").json == {"revoked": True}
    refused(officer.get("/tasks"), 401, "unauthenticated")


def test_behind_a_proxy_its_word_counts_and_else_nobody_s(database_url):
    for proxies, locked in ((1, False), (0, True)):
        engine = open_engine(Settings(demo=True, proxies=proxies), database_url)
        client = server.create_app(engine).test_client()
        for n in range(50):
            asked = {"username": f"{proxies} {n}", "password": "wrong"}
            client.post("/api/v1/tokens", json=asked, headers={"X-Forwarded-For": "10.1.1.1"})
        right = {"username": "air.wu", "password": "onewindow-demo"}
        answer = client.post("/api/v1/tokens", json=right, headers={"X-Forwarded-For": "10.2.2.2"})
        assert answer.status_code == (429 if locked else 201)
        engine.close()
