"""Mending a file until nothing is left to mend: safe mends always, the others by the answers that were given.

One mend may bring another thing to light (a marked process is judged where an unmarked one was not), so the file is
read and judged again after every round, a bounded number of times.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.bpmn.linked import Library, nothing
from engine.bpmn.lint import deployable, lint
from engine.bpmn.mends.mend import JOINS, Mend
from engine.bpmn.mends.offers import offers
from engine.bpmn.mends.sheet import Sheet
from engine.bpmn.model import Finding
from engine.bpmn.read import UnreadableDiagram, read
from engine.bpmn.rules.rule import BPMN
from engine.clock import monotonic
from engine.errors import ApprovalError

log = logging.getLogger(__name__)

SUGGESTED = "suggested"
MOST_ROUNDS = 60
MOST_SECONDS = (
    5.0  #: after which no new round begins: what is done by then is written, and more can be done the next time
)
MOST_TRIES = 2  #: of one mend with one answer: what comes back again is not mended by it


class AnswersWrong(ApprovalError):
    """The answers name a fix or an option that this file does not have. Params: problems_zh, problems_en."""

    code = "answers-wrong"
    status = 422
    zh = "答案有误：{problems_zh}。请核对 onewindow lint --format json 列出的 fix 编号和选项。"
    en = "The answers are wrong: {problems_en}. See the ids and options of `fix` in onewindow lint --format json."


@dataclass(frozen=True, slots=True)
class Done:
    """A mend that was done, with the answer that was taken."""

    mend: Mend
    answer: str


@dataclass(frozen=True, slots=True)
class Mended:
    """A file after mending: its bytes (the very same when nothing was done), what was done, what is left."""

    data: bytes
    done: tuple[Done, ...]
    findings: tuple[Finding, ...]

    @property
    def deployable(self) -> bool:
        """Whether no error is left."""
        return deployable(self.findings)


def mend(
    data: bytes, answers: Mapping[str, str] | str | None = None, profile: str = BPMN, library: Library = nothing
) -> Mended:
    """Do every safe mend of a file, and those that are answered (`"suggested"`: as suggested).

    Raises:
        UnreadableDiagram: the file can't be read.
        AnswersWrong: an answer is for no fix that came up, or is none of its options.
    """
    given = {} if isinstance(answers, str) or answers is None else dict(answers)
    done: list[Done] = []
    tried: Counter[tuple[str, str]] = Counter()
    wrong: dict[str, Mend] = {}
    met: set[str] = set()
    spoiling: set[str] = set()
    enough = monotonic() + MOST_SECONDS
    playing = bool(given)  # an answer may be for what is found by playing the ways alone
    for _ in range(MOST_ROUNDS):
        judged = lint(read(data), profile, library, playing=playing)
        sheet = Sheet.of(data)
        found = offers(sheet, judged)
        met |= {each.fix.id for _, each in found if each is not None}
        wrong |= {each.fix.id: each for _, each in found if each and not _fits(each, given)}
        chosen = [(each, answer) for each, answer in _chosen(found, answers) if each.fix.id not in spoiling]
        chosen = [(each, answer) for each, answer in chosen if tried[each.fix.id, answer] < MOST_TRIES]
        if not playing:  # the ways are played, which takes long, when all that comes before is done
            chosen = [(each, answer) for each, answer in chosen if each.stage < JOINS]
        try:
            round_done = _do(sheet, chosen, tried) if not wrong and monotonic() < enough else []
        except _Spoilt as spoilt:
            log.debug("the mend %s failed", spoilt, exc_info=True)
            spoiling.add(str(spoilt))
            continue
        if not round_done and not playing:
            playing = True
            continue
        if not round_done:
            break
        playing = bool(given)
        after = sheet.data()
        try:
            read(after)
        except UnreadableDiagram:  # for a file at the very bounds, what was added is too much
            break
        done += round_done
        data = after
    _check_answers(given, met, wrong)
    left = [replace(finding, fix=each.fix if each else None) for finding, each in found]
    return Mended(data, tuple(done), tuple(left))


def mend_one(
    data: bytes, fix: str, answer: str = "", profile: str = BPMN, judged: Sequence[Finding] | None = None
) -> bytes:
    """Do one mend and nothing else, as a button in the designer does; the file as it is then. `judged`: what was found in it.

    Raises:
        UnreadableDiagram: the file can't be read.
        AnswersWrong: no finding of the file offers that fix, or the answer is none of its options.
    """
    judged = lint(read(data), profile) if judged is None else judged
    sheet = Sheet.of(data)
    found = {each.fix.id: each for _, each in offers(sheet, judged) if each is not None}
    each = found.get(fix)
    wrong = {fix: each} if each is not None and not each.fix.safe and not each.accepts(answer) else {}
    _check_answers({fix: answer}, set(found), wrong)
    return sheet.data() if each is not None and each.hand(sheet, answer) else data


def _fits(each: Mend, given: Mapping[str, str]) -> bool:
    return each.fix.safe or each.fix.id not in given or each.accepts(given[each.fix.id])


def _chosen(
    found: list[tuple[Finding, Mend | None]], answers: Mapping[str, str] | str | None
) -> list[tuple[Mend, str]]:
    """What is to be done in this round: the mends of the first stage that has any, each once."""
    chosen: dict[str, tuple[Mend, str]] = {}
    for _, each in found:
        if each is None or each.fix.id in chosen:
            continue
        if each.fix.safe:
            chosen[each.fix.id] = each, ""
        elif answers == SUGGESTED and each.fix.suggested is not None:
            chosen[each.fix.id] = each, each.fix.suggested
        elif isinstance(answers, Mapping) and each.fix.id in answers:
            chosen[each.fix.id] = each, answers[each.fix.id]
    return sorted(chosen.values(), key=lambda pair: pair[0].stage)


def _do(sheet: Sheet, chosen: list[tuple[Mend, str]], tried: Counter[tuple[str, str]]) -> list[Done]:
    done: list[Done] = []
    stage = None
    for each, answer in chosen:
        if done and each.stage != stage:
            break
        if _did(each, sheet, answer):
            tried[each.fix.id, answer] += 1
            done.append(Done(each, answer))
            stage = each.stage
    return done


def _did(each: Mend, sheet: Sheet, answer: str) -> bool:
    """Do one mend. One that fails half-way spoils the sheet: nothing of this round is kept then."""
    try:
        return each.hand(sheet, answer)
    except Exception as error:
        raise _Spoilt(each.fix.id) from error


class _Spoilt(Exception):
    """A mend failed half-way."""


def _check_answers(given: Mapping[str, str], met: set[str], wrong: Mapping[str, Mend]) -> None:
    unknown = sorted(set(given) - met)
    zh = [f"没有编号为“{id}”的修补" for id in unknown[:10]]
    en = [f"there is no fix “{id}”" for id in unknown[:10]]
    for id, each in sorted(wrong.items())[:10]:
        values = ", ".join(option.value for option in each.fix.options)
        zh.append(f"“{id}”不能选“{given[id]}”，可选：{values}")
        en.append(f"“{id}” can't be “{given[id]}”; there are: {values}")
    if zh:
        raise AnswersWrong(problems_zh="；".join(zh), problems_en="; ".join(en))
