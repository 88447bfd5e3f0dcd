"""Whatever comes over the wire: an answer below 500, and a problem that says why when it is a refusal."""

from __future__ import annotations

import base64
import io
import json
import string

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.conftest import APPLICATION, fresh_engine, task_of
from tests.conftest import LONG

EXAMPLES = 1000 if LONG else 100
fuzzing = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: Lone halves of surrogate pairs and NUL, too.
texts = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(
    ["\0", "\ud800", "", " ", "x" * 5000]
)
numbers = st.integers() | st.floats() | st.sampled_from([2**63, -(2**63) - 1, 10**400, 1e308])
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
objects = st.dictionaries(texts, values, max_size=4)


def mostly(*right):
    """One of the right values, and now and then nearly anything: most requests get past the first door."""
    return st.integers(0, 11).flatmap(lambda n: values if n == 11 else st.sampled_from(right))


#: What can be kept: any text but NUL and halves of characters, any number of 64 bits.
sound_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
sound_numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(-1e15, 1e15)
sound = st.recursive(
    st.none() | st.booleans() | sound_numbers | sound_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(sound_texts, inner, max_size=4),
    max_leaves=12,
)
forms = st.dictionaries(sound_texts, sound, max_size=6)

applicants = st.fixed_dictionaries(
    {"name": mostly("广州")}, optional={"phone": mostly("1"), "kind": mostly("person"), "any": sound}
)
BODIES = {
    "/tokens": {"username": mostly("nobody"), "password": mostly("x")},
    "/cases": {
        "item": mostly(APPLICATION["item"]),
        "region": mostly("440100"),
        "applicant": applicants,
        "form": forms | objects,
        "channel": mostly("window"),
        "external_number": mostly("A-1", None),
    },
    "/cases/{number}/acceptance": {"answer": mostly("accepted", "x"), "opinion": mostly("")},
    "/cases/{number}/materials": {
        "code": mostly("completion-report", "other"),
        "commitment": st.fixed_dictionaries({"statement": mostly("承诺")}, optional={"supply_by": mostly("2999-01-01")})
        | values,
        "from_material": mostly(1, "1"),
        "original_compared": mostly(True, "false"),
    },
    "/cases/{number}/materials/1/review": {"verdict": mostly("approved", "rejected"), "reason": mostly("缺页")},
    "/cases/{number}/documents/AAAA/seal": {"sealed_at": mostly("2026-09-21T09:30:00"), "seal": mostly("专用章")},
    "/cases/{number}/documents/AAAA/deliveries": {
        "way": mostly("collected", "posted"),
        "recipient": mostly("张三"),
        "tracking_number": mostly("1", None),
    },
    "/tasks/{task}/claim": {},
    "/tasks/{task}/release": {},
    "/tasks/{task}/complete": {"outcome": mostly("accepted", "x"), "opinion": mostly("意见"), "form": forms | objects},
    "/definitions": {"item": mostly(APPLICATION["item"]), "bpmn": mostly("<a/>"), "item_data": values},
    "/definitions/{task}/publish": {},
}


@pytest.fixture(scope="module")
def engine(server, template):
    """One database for all of this module."""
    with fresh_engine(server, template) as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens():
    """One log-in for all of this module."""
    return {}


@pytest.fixture
def ids(caller, submitted):
    return {"number": submitted["number"], "task": task_of(caller("clerk.chen"), submitted["number"], "accept")}


def judge(answer):
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        problem = json.loads(answer.data)
        assert (problem["status"], bool(problem["code"]), bool(problem["detail"])) == (answer.status_code, True, True)


def who_may(caller, path):
    return caller("designer.xu" if path.startswith("/definitions") else "clerk.chen")


@pytest.mark.parametrize("path", BODIES)
def test_any_object_gets_an_answer(caller, ids, path):
    who = who_may(caller, path)

    whole = st.fixed_dictionaries(BODIES[path])
    parts = st.fixed_dictionaries({}, optional=BODIES[path] | {"unknown": values})

    @fuzzing
    @given(st.integers(0, 4).flatmap(lambda n: parts if n == 4 else whole))
    def check(body):
        judge(who.call("POST", path.format(**ids), data=json.dumps(body), content_type="application/json"))

    check()


def test_what_is_taken_is_kept(caller):
    clerk = caller("clerk.chen")

    @fuzzing
    @given(forms, forms, sound_texts)
    def check(form, more, opinion):
        number = clerk.post("/cases", APPLICATION | {"form": form}).json["number"]
        task = task_of(clerk, number, "accept")
        answer = clerk.post(f"/tasks/{task}/complete", {"outcome": "accepted", "opinion": opinion, "form": more})
        assert answer.status_code == 200, answer.text
        seen = clerk.get(f"/cases/{number}").json
        assert (seen["form"], seen["timeline"][0]["opinion"] or "") == (form | more, opinion)

    check()


@pytest.mark.parametrize("path", ["/cases", "/definitions", "/cases/{number}/materials"])
def test_any_bytes_get_an_answer(caller, ids, path):
    who, path = who_may(caller, path), path.format(**ids)
    kinds = st.sampled_from(
        ["application/json", "application/json; charset=utf-16", "multipart/form-data; boundary=x", "x", ""]
    )

    @fuzzing
    @given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode("utf-8")), kinds)
    @example(
        b'--x\r\nContent-Disposition: form-data; name="bpmn"\r\n\r\n<a/>\r\n--x--', "multipart/form-data; boundary=x"
    )
    @example(
        b'--x\r\nContent-Disposition: form-data; name="item_data"\r\n\r\n[\r\n--x--', "multipart/form-data; boundary=x"
    )
    def check(data, kind):
        judge(who.call("POST", path, data=data, content_type=kind))

    check()


def test_any_form_with_files_gets_an_answer(caller):
    who = caller("designer.xu")
    parts = st.lists(
        st.tuples(st.sampled_from(["item", "bpmn", "item_data", "other"]), st.booleans(), st.binary(max_size=40))
    )

    @fuzzing
    @given(parts)
    def check(given_parts):
        data = b"".join(part(*one) for one in given_parts) + b"--x--\r\n"
        judge(who.call("POST", "/definitions", data=data, content_type="multipart/form-data; boundary=x"))

    def part(name, is_file, content):
        file = '; filename="a"' if is_file else ""
        return f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"

    check()


# Werkzeug leaves the temporary file of a form that breaks off to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_any_file_gets_an_answer_and_leaves_nothing(engine, caller, ids):
    clerk = caller("clerk.chen")
    heads = st.sampled_from([b"%PDF-", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b""])
    names = sound_texts | st.sampled_from(["a.pdf", "a.docx", "a.zip", "../a.pdf", "a.png", "a"])

    @fuzzing
    @given(heads, st.binary(max_size=200), names, mostly("completion-report", "other"))
    def check(head, rest, name, code):
        file = (io.BytesIO(head + rest), name)
        judge(clerk.call("POST", f"/cases/{ids['number']}/materials", data={"code": str(code), "file": file}))

    check()
    assert list((engine.files.folder / "incoming").iterdir()) == []


def test_any_query_gets_an_answer(caller):
    who = caller("fire.liu")
    made_up = values.map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode())
    triples = st.tuples(mostly("infinity", "2026-01-01"), mostly("0" * 32), mostly(-(10**30), 1e300)).map(list)
    cursors = made_up | triples.map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode())
    words = mostly("fire", "x").map(lambda text: str(text).encode("utf-8", "replace").decode())
    queries = {"state": st.just("open,claimed") | words, "case": words, "node": words, "limit": mostly("5")}

    @fuzzing
    @given(st.fixed_dictionaries({}, optional=queries | {"cursor": cursors}))
    def check(query):
        judge(who.get("/tasks", query_string=query))

    check()


def test_any_path_gets_an_answer(caller, client):
    paths = [
        "/cases/{}",
        "/tasks/{}/claim",
        "/progress/{}?query_code=x",
        "/definitions/{}/publish",
        "/cases/{}/acceptance",
    ]
    segments = st.text(string.printable, max_size=20) | texts.map(lambda text: text.encode("utf-8", "replace").decode())

    @fuzzing
    @given(st.sampled_from(paths), segments, st.sampled_from(["GET", "POST", "DELETE"]))
    def check(path, segment, method):
        quoted = "".join(f"%{byte:02x}" for byte in segment.encode())
        judge(caller("clerk.chen").call(method, path.format(quoted)))

    check()


def test_any_header_gets_an_answer(client, caller):
    sent = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40)
    token = caller("clerk.chen").token
    names = [
        "Authorization",
        "Idempotency-Key",
        "Accept-Language",
        "X-Request-Id",
        "Accept",
        "Content-Length",
        "Content-Type",
    ]

    @fuzzing
    @given(st.dictionaries(st.sampled_from(names), sent))
    def check(headers):
        judge(client.post("/api/v1/cases", json={}, headers={"Authorization": f"Bearer {token}"} | headers))

    check()
