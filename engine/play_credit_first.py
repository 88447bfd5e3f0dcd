"""What a scenario may do about credit first: sign and take back a promise, verify, rectify, be heard, revoke, object.

Each verb finds by itself what it is about (the text that holds, the verification of the case, the linked case), so that a story
names people, days and outcomes only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from engine.assemble import Engine
from engine.background.worker import run_dry
from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.inbox import InboxQuery
from engine.catalogue.items import ServiceItem
from engine.credit_first.commitment import NewCommitment
from engine.credit_first.rectification import Rectified
from engine.credit_first.revocation import NewRevocation
from engine.credit_first.stays import Objection
from engine.credit_first.verification import FALSE, MATCH, Finding, Result
from engine.organization.actor import Actor

Step = Mapping[str, Any]


class Story(Protocol):
    """What a story that is being played offers to its verbs."""

    engine: Engine
    number: str

    @property
    def scenario(self) -> Mapping[str, Any]:
        """The story as it is written."""


Verb = Callable[[Story, Actor, Step], None]
#: What is said of every material where a story says only what it comes to.
_VERDICTS = {"confirmed": MATCH, "rectify": "differs-correctable", "revoke": FALSE}


def sign(story: Story, actor: Actor, step: Step) -> None:
    """签署承诺: the text that holds, unless the step gives another version."""
    rule = next((one for one in item_of(story).regimes if one.regime == step["regime"]), None)
    text = rule.text if rule else None
    materials = tuple(step["materials"]) if "materials" in step else (rule.materials if rule else ())
    signer = step.get("signer") or {"name": str(story.scenario["applicant"].get("name", ""))}
    asked = NewCommitment(
        story.number,
        step["regime"],
        step.get("text_version", text.version if text else 1),
        text.hash if text else "",
        materials,
        step.get("channel", "online"),
        signer,
        date.fromisoformat(step["supply_by"]) if "supply_by" in step else None,
    )
    story.engine.credit.sign(actor, asked)


def withdraw_promise(story: Story, actor: Actor, step: Step) -> None:
    """撤回承诺."""
    story.engine.credit.withdraw(actor, story.number)


def verify(story: Story, actor: Actor, step: Step) -> None:
    """核验: of every presumed material the same, or what `findings` say of each."""
    verification = after(story)["verification"]
    said = step.get("findings")
    if said is None:
        verdict = _VERDICTS[step["result"]]
        said = [
            {"code": one["code"], "verdict": verdict, "note": step.get("note", "")} for one in verification["bring"]
        ]
    findings = tuple(Finding(one["code"], one["verdict"], one.get("note", "")) for one in said)
    result, note, ground = step.get("result"), step.get("note", ""), step.get("ground")
    late = step.get("late_reason", "")
    story.engine.verifications.result(
        actor, Result(UUID(verification["id"]), findings, result, note, ground, late_reason=late)
    )


def rectify(story: Story, actor: Actor, step: Step) -> None:
    """整改: what was asked for, each with the step's note."""
    asked = after(story)["verification"]["rectification"]
    note = step.get("note", "已更正。")
    supplied = tuple({"code": one["code"], "note": note} for one in asked["listed"])
    rectified = Rectified(UUID(asked["id"]), supplied, note, step.get("way", "online"))
    story.engine.verifications.rectify(actor, rectified)


def revoke(story: Story, actor: Actor, step: Step) -> None:
    """启动撤销程序: what is intended; nothing is taken by it."""
    story.engine.verifications.open_revocation(actor, NewRevocation(story.number, step["ground"], step["reason"]))


def state(story: Story, actor: Actor, step: Step) -> None:
    """陈述、申辩, and whether a hearing is asked for."""
    revocation = after(story)["revocation"]
    story.engine.verifications.state(actor, UUID(revocation["id"]), step["statement"], step.get("hearing", False))


def proceed(story: Story, actor: Actor, step: Step) -> None:
    """办理撤销程序的环节: a task of the proceedings, which are a linked case."""
    number = after(story)["revocation"]["linked_case"]
    found = story.engine.inbox(Actor.system("play"), InboxQuery(case=number, node=step["node"]))["items"]
    case_id, task = parse_task_id(found[0]["id"])
    asked = Completion(case_id, task, step.get("outcome"), step.get("opinion", ""), step.get("form", {}))
    story.engine.complete(actor, asked)


def object_to(story: Story, actor: Actor, step: Step) -> None:
    """异议标注、停止执行: a review, a lawsuit, or a stay by the competent body or a court."""
    asked = Objection(story.number, step["kind"], step["body"], step["reference"])
    story.engine.verifications.object(actor, asked)


VERBS: Mapping[str, Verb] = {
    "sign": sign,
    "withdraw-promise": withdraw_promise,
    "verify": verify,
    "rectify": rectify,
    "revoke": revoke,
    "state": state,
    "proceed": proceed,
    "object": object_to,
}


def after(story: Story) -> dict[str, Any]:
    """What follows the decision; what jobs were to open is open by then."""
    run_dry(story.engine)
    return story.engine.verifications.follow_up(story.number)


def item_of(story: Story) -> ServiceItem:
    """The item as the case's region offers it."""
    return story.engine.catalogue.item(story.scenario["item"], story.scenario["region"])


def differences(story: Story, expect: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is expected of what follows the decision, and what is found: by name."""
    wanted = {name: expect[name] for name in ("permit", "verification", "visits_asked", "revocation") if name in expect}
    if not wanted:
        return {}
    told = after(story)
    verification, revocation = told["verification"] or {}, told["revocation"] or {}
    found = {
        "permit": (told["permit"] or {}).get("status"),
        "verification": verification.get("state"),
        "visits_asked": verification.get("visits_asked"),
        "revocation": revocation.get("decision"),
    }
    return {name: (value, found[name]) for name, value in wanted.items()}
