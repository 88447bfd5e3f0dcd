"""`docs/api.md` is run: every request of the page in order, every answer compared; and its table of codes is fresh."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.documentation import PAGE, with_codes
from engine.background.worker import run_dry

EXAMPLE = re.compile(r"```http\n(?P<request>.*?)```\n+```json (?P<status>\d+)\n(?P<answer>.*?)```", re.DOTALL)
LEFT_OUT = "…"


def examples():
    found = [match.groupdict() for match in EXAMPLE.finditer(PAGE.read_text("utf-8"))]
    assert len(found) == PAGE.read_text("utf-8").count("```http")
    return found


def fill(text: str, known: dict[str, str]) -> str:
    """A request with the values that answers gave, and the files that it sends."""
    text = re.sub(r"<file:(.*?)>", lambda name: json.dumps(Path(name[1]).read_text("utf-8"))[1:-1], text)
    return re.sub(r"<(\w+)>", lambda name: known.get(name[1], name[0]), text)


def compare(expected: Any, given: Any, known: dict[str, str], where: str = "answer") -> None:
    """`<name>` binds a value, or is the one that was bound; `…` is anything, or any more."""
    if expected == LEFT_OUT:
        return
    if isinstance(expected, str) and (name := re.fullmatch(r"<(\w+)>", expected)):
        assert given == known.setdefault(name[1], given), where
    elif isinstance(expected, dict):
        if LEFT_OUT not in expected:
            assert set(given) == set(expected), where
        for key in expected.keys() - {LEFT_OUT}:
            compare(expected[key], given[key], known, f"{where}.{key}")
    elif isinstance(expected, list):
        if LEFT_OUT not in expected:
            assert len(given) == len(expected), where
        for n, one in enumerate(one for one in expected if one != LEFT_OUT):
            compare(one, given[n], known, f"{where}[{n}]")
    else:
        assert given == expected, where


def send(client, request: str):
    head, _, body = request.partition("\n\n")
    line, *headers = head.strip().splitlines()
    method, path = line.split(" ", 1)
    return client.open(
        path, method=method, headers=[tuple(h.split(": ", 1)) for h in headers], data=body.strip().encode()
    )


def test_every_example_of_the_page_answers_as_it_says(client, engine):
    known: dict[str, str] = {}
    for example in examples():
        request = fill(example["request"], known)
        if "/events" in request.splitlines()[0]:
            run_dry(engine)  # the worker, which puts events in order
        answer = send(client, request)
        assert answer.status_code == int(example["status"]), (request[:300], answer.text)
        compare(json.loads(example["answer"]), answer.get_json(force=True), known, request.splitlines()[0])


@pytest.mark.parametrize(
    "path", ["tokens", "cases", "acceptance", "tasks", "claim", "release", "complete", "progress", "publish"]
)
def test_every_resource_has_an_example(path):
    assert any(path in example["request"].splitlines()[0] for example in examples())


def test_the_table_of_codes_is_fresh():
    page = PAGE.read_text("utf-8")
    assert with_codes(page) == page, "run: python -m api.documentation"
