"""`onewindow lint --fix` as a shell sees it: what it writes, says and answers, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.diagrams import diagram, end, flows, start, user
from tests.unit.test_lint_command import HOSTILE, lint
from tests.unit.test_mends import LABELLED

ID = "condition-missing:g"


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "drawing.bpmn"
    path.write_bytes(diagram(*LABELLED, process='id="p" isExecutable="false"'))
    return path


def test_suggestions_are_taken_and_told(drawing: Path, tmp_path: Path) -> None:
    before, out = drawing.read_bytes(), tmp_path / "out.bpmn"
    answer = lint("lint", "--fix", "--answers", "suggested", drawing, "-o", out, "--lang", "en")
    assert answer.returncode == 0, answer.stderr.decode()
    assert b"Marks the process" in answer.stdout
    assert drawing.read_bytes() == before
    assert lint("lint", out).returncode == 0
    again = tmp_path / "again.bpmn"
    assert lint("lint", "--fix", out, "-o", again).returncode == 0
    assert again.read_bytes() == out.read_bytes()


def test_safe_mends_alone_leave_the_questions(drawing: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.bpmn"
    answer = lint("lint", "--fix", "--format", "json", drawing, "-o", out, "--lang", "en")
    assert answer.returncode == 1
    (said,) = json.loads(answer.stdout)["files"]
    assert {done["safe"] for done in said["done"]} == {True}
    assert ID in {finding["fix"]["id"] for finding in said["findings"] if finding["fix"]}


def test_answers_come_from_a_file(drawing: Path, tmp_path: Path) -> None:
    answers, out = tmp_path / "answers.json", tmp_path / "out.bpmn"
    answers.write_text(json.dumps({ID: "form"}), "utf-8")
    assert lint("lint", "--fix", "--answers", answers, drawing, "-o", out).returncode == 0
    assert b"form.g == 'yes'" in out.read_bytes()


@pytest.mark.parametrize(
    "answers",
    [b'{"no-such-fix": "x"}', b'{"condition-missing:g": "x"}', b"[]", b"{", b"\xff", b'{"a": 1}', b"[" * 100_000],
)
def test_wrong_answers_are_refused_and_nothing_is_written(drawing: Path, tmp_path: Path, answers: bytes) -> None:
    given, out = tmp_path / "answers.json", tmp_path / "out.bpmn"
    given.write_bytes(answers)
    answer = lint("lint", "--fix", "--answers", given, drawing, "-o", out)
    assert answer.returncode == 64
    assert answer.stderr
    assert b"Traceback" not in answer.stderr
    assert not out.exists()


def test_the_file_itself_is_written_only_when_asked(drawing: Path) -> None:
    before = drawing.read_bytes()
    assert lint("lint", "--fix", drawing, "-o", drawing).returncode == 64
    assert lint("lint", "--fix", drawing).returncode == 64
    assert lint("lint", "-o", drawing, drawing).returncode == 64
    assert drawing.read_bytes() == before
    assert lint("lint", "--fix", "--answers", "suggested", "--in-place", drawing).returncode == 0
    assert drawing.read_bytes() != before
    assert [path.name for path in drawing.parent.iterdir()] == ["drawing.bpmn"]


def test_standard_input_and_output_can_be_used() -> None:
    data = diagram(start(), user("a"), end(), flows("start > a > end"), process='id="p" isExecutable="false"')
    answer = lint("lint", "--fix", "-", "-o", "-", given=data)
    assert answer.returncode == 0
    assert b'isExecutable="true"' in answer.stdout


@pytest.mark.parametrize("name", ["empty", "doctype", "nested"])
def test_what_can_not_be_read_is_not_written(tmp_path: Path, name: str) -> None:
    data, rule = HOSTILE[name]
    drawing, out = tmp_path / "x.bpmn", tmp_path / "out.bpmn"
    drawing.write_bytes(data)
    answer = lint("lint", "--fix", "--answers", "suggested", "--format", "json", drawing, "-o", out)
    assert answer.returncode in (1, 2)
    assert b"Traceback" not in answer.stderr
    (said,) = json.loads(answer.stdout)["files"]
    assert [finding["rule"] for finding in said["findings"]] == [rule]
    assert not out.exists()
