"""`onewindow lint` as a shell sees it: exit codes, JSON, both languages, and never more than its bounds."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.engine.running import environment
from tests.unit.diagrams import diagram, end, extended, flows, start, user

FINE = diagram(start(), user("a"), end(), flows("start > a > end"))
WRONG = diagram(start(), user("a"), flows("start > a; a > nowhere"))
MEMBERS = {"rule", "severity", "element", "name", "line", "message", "advice", "docs", "fix"}
NESTED = b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'>" + b"<x>" * 100_000


def lint(*words: object, given: bytes = b"", **said: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-P", "-m", "onewindow", *map(str, words)]
    return subprocess.run(command, env=environment(**said), input=given, capture_output=True, check=False, timeout=100)


def files(answer: subprocess.CompletedProcess[bytes]) -> dict[str, dict]:
    assert b"Traceback" not in answer.stderr
    return {Path(file["file"]).name: file for file in json.loads(answer.stdout)["files"]}


def zipped(data: bytes) -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as file:
        file.writestr("a.bpmn", data)
    return box.getvalue()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "file-empty"),
    "blank": (b" \n ", "file-empty"),
    "json": (b"{}", "file-not-xml"),
    "html": (b"<!DOCTYPE html><html></html>", "file-doctype"),
    "cut-off": (FINE[:-20], "file-not-xml"),
    "doctype": (b"<!DOCTYPE definitions>" + FINE, "file-doctype"),
    "entity": (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + FINE, "file-doctype"),
    "utf-16-doctype": (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d>'.encode("utf-16") + FINE.decode().encode("utf-16")[2:],
        "file-doctype",
    ),
    "laughs": (
        b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
        + b"]><d>&m;</d>",
        "file-doctype",
    ),
    "nested": (NESTED, "file-too-deep"),
    "large-attribute": (b'<definitions id="' + b"x" * 100_000_000 + b'"/>', "file-too-large"),
    "zip": (zipped(FINE), "file-archive"),
    "gzip": (gzip.compress(FINE), "file-archive"),
    "nul": (FINE.replace(b'id="a"', b'id="a\0"'), "file-not-xml"),
    "nul-reference": (FINE.replace(b'id="a"', b'id="a&#0;"'), "file-not-xml"),
    "unknown-encoding": (b'<?xml version="1.0" encoding="x-foo"?>' + FINE, "file-encoding"),
    "gbk-as-utf-8": (FINE.replace(b'id="a"', 'id="a" name="审查"'.encode("gbk")), "file-encoding"),
    "unbound": (
        FINE.replace(b"<userTask", b"<bpmn:userTask").replace(b"</userTask", b"</bpmn:userTask"),
        "file-not-xml",
    ),
    "many-elements": (FINE.replace(b"</process>", b"<x/>" * 60_000 + b"</process>"), "file-too-complex"),
}
for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037"):
    told = f'<?xml version="1.0" encoding="{encoding}"?>' + FINE.decode()
    HOSTILE[encoding] = (told.encode(encoding), "file-encoding-refused")
READ = {
    "gbk": b'<?xml version="1.0" encoding="GBK"?>' + FINE.replace(b'id="a"', 'id="a" name="审查"'.encode("gbk")),
    "latin": b'<?xml version="1.0" encoding="ISO-8859-1"?>' + FINE.replace(b'id="a"', b'id="a" name="Pr\xfcfung"'),
    "bom": b"\xef\xbb\xbf" + FINE,
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    folder = tmp_path_factory.mktemp("hostile")
    for name, data in {**{name: data for name, (data, _) in HOSTILE.items()}, **READ}.items():
        (folder / name).write_bytes(data)
    os.mkfifo(folder / "pipe")
    (folder / "missing-target").symlink_to("nowhere")
    answer = lint("lint", "--format", "json", "--lang", "en", *sorted(folder.iterdir()), folder, "/dev/zero")
    assert answer.returncode == 2
    return files(answer) | {"folder": files(answer)[folder.name]}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_or_broken_is_unreadable_and_told_why(hostile, name) -> None:
    found = hostile[name]
    assert (found["readable"], found["deployable"]) == (False, False)
    assert [finding["rule"] for finding in found["findings"]] == [HOSTILE[name][1]]


@pytest.mark.parametrize("name", READ)
def test_every_encoding_that_is_what_it_says_is_read(hostile, name) -> None:
    assert hostile[name]["deployable"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("pipe", "file-empty"),
        ("missing-target", "file-missing"),
        ("folder", "file-missing"),
        ("zero", "file-too-large"),
    ],
)
def test_what_is_no_file_is_no_hang(hostile, name, rule) -> None:
    assert [finding["rule"] for finding in hostile[name]["findings"]] == [rule]


def test_the_worst_file_decides_and_every_finding_has_its_members(tmp_path) -> None:
    (tmp_path / "fine.bpmn").write_bytes(FINE)
    (tmp_path / "wrong.bpmn").write_bytes(WRONG)
    (tmp_path / "other.xml").write_bytes(b"<html/>")
    names = [tmp_path / name for name in ("fine.bpmn", "wrong.bpmn", "other.xml")]
    answer = lint("lint", *names, "--format", "json", "--lang", "zh")
    found = files(answer)
    assert answer.returncode == 1
    assert list(found) == ["fine.bpmn", "wrong.bpmn", "other.xml"]
    assert [file["deployable"] for file in found.values()] == [True, False, False]
    assert [file["readable"] for file in found.values()] == [True, True, True]
    assert found["other.xml"]["findings"][0]["rule"] == "not-bpmn"
    assert all(set(finding) == MEMBERS for file in found.values() for finding in file["findings"])
    assert all(set(file) == {"file", "readable", "deployable", "findings"} for file in found.values())
    dead = next(finding for finding in found["wrong.bpmn"]["findings"] if finding["rule"] == "flow-dangling")
    assert (dead["element"], dead["severity"]) == ("a_nowhere", "error")
    assert "连线" in dead["message"]
    assert answer.stderr == b""


def test_standard_input_text_and_the_profile(tmp_path) -> None:
    answer = lint("--lang", "en", "lint", "-", given=FINE)
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert answer.stdout.startswith(b"-: deployable")
    asked = lint("lint", "-", "--profile", "approval", given=FINE, LANG="en_US.ISO-8859-1")
    assert asked.returncode == 1
    assert b"assignment-missing" in asked.stdout


@pytest.mark.parametrize(
    "words",
    [[], ["x", "--profile", "other"], ["x", "--format", "xml"], ["x", "--lang", "de"], ["x", "--odd"]],
    ids=" ".join,
)
def test_wrong_usage_is_64(words) -> None:
    answer = lint("lint", *words)
    assert (answer.returncode, answer.stdout) == (64, b"")
    assert b"usage" in answer.stderr


def test_our_extensions_are_judged_too(tmp_path) -> None:
    data = diagram(start(), user("a", extended("<ow:nothing/>")), end(), flows("start > a > end"))
    answer = lint("lint", "-", "--format", "json", given=data)
    assert answer.returncode == 1
    assert "extension-unknown" in {finding["rule"] for finding in files(answer)["-"]["findings"]}


def test_without_standard_input_or_output_there_is_an_answer_all_the_same() -> None:
    command = f"{sys.executable} -P -m onewindow lint -"
    closed = ["sh", "-c", f"{command} --format json <&-"]
    answer = subprocess.run(closed, env=environment(), capture_output=True, check=False)
    assert answer.returncode == 2
    assert [finding["rule"] for finding in files(answer)["-"]["findings"]] == ["file-missing"]
    silent = subprocess.run(
        ["sh", "-c", f"{command} >&-"], env=environment(), input=FINE, stderr=subprocess.PIPE, check=False
    )
    assert (silent.returncode, silent.stderr) == (0, b"")


def test_ctrl_c_ends_it_with_one_line_and_leaves_no_child(tmp_path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-P", "-m", "onewindow", "lint", "--lang", "en", str(pipe)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        writing = os.open(pipe, os.O_WRONLY)  # comes back when the child reads, which then waits for what never comes
        running.send_signal(signal.SIGINT)
        said, told = running.communicate(timeout=60)
        os.close(writing)
    assert (running.returncode, said, told.decode().count("\n")) == (130, b"", 1)
    assert "Interrupted" in told.decode()
    with pytest.raises(OSError, match="No such device"):  # nobody reads any more
        os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
