"""For each rule of the lint a diagram that breaks it and one that does not: shown on its page, and tried.

The wrong ones are the first that `test_lint.INVALID` has for the rule; here stand those it has not, and the right ones.
"""

from __future__ import annotations

import re

from tests.unit import credit_examples, return_examples, vote_examples
from tests.unit.diagrams import (
    boundary,
    catch,
    diagram,
    element,
    end,
    extended,
    flows,
    gateway,
    loop,
    many,
    message,
    scope,
    start,
    timer,
    user,
)
from tests.unit.test_lint import (
    AGAIN,
    APPLICANT,
    CHOICE,
    COMPLETE,
    DATE,
    INVALID,
    LINK,
    MESSAGE,
    PASSED,
    SERVICE,
    SIGNAL,
    SIMPLE,
    after_task,
    around,
    caught,
    data,
    inside,
    reading,
    timed,
    waiting_again,
    with_many,
)

Elements = tuple[str, ...]

#: Rules that no process breaks: what breaks them is the file, or the machine that judges it.
WORDS: dict[str, str] = {
    "file-empty": "A file of no bytes, or of white space only.",
    "file-missing": "A name that leads nowhere, a folder, or a file that may not be read.",
    "file-too-large": "A file of more than 5 MB.",
    "file-too-complex": "More than 50,000 elements, or more than 200 attributes on one.",
    "file-doctype": '`<!DOCTYPE definitions [<!ENTITY x SYSTEM "file:///etc/passwd">]>` before the root.',
    "file-encoding": "Bytes of GBK in a file that declares UTF-8.",
    "file-encoding-refused": "UTF-16, UTF-32, UTF-7 or EBCDIC. UTF-8 is read, and GBK or ISO 8859 where the file declares it.",
    "file-too-deep": "100,000 elements, each inside the one before.",
    "file-archive": "A zip or gzip archive in which a .bpmn file lies.",
    "file-not-xml": '`<process id="p"><userTask id="a">` and then nothing more.',
    "not-bpmn": "`<html/>`, or BPMN of another version's namespace.",
    "process-missing": "A file that holds a choreography or decisions only.",
    "file-too-slow": "What keeps the check busy for more than 8 seconds.",
    "file-too-hungry": "What takes more than 300 MB to judge.",
    "check-failed": "A mistake in the check itself.",
    "handler-unknown": "A service task whose `ow:service handler` names a program that nobody has registered here.",
    "trial-failed": "What starts with an error although no rule has found why.",
    "too-many-findings": "More than 1,000 things that are wrong.",
    "encoding-doubtful": "Bytes of UTF-8 in a file that declares ISO-8859-1: names come out garbled.",
    "schema-invalid-more": "More than 20 places that the schema does not allow.",
    "too-many-flows": "2,001 sequence flows, or 501 conditions.",
    "too-many-nodes": "1,001 flow nodes in one process.",
    "time-limit-default-incomplete": "A task decided by default when its limit passes, without a defaultOutcome or its basis.",
    "time-limit-exceeds-item": "A task whose limit is longer than that of the service item that the process handles.",
    "time-limits-exceed-case": "Tasks in a row whose limits together are longer than that of the case.",
    "too-deep": "Sub-processes in sub-processes, more than eight deep.",
    "return-too-many": "More than 300 returns, or returns that may be returned in more than 200 ways.",
    **credit_examples.WORDS,
}

JOINED = (gateway("parallel", "f"), user("b"), user("c"), gateway("parallel", "j"))
BOTH = "start > a > f > b > j > end; f > c > j"


def doubling(count: int, merge: str = "exclusive", *, first: str = "") -> Elements:
    """Behind a task (or what is `first`) splits in a row, each with its two branches meeting in a merge."""
    before = ["a", *(f"m{n}" for n in range(count))]
    ways = "; ".join(f"{before[n]} > f{n} > m{n}" for n in range(count))
    more = [element("sequenceFlow", f"w{n}", sourceRef=f"f{n}", targetRef=f"m{n}") for n in range(count)]
    nodes = [gateway("parallel", f"f{n}") + gateway(merge, f"m{n}") for n in range(count)]
    return start(), first or user("a"), *nodes, *more, end(), flows(f"start > a; {ways}; {before[-1]} > end")


def racing(*waits: str) -> Elements:
    """Timers behind an event-based gateway."""
    names = [f"t{number}" for number in range(len(waits))]
    timers = [catch(name, timer(wait)) for name, wait in zip(names, waits, strict=True)]
    ways = "; ".join(f"g > {name} > end" for name in names)
    return start(), gateway("eventBased", "g"), *timers, end(), flows(f"start > g; {ways}")


def approval(inner: str) -> Elements:
    return around(user("a", extended(inner)))


def within(*first: str, task: str = "") -> str:
    """A sub-process `s` with a task in it, or one that is through at once."""
    done = task or element("intermediateThrowEvent", "t")
    return scope("s", *first, start("s1"), done, end("s2"), flows("s1 > t > s2"))


def late(inner: str) -> Elements:
    """Round by `a` and `s`, and out when the time is up within `s`."""
    border = boundary("b", "s", timer("P30D"))
    return start(), gateway("exclusive", "m"), user("a"), inner, border, end(), flows("start > m > a > s > m; b > end")


BAD: dict[str, Elements] = {
    **credit_examples.BAD,
    "branches-multiply": doubling(8),
    "timer-overtaken": racing("P5D", "P2D"),
    "too-many-at-once": around(scope("a", many("40"), start("s1"), user("t", many("40")), end("s2"), flows("s1>t>s2"))),
    "too-long-at-once": after_task(within(loop("400")), flows("start > a > s > end")),
    "boundary-never-waited": late(within()),
    **return_examples.BAD,
    **vote_examples.BAD,
    "no-picture": around(user("a")),
    "join-may-wait": (
        *(start(), gateway("parallel", "f"), *(gateway("exclusive", f"x{n}", default=f"x{n}_e{n}") for n in "12")),
        *(user("a"), user("b"), gateway("parallel", "j"), end(), end("e1"), end("e2")),
        flows("start > f > a > x1 > e1; f > b > x2 > e2; x1 > j [form.c1]; x2 > j [form.c1]; j > end"),
    ),
    "default-missing": after_task(
        gateway("exclusive", "x"), flows("start > a > x; x > end [form.c1]; x > a [form.c2]")
    ),
    "default-invalid": after_task(
        gateway("exclusive", "x", default="start_a"), flows("start > a > x; x > end [form.c1]; x > a [form.c2]")
    ),
    "automatic-loop": (start(), CHOICE, end(), flows("start > x > end; x > x [form.nothing == null]")),
    "id-malformed": (start(), user("a:b"), end(), flows("start > a:b > end")),
    "merge-unsynchronised": after_task(
        *(gateway("parallel", "f"), user("b"), user("c"), gateway("exclusive", "m"), user("d")),
        flows("start > a > f > b > m > d > end; f > c > m"),
    ),
    "merge-may-double": after_task(
        *(gateway("inclusive", "f", default="f_b"), user("b"), user("c"), gateway("exclusive", "m"), user("d")),
        flows("start > a > f > b > m > d > end; f > c [form.c]; c > m"),
    ),
    "never-ends": after_task(
        *(gateway("exclusive", "m"), gateway("parallel", "f"), user("b")),
        flows("start > m > f > a > m; f > b > end"),
    ),
    "public-name-personal": approval(COMPLETE.replace("消防验收", "张三先生审核")),
    "assignment-missing": approval('<ow:timeLimit promised="3" unit="working-day"/><ow:public name="审查"/>'),
    "level-missing": approval(COMPLETE.replace(' level="city"', "")),
    "time-limit-missing": approval('<ow:assignment function="fire" level="city"/><ow:public name="审查"/>'),
    "promise-exceeds-law": approval(COMPLETE.replace('"10"', '"21"')),
    "public-name-missing": approval(COMPLETE.replace("消防验收", "")),
    "element-repeated": around(user("a", many("2"), loop("2"))),
    "extension-misplaced": (start(), user("a"), end("end", extended('<ow:assignment function="fire"/>')), SIMPLE),
    "extension-repeated": approval('<ow:assignment function="fire"/><ow:assignment function="planning"/>'),
    "extension-incomplete": approval("<ow:document/>"),
    "schema-invalid": around(user("a", colour="red")),
    "foreign-translated": around(user("a", **{"camunda:assignee": "fire"})),
}

GOOD: dict[str, Elements] = {
    **credit_examples.GOOD,
    "branches-multiply": doubling(8, "parallel"),
    "timer-overtaken": (
        *(start(), user("a"), boundary("remind", "a", timer("P2D"), cancelActivity="false"), end("told"), end()),
        *(boundary("late", "a", timer("P5D")), end("over"), flows("start > a > end; remind > told; late > over")),
    ),
    "too-many-at-once": around(
        scope("a", many("40", isSequential="true"), start("s1"), user("t", many("40")), end("s2"), flows("s1>t>s2"))
    ),
    "too-long-at-once": after_task(within(loop("400"), task=user("t")), flows("start > a > s > end")),
    "boundary-never-waited": late(within(task=user("t"))),
    **return_examples.GOOD,
    **vote_examples.GOOD,
    "event-gateway-boundary": (
        *(start(), gateway("eventBased", "g"), catch("t", timer("P1D")), catch("late", timer("P30D")), end()),
        *(element("receiveTask", "r", messageRef="m"), flows("start > g > t > end; g > r > end; g > late > end")),
    ),
    "outcome-of-many": with_many("contains(case.all_outcomes.a, 'faults')"),
    "expression-invalid": with_many("contains(case.all_outcomes.a, 'faults')"),
    "timer-out-of-range": timed("PT1S"),
    "timer-invalid": timed("P5D"),
    "date-in-loop": waiting_again(timer("P1D"), back=AGAIN),
    "function-braces": around(user("a", many("2"), extended('<ow:assignment function="{item}" level="city"/>'))),
    "extension-value": around(user("a", extended('<ow:timeLimit legal="20" unit="month"/>'))),
    "not-supported": around(element("serviceTask", "a", SERVICE)),
    "service-handler-missing": around(element("businessRuleTask", "a", SERVICE)),
    "message-sent-to-nobody": around(element("sendTask", "a", SERVICE)),
    "call-missing": inside(start("s1"), user("a"), end("s2"), flows("s1 > a > s2")),
    "call-recursive": after_task(CHOICE, flows(f"start > a > x; x > end; x > a [{PASSED}]")),
    "throw-uncaught": (
        *(start(), scope("s", start("s1"), user("a"), end("s2", "<errorEventDefinition/>"), flows("s1 > a > s2"))),
        *(end(), flows("start > s > end"), *caught("error")),
    ),
    "event-never-happens": (
        *(start(), scope("s", start("s1"), user("a"), end("s2", "<errorEventDefinition/>"), flows("s1 > a > s2"))),
        *(end(), flows("start > s > end"), *caught("error")),
    ),
    "start-trigger-ignored": (start(), catch("t", timer("P1D")), user("a"), end(), flows("start > t > a > end")),
    "link-unmatched": (
        *(start(), user("a"), element("intermediateThrowEvent", "to", LINK), catch("from", LINK), end()),
        flows("start > a > to; from > end"),
    ),
    "signal-unnamed": around(catch("a", SIGNAL)),
    "message-unnamed": around(catch("a", message("m"))),
    "flow-crosses-scope": inside(start("s1"), user("a"), end("s2"), flows("s1 > a > s2")),
    "boundary-detached": (*around(user("a")), boundary("b", "a", timer("P1D")), end("e2"), flows("b > e2")),
    "boundary-incoming": (*around(user("a")), boundary("b", "a", timer("P1D")), end("e2"), flows("b > e2")),
    "default-invalid": after_task(CHOICE, flows(f"start > a > x; x > end; x > a [{PASSED}]")),
    "default-with-condition": after_task(CHOICE, flows(f"start > a > x; x > end; x > a [{PASSED}]")),
    "default-missing": after_task(
        *(gateway("exclusive", "x"), user("b")),
        flows("start > a > x > b > end; x > b [form.area > 100]; x > end [form.area <= 100]").replace(
            '<sequenceFlow id="x_b" sourceRef="x" targetRef="b"></sequenceFlow>', "", 1
        ),
    ),
    "condition-missing": after_task(CHOICE, flows(f"start > a > x; x > end; x > a [{PASSED}]")),
    "condition-misplaced": after_task(CHOICE, flows(f"start > a > x; x > end; x > a [{PASSED}]")),
    "implicit-fork": after_task(*JOINED, flows(BOTH)),
    "event-gateway-target": (
        *(start(), gateway("eventBased", "g"), catch("t", timer("P1D")), element("receiveTask", "r", messageRef="m")),
        *(end(), flows("start > g > t > end; g > r > end")),
    ),
    "dead-end": (
        *(start(), gateway("eventBased", "g"), catch("t", timer("P1D")), element("receiveTask", "r", messageRef="m")),
        *(end(), flows("start > g > t > end; g > r > end")),
    ),
    "join-deadlock": after_task(*JOINED, flows(BOTH)),
    "inclusive-deadlock": (
        *(
            start(),
            gateway("exclusive", "i"),
            gateway("parallel", "f"),
            user("a"),
            user("b"),
            gateway("inclusive", "j"),
        ),
        *(gateway("exclusive", "x", default="x_end"), end()),
        flows("start > i > f > a > j > x > end; f > b > j; x > i [case.outcomes.a == 'back']"),
    ),
    "join-may-wait": after_task(
        *(gateway("exclusive", "x", default="x_end"), gateway("parallel", "f"), user("b"), user("c")),
        *(gateway("parallel", "j"), flows("start > a > x > end; x > f [form.c1]; f > b > j > end; f > c > j")),
    ),
    "merge-unsynchronised": after_task(*JOINED, flows(BOTH)),
    "merge-may-double": after_task(
        *(gateway("inclusive", "f", default="f_b"), user("b"), user("c"), gateway("inclusive", "j")),
        flows("start > a > f > b > j > end; f > c [form.c]; c > j"),
    ),
    "never-ends": after_task(
        *(gateway("exclusive", "m"), CHOICE), flows("start > m > a > x > end; x > m [outcome == 'again']")
    ),
    "no-exit": after_task(CHOICE, flows(f"start > a > x; x > end; x > a [{PASSED}]")),
    "automatic-loop": after_task(CHOICE, flows(f"start > a > x; x > end; x > a [{PASSED}]")),
    "loop-invalid": around(user("a", many("3"))),
    "outcome-unclear": after_task(
        *(*JOINED, CHOICE), flows("start > a > f > b > j > x > end; f > c > j; x > a [case.outcomes.b == 'faults']")
    ),
    "outcome-unknown": around(user("a", extended('<ow:outcomes values="a,c" opinionRequiredFor="c"/>'))),
    "time-limit-unit": around(user("a", extended('<ow:timeLimit legal="20" unit="working-day"/>'))),
    "item-outside-loop": around(user("a", many("2"), extended('<ow:assignment function="{item}"/>'))),
    "collection-without-loop": around(user("a", extended('<ow:collection of="form.x"/>'), many())),
    "data-object-unresolvable": inside(
        *(start("s1"), reading("d"), end("s2"), flows("s1 > r > s2")), *data("d", "o"), element("dataObject", "o")
    ),
    "reference-dangling": (*around(user("a")), *data("d", "o"), element("dataObject", "o")),
    "extension-misplaced": around(user("a", extended('<ow:assignment function="fire" level="city"/>'))),
    "extension-incomplete": around(user("a", extended('<ow:document kind="receipt"/>'))),
    "element-repeated": around(user("a", many("2"))),
    "foreign-translated": around(user("a", extended('<ow:assignment function="fire"/>'))),
}
PROFILE_APPROVAL = frozenset(
    {"public-name-personal", "assignment-missing", "level-missing", "time-limit-missing", "promise-exceeds-law"}
    | {"public-name-missing"}
)
SHAPE = (
    '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" id="di"><bpmndi:BPMNPlane id="plane" '
    'bpmnElement="p"><bpmndi:BPMNShape id="shape" bpmnElement="start"><dc:Bounds '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" x="0" y="0" width="36" height="36"/></bpmndi:BPMNShape>'
    "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"
)
_PROCESS: dict[str, str] = {"not-executable": 'id="p" isExecutable="false"', "executable-unmarked": 'id="p"'}
_BEFORE: dict[str, str] = {
    "several-executable": '<process id="q" isExecutable="true">'
    + start("s2")
    + user("b")
    + flows("s2 > b")
    + "</process>"
}


def defined(elements: Elements) -> str:
    """The messages, signals and errors that a diagram refers to."""
    said = "".join(elements)
    found = re.findall(r'(<(\w+) id="(\w+)"[^>]*/>)', MESSAGE + credit_examples.MESSAGES)
    return "".join(text for text, kind, id in found if f'{kind}Ref="{id}"' in said)


def bad(rule: str) -> bytes:
    """A file that breaks a rule."""
    elements = BAD.get(rule) or next((each for name, each in INVALID if name == rule), around(user("a")))
    before = defined(elements) + _BEFORE.get(rule, "")
    return diagram(*elements, process=_PROCESS.get(rule, 'id="p" isExecutable="true"'), before=before)


def good(rule: str) -> bytes:
    """A file that does not, and says how the same is meant."""
    elements = GOOD.get(rule)
    if elements is None:
        elements = approval(COMPLETE if rule != "assignment-missing" else APPLICANT)
    data = diagram(*elements, before=defined(elements))
    return data.replace(b"</definitions>", SHAPE.encode()) if rule == "no-picture" else data


__all__ = ["BAD", "DATE", "GOOD", "WORDS", "bad", "good"]
