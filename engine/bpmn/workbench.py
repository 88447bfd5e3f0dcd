"""What is done with a diagram in the sandbox: judge, mend, lay out, convert, tell its item. Each work takes
bytes and options, and answers both.

A refusal comes back as `refused`: the code of an error and its params, for who asked to raise it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.bpmn.compile import executable_process
from engine.bpmn.dialects.convert import convert
from engine.bpmn.judge import House, judge
from engine.bpmn.linked import either, in_folders, in_texts
from engine.bpmn.mends.apply import AnswersWrong, mend, mend_one
from engine.bpmn.mends.layout import lay_out_anew
from engine.bpmn.mends.sheet import Sheet
from engine.bpmn.read import UnreadableDiagram, read
from engine.bpmn.sandboxed import Answer, Work
from engine.bpmn.schema import load_schema


def load() -> None:
    """Load what every child would have to load."""
    load_schema()


def _house(options: Mapping[str, Any]) -> House:
    handlers, texts = options.get("handlers"), options.get("texts")
    files = in_folders(*map(Path, options.get("folders", ())))
    library = either(files, in_texts(options.get("kept") or {})) if texts is None else in_texts(texts)
    return House(None if handlers is None else frozenset(handlers), options.get("item"), library)


def _judge(data: bytes, options: Mapping[str, Any]) -> Answer:
    judgement = judge(data, options["profile"], _house(options))
    said = {"readable": judgement.readable, "deployable": judgement.deployable}
    return said | {"findings": [finding.in_both_languages() for finding in judgement.findings]}, b""


def _fix(data: bytes, options: Mapping[str, Any]) -> Answer:
    id, option, profile = options["fix"], options["option"], options["profile"]
    judged = judge(data, profile, _house(options)).findings
    fix = next((found.fix for found in judged if found.fix and found.fix.id == id), None)
    if fix is None:  # of what can't be read that is said first; some of it has a mend all the same
        read(data)
    mended = mend_one(data, id, option, profile, judged)
    label = next((one for one in (fix.options if fix else ()) if one.value == option), None)
    does = (fix.does, fix.does_en) if fix else ("", "")
    chosen = (label.zh, label.en) if label else (None, None)
    return {"id": id, "does": does, "label": chosen, "changed": mended != data}, mended


def _mend(data: bytes, options: Mapping[str, Any]) -> Answer:
    """Every safe mend, and with the answers `suggested` the others as suggested."""
    read(data)
    found = mend(data, options["answers"], options["profile"], _house(options).library)
    does = [{"does": one.mend.fix.does, "does_en": one.mend.fix.does_en} for one in found.done]
    return {"done": does}, found.data


def _layout(data: bytes, _: Mapping[str, Any]) -> Answer:
    """A fresh picture: the one that is there is taken away first."""
    read(data)
    sheet = Sheet.of(data)
    return ({"changed": True}, sheet.data()) if lay_out_anew(sheet) else ({"changed": False}, data)


def _convert(data: bytes, _: Mapping[str, Any]) -> Answer:
    found = convert(data)
    return {"zh": found.as_data("zh"), "en": found.as_data("en")}, found.data


def _named(data: bytes, _: Mapping[str, Any]) -> Answer:
    """The item that a diagram names, else its process's id; null where there is neither."""
    diagram = read(data)
    if not diagram.processes:
        return {"item": None}, b""
    process = executable_process(diagram)
    said = next((one["code"] for one in process.extensions.get("item", ())), process.id)
    return {"item": None if said is None else str(said)}, b""


def _refusing(work: Work) -> Work:
    def tried(data: bytes, options: Mapping[str, Any]) -> Answer:
        try:
            return work(data, options)
        except UnreadableDiagram as error:
            params = {name: error.params[name] for name in ("reason", "line")}
            return {"refused": error.code, "params": params}, b""
        except AnswersWrong as error:
            return {"refused": error.code, "params": error.params}, b""

    return tried


WORKS: Mapping[str, Work] = {
    "judge": _judge,
    "fix": _refusing(_fix),
    "mend": _refusing(_mend),
    "layout": _refusing(_layout),
    "convert": _refusing(_convert),
    "named": _refusing(_named),
}
