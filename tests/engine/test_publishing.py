"""From a shell: a draft from a file with its stories, published by another account once the stories go as they are written."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from engine import cli

FOLDER = Path("processes/joint-final-inspection")


@pytest.fixture
def shell(database_url, monkeypatch, capfd):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ONEWINDOW_PASSWORD", "onewindow-demo")

    def run(*words):
        capfd.readouterr()
        code = cli.main(list(words))
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def story(tmp_path):
    """A folder with the diagram and one story beside it."""
    (tmp_path / "process.bpmn").write_bytes((FOLDER / "process.bpmn").read_bytes())
    (tmp_path / "scenarios").mkdir()
    told = json.loads((FOLDER / "scenarios" / "denied.json").read_text("utf-8"))
    return tmp_path, told


def keep(folder, told):
    (folder / "scenarios" / "denied.json").write_text(json.dumps(told), "utf-8")


def test_a_draft_is_deployed_and_published_by_another_account(shell, story):
    folder, told = story
    keep(folder, told)
    code, out, err = shell("deploy", str(folder / "process.bpmn"), "--user", "designer.xu", "--json")
    assert code == 0, err
    draft = json.loads(out)["id"]
    code, _, err = shell("publish", draft, "--user", "designer.xu")
    assert (code, "definition-not-reviewed" in err or "审核" in err) == (2, True)
    code, out, err = shell("publish", draft, "--user", "designer.qin", "--json")
    assert code == 0, err
    assert json.loads(out)["version"] == 2


def test_a_story_that_parts_from_the_diagram_stops_the_publishing(shell, story):
    folder, told = story
    told["expect"]["result"] = "granted"
    keep(folder, told)
    draft = json.loads(shell("deploy", str(folder / "process.bpmn"), "--user", "designer.xu", "--json")[1])["id"]
    code, _, err = shell("publish", draft, "--user", "designer.qin")
    assert code == 2
    assert "granted" in err


@pytest.mark.parametrize(
    "words",
    [
        ("deploy", "no-such-file.bpmn", "--user", "designer.xu"),
        ("publish", "no-id", "--user", "designer.qin"),
        ("publish", "00000000-0000-0000-0000-000000000000", "--user", "designer.qin"),
        ("publish", "00000000-0000-0000-0000-000000000000", "--user", "designer.qin", "--effective-on", "soon"),
        ("publish", "00000000-0000-0000-0000-000000000000", "--user", "nobody"),
    ],
)
def test_what_can_not_be_done_is_a_sentence(shell, words):
    code, _, err = shell(*words)
    assert code == 2
    assert "Traceback" not in err
    assert err.strip()


def test_without_a_password_nobody_acts(shell, monkeypatch):
    monkeypatch.delenv("ONEWINDOW_PASSWORD")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, _, err = shell("publish", "00000000-0000-0000-0000-000000000000", "--user", "designer.qin")
    assert (code, "ONEWINDOW_PASSWORD" in err) == (2, True)
