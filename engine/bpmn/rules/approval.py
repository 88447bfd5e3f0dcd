"""What a government approval needs beyond a diagram that runs: who does it, by when, and what the public sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.model import Finding, Node, Process
from engine.bpmn.rules.rule import APPROVAL, ERROR, Rule
from engine.bpmn.rules.subject import Subject
from engine.bpmn.vocabulary import PERSON_TASKS

NO_ASSIGNMENT = Rule(
    "assignment-missing",
    ERROR,
    "环节{what}没有指定办理单位",
    "The task {what} is assigned to nobody",
    "请填写 ow:assignment 的 function（职能），或 applicant=“true”（由申请人办理）",
    "Fill in function in ow:assignment, or applicant=“true” when the applicant does it",
    profile=APPROVAL,
)
NO_LEVEL = Rule(
    "level-missing",
    ERROR,
    "环节{what}没有指定办理层级",
    "The task {what} has no level",
    "请填写 ow:assignment 的 level：province、city、county、township 或 village",
    "Fill in level in ow:assignment: province, city, county, township or village",
    profile=APPROVAL,
)
NO_LIMIT = Rule(
    "time-limit-missing",
    ERROR,
    "环节{what}没有办理时限",
    "The task {what} has no time limit",
    "请填写 ow:timeLimit 的 promised 或 legal，以及 unit",
    "Fill in promised or legal, and unit, in ow:timeLimit",
    profile=APPROVAL,
)
PROMISE_TOO_LONG = Rule(
    "promise-exceeds-law",
    ERROR,
    "{what}的承诺时限 {promised} 超过法定时限 {legal}",
    "The promised limit {promised} of {what} exceeds the legal limit {legal}",
    "承诺时限不得长于法定时限，请改短",
    "A promise can't be longer than the law allows: shorten it",
    profile=APPROVAL,
)
NO_PUBLIC_NAME = Rule(
    "public-name-missing",
    ERROR,
    "环节{what}没有公示名称",
    "The task {what} has no public name",
    "请填写 ow:public 的 name，申请人查询进度时会看到",
    "Fill in name in ow:public: the applicant sees it in the progress",
    profile=APPROVAL,
)
PERSONAL = Rule(
    "public-name-personal",
    ERROR,
    "{what}的公示内容“{text}”含有个人信息（{kind}）",
    "What the public sees of {what}, “{text}”, holds personal data ({kind_en})",
    "公示名称写环节，不写人；请删去号码、邮箱和姓名",
    "Name the step, not a person: take out numbers, addresses and names",
    profile=APPROVAL,
)
_SHOWN = ("name", "nameEn", "stage", "stageEn")
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁"
_PERSONAL = (
    ("身份证号", "an identity number", re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")),
    ("手机号", "a phone number", re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")),
    ("邮箱", "an e-mail address", re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")),
    ("姓名", "a person's name", re.compile(rf"[{_SURNAMES}]\w{{0,2}}(?:先生|女士|同志)|^[{_SURNAMES}](?:处|科|局)长")),
)
RULES = (PERSONAL, NO_ASSIGNMENT, NO_LEVEL, NO_LIMIT, PROMISE_TOO_LONG, NO_PUBLIC_NAME)


def check(subject: Subject) -> Iterator[Finding]:
    """Judge the tasks that people do, and every time limit; only in the profile `approval`."""
    if subject.profile != APPROVAL:
        return
    for process in subject.processes:
        yield from _promise(process, process.extensions)
        yield from _personal(process, process.extensions)
    for node in subject.nodes():
        yield from _personal(node, node.extensions)
        yield from _promise(node, node.extensions)
        if node.tag in PERSON_TASKS:
            yield from _task(node)


def _task(node: Node) -> Iterator[Finding]:
    assignment = node.extension("assignment") or {}
    limit = node.extension("timeLimit") or {}
    if not assignment.get("function") and not assignment.get("applicant"):
        yield NO_ASSIGNMENT.at(node)
    if assignment.get("function") not in (None, "", "{lead}") and not assignment.get("level"):
        yield NO_LEVEL.at(node)
    if not assignment.get("applicant") and not {"legal", "promised"} & limit.keys():
        yield NO_LIMIT.at(node)
    if not (node.extension("public") or {}).get("name"):
        yield NO_PUBLIC_NAME.at(node)


def _personal(place: Process | Node, extensions: Mapping[str, tuple[Mapping[str, Any], ...]]) -> Iterator[Finding]:
    shown = [str(public.get(field) or "") for public in extensions.get("public", ()) for field in _SHOWN]
    for text in filter(None, shown):
        for kind, kind_en, pattern in _PERSONAL:
            if pattern.search(text):
                yield PERSONAL.at(place, text=text, kind=kind, kind_en=kind_en)


def _promise(place: Process | Node, extensions: Mapping[str, tuple[Mapping[str, Any], ...]]) -> Iterator[Finding]:
    for limit in extensions.get("timeLimit", ()):
        legal, promised = limit.get("legal"), limit.get("promised")
        if legal is not None and promised is not None and promised > legal:
            yield PROMISE_TOO_LONG.at(place, legal=legal, promised=promised)
