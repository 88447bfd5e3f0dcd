"""Materials over the API: handed in by applicant, clerk and client; listed, fetched, reviewed; and every bad upload."""

from __future__ import annotations

import gc
import io
import random
from dataclasses import replace

import pytest

from api.materials import HeldList, Material, MaterialList, Reviewed
from engine.plugins.scanners import Finding, NoScanner
from engine.store.files import FileStore
from tests.api.conftest import APPLICATION, contents, fresh_engine, refused
from tests.api.test_resources import answers
from tests.engine.papers import BOMB, CLIMBING, CROWDED, DAMAGED, DOCX, GOOD, PDF, PNG, PROGRAM, ZIP
from tests.engine.stories import REVIEWERS

REPORT = "completion-report"
SCANNED = "survey-results"


@pytest.fixture(scope="module")
def engine(server, template):
    """One database for all of this module: each test has cases of its own."""
    with fresh_engine(server, template) as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens():
    """A log-in is slow on purpose: one for all of this module."""
    return {}


@pytest.fixture
def store(engine, tmp_path):
    """A store of this test's own, so that what is left on the disk can be counted."""
    made, settings, door = FileStore(tmp_path / "files"), engine.settings, engine.materials
    engine.files = door.files = made
    yield made
    engine.settings = door.settings = settings
    door.scanner = NoScanner()


def left(store) -> list[str]:
    """The files on the disk but for the lock."""
    return sorted(path.name for path in store.folder.rglob("*") if path.is_file() and path.name != "lock")


def form(name: str = "report.pdf", content: bytes = PDF, code: str = REPORT, **more):
    return {"data": {"code": code, "file": (io.BytesIO(content), name), **more}, "content_type": "multipart/form-data"}


def as_applicant(app, case, method, path, **request):
    headers = {"Query-Code": case["query_code"]} | request.pop("headers", {})
    return app.test_client().open(f"/api/v1/cases/{case['number']}{path}", method=method, headers=headers, **request)


def test_an_applicant_hands_in_by_number_and_code_and_a_department_reviews(app, caller, accepted, store):
    made = answers(as_applicant(app, accepted, "POST", "/materials", **form("竣工报告.pdf")), 201, Material)
    assert (made["material"], made["trust"], made["state"], made["scan"]) == (1, "D", "submitted", "unscanned")
    assert left(store) == [made["sha256"]]
    fire = caller("fire.liu")
    path = f"/cases/{accepted['number']}/materials"
    fetched = fire.get(f"{path}/1/file")
    assert (fetched.data, fetched.mimetype) == (PDF, "application/pdf")
    assert fetched.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E7%AB%A3")
    said = {"verdict": "rejected", "reason": "缺少项目负责人签字"}
    answers(fire.post(f"{path}/1/review", said), 200, Reviewed)
    answers(caller("planning.zhao").post(f"{path}/1/review", {"verdict": "approved"}), 200, Reviewed)
    listed = answers(as_applicant(app, accepted, "GET", "/materials"), 200, MaterialList)
    (one,) = listed["items"]
    assert one["state"] == "rejected"
    assert {row["department_id"]: row["reason"] for row in one["reviews"]} == {
        "gz-fire-acceptance": said["reason"],
        "gz-planning": "",
    }
    assert {row["code"]: row["state"] for row in listed["asked"]}[REPORT] == "rejected"
    answers(fire.post(f"{path}/1/review", {"verdict": "approved"}), 200, Reviewed)
    assert as_applicant(app, accepted, "GET", "/materials").json["items"][0]["state"] == "approved"


def test_the_record_holds_what_was_handed_in_and_found(engine, app, caller, accepted, store):
    as_applicant(app, accepted, "POST", "/materials", **form())
    caller("fire.liu").post(f"/cases/{accepted['number']}/materials/1/review", {"verdict": "approved"})
    assert engine.verify_record(accepted["number"]).whole


def test_one_upload_serves_every_department(app, caller, accepted, store):
    as_applicant(app, accepted, "POST", "/materials", **form())
    for username in REVIEWERS.values():
        fetched = caller(username).get(f"/cases/{accepted['number']}/materials/1/file")
        assert fetched.data == PDF


def test_a_clerk_who_compares_the_original_makes_it_trusted(caller, submitted, store):
    path, clerk = f"/cases/{submitted['number']}/materials", caller("clerk.chen")
    compared = clerk.call("POST", path, **form("a.pdf", PDF, SCANNED, original_compared="true"))
    assert compared.json["trust"] == "B"
    assert clerk.call("POST", path, **form("b.png", PNG, SCANNED)).json["trust"] == "C"
    clerk.post(f"{path}/2/review", {"verdict": "approved", "original_compared": True})
    assert clerk.get(path).json["items"][1]["trust"] == "B"


def test_a_client_hands_in_what_its_applicant_gave_it(caller, client, store):
    secret = {"grant_type": "client_credentials", "client_id": "front.office", "client_secret": "onewindow-demo-client"}
    token = client.post("/api/v1/tokens", json=secret).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    number = client.post("/api/v1/cases", json=APPLICATION, headers=headers).json["number"]
    made = client.post(f"/api/v1/cases/{number}/materials", headers=headers, **form())
    assert made.status_code == 201, made.text


def test_a_repeated_upload_with_its_key_is_done_once(caller, submitted, store):
    path, clerk = f"/cases/{submitted['number']}/materials", caller("clerk.chen")
    first, second = (clerk.call("POST", path, headers={"Idempotency-Key": "k"}, **form()) for _ in range(2))
    assert (first.status_code, first.data) == (second.status_code, second.data)
    other = clerk.call("POST", path, headers={"Idempotency-Key": "k"}, **form(content=PDF + b"more"))
    refused(other, 422, "idempotency-key-reused")
    assert len(clerk.get(path).json["items"]) == len(left(store)) == 1


def test_what_the_platform_holds_need_not_be_handed_in_again(caller, store):
    clerk, applicant = caller("clerk.chen"), APPLICATION["applicant"] | {"credit_code": "91440101MA5ABCDE0X"}
    first, second = (clerk.post("/cases", APPLICATION | {"applicant": applicant}).json["number"] for _ in range(2))
    stranger = clerk.post("/cases", APPLICATION).json["number"]
    clerk.call("POST", f"/cases/{first}/materials", **form(code=SCANNED, original_compared="true"))
    (held,) = answers(clerk.get(f"/cases/{second}/materials/held"), 200, HeldList)["items"]
    assert (held["code"], held["from_case"], held["trust"]) == (SCANNED, first, "B")
    taken = clerk.post(f"/cases/{second}/materials", {"code": SCANNED, "from_case": first})
    assert (taken.status_code, taken.json["source"], taken.json["trust"]) == (201, "case", "B")
    assert clerk.get(f"/cases/{second}/materials/1/file").data == PDF
    assert len(left(store)) == 1
    assert clerk.get(f"/cases/{stranger}/materials/held").json == {"items": []}
    refused(clerk.post(f"/cases/{stranger}/materials", {"code": SCANNED, "from_case": first}), 404, "not-found")


def test_a_commitment_stands_for_a_material(caller, submitted, store):
    promise = {"statement": "承诺于 12 月 1 日前补交", "supply_by": "2999-12-01"}
    path, clerk = f"/cases/{submitted['number']}/materials", caller("clerk.chen")
    made = clerk.post(path, {"code": REPORT, "commitment": promise})
    assert (made.status_code, made.json["source"], made.json["sha256"]) == (201, "commitment", None)
    refused(clerk.get(f"{path}/1/file"), 404, "not-found")
    late = clerk.post(path, {"code": REPORT, "commitment": promise | {"supply_by": "2020-01-01"}})
    refused(late, 422, "input-invalid")


# -- bad uploads


@pytest.mark.parametrize("name", GOOD)
def test_every_kind_that_is_named_is_taken(caller, submitted, store, name):
    made = caller("clerk.chen").call("POST", f"/cases/{submitted['number']}/materials", **form(name, GOOD[name]))
    assert made.status_code == 201, made.text


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("report.pdf", PROGRAM, 422, "file-kind-refused"),
        ("report.pdf", PNG, 422, "file-kind-refused"),
        ("report.exe", PROGRAM, 422, "file-kind-refused"),
        ("report", PDF, 422, "file-kind-refused"),
        ("report.docx", ZIP, 422, "file-kind-refused"),
        ("report.pdf", b"", 422, "file-empty"),
        ("report.docx", BOMB, 422, "archive-refused"),
        ("report.zip", BOMB, 422, "archive-refused"),
        ("report.zip", CROWDED, 422, "archive-refused"),
        ("report.zip", CLIMBING, 422, "archive-refused"),
        ("report.docx", DAMAGED, 422, "archive-refused"),
        ("../../report.pdf", PDF, 422, "file-name-invalid"),
        ("..\\\\report.pdf", PDF, 422, "file-name-invalid"),
        ("/etc/passwd", PDF, 422, "file-name-invalid"),
        ("re\u202eport.pdf", PDF, 422, "file-name-invalid"),
        ("长" * 201 + ".pdf", PDF, 422, "file-name-invalid"),
    ],
)
def test_a_bad_upload_is_told_so_and_leaves_nothing(engine, caller, submitted, store, name, content, status, code):
    before = contents(engine)
    answer = caller("clerk.chen").call("POST", f"/cases/{submitted['number']}/materials", **form(name, content))
    refused(answer, status, code)
    assert left(store) == []
    assert contents(engine) == before


def test_a_file_over_the_limit_is_refused_before_it_is_kept(engine, caller, submitted, store):
    engine.settings = engine.materials.settings = replace(engine.settings, most_file=100_000)
    clerk, path = caller("clerk.chen"), f"/cases/{submitted['number']}/materials"
    refused(clerk.call("POST", path, **form(content=PDF + b"x" * 100_000)), 413, "file-too-large")
    refused(clerk.call("POST", path, **form(content=PDF + b"x" * 400_000)), 413, "file-too-large")
    assert left(store) == []


def test_a_case_has_a_quota(engine, caller, submitted, store):
    engine.settings = engine.materials.settings = replace(engine.settings, case_quota=1024**2)
    clerk, path = caller("clerk.chen"), f"/cases/{submitted['number']}/materials"
    for content in (b"x" * 400_000, b"y" * 400_000):
        assert clerk.call("POST", path, **form(content=PDF + content)).status_code == 201
    refused(clerk.call("POST", path, **form(content=PDF + b"z" * 400_000)), 413, "case-quota-reached")
    assert len(left(store)) == 2


def test_a_full_disk_takes_no_file(caller, submitted, store):
    store.floor = 2**62
    refused(caller("clerk.chen").call("POST", f"/cases/{submitted['number']}/materials", **form()), 507, "storage-full")
    assert left(store) == []


def test_the_same_file_twice_is_told_so(caller, submitted, store):
    path, clerk = f"/cases/{submitted['number']}/materials", caller("clerk.chen")
    clerk.call("POST", path, **form())
    assert refused(clerk.call("POST", path, **form("again.pdf")), 409, "material-known")["material"] == 1
    assert clerk.call("POST", path, **form(code=SCANNED)).status_code == 201
    assert len(left(store)) == 1


# Werkzeug leaves its temporary file, which has no name on the disk, to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_an_upload_that_breaks_off_leaves_nothing(engine, caller, submitted, store):
    body = b'--x\r\nContent-Disposition: form-data; name="code"\r\n\r\ncompletion-report\r\n'
    body += b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
    before = contents(engine)
    for length in (len(body), len(body) + 5_000):
        answer = caller("clerk.chen").call(
            "POST",
            f"/cases/{submitted['number']}/materials",
            input_stream=io.BytesIO(body),
            content_type="multipart/form-data; boundary=x",
            headers={"Content-Length": str(length)},
        )
        assert 400 <= answer.status_code < 500, answer.text
    gc.collect()
    assert left(store) == []
    assert contents(engine) == before


def test_what_a_scanner_finds_is_not_kept(engine, caller, submitted, store):
    class Found:
        def scan(self, path):
            assert path.read_bytes() == PDF
            return Finding("infected", "EICAR")

    engine.materials.scanner = Found()
    refused(
        caller("clerk.chen").call("POST", f"/cases/{submitted['number']}/materials", **form()), 422, "file-infected"
    )
    assert left(store) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": "no-such"}, "input-invalid"),
        ({"code": REPORT}, "input-invalid"),
        ({"code": REPORT, "from_case": "x", "from_document": "y"}, "input-invalid"),
        ({"code": REPORT, "from_case": "x", "from_material": 0}, "input-invalid"),
        ({"code": REPORT, "file": "x"}, "input-invalid"),
        ({"code": REPORT, "commitment": {"statement": ""}}, "input-invalid"),
    ],
)
def test_a_bad_request_is_named(caller, submitted, store, body, code):
    refused(caller("clerk.chen").post(f"/cases/{submitted['number']}/materials", body), 422, code)


def test_a_rejection_needs_its_reason_and_a_department_of_the_case(app, caller, accepted, store):
    as_applicant(app, accepted, "POST", "/materials", **form())
    path = f"/cases/{accepted['number']}/materials/1/review"
    refused(caller("fire.liu").post(path, {"verdict": "rejected"}), 422, "input-invalid")
    refused(caller("fire.liu").post(path, {"verdict": "perhaps"}), 422, "input-invalid")
    refused(caller("fire.liu").post(path, {"verdict": "approved", "department": "gz-planning"}), 404, "not-found")
    refused(as_applicant(app, accepted, "POST", "/materials/1/review", json={"verdict": "approved"}), 403, "forbidden")
    refused(caller("fire.liu").post(path.replace("/1/", "/9/"), {"verdict": "approved"}), 404, "not-found")


def test_a_code_opens_its_own_case_only_and_guessing_is_slowed_down(app, caller, client, submitted, store):
    other = caller("clerk.chen").post("/cases", APPLICATION).json
    wrong = submitted | {"query_code": other["query_code"]}
    refused(as_applicant(app, wrong, "GET", "/materials"), 404, "progress-not-found")
    refused(client.get(f"/api/v1/cases/{submitted['number']}/materials"), 401, "unauthenticated")
    for _ in range(9):
        as_applicant(app, wrong, "GET", "/materials")
    refused(as_applicant(app, submitted, "GET", "/materials"), 429, "too-many-tries")


# -- the other uploads: the same checks


BAD = [
    ("application-form.txt", b"", "file-empty"),
    ("application-form.txt", PROGRAM, "file-kind-refused"),
    ("../application-form.txt", b"x", "file-name-invalid"),
    ("application-form.pdf", PNG, "file-kind-refused"),
    ("application-form.docx", BOMB, "archive-refused"),
    ("another.txt", "表".encode(), "input-invalid"),
]


def sent(file_name, content, **more):
    return {"data": {"file": (io.BytesIO(content), file_name), **more}, "content_type": "multipart/form-data"}


def test_forms_and_samples_that_a_draft_lists_are_uploaded_by_its_keepers(engine, caller, app, client, store):
    path, keeper, clerk = "/catalogue/items/joint-final-inspection", caller("admin.yang"), caller("clerk.chen")
    before = contents(engine)
    for name, content, code in BAD:
        refused(keeper.call("POST", f"{path}/files", **sent(name, content)), 422, code)
    refused(clerk.call("POST", f"{path}/files", **sent("application-form.txt", b"x")), 403, "forbidden")
    refused(keeper.call("POST", "/catalogue/items/none/files", **sent("a.txt", b"x")), 404, "not-found")
    refused(
        keeper.call("POST", f"{path}/files", data={"name": "x"}, content_type="multipart/form-data"),
        422,
        "input-invalid",
    )
    assert contents(engine) == before
    assert left(store) == []
    form = "新的申请表\n".encode()
    made = keeper.call("POST", f"{path}/files", **sent("本地.txt", form, name="application-form.txt"))
    assert (made.status_code, made.json["file"]["name"], made.json["file"]["size"]) == (
        201,
        "application-form.txt",
        len(form),
    )
    assert keeper.get(path).json["changed"], "the draft is not what is published"
    version = keeper.post(f"{path}/versions", {"operation": "changed"}).json["version"]
    url = f"/api/v1/items/joint-final-inspection/versions/{version}/files/application-form.txt"
    assert client.get(url).data == form
    assert client.get(url.replace(f"/{version}/", "/1/")).data != form, "what was published stays"


MANDATE = {
    "principal": {"name": "王秀英", "id_number": "11010519491231002X"},
    "agent": "agent.he",
    "station": "demo-village-station",
    "first_day": "2026-01-01",
    "last_day": "2030-12-31",
    "evidence": "委托书 2026-1 号",
}


def test_the_signed_paper_of_a_mandate_is_scanned_once_and_fetched_by_who_may_see_it(engine, caller, store):
    agent, clerk = caller("agent.he"), caller("clerk.chen")
    made = agent.post("/mandates", MANDATE).json
    assert (made["scan"], made["scan_name"]) == (None, None)
    path = f"/mandates/{made['id']}/scan"
    for name, content, code in (
        ("a.pdf", b"", "file-empty"),
        ("a.pdf", PNG, "file-kind-refused"),
        *[
            ("a.zip", BOMB, "archive-refused"),
            ("../a.pdf", PDF, "file-name-invalid"),
            ("a.txt", b"x", "file-kind-refused"),
        ],
    ):
        refused(agent.call("POST", path, **sent(name, content)), 422, code)
    refused(agent.get(f"{path}/file"), 404, "not-found")
    assert left(store) == []
    for other in (clerk, caller("agent.he")):
        answer = other.call("POST", path, **sent("委托书.pdf", PDF))
        assert answer.status_code == (404 if other is clerk else 201), "it is of another region than the clerk's window"
    assert answer.json["scan_name"] == "委托书.pdf"
    assert left(store) == [answer.json["scan"]]
    assert agent.call("POST", path, **sent("委托书.pdf", PDF)).status_code == 201, "the same again changes nothing"
    refused(agent.call("POST", path, **sent("b.pdf", PDF + b"more")), 409, "mandate-scanned")
    assert agent.get(f"{path}/file").data == PDF
    refused(clerk.get(f"{path}/file"), 404, "not-found")
    refused(caller("fire.liu").get(f"{path}/file"), 403, "forbidden")
    assert engine.materials.clean(grace=-1) == 0, "a mandate names its scan"
    agent.post(f"/mandates/{made['id']}/revoke", {})
    assert agent.get(f"{path}/file").data == PDF, "what was done under it is still shown to rest on it"


# -- cleaning


def test_cleaning_removes_what_no_row_names_and_nothing_else(engine, caller, submitted, store):
    caller("clerk.chen").call("POST", f"/cases/{submitted['number']}/materials", **form())
    with store.receiving(io.BytesIO(b"nobody's"), 100) as received:
        store.keep(received)
    (store.folder / "incoming" / "broken-off").write_bytes(b"x")
    assert engine.materials.clean() == 0  # a transaction may be on its way
    assert len(left(store)) == 3
    assert engine.materials.clean(grace=-1) == 2
    assert caller("clerk.chen").get(f"/cases/{submitted['number']}/materials/1/file").data == PDF


# The test's own client writes a form of this size to a temporary file, and leaves it to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_large_file_of_any_bytes_is_taken(caller, submitted, store):
    content = PDF + random.Random(7).randbytes(3_000_000)
    made = caller("clerk.chen").call("POST", f"/cases/{submitted['number']}/materials", **form(content=content))
    assert (made.status_code, made.json["size"]) == (201, len(content))
    gc.collect()


def test_a_docx_is_a_docx(caller, submitted, store):
    made = caller("clerk.chen").call("POST", f"/cases/{submitted['number']}/materials", **form("a.docx", DOCX))
    assert made.json["media_type"].endswith("wordprocessingml.document")
