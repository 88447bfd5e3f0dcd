"""One version, no two skins: guide, tracker, supervision and execution of every shipped process say what was published,
byte for byte; cases that were under way stay on the version that they began with."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from engine.bpmn.compile import executable_process
from engine.bpmn.public_diagram import public_name
from engine.bpmn.read import read
from engine.cases.accept import Acceptance
from engine.cases.submit import Application, query_code
from engine.definitions.deploy import Draft
from engine.errors import Conflict
from tests.engine.stories import SYSTEM

FOLDERS = sorted(path.parent for path in Path("processes").glob("*/item.json"))
_VERSION = text(
    "SELECT d.version, d.sha256, d.bpmn FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.number = :number"
)
_WATCHED = text(
    "SELECT t.node, l.amount FROM limits l JOIN cases c ON c.id = l.case_id "
    "JOIN tasks t ON t.case_id = l.case_id AND t.number = l.owner "
    "WHERE c.number = :number AND l.clock = 'node' AND l.kind = 'promised'"
)
MARK = "（新版）"


def handed_in(engine, folder, n):
    item = json.loads((folder / "item.json").read_text("utf-8"))["code"]
    story = json.loads(sorted((folder / "scenarios").glob("*.json"))[0].read_text("utf-8"))
    form = {name: f"{value}{n}" if name == "address" else value for name, value in story.get("form", {}).items()}
    asked = Application(item, story["region"], {"kind": story["applicant"]["kind"], "name": f"示范{n}"}, form)
    number = engine.submit(SYSTEM, asked)["number"]
    with contextlib.suppress(Conflict):  # some wait for something else before the window answers
        engine.accept(SYSTEM, Acceptance(number, "accepted"))
    return number, story["region"]


def renewed(bpmn: bytes) -> bytes:
    """The diagram with other public names, and promises a unit longer or shorter."""
    said = re.sub(r'(<ow:public name="[^"]*)"', rf'\1{MARK}"', bpmn.decode())
    return re.sub(
        r'(<ow:timeLimit[^>]*?promised=")(\d+)"', lambda one: f'{one[1]}{max(1, int(one[2]) - 1)}"', said
    ).encode()


def seen(engine, number):
    with engine.database.connect() as connection:
        version = connection.execute(_VERSION, {"number": number}).one()
    return version, engine.case_file(number)["timeline"]


def watched(engine, number):
    """The promises by which supervision judges the tasks of a case."""
    with engine.database.connect() as connection:
        return connection.execute(_WATCHED, {"number": number}).all()


def test_whatever_tells_of_a_process_tells_of_the_published_version(engine):
    counted: set[str] = set()
    for folder in FOLDERS:
        bpmn = (folder / json.loads((folder / "item.json").read_text("utf-8"))["process"]).read_bytes()
        old, region = handed_in(engine, folder, 1)
        item = json.loads((folder / "item.json").read_text("utf-8"))["code"]
        after = renewed(bpmn)
        draft = engine.store_draft(SYSTEM, Draft(item, after))
        made = engine.publish(SYSTEM, UUID(draft["id"]))
        assert (made["version"], made["sha256"]) == (2, hashlib.sha256(after).hexdigest())

        nodes = {str(node.id): node for node in executable_process(read(after)).nodes}
        guide = engine.catalogue.steps(item, region)
        assert guide
        for step in guide:
            limit = nodes[step.node].extension("timeLimit") or {}
            assert (step.promised, step.legal) == (limit.get("promised"), limit.get("legal")), (item, step.node)
            assert step.name == (public_name(nodes[step.node]) or step.stage), (item, step.node)

        new, _ = handed_in(engine, folder, 2)
        version, timeline = seen(engine, new)
        assert (version.version, bytes(version.sha256), bytes(version.bpmn)) == (
            2,
            hashlib.sha256(after).digest(),
            after,
        )
        assert timeline
        assert {row["node_id"] for row in timeline} <= set(nodes)
        tracked = engine.progress(new, query_code(engine.settings.secret_key, new))
        assert MARK in json.dumps(tracked, ensure_ascii=False), item
        for node, amount in watched(engine, new):
            assert amount == (nodes[node].extension("timeLimit") or {}).get("promised"), (item, node)
            counted.add(item)

        version, timeline = seen(engine, old)
        assert (version.version, bytes(version.bpmn)) == (1, bpmn)
        assert MARK not in json.dumps(timeline, ensure_ascii=False)
    assert len(counted) > 3
