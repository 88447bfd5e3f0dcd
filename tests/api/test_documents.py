"""Documents over the API: listed, fetched by officer and applicant, stamped, delivered, and checked by anybody."""

from __future__ import annotations

import io
import json

import pytest

from api.documents import Delivered, PaperList, Stamped
from api.verify import Verified
from engine.background.worker import run_dry
from engine.cases.submit import query_code
from tests.api.conftest import fresh_engine, refused
from tests.api.test_resources import answers
from tests.engine.papers import PDF
from tests.engine.stories import APPLICANT
from tests.engine.test_paper import finished


@pytest.fixture(scope="module")
def engine(server, template):
    """One database for all of this module: each test has a case of its own."""
    with fresh_engine(server, template) as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens():
    """A log-in is slow on purpose: one for all of this module."""
    return {}


@pytest.fixture
def seals(engine):
    """The seal service, put back after the test."""
    service = engine.documents.seals
    yield service
    engine.documents.seals = service


def certificate(caller, number):
    listed = answers(caller("clerk.chen").get(f"/cases/{number}/documents"), 200, PaperList)
    return next(one for one in listed["items"] if one["kind"] == "certificate")


def by_code(app, engine, number, path, method="GET", **request):
    code = query_code(engine.settings.secret_key, number)
    return app.test_client().open(
        f"/api/v1/cases/{number}{path}", method=method, headers={"Query-Code": code}, **request
    )


def test_an_applicant_fetches_what_is_sealed_and_that_delivers_it(app, engine, actor, caller, seals):
    number = finished(engine, actor)
    code = certificate(caller, number)["code"]
    refused(by_code(app, engine, number, f"/documents/{code}/file"), 409, "document-not-sealed")
    run_dry(engine)
    fetched = by_code(app, engine, number, f"/documents/{code}/file")
    assert (fetched.status_code, fetched.mimetype, fetched.data[:5]) == (200, "application/pdf", b"%PDF-")
    by_code(app, engine, number, f"/documents/{code}/file")
    (delivery,) = certificate(caller, number)["deliveries"]
    assert (delivery["way"], delivery["recipient"]) == ("downloaded", APPLICANT["name"])
    assert engine.verify_record(number).whole


def test_anybody_checks_a_document_and_learns_no_name(client, engine, actor, caller, seals):
    number = finished(engine, actor)
    code = certificate(caller, number)["code"]
    assert answers(client.get(f"/api/v1/verify/{code}"), 200, Verified)["status"] == "not-sealed"
    run_dry(engine)
    found = client.get(f"/api/v1/verify/{code.lower()[:8]}-{code[8:]}")
    verified = answers(found, 200, Verified)
    assert (verified["status"], verified["sha256"]) == ("effective", certificate(caller, number)["sha256"])
    assert APPLICANT["name"] not in found.text
    assert number not in found.text
    for wrong in ("A" * 16, "x", "长" * 50, "%00"):
        assert client.get(f"/api/v1/verify/{wrong}").status_code == 404
    refused(client.get("/api/v1/verify/AAAA"), 404, "verification-code-unknown")


def test_a_clerk_prints_stamps_records_and_hands_over(app, engine, actor, caller, seals):
    engine.documents.seals = None
    number, clerk = finished(engine, actor), caller("clerk.chen")
    run_dry(engine)
    code = certificate(caller, number)["code"]
    path = f"/cases/{number}/documents/{code}"
    assert clerk.get(f"{path}/file").data[:5] == b"%PDF-"
    handed = {"way": "collected", "recipient": "李四"}
    refused(clerk.post(f"{path}/deliveries", handed), 409, "document-not-sealed")
    form = {"file": (io.BytesIO(PDF), "scan.pdf"), "seal": "行政许可专用章"}
    stamped = clerk.call("POST", f"{path}/seal", data=form, content_type="multipart/form-data")
    assert answers(stamped, 201, Stamped)["way"] == "stamp"
    refused(clerk.post(f"{path}/seal", {}), 409, "document-sealed")
    answers(clerk.post(f"{path}/deliveries", handed), 201, Delivered)
    assert by_code(app, engine, number, f"/documents/{code}/file").data == PDF
    assert certificate(caller, number)["state"] == "delivered"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("deliveries", {"way": "by-pigeon", "recipient": "张三"}, 422, "input-invalid"),
        ("deliveries", {"way": "downloaded", "recipient": "张三"}, 422, "input-invalid"),
        ("deliveries", {"way": "posted", "recipient": "张三"}, 422, "input-invalid"),
        ("deliveries", {"way": "collected"}, 422, "input-invalid"),
        ("seal", {"sealed_at": "yesterday"}, 422, "input-invalid"),
        ("seal", {"sealed_at": "2999-01-01T00:00:00+08:00"}, 422, "input-invalid"),
        ("seal", {"file": "x"}, 422, "input-invalid"),
    ],
)
def test_a_bad_request_is_named(engine, actor, caller, seals, path, body, status, code):
    engine.documents.seals = None
    number = finished(engine, actor)
    run_dry(engine)
    found = certificate(caller, number)["code"]
    refused(caller("clerk.chen").post(f"/cases/{number}/documents/{found}/{path}", body), status, code)


def test_who_has_nothing_to_do_with_the_case_gets_nothing(app, engine, actor, caller, seals):
    number = finished(engine, actor)
    run_dry(engine)
    code = certificate(caller, number)["code"]
    other = finished(engine, actor)
    refused(caller("designer.xu").get(f"/cases/{number}/documents/{code}/file"), 403, "forbidden")
    refused(by_code(app, engine, other, f"/documents/{code}/file"), 404, "not-found")
    refused(caller("fire.liu").post(f"/cases/{number}/documents/{code}/seal", {}), 403, "forbidden")
    assert json.loads(by_code(app, engine, other, "/documents").data)["number"] == other
