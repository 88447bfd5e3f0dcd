"""What the designer asks while somebody draws, as its script does: with the session, its token in a header, and JSON back."""

from __future__ import annotations

from pathlib import Path

BPMN = Path("processes/joint-final-inspection/process.bpmn").read_text("utf-8")
BROKEN = BPMN.replace(' isExecutable="true"', "")
XML = {"Content-Type": "application/xml"}


def asking(desk):
    token = {"X-CSRF-Token": desk.token("/admin/catalogue")}

    def ask(what, body=None, headers=None, **said):
        sent = {"json": said} if body is None else {"data": body}
        return desk.client.post(f"/admin/designer/{what}", headers={**token, **(headers or {})}, **sent)

    return ask


def test_findings_come_in_the_readers_language_with_their_mends(desk):
    ask = asking(desk("designer.xu"))
    fine = ask("lint?profile=approval", BPMN.encode(), XML)
    assert (fine.status_code, fine.json["deployable"]) == (200, True)
    marked = next(one for one in ask("lint", xml=BROKEN).json["findings"] if one["rule"] == "executable-unmarked")
    assert set(marked) == {"rule", "severity", "element", "name", "line", "message", "advice", "docs", "fix"}
    english = next(one for one in ask("lint?lang=en", xml=BROKEN).json["findings"] if one["rule"] == marked["rule"])
    assert english["message"] != marked["message"]
    assert english["fix"]["id"] == marked["fix"]["id"]
    done = ask("fix?lang=zh", xml=BROKEN, fix=marked["fix"]["id"]).json
    assert 'isExecutable="true"' in done["xml"]
    assert done["did"]["does"] == marked["fix"]["does"]
    assert ask("layout", xml=BPMN).json["xml"].count("<bpmndi:BPMNDiagram") == 1
    assert set(ask("convert", xml=BPMN).json["report"]) == {"kept", "translated", "dropped", "refused"}


def test_nothing_but_a_diagram_of_somebody_who_is_signed_in_is_taken(desk, page):
    ask = asking(desk("designer.xu"))
    assert ask("lint", b"\0", XML).json["findings"][0]["severity"] == "error"
    for said, status in (
        (ask("fix", xml=BPMN), 422),
        (ask("fix", xml=BPMN, fix="no-such"), 422),
        (ask("fix", xml=BPMN, fix=["x"]), 422),
        (ask("lint?profile=odd", xml=BPMN), 422),
        (ask("layout", b"nothing", XML), 422),
        (ask("lint", b"[]", {"Content-Type": "application/json"}), 422),
        (ask("lint", b"{", {"Content-Type": "application/json"}), 422),
        (ask("lint", xml=3), 422),
        (ask("lint", b'{"xml": "\\ud800"}', {"Content-Type": "application/json"}), 200),
        (ask("lint", b"x=1", {"Content-Type": "application/x-www-form-urlencoded"}), 415),
        (ask("lint", b"x" * 13_000_000, XML), 413),
        (ask("lint", b"<a/>", XML | {"X-CSRF-Token": "no"}), 403),
        (page.post("/admin/designer/lint", data=b"<a/>", headers=XML), 401),
    ):
        assert (said.status_code, said.mimetype) == (status, "application/json"), said.text
        assert status == 200 or said.json["detail"]
