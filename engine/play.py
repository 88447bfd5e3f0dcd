"""Plays a scenario (facts, who does what on which day, what is expected) on a simulated calendar, and compares.

Every run has a database of its own, made for it and dropped after it, in a data folder of its own: no other case and no
other clock is touched, and a running server makes no difference. The format is told in `docs/scenarios.md`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from engine import play_credit_first
from engine.assemble import Engine, open_engine
from engine.background.demonstration_clock import step_through
from engine.background.worker import run_dry
from engine.cases.accept import Acceptance, Listed
from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.end_procedure import ProcedureEnd
from engine.cases.inbox import InboxQuery
from engine.cases.mandates import NewMandate
from engine.cases.return_task import Returning
from engine.cases.special_procedures import NewProcedure
from engine.cases.step_documents import WINDOW_KINDS
from engine.cases.submit import Application
from engine.cases.supplement import Supplement, Supplied
from engine.clock import CST
from engine.demonstration import load_demonstration
from engine.errors import ApprovalError
from engine.organization.actor import Actor
from engine.organization.load import load_actor
from engine.settings import Settings, default_home
from engine.store.database import connect_engine
from engine.store.embedded import EmbeddedServer, serve
from engine.store.schema import migrate

DEMO = Path("joint-final-inspection/scenarios/two-departments-find-faults.json")
_SET_CLOCK = text("UPDATE platform SET clock_fixed_at = :at")


#: A sentence in Chinese and in English.
Said = tuple[str, str]
MOST_STEPS = 300
MOST_DAYS = 5 * 366  #: between the first step and the last: what comes due on the way is met one by one


class ScenarioInvalid(ApprovalError):
    """A scenario file that can't be read or played; `step` counts from 1."""

    code = "scenario-invalid"
    status = 422
    zh = "场景文件{where}有误：{detail_zh}。格式见 docs/scenarios.md。"
    en = "The scenario is wrong{where}: {detail}. Its format is told in docs/scenarios.md."

    def __init__(self, *, where: str, detail: str, detail_zh: str) -> None:
        super().__init__(where=where, detail=detail, detail_zh=detail_zh)


@dataclass(slots=True)
class Played:
    """A scenario being played: `number` once it is submitted, `failures` in sentences."""

    engine: Engine
    scenario: Mapping[str, Any]
    number: str = ""
    failures: list[Said] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)  #: what stood open after each step
    parted_step: int | None = None  #: the step that did not go as it is written
    actors: dict[str, Actor] = field(default_factory=dict)
    procedures: dict[str, Any] = field(default_factory=dict)  #: the last one started of each kind


def demo(settings: Settings) -> dict[str, Any]:
    """Play the first process: the joint final inspection of a building in which two departments find faults."""
    return play(settings.processes / DEMO, settings)


def play(path: Path, settings: Settings) -> dict[str, Any]:
    """Play a scenario file; answers `passed`, `failures`, `steps`, `case`, `timeline`, `documents`.

    Raises:
        ScenarioInvalid: the file is no scenario. A step that is refused is a failure of the scenario, not an error.
    """
    scenario = read_scenario(path)
    with scratch_engine(settings, {scenario["item"]}) as engine:
        _load_own_process(engine, path)
        return play_on(engine, scenario)


def play_on(engine: Engine, scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Play a scenario on an engine that was made for it."""
    return _play(Played(engine, scenario))


@contextlib.contextmanager
def scratch_engine(settings: Settings, items: Collection[str] | None = None) -> Iterator[Engine]:
    """An engine on a database of its own, with the organisation and the processes of the demonstration (of `items` only)."""
    with scratch_database() as url:
        database = connect_engine(url, 0)
        migrate(database)
        database.dispose()
        engine = open_engine(settings, url, pool_size=4)
        try:
            load_demonstration(engine, cases=False, items=items)
            yield engine
        finally:
            engine.close()


@contextlib.contextmanager
def scratch_database() -> Iterator[str]:
    """A database for one run, on an embedded server of its own folder; what earlier runs left behind is dropped."""
    with serve(default_home() / "play", durable=False) as server:
        _drop_leftovers(server)
        name = f"play_{os.getpid()}_{secrets.token_hex(4)}"
        server.create_database(name)
        try:
            yield server.url(name)
        finally:
            server.drop_database(name)


def _drop_leftovers(server: EmbeddedServer) -> None:
    """Databases of runs whose process is gone (killed outright)."""
    for name in server.databases():
        owner = name.split("_")[1] if name.startswith("play_") and name.count("_") == 2 else ""
        if owner.isdigit() and not _alive(int(owner)):
            server.drop_database(name)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def read_scenario(path: Path) -> dict[str, Any]:
    """A scenario file as data, its shape checked. Raises ScenarioInvalid."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScenarioInvalid(where=f" {path}", detail=error.strerror or "it can't be read", detail_zh="无法读取")
    return scenario_of(content, f" {path}")


def scenario_of(content: bytes | str, named: str = "") -> dict[str, Any]:
    """The scenario that a file holds, its shape checked; `named`: what the error calls the file. Raises ScenarioInvalid."""
    try:
        scenario = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ScenarioInvalid(
            where=named, detail=f"it is no JSON ({error})", detail_zh=f"不是 JSON（{error}）"
        ) from None
    return check_scenario(scenario, named)


def check_scenario(scenario: Any, named: str) -> dict[str, Any]:
    """The scenario, its shape checked. Raises ScenarioInvalid."""
    if not isinstance(scenario, dict):
        raise ScenarioInvalid(where=named, detail="it must be an object", detail_zh="应为一个 JSON 对象")
    for name, kind in (("item", str), ("region", str), ("starts_on", str), ("applicant", dict), ("steps", list)):
        if not isinstance(scenario.get(name), kind):
            raise ScenarioInvalid(
                where=named, detail=f"`{name}` is missing or has the wrong type", detail_zh=f"缺少 {name}，或其类型不对"
            )
    if not _fit_to_keep(scenario):
        raise ScenarioInvalid(
            where=named,
            detail="it holds what can't be kept (NUL, half a character, NaN)",
            detail_zh="含有无法保存的内容（NUL、半个字符、NaN）",
        )
    if len(scenario["steps"]) > MOST_STEPS:
        raise ScenarioInvalid(
            where=named, detail=f"it has more than {MOST_STEPS} steps", detail_zh=f"超过 {MOST_STEPS} 步"
        )
    for n, step in enumerate(scenario["steps"], start=1):
        _check_step(step, n)
    instants = [_instant(step) for step in scenario["steps"]]
    if instants and (max(instants) - min(instants)).days > MOST_DAYS:
        raise ScenarioInvalid(
            where=named,
            detail=f"its steps lie more than {MOST_DAYS} days apart",
            detail_zh=f"各步前后相隔超过 {MOST_DAYS} 天",
        )
    _check_expectations(scenario.get("expect", {}), named)
    return scenario


def _fit_to_keep(scenario: Mapping[str, Any]) -> bool:
    """Whether a database can keep all of it: no NUL, no half of a surrogate pair, no number that JSON does not know (NaN)."""
    try:
        spelled = json.dumps(scenario, ensure_ascii=False, allow_nan=False)
        spelled.encode()
    except (ValueError, RecursionError):
        return False
    return re.search(r"(?<!\\)(?:\\\\)*\\u0000", spelled) is None


def _check_expectations(expect: Any, named: str) -> None:
    wanted = {"documents": str, "nodes": dict, "timeline": dict}
    fine = isinstance(expect, dict) and all(
        isinstance(expect.get(name, []), list) and all(isinstance(one, kind) for one in expect.get(name, []))
        for name, kind in wanted.items()
    )
    fine = fine and all({"node", "times"} <= set(one) for one in expect.get("nodes", []))
    if not fine or any("node" not in one for one in expect.get("timeline", [])):
        raise ScenarioInvalid(where=named, detail="`expect` is not as the format has it", detail_zh="expect 不合格式")


def _check_step(step: Any, n: int) -> None:
    where = f" (step {n})"
    if not isinstance(step, dict) or step.get("does") not in DOES:
        raise ScenarioInvalid(
            where=where,
            detail=f"`does` must be one of {', '.join(DOES)}",
            detail_zh=f"does 须为 {'、'.join(DOES)} 之一",
        )
    try:
        _instant(step)
    except (KeyError, TypeError, ValueError):
        raise ScenarioInvalid(
            where=where,
            detail="`on` must be YYYY-MM-DD and `at` HH:MM",
            detail_zh="on 须写成 YYYY-MM-DD，at 须写成 HH:MM",
        )
    if step["does"] != "wait" and not isinstance(step.get("who"), str):
        raise ScenarioInvalid(where=where, detail="`who` is missing", detail_zh="缺少 who")
    if step["does"] in ("complete", "return", "claim", "release") and not isinstance(step.get("node"), str):
        raise ScenarioInvalid(where=where, detail="`node` is missing", detail_zh="缺少 node")


def _load_own_process(engine: Engine, path: Path) -> None:
    """A scenario beside an item of its own (…/item.json, …/scenarios/x.json) brings that item along."""
    folder = path.resolve().parent.parent
    if (folder / "item.json").is_file() and folder.parent != engine.settings.processes.resolve():
        engine.load_process(Actor.system("play"), folder)
        engine.catalogue_office.load_power_lists(Actor.system("play"))


def _play(played: Played) -> dict[str, Any]:
    for n, step in enumerate(played.scenario["steps"], start=1):
        refused = None
        try:
            _advance(played, _instant(step))
            DOES[step["does"]](played, step)
        except ApprovalError as error:
            refused = error
        except (KeyError, TypeError, ValueError, AttributeError) as wrong:
            refused = ScenarioInvalid(
                where=f" (step {n})",
                detail=f"a field is missing or wrong ({wrong})",
                detail_zh=f"缺少字段或字段有误（{wrong}）",
            )
        said = _not_as_written(step, refused)
        played.steps.append(_seen(played, n, step, refused))
        if said:
            what = f"{step.get('who', '')} {step['does']} {step.get('node', '')}".strip()
            played.failures.append((f"第 {n} 步（{what}）：{said[0]}", f"step {n} ({what}): {said[1]}"))
            played.parted_step = n
            break
    run_dry(played.engine)
    return _result(played)


def _not_as_written(step: Mapping[str, Any], refused: ApprovalError | None) -> Said | None:
    """What is wrong with how a step went: it was refused, or not refused as the story wants it."""
    wanted = step.get("refused")
    if wanted is None:
        return (refused.sentence("zh"), refused.sentence("en")) if refused is not None else None
    if refused is None:
        return f"应被拒绝（{wanted}），但没有被拒绝", f"it should have been refused with {wanted}"
    if refused.code == wanted:
        return None
    zh = f"应被拒绝（{wanted}），实际为 {refused.code}：{refused.sentence('zh')}"
    return zh, f"it should have been refused with {wanted}, not {refused.code}: {refused.sentence('en')}"


def _seen(played: Played, n: int, step: Mapping[str, Any], refused: ApprovalError | None) -> dict[str, Any]:
    """A step, and how the case stands after it: open nodes with their limits, the documents so far, the promised day."""
    said = {name: step.get(name) for name in ("on", "at", "who", "does", "node", "outcome")}
    told = {"step": n, **said, "refused": refused.code if refused else None}
    if refused is not None:
        told |= {"sentence": refused.sentence("zh"), "sentence_en": refused.sentence("en")}
    if not played.number:
        return told | {"state": None, "open": [], "documents": [], "due_date": None}
    file = played.engine.case_file(played.number)
    opened = [
        {"node": row["node_id"], "name": row["node"], "department": row["department"], "due_date": row["due_date"]}
        for row in file["timeline"]
        if row["ended_at"] is None
    ]
    documents = [{"kind": one["kind"], "number": one["number"]} for one in file["documents"]]
    return told | {"state": file["state"], "open": opened, "documents": documents, "due_date": file["due_date"]}


def _advance(played: Played, until: datetime) -> None:
    """Move the clock to `until`, stopping at each thing that comes due on the way."""
    engine = played.engine

    def put(at: datetime) -> None:
        with engine.database.begin() as connection:
            connection.execute(_SET_CLOCK, {"at": at})

    step_through(engine, until, put)


def _submit(played: Played, step: Mapping[str, Any]) -> None:
    scenario = played.scenario
    asked = Application(
        scenario["item"],
        scenario["region"],
        scenario["applicant"],
        scenario.get("form", {}),
        step.get("channel", "window"),
        regime=step.get("regime"),
    )
    played.number = played.engine.submit(_actor(played, step), asked)["number"]


def _accept(played: Played, step: Mapping[str, Any]) -> None:
    listed = tuple(Listed(one["material"], one["reason"]) for one in step.get("materials", ()))
    said = {name: step[name] for name in ("reason", "redirect", "form", "late_reason") if name in step}
    answer = Acceptance(played.number, step.get("answer", "accepted"), step.get("opinion", ""), listed, **said)
    played.engine.accept(_actor(played, step), answer)


def _supply(played: Played, step: Mapping[str, Any]) -> None:
    brought = tuple(Supplied(one["material"], one.get("note", "")) for one in step.get("materials", ()))
    played.engine.intake.supply(_actor(played, step), Supplement(played.number, brought, step.get("form", {})))


def _withdraw(played: Played, step: Mapping[str, Any]) -> None:
    played.engine.intake.withdraw(_actor(played, step), played.number, step.get("reason", ""))


def _mandate(played: Played, step: Mapping[str, Any]) -> None:
    days = (date.fromisoformat(step["first_day"]), date.fromisoformat(step["last_day"]))
    items = tuple(step["items"]) if "items" in step else None
    asked = NewMandate(played.scenario["applicant"], step["agent"], step["station"], *days, step["evidence"], items)
    played.engine.mandates.record(_actor(played, step), asked)


def _procedure(played: Played, step: Mapping[str, Any]) -> None:
    asked = NewProcedure(played.number, step["kind"], step["reason"], step["needed"], step["unit"])
    started = played.engine.limits.start_procedure(_actor(played, step), asked)
    played.procedures[step["kind"]] = started


def _end_procedure(played: Played, step: Mapping[str, Any]) -> None:
    started = played.procedures[step["kind"]]
    asked = ProcedureEnd(played.number, started["id"], step["report"])
    played.engine.limits.end_procedure(_actor(played, step), asked)


def _complete(played: Played, step: Mapping[str, Any]) -> None:
    case_id, number = _task(played, step)
    asked = Completion(
        case_id, number, step.get("outcome"), step.get("opinion", ""), step.get("form", {}), step.get("late_reason", "")
    )
    played.engine.complete(_actor(played, step), asked)


def _return(played: Played, step: Mapping[str, Any]) -> None:
    case_id, number = _task(played, step)
    asked = Returning(case_id, number, step["to"], step.get("opinion", ""), step.get("late_reason", ""))
    played.engine.returns.send_back(_actor(played, step), asked)


def _claim(played: Played, step: Mapping[str, Any]) -> None:
    played.engine.claim(_actor(played, step), *_task(played, step))


def _release(played: Played, step: Mapping[str, Any]) -> None:
    played.engine.release(_actor(played, step), *_task(played, step))


def _message(played: Played, step: Mapping[str, Any]) -> None:
    played.engine.deliver(_actor(played, step), played.number, step["message"], step.get("payload", {}))


def _of_credit_first(verb: play_credit_first.Verb) -> Callable[[Played, Mapping[str, Any]], None]:
    def does(played: Played, step: Mapping[str, Any]) -> None:
        verb(played, _actor(played, step), step)

    return does


DOES: dict[str, Callable[[Played, Mapping[str, Any]], None]] = {
    "submit": _submit,
    "accept": _accept,
    "supply": _supply,
    "withdraw": _withdraw,
    "complete": _complete,
    "return": _return,
    "claim": _claim,
    "release": _release,
    "message": _message,
    "mandate": _mandate,
    "procedure": _procedure,
    "end-procedure": _end_procedure,
    "wait": lambda played, step: None,
    **{name: _of_credit_first(verb) for name, verb in play_credit_first.VERBS.items()},
}


def _task(played: Played, step: Mapping[str, Any]) -> Any:
    """The open task of the step's node in this case, of several the first of the person's own departments; which officer may
    do it is the engine's to say."""
    query = InboxQuery(case=played.number, node=step["node"])
    found = played.engine.inbox(Actor.system("play"), query)["items"]
    if not found:
        raise ScenarioInvalid(
            where="", detail=f"no open task at node {step['node']}", detail_zh=f"环节 {step['node']} 没有待办任务"
        )
    mine = _actor(played, step).departments
    return parse_task_id(next((one["id"] for one in found if one["department_id"] in mine), found[0]["id"]))


def _actor(played: Played, step: Mapping[str, Any]) -> Actor:
    who = step["who"]
    if who == "applicant":
        return Actor.applicant(
            "applicant", str(played.scenario["applicant"].get("name", "")), played.scenario["region"]
        )
    if who not in played.actors:
        with played.engine.database.connect() as connection:
            actor = load_actor(connection, who)
        if actor is None:
            raise ScenarioInvalid(where="", detail=f"there is no officer {who}", detail_zh=f"没有名为 {who} 的人员")
        played.actors[who] = actor
    return played.actors[who]


def _instant(step: Mapping[str, Any]) -> datetime:
    day, moment = date.fromisoformat(step["on"]), datetime.strptime(step.get("at", "09:00"), "%H:%M").time()
    return datetime.combine(day, moment, CST)


def _result(played: Played) -> dict[str, Any]:
    file = played.engine.case_file(played.number) if played.number else {"timeline": [], "documents": []}
    timeline = sorted(
        file.pop("timeline"), key=lambda row: (row["ended_at"] is None, row["ended_at"] or "", row["task"])
    )
    documents = file.pop("documents")
    found = list(played.failures)
    if played.parted_step is None:  # what a story wants of its end means nothing when it broke off before
        expect = played.scenario.get("expect", {})
        found += _differences(expect, file, timeline, documents)
        later = play_credit_first.differences(played, expect) if played.number else {}
        found += [said for name, (wanted, is_so) in later.items() if (said := _differs(name, name, wanted, is_so))]
    if played.number and not played.engine.verify_record(played.number).whole:
        found.append(("办件记录未通过核验", "the record of the case does not verify"))
    name = played.scenario.get("name", "")
    told = {"passed": not found, "scenario": name, "parted_step": played.parted_step}
    told |= {"failures": [en for _, en in found], "failures_zh": [zh for zh, _ in found]}
    return told | {"steps": played.steps, "case": file, "timeline": timeline, "documents": documents}


def _differences(
    expect: Mapping[str, Any], file: Mapping[str, Any], timeline: list[Any], documents: list[Any]
) -> list[Said]:
    """What is not as the scenario expects, a sentence each."""
    words = {"state": "办件状态", "result": "办件结果"}
    found = [_differs(zh, name, expect[name], file.get(name)) for name, zh in words.items() if name in expect]
    if "documents" in expect:
        found.append(_differs("文书", "documents", expect["documents"], _kinds(documents, expect["documents"])))
    for wanted in expect.get("nodes", ()):
        node, times = wanted["node"], sum(row["node_id"] == wanted["node"] for row in timeline)
        found.append(_differs(f"环节 {node} 的次数", f"times at {node}", wanted["times"], times))
    rows = expect.get("timeline", ())
    if rows:
        nodes = [row["node"] for row in rows]
        found.append(_differs("办理过程的各行", "rows of the timeline", nodes, [row["node_id"] for row in timeline]))
    for wanted, row in zip(rows, timeline, strict=False):
        said = {**row, "started_on": (row["started_at"] or "")[:10], "ended_on": (row["ended_at"] or "")[:10]}
        for name, value in wanted.items():
            if name != "node":
                node = wanted["node"]
                found.append(_differs(f"环节 {node} 的 {name}", f"{name} of {node}", value, said.get(name)))
    return [sentence for sentence in found if sentence]


def _kinds(documents: list[Any], wanted: list[str]) -> list[str]:
    """The kinds of the documents issued; the window's own, which every case has, only where the story speaks of them."""
    kinds = [document["kind"] for document in documents]
    return kinds if set(WINDOW_KINDS) & set(wanted) else [kind for kind in kinds if kind not in WINDOW_KINDS]


def _differs(zh: str, en: str, wanted: Any, found: Any) -> Said | None:
    if wanted == found:
        return None
    return f"{zh}：应为 {wanted!r}，实际为 {found!r}", f"{en}: expected {wanted!r}, found {found!r}"
