"""Every extension element of OneWindow, declared once.

The reader, the lint rules, the designer's properties panel, its moddle descriptor and `docs/extensions.md` all come
from `VOCABULARY`. An element stands in `bpmn:extensionElements` of what it speaks about; other tools may write it flat,
as an extension property named `ow:<element>.<attribute>`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from engine.bpmn.expression_values import FUNCTIONS
from engine.bpmn.expressions import CASE_MEMBERS, ROOTS

NAMESPACE = "urn:onewindow:bpmn:1.0"
PREFIX = "ow"

PERSON_TASKS = ("userTask", "manualTask", "task")
TASKS = (*PERSON_TASKS, "serviceTask", "receiveTask")
ACTIVITIES = (*TASKS, "subProcess", "callActivity")
FLOW_NODES = (
    *ACTIVITIES,
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
)

#: The longest time limit, in its unit: what `engine.timelimits` computes with (a test holds the two together).
MOST_UNITS = 3650

Choice = tuple[str, str, str]  #: value, Chinese label, English label


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: `type` is text | positive | boolean | choice | list | labels | expression | tasks.

    A value is read as str, int, bool, str (one of `choices`), tuple of str, mapping of code to label, str, tuple of ids.
    """

    name: str
    type: str
    zh: str
    en: str
    help_zh: str
    help_en: str
    required: bool = False
    default: Any = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """One extension element. `allowed_in` are BPMN local names; only a `repeatable` one may occur twice."""

    name: str
    allowed_in: tuple[str, ...]
    zh: str
    en: str
    help_zh: str
    help_en: str
    attributes: tuple[Attribute, ...]
    repeatable: bool = False

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name, or None."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)


class BadValue(ValueError):
    """A value is not of its attribute's type; `zh` and `en` say what is wanted."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


LEVELS: tuple[Choice, ...] = (
    ("province", "省级", "province"),
    ("city", "市级", "city"),
    ("county", "县级", "county"),
    ("township", "乡镇（街道）", "township"),
    ("village", "村（社区）", "village"),
)
UNITS: tuple[Choice, ...] = (
    ("working-day", "工作日", "working days"),
    ("calendar-day", "自然日", "calendar days"),
    ("month", "月", "months"),
    ("working-hour", "工作小时", "working hours"),
    ("hour", "小时", "hours"),
)
BODIES: tuple[Choice, ...] = (("deciding", "审批部门", "deciding"), ("supervising", "监管部门", "supervising"))
WHEN_PASSED: tuple[Choice, ...] = (
    ("notice", "通知", "tell who handles it"),
    ("escalate", "通知并报上一级岗位", "tell the post above, too"),
    ("default", "按默认结果处理", "give the default outcome, on the ground of a law"),
)
OPINIONS: tuple[Choice, ...] = (("public", "公开", "public"), ("internal", "内部", "internal"))
MOMENTS: tuple[Choice, ...] = (
    ("complete", "环节办结时", "when the task is completed"),
    ("open", "环节开始时", "when the task is opened"),
)

AFTER_RETURN: tuple[Choice, ...] = (
    ("forward", "重新逐环节办理", "go through what lies between again"),
    ("back", "直接送回退回的环节", "come straight back to the task that returned it"),
)
VOTE_RULES: tuple[Choice, ...] = (
    ("all", "全体同意", "all"),
    ("majority", "过半数同意", "more than half"),
    ("twoThirds", "三分之二以上同意", "two thirds or more"),
    ("atLeast", "达到规定票数或比例", "at least a number or a share"),
    ("any", "一人同意即可", "one is enough"),
)
VOTE_ENDS: tuple[Choice, ...] = (
    ("decided", "结果已定即结束", "as soon as the result is certain"),
    ("all", "全部表决完才结束", "when everybody has voted"),
)
REGIMES: tuple[Choice, ...] = (
    ("post-verification", "后置审核", "post-verification"),
    ("commitment", "告知承诺", "commitment"),
    ("tolerance", "容缺受理", "tolerance"),
)

VOCABULARY: tuple[Element, ...] = (
    Element(
        "assignment",
        PERSON_TASKS,
        "办理单位",
        "Assignment",
        "由哪个职能、哪一级的部门办理，或由申请人办理",
        "which function of government, at which level, does the task, or that the applicant does it",
        (
            Attribute(
                "function",
                "text",
                "职能",
                "Function",
                "政府职能代码，如 fire；{item} 表示多实例的当前一项，{lead} 表示事项的牵头职能（不填层级时为事项的层级）",
                'a function such as "fire"; "{item}" is the item of the multi-instance, "{lead}" what leads in the service item',
            ),
            Attribute(
                "level", "choice", "层级", "Level", "办理部门的层级", "the level of the department", choices=LEVELS
            ),
            Attribute("post", "text", "岗位", "Post", "部门内的岗位，可不填", "a post in the department; optional"),
            Attribute(
                "body",
                "choice",
                "审批或监管",
                "Body",
                "由该职能的审批部门还是监管部门办理（审批与监管分离的地区为两个部门）",
                "the body that decides for the function, or the one that supervises it: two where a bureau has the approvals",
                default="deciding",
                choices=BODIES,
            ),
            Attribute(
                "applicant",
                "boolean",
                "申请人办理",
                "Applicant",
                "由申请人办理",
                "the applicant does it",
                default=False,
            ),
        ),
    ),
    Element(
        "timeLimit",
        (*ACTIVITIES, "process"),
        "办理时限",
        "Time limit",
        "法定时限与承诺时限；填写数字时必须填写单位",
        "the statutory and the promised limit; a number needs a unit",
        (
            Attribute("legal", "positive", "法定时限", "Legal limit", "法律规定的时限", "the limit the law sets"),
            Attribute(
                "promised", "positive", "承诺时限", "Promised limit", "向社会承诺的时限", "the limit promised in public"
            ),
            Attribute("unit", "choice", "单位", "Unit", "时限单位", "what is counted", choices=UNITS),
            Attribute(
                "warnAt",
                "positive",
                "提前预警",
                "Warn at",
                "剩余多少单位时预警",
                "how many units before the end the light turns yellow",
            ),
            Attribute(
                "whenPassed",
                "choice",
                "超期处理",
                "When it passes",
                "超过时限时除亮灯外的处理：通知（再按地区规则上报）；当即上报；由系统按默认结果办理（有法定时限的，以法定时限为准；受理环节除外）",
                "what happens when it passes, besides the light: whoever has it is told (and the post above later, by the region's "
                "rule); the post above is told at once; the system gives the default outcome (when the legal limit passes, where "
                "there is one; not at acceptance)",
                choices=WHEN_PASSED,
            ),
            Attribute(
                "defaultOutcome",
                "text",
                "默认结果",
                "Default outcome",
                "超期按默认结果处理时的办理结果代码",
                "the outcome that the system then gives, where the law deems it so",
            ),
            Attribute(
                "basis",
                "text",
                "依据",
                "Basis",
                "时限的法律依据；按默认结果处理时必须填写",
                "the law behind the limit; a default needs it",
            ),
            Attribute(
                "lateReason",
                "choice",
                "超期理由公开",
                "Reason of being late",
                "超期理由是否对外公开",
                "whether the reason of being late is shown to the applicant",
                default="internal",
                choices=OPINIONS,
            ),
        ),
    ),
    Element(
        "public",
        (*FLOW_NODES, "process"),
        "对外公示",
        "Public",
        "申请人查询进度时看到的内容",
        "what the applicant sees of it",
        (
            Attribute("name", "text", "公示名称", "Public name", "对外显示的名称", "the name shown"),
            Attribute("nameEn", "text", "英文名称", "English name", "对外显示的英文名称", "the name shown in English"),
            Attribute("stage", "text", "阶段", "Stage", "所属阶段", "the stage it belongs to"),
            Attribute("stageEn", "text", "英文阶段", "English stage", "所属阶段（英文）", "the stage in English"),
            Attribute(
                "opinion",
                "choice",
                "意见公开",
                "Opinion",
                "办理意见是否公开",
                "whether the opinion is shown",
                default="internal",
                choices=OPINIONS,
            ),
        ),
    ),
    Element(
        "presence",
        PERSON_TASKS,
        "须到现场",
        "Presence",
        "办理本环节须申请人到场；到现场次数由此算出（行政许可法第二十九条：法律要求的才可以）",
        "the applicant has to be there for it: the visits of a guide are counted from this, and the law has to ask for it",
        (
            Attribute(
                "basis",
                "text",
                "法律依据",
                "Legal basis",
                "要求到场的法律依据",
                "the act and article that ask for it",
                required=True,
            ),
        ),
    ),
    Element(
        "outcomes",
        PERSON_TASKS,
        "办理结果",
        "Outcomes",
        "办理人可选的结果，条件中用 outcome 引用",
        "what the officer may choose; conditions speak of it as outcome",
        (
            Attribute(
                "values",
                "labels",
                "结果",
                "Values",
                "代码=名称，逗号分隔，如 passed=验收合格,faults=发现问题",
                "code=label, parted by commas, such as passed=验收合格,faults=发现问题",
                required=True,
            ),
            Attribute(
                "valuesEn",
                "labels",
                "结果（英文）",
                "Values in English",
                "代码=英文名称，逗号分隔，如 passed=passed,faults=faults found",
                "the same codes with English labels, such as passed=passed,faults=faults found",
            ),
            Attribute(
                "opinionRequiredFor",
                "list",
                "须填意见",
                "Opinion required for",
                "哪些结果必须填写意见，代码以逗号分隔",
                "the codes for which an opinion must be written",
            ),
        ),
    ),
    Element(
        "vote",
        PERSON_TASKS,
        "表决",
        "Vote",
        "多实例环节的表决（票决、会签）规则，按应表决的总数计；结果在条件中写 case.votes.<环节编号>，为 passed（通过）或"
        " rejected（不通过），未表决完为空",
        "how the instances of a multi-instance task decide together, counted against all who are invited; conditions speak"
        " of case.votes.<task id>: passed, rejected, or empty as long as it is open",
        (
            Attribute(
                "rule",
                "choice",
                "通过规则",
                "Rule",
                "多少人同意为通过，按应表决的总数计，不按已表决的人数计",
                "how many have to assent, of all who are invited, not of those who have answered",
                required=True,
                choices=VOTE_RULES,
            ),
            Attribute(
                "outcome",
                "text",
                "同意的结果",
                "Assent",
                "算作同意的办理结果代码，须是本环节的办理结果；其他结果（包括弃权）都不算同意",
                "the outcome of this task that assents; every other, an abstention too, does not",
                required=True,
            ),
            Attribute(
                "count",
                "positive",
                "同意票数",
                "Count",
                "规则为 atLeast 时，至少多少票同意；票数和比例只填一个",
                "with atLeast: how many votes; either this or percent",
            ),
            Attribute(
                "percent",
                "positive",
                "同意比例",
                "Percent",
                "规则为 atLeast 时，至少百分之几同意（1 至 100），不足一票的进一票；三分之二请用规则 twoThirds",
                "with atLeast: which share of all who are invited, 1 to 100, rounded up to a vote; twoThirds is a rule",
            ),
            Attribute(
                "ends",
                "choice",
                "何时结束",
                "Ends",
                "结果已定、其余各票不能改变时即结束，未办的任务随之取消；或等全部表决完",
                "as soon as no vote can change the result: the tasks still open are called off; or when everybody has voted",
                default="decided",
                choices=VOTE_ENDS,
            ),
        ),
    ),
    Element(
        "return",
        PERSON_TASKS,
        "退回",
        "Return",
        "办理人可以把办件退回到哪些已办过的环节，以及退回后怎样继续；不填则不能退回",
        "to which tasks before it the officer may return the case, and how it goes on from there; without it, to none",
        (
            Attribute(
                "to",
                "tasks",
                "可退回到",
                "To",
                "可退回到哪些环节；须是同一流程（子流程）中在它之前、由人办理的环节",
                "tasks of people before it, in the same process or sub-process",
                required=True,
            ),
            Attribute(
                "then",
                "choice",
                "退回后",
                "Then",
                "重新办理后：逐环节再走一遍，或直接送回退回的环节（其他分支不受影响）",
                "after it was done again: through all that lies between, or straight back, which leaves other branches alone",
                default="forward",
                choices=AFTER_RETURN,
            ),
        ),
    ),
    Element(
        "form",
        (*PERSON_TASKS, "startEvent", "process"),
        "表单",
        "Form",
        "使用哪张表单、哪些字段",
        "which form, and which of its fields",
        (
            Attribute("key", "text", "表单编号", "Key", "表单的编号", "the form's key"),
            Attribute("fields", "list", "字段", "Fields", "字段编号，逗号分隔", "ids of fields, parted by commas"),
        ),
    ),
    Element(
        "document",
        (*PERSON_TASKS, "serviceTask", "sendTask", "businessRuleTask"),
        "文书",
        "Document",
        "环节产生的文书",
        "a document that the task issues",
        (
            Attribute(
                "kind",
                "text",
                "文书种类",
                "Kind",
                "如 rectification-notice、certificate",
                "such as rectification-notice or certificate",
                required=True,
            ),
            Attribute(
                "when", "choice", "时机", "When", "何时出具", "when it is issued", default="complete", choices=MOMENTS
            ),
            Attribute("title", "text", "标题", "Title", "文书标题", "its title"),
            Attribute("titleEn", "text", "英文标题", "English title", "文书英文标题", "its title in English"),
            Attribute("function", "text", "出具单位", "Issued by", "由哪个职能出具", "the function that issues it"),
        ),
        repeatable=True,
    ),
    Element(
        "service",
        ("serviceTask", "sendTask", "businessRuleTask"),
        "自动服务",
        "Service",
        "由登记过的程序自动办理",
        "done by a registered handler",
        (
            Attribute("handler", "text", "处理程序", "Handler", "登记的名称", "its registered name", required=True),
            Attribute("input", "list", "输入", "Input", "传入的字段，逗号分隔", "what it is given, parted by commas"),
        ),
    ),
    Element(
        "result",
        ("endEvent",),
        "办件结果",
        "Result",
        "到达此结束事件时办件的结果",
        "how the case ends here",
        (
            Attribute(
                "value",
                "text",
                "结果",
                "Value",
                "如 granted、denied、withdrawn、terminated",
                "such as granted, denied, withdrawn or terminated",
                required=True,
            ),
        ),
    ),
    Element(
        "collection",
        ACTIVITIES,
        "多实例对象",
        "Collection",
        "多实例活动逐项办理的列表",
        "the list a multi-instance activity goes through",
        (
            Attribute(
                "of",
                "expression",
                "列表",
                "Of",
                "求得列表的表达式，如 form.departments",
                "an expression that gives a list, such as form.departments",
                required=True,
            ),
        ),
    ),
    Element(
        "commitment",
        ("callActivity",),
        "先信方式",
        "Credit first",
        "先信方式：到达此处即已按该方式作出决定，被调用的流程另立关联办件进行核查；容缺受理的补交则在本办件内办理。"
        "ow:timeLimit 为核查的时限，不填时按事项规定",
        "a way of credit first: here it has been decided that way, and the called process, which verifies, runs as a linked"
        " case of its own while this one goes on; what a tolerance owes is supplied within the case. Its ow:timeLimit is the"
        " verification's, the item's where it has none",
        (
            Attribute(
                "regime",
                "choice",
                "方式",
                "Regime",
                "先信方式；事项须已开通",
                "which of the three ways; the item has to allow it",
                required=True,
                choices=REGIMES,
            ),
            Attribute(
                "decision",
                "text",
                "决定环节",
                "Decision",
                "作出决定的环节编号；不填时为之前有“准予”结果的环节",
                "the task that decides; where it is left out, the one before that has the outcome granted",
            ),
        ),
    ),
    Element(
        "item",
        ("process",),
        "服务事项",
        "Service item",
        "流程办理的政务服务事项",
        "the service item that the process handles",
        (Attribute("code", "text", "事项编码", "Code", "事项编码", "the item's code", required=True),),
    ),
)
ELEMENTS: Mapping[str, Element] = MappingProxyType({element.name: element for element in VOCABULARY})


# --- values ---------------------------------------------------------------------------------------------------------

_CODE = re.compile(r"[\w.-]{1,64}")
_COMMA = re.compile("[,，]")


def convert(attribute: Attribute, text: str) -> Any:
    """The value of an attribute's text (not empty), in its declared type.

    Raises:
        BadValue: the text is not of that type.
    """
    if attribute.type == "choice":
        return _choice(attribute, text)
    return _CONVERTERS[attribute.type](text.strip())


def _choice(attribute: Attribute, text: str) -> str:
    values = [choice[0] for choice in attribute.choices]
    if text.strip() not in values:
        raise BadValue(f"只能是 {'、'.join(values)}", f"one of {', '.join(values)}")
    return text.strip()


def _positive(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= MOST_UNITS:
        raise BadValue(f"须为 1 至 {MOST_UNITS} 的整数", f"a whole number from 1 to {MOST_UNITS}")
    return int(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise BadValue("只能是 true 或 false", "true or false")
    return text in ("true", "1")


def _list(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in _COMMA.split(text))
    if "" in parts or len(set(parts)) < len(parts):
        raise BadValue("须为逗号分隔、不重复的名称", "names parted by commas, each once")
    return parts


def _labels(text: str) -> Mapping[str, str]:
    pairs = [part.partition("=") for part in _COMMA.split(text)]
    labels = {code.strip(): label.strip() or code.strip() for code, _, label in pairs}
    if len(labels) < len(pairs) or not all(_CODE.fullmatch(code) for code in labels):
        raise BadValue("须为“代码=名称”，逗号分隔，代码不重复", "code=label parted by commas, each code once")
    return MappingProxyType(labels)


_CONVERTERS: Mapping[str, Callable[[str], Any]] = {
    "text": lambda text: text,
    "expression": lambda text: text,
    "positive": _positive,
    "boolean": _boolean,
    "list": _list,
    "tasks": _list,
    "labels": _labels,
}


# --- documentation --------------------------------------------------------------------------------------------------

_TYPES: Mapping[str, str] = {
    "text": "text",
    "positive": f"whole number from 1 to {MOST_UNITS}",
    "boolean": "true or false",
    "choice": "one of",
    "list": "names parted by commas",
    "tasks": "ids of tasks, parted by commas",
    "labels": "code=label, parted by commas",
    "expression": "expression",
}

_EXAMPLE = f"""```xml
<bpmn:userTask id="fire_check" name="消防验收" xmlns:{PREFIX}="{NAMESPACE}">
  <bpmn:extensionElements>
    <{PREFIX}:assignment function="fire" level="city" />
    <{PREFIX}:timeLimit legal="20" promised="10" unit="working-day" warnAt="2" />
    <{PREFIX}:public name="消防验收" nameEn="Fire inspection" opinion="public" />
    <{PREFIX}:outcomes values="passed=验收合格,faults=发现问题" opinionRequiredFor="faults" />
  </bpmn:extensionElements>
</bpmn:userTask>
```"""

_FLAT = f"""```xml
<camunda:properties>
  <camunda:property name="{PREFIX}:assignment.function" value="fire" />
  <camunda:property name="{PREFIX}:document.kind" value="rectification-notice" />
  <camunda:property name="{PREFIX}:document.2.kind" value="certificate" />
</camunda:properties>
```"""


def docs_table() -> str:
    """The text of `docs/extensions.md`."""
    parts = [
        "# Extension elements\n\nGenerated from `engine/bpmn/vocabulary.py` by `docs_table()`; don't edit.",
        f"Namespace `{NAMESPACE}`, preferred prefix `{PREFIX}`. The elements stand in `bpmn:extensionElements`. An"
        " unknown element or attribute, or a value of another type, is an error of the lint, never ignored; an empty"
        " value counts as absent.",
        *(_element_docs(element) for element in VOCABULARY),
        f"## An example\n\n{_EXAMPLE}",
        "## Written flat, for other tools\n\nA property named `ow:<element>.<attribute>` of any vendor's `properties`"
        " is read the same; the second and later ones of an element that may occur several times carry a number.\n\n"
        + _FLAT,
        _names_docs(),
    ]
    return "\n\n".join(parts) + "\n"


def _element_docs(element: Element) -> str:
    rows = ["| Attribute | Type | Default | Meaning |", "| --- | --- | --- | --- |"]
    rows += [_attribute_docs(attribute) for attribute in element.attributes]
    several = " It may occur several times." if element.repeatable else ""
    return (
        f"## {PREFIX}:{element.name}\n\n{element.zh} ({element.en}): {element.help_en}.{several}\n\n"
        f"Allowed in: {', '.join(element.allowed_in)}.\n\n" + "\n".join(rows)
    )


def _attribute_docs(attribute: Attribute) -> str:
    kind = _TYPES[attribute.type]
    if attribute.choices:
        kind += " " + ", ".join(f"`{value}` {zh}" for value, zh, _ in attribute.choices)
    default = "required" if attribute.required else _default_docs(attribute.default)
    return f"| `{attribute.name}` {attribute.zh} | {kind} | {default} | {attribute.help_en}; {attribute.help_zh} |"


def _default_docs(default: Any) -> str:
    return "none" if default is None else f"`{str(default).lower()}`"


_OPERATORS = (
    "Operators: `==` `!=` `<` `<=` `>` `>=` `in` `not in` `and` `or` `not` (or `&&` `||` `!`) `+` `-` `*` `/` `%` and"
    " `a if condition else b`. A missing member is null; ordering null, and joining what is neither true, false nor"
    " null, fails."
)


def _names_docs() -> str:
    roots = [f"- `{name}`: {en} ({zh})" for name, (zh, en) in ROOTS.items()]
    members = [f"- `case.{name}`: {en} ({zh})" for name, (zh, en) in CASE_MEMBERS.items()]
    functions = ", ".join(f"`{name}`" for name in FUNCTIONS)
    return (
        "## What conditions may speak of\n\n"
        + "\n".join(roots)
        + "\n\nThe case has exactly these members:\n\n"
        + "\n".join(members)
        + "\n\n"
        + _OPERATORS
        + f" Functions: {functions}."
    )
