"""The dry run: a diagram that is not published is played, with stories, in a database that is made for it and dropped.

A draft needs no item of the catalogue for it: one is made up from what its diagram says. The same stories are played when a
draft is published, and one that goes another way stops that.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

from engine.assemble import Engine
from engine.bpmn.compile import executable_process
from engine.bpmn.model import Process
from engine.bpmn.read import read
from engine.cases.access import need
from engine.definitions.deploy import item_of
from engine.definitions.stories import digest
from engine.errors import ApprovalError
from engine.organization.actor import Actor
from engine.organization.permissions import UseCase
from engine.play import check_scenario, play_on, scratch_engine
from engine.settings import Settings
from engine.unit_of_work import Once

MOST_SCENARIOS = 20
MOST_AT_ONCE = 2
_room = BoundedSemaphore(MOST_AT_ONCE)
SYSTEM = Actor.system("play")
_PLACEHOLDER = "演示文本 / a placeholder\n"


class RehearsalBusy(ApprovalError):
    """Too many stories are being played at once."""

    code = "rehearsal-busy"
    status = 503
    zh = "正在试运行的流程过多，请稍后再试。"
    en = "Too many dry runs are under way: try again in a moment."

    def __init__(self) -> None:
        super().__init__(retry_after=20)


class ScenarioFailed(ApprovalError):
    """A story that stands beside a diagram goes another way on it: it is not published.

    Params: scenario, step (None when only its end is another), first_zh, first_en, failures.
    """

    code = "scenario-failed"
    status = 422
    zh = "场景“{scenario}”与预期不符，未发布：{first_zh}。请修改流程图或场景后重试。"
    en = "The scenario “{scenario}” went another way, so nothing was published: {first_en}. Change the diagram or the scenario."


@dataclass(frozen=True, slots=True)
class Play:
    """What is played on: a diagram, and its item as far as there is one."""

    item: str
    bpmn: bytes
    item_data: Mapping[str, Any] | None = None
    linked: Mapping[str, str] = field(default_factory=dict)  #: the files of what it links, by process id


def dry_run(
    engine: Engine, actor: Actor, bpmn: bytes, scenarios: Sequence[Any], item: str | None = None
) -> list[dict[str, Any]]:
    """Play stories on a diagram that is stored nowhere; answers what `play` answers of each, and nothing is kept.

    `item` is the code of an item whose settings count; else the diagram's own is asked for in the catalogue.

    Raises:
        Forbidden, UnreadableDiagram, NotDeployable: the diagram has errors.
        ScenarioInvalid: one of the stories is none.
        RehearsalBusy.
    """
    need(actor, UseCase.DEFINITION_REHEARSE)
    stories = checked(scenarios)
    code = item or item_of(bpmn, "draft")
    data = engine.workshop.item_data(actor, code)
    engine.workshop.refuse_errors(bpmn, data)
    return rehearse(engine.settings, Play(code, bpmn, data, engine.workshop.kept(actor, code)), stories)


def checked(scenarios: Sequence[Any]) -> list[dict[str, Any]]:
    """The stories, their shapes checked. Raises ScenarioInvalid."""
    return [check_scenario(one, "") for one in scenarios[:MOST_SCENARIOS]]


def rehearse(settings: Settings, play: Play, scenarios: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Play stories, each in a database of its own.

    Raises:
        RehearsalBusy.
        ApprovalError: the diagram can't be published even there, as it has errors.
    """
    if not _room.acquire(timeout=30):
        raise RehearsalBusy()
    try:
        return [_rehearsed(settings, play, {**scenario, "item": play.item}) for scenario in scenarios]
    finally:
        _room.release()


def _rehearsed(settings: Settings, play: Play, scenario: Mapping[str, Any]) -> dict[str, Any]:
    region = str(scenario["region"])
    with scratch_engine(settings, {play.item}) as engine, folder_of(settings, play, region) as folder:
        engine.load_process(SYSTEM, folder)
        engine.catalogue_office.load_power_lists(SYSTEM)
        return play_on(engine, scenario)


@contextlib.contextmanager
def folder_of(settings: Settings, play: Play, region: str) -> Iterator[Path]:
    """A folder of an item with another diagram: a copy of the one under `processes/`, or one made of what is known."""
    with tempfile.TemporaryDirectory(prefix="onewindow-play-") as made:
        folder = Path(made) / "process"
        source = next((one.parent for one in settings.processes.glob("*/item.json") if _code(one) == play.item), None)
        if source is not None:
            shutil.copytree(source, folder)
            data = json.loads((folder / "item.json").read_text("utf-8"))
        else:
            (folder / "samples").mkdir(parents=True)
            data = whole_item(play, region)
            for sample in data["listing"]["samples"]:
                (folder / "samples" / sample["file"]).write_text(_PLACEHOLDER, "utf-8")
            (folder / "item.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        for n, text in enumerate(play.linked.values()):
            (folder / f"0-linked-{n}.bpmn").write_text(text, "utf-8")
        (folder / str(data["process"])).write_bytes(play.bpmn)
        yield folder


def _code(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")).get("code")


def whole_item(play: Play, region: str) -> dict[str, Any]:
    """The item of a play, with everything that has to be there before anybody can apply: what it lacks is made up."""
    made, known = made_item(play, region), dict(play.item_data or {})
    listing = made["listing"] | {name: value for name, value in known.get("listing", {}).items() if value}
    whole = made | {name: value for name, value in known.items() if value}
    return whole | {"listing": listing, "process": "process.bpmn"}


def made_item(play: Play, region: str) -> dict[str, Any]:
    """An item made up from what a diagram says: who decides, at which level, within which limits."""
    process = executable_process(read(play.bpmn))
    name = str(process.name or play.item)
    said = [node.extension("assignment") or {} for node in process.nodes]
    functions = [str(one["function"]) for one in said if one.get("function") and "{" not in str(one["function"])]
    levels = [str(one["level"]) for one in said if one.get("level")]
    both = {"zh": "试运行", "en": "a dry run"}
    return {
        "code": play.item,
        "name": name,
        "name_en": name,
        "aliases": [],
        "type_code": "10",
        "handling": "single",
        "level": levels[0] if levels else _level(region),
        "lead_function": functions[0] if functions else "window",
        "accept_function": "window",
        "case_limits": _case_limits(process),
        "process": "process.bpmn",
        "legal_basis": [{"act": "试运行", "article": "—"}],
        "materials": [
            {"code": "application", "name": "申请书", "name_en": "Application", "trust": "D", "required": True}
        ],
        "listing": {
            "conditions": [both],
            "quantity": both,
            "samples": [{"file": "application.txt", "kind": "sample", "name": "申请书", "name_en": "Application"}],
            "apply": ["window", "online"],
        },
    }


def _level(region: str) -> str:
    if len(region) > 6:
        return "township" if len(region) <= 9 else "village"
    return "province" if region.endswith("0000") else "city" if region.endswith("00") else "county"


def _case_limits(process: Process) -> dict[str, Any]:
    """The process's own limits; where it has none, enough for whatever its nodes promise."""
    own: Mapping[str, Any] = next(iter(process.extensions.get("timeLimit", ())), {})
    legal = own.get("legal") or own.get("promised") or 60
    return {"promised": own.get("promised") or legal, "legal": legal, "unit": own.get("unit", "working-day")}


def play_draft(settings: Settings, bpmn: bytes, scenario: Mapping[str, Any]) -> dict[str, Any]:
    """What `onewindow play SCENARIO --diagram FILE` does: a file that is a draft, and a story. Raises as `rehearse`."""
    (played,) = rehearse(settings, Play(str(scenario["item"]), bpmn), [scenario])
    return played


def check_scenarios(engine: Engine, actor: Actor, definition: UUID) -> list[dict[str, Any]]:
    """Play what stands beside a draft, before it is published. Raises ScenarioFailed at the first that parts from it."""
    row = engine.workshop.source(actor, definition)
    played = rehearse(
        engine.settings, Play(row["item"], row["bpmn"], row["item_data"], row["linked"]), row["scenarios"]
    )
    for one in played:
        if not one["passed"]:
            first = {"first_zh": one["failures_zh"][0].rstrip("。"), "first_en": one["failures"][0].rstrip(".")}
            said = {"scenario": one["scenario"], "step": one["parted_step"], "failures": one["failures"]}
            raise ScenarioFailed(**said, failures_zh=one["failures_zh"], **first)
    return played


def publish(
    engine: Engine, actor: Actor, definition: UUID, effective_on: date | None = None, once: Once | None = None
) -> dict[str, Any]:
    """Publish a draft once its scenarios go as they are written. Raises what the steps raise."""
    still = engine.workshop.check(actor, definition, effective_on)
    if not still:
        return engine.workshop.publish(actor, definition, effective_on, once)
    seen = digest(engine.workshop.source(actor, definition)["scenarios"])
    played = [summary(one) for one in check_scenarios(engine, actor, definition)]
    return engine.workshop.publish(actor, definition, effective_on, once, played, seen)


def summary(played: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept with a version of how a story went."""
    case = played["case"]
    kept = {name: played[name] for name in ("scenario", "passed", "steps")}
    return kept | {name: case.get(name) for name in ("state", "result", "submitted_at", "concluded_at", "due_date")}
