"""Drawings by people, mended as suggested, run to their end: read from where they lie, never copied into the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.bpmn.lint import deployable, lint
from engine.bpmn.mends.apply import SUGGESTED, mend
from engine.bpmn.read import read
from tests.engine.walking import walk

LONG = os.environ.get("ONEWINDOW_LONG") == "1"
DRAWINGS = Path(os.environ.get("ONEWINDOW_DRAWINGS", Path(__file__).parents[3] / "shared" / "corpus" / "drawings"))
SAMPLE = 12
WALKS = 3


def drawings() -> list[Path]:
    files = sorted(DRAWINGS.glob("*.bpmn"))
    if not files:
        pytest.skip(f"NO DRAWINGS at {DRAWINGS}: set ONEWINDOW_DRAWINGS to a folder of .bpmn files")
    return files if LONG else files[:: max(1, len(files) // SAMPLE)]


def test_four_of_five_drawings_are_deployable_after_mends() -> None:
    files = drawings()
    good = [path for path in files if mend(path.read_bytes(), SUGGESTED).deployable]
    assert len(good) >= len(files) * 4 / 5, f"{len(good)} of {len(files)}"


def test_a_mended_drawing_runs_to_its_end_and_needs_no_more_mending() -> None:
    for path in drawings():
        mended = mend(path.read_bytes(), SUGGESTED)
        assert mend(mended.data, SUGGESTED).data == mended.data, path.name
        if mended.deployable:
            assert deployable(lint(read(mended.data)))
            for seed in range(WALKS):
                walk(mended.data, seed)


def test_what_is_drawn_stays_drawn() -> None:
    for path in drawings():
        before, after = path.read_bytes(), mend(path.read_bytes(), SUGGESTED).data
        assert after.count(b"BPMNShape ") >= before.count(b"BPMNShape "), path.name
        assert before.count(b"signavio:") == 0 or after.count(b"signavio:") > 0
