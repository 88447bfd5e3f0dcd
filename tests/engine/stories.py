"""Named steps of the joint final inspection, for tests that start in the middle of it."""

from __future__ import annotations

from collections.abc import Callable

from engine.assemble import Engine
from engine.cases.accept import Acceptance
from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.inbox import InboxQuery
from engine.cases.submit import Application
from engine.organization.actor import Actor

ITEM = "joint-final-inspection"
REGION = "440100"
APPLICANT = {"kind": "enterprise", "name": "广州示例置业有限公司"}
REVIEWERS = {
    "planning": "planning.zhao",
    "fire": "fire.liu",
    "civil_air_defence": "air.wu",
    "archives": "archives.zheng",
    "municipal_works": "municipal.wang",
    "drainage": "water.jiang",
}
SYSTEM = Actor.system("test")
FindActor = Callable[[str], Actor]


def submitted(engine: Engine, actor: FindActor, item: str = ITEM) -> str:
    """A case that waits at the window; its number."""
    return str(
        engine.submit(actor("clerk.chen"), Application(item, REGION, APPLICANT, {"project_name": "示例"}))["number"]
    )


def accepted(engine: Engine, actor: FindActor, item: str = ITEM) -> str:
    """A case in the hands of the departments; its number."""
    number = submitted(engine, actor, item)
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    return number


def open_tasks(engine: Engine, number: str) -> dict[str, Completion]:
    """The open tasks of a case: a completion to fill in, by node (the first of a node, when several are open)."""
    found: dict[str, Completion] = {}
    for row in engine.inbox(SYSTEM, InboxQuery(case=number, limit=200))["items"]:
        found.setdefault(row["node"], Completion(*parse_task_id(row["id"])))
    return found


def complete(engine: Engine, who: Actor, number: str, node: str, outcome: str | None, opinion: str = "同意。") -> dict:
    """Complete the open task of a node."""
    task = open_tasks(engine, number)[node]
    return engine.complete(who, Completion(task.case_id, task.task, outcome, opinion))


def deploy(engine: Engine, bpmn: bytes, item: str = ITEM) -> None:
    """Publish a diagram as the next version of an item, without the rules of publishing (to make faulty ones)."""
    from uuid import UUID

    from engine.definitions import deploy as deploying

    draft = UUID(engine.store_draft(SYSTEM, deploying.Draft(item, bpmn))["id"])
    passed = {"readable": True, "deployable": True, "findings": []}
    engine.perform(SYSTEM, lambda uow: deploying.publish(uow, passed, draft))
