"""Hostile and broken files through the API: judged as by the command, by the same rule, never an error of ours."""

from __future__ import annotations

import io

from tests.api.conftest import refused
from tests.unit.test_lint_command import HOSTILE, READ


def test_hostile_files_are_refused_by_name_and_encodings_that_are_declared_are_read(caller):
    designer = caller("designer.xu")

    def judged(data):
        form = {"bpmn": (io.BytesIO(data), "a.bpmn"), "profile": "bpmn"}
        return designer.call("POST", "/definitions/lint", data=form, content_type="multipart/form-data")

    form = {"bpmn": (io.BytesIO(HOSTILE["nested"][0]), "a.bpmn"), "fix": "default:x"}
    mending = designer.call("POST", "/definitions/fix", data=form, content_type="multipart/form-data")
    refused(mending, 422, "diagram-unreadable")
    for name, (data, rule) in HOSTILE.items():
        if len(data) > 16 * 1024 * 1024:
            refused(judged(data), 413, "body-too-large")
            continue
        said = judged(data)
        assert said.status_code == 200, (name, said.text)
        rules = [finding["rule"] for finding in said.json["findings"]]
        assert (said.json["readable"], said.json["deployable"], rules) == (False, False, [rule]), name
    for name, data in READ.items():
        said = judged(data).json
        assert (said["deployable"], "encoding-doubtful" in str(said)) == (True, False), name
    for name in ("gbk-as-utf-8", "utf-16", "nul"):  # as JSON a file is a text: what is none is refused as JSON is
        body = b'{"bpmn": "' + HOSTILE[name][0].replace(b'"', b'\\"') + b'"}'
        said = designer.call("POST", "/definitions/lint", data=body, content_type="application/json")
        refused(said, 400, "json-malformed")
    fine = judged(READ["gbk"]).json["findings"]
    text = READ["gbk"].decode("gbk")  # the text is right, what it declares of its bytes is over
    assert designer.post("/definitions/lint", {"bpmn": text}).json["findings"] == fine
