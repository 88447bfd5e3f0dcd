"""What of BPMN runs here: every construct, and what becomes of it. `docs/bpmn-support.md` is generated from this table.

Each row is tried: the example of a supported one is passed by the lint, that of a refused one gets its rule.
"""

from __future__ import annotations

from dataclasses import dataclass

RUNS, NOTED, REFUSED = "supported", "supported, with a warning", "refused"


@dataclass(frozen=True, slots=True)
class Construct:
    """One construct: what it is called, what becomes of it, by which rule, and what a designer should know."""

    name: str
    becomes: str
    rules: tuple[str, ...] = ()
    note: str = ""


def _runs(name: str, note: str = "", *rules: str) -> Construct:
    return Construct(name, RUNS, rules, note)


def _noted(name: str, rule: str, note: str) -> Construct:
    return Construct(name, NOTED, (rule,), note)


def _refused(name: str, note: str, *rules: str) -> Construct:
    return Construct(name, REFUSED, rules or ("not-supported",), note)


CONSTRUCTS: tuple[tuple[str, tuple[Construct, ...]], ...] = (
    (
        "Events",
        (
            _runs("start event, plain"),
            _noted(
                "start event: message, timer, signal, conditional", "start-trigger-ignored", "the application starts it"
            ),
            _refused("several start events", "the application starts it once", "start-several"),
            _runs("end event, plain"),
            _runs("end event: terminate", "takes every other token of its scope"),
            _noted("end event: message", "message-sent-to-nobody", "ends; nothing is sent"),
            _runs("end event: signal", "reaches all that wait for it in this case", "signal-unnamed"),
            _runs("end event: error", "caught on the border of a sub-process around", "throw-uncaught"),
            _runs("end event: escalation", "caught on the border of a sub-process around", "throw-uncaught"),
            _runs("end event: cancel", "in a transaction with a cancel boundary event"),
            _refused("end event: cancel, elsewhere", "use an error or terminate end event"),
            _refused("end event: compensation", "draw the undoing as tasks"),
            _refused("timer on an end or throw event", "nothing can wait there"),
            _runs("intermediate throw event, plain"),
            _noted("intermediate throw event: message", "message-sent-to-nobody", "passed; nothing is sent"),
            _runs("intermediate throw event: signal, escalation", "", "signal-unnamed", "throw-uncaught"),
            _runs("link events", "one catch link of the name in the same scope", "link-unmatched"),
            _refused("intermediate throw event: compensation", "draw the undoing as tasks"),
            _runs("timer: date", "2026-03-01T09:00; without zone it is China's time", "timer-invalid"),
            _runs("timer: duration", "P3D, PT1H, P1M, quoted or not", "timer-invalid", "timer-out-of-range"),
            _runs("timer: cycle", "R3/P1D; repeats on a border that does not interrupt, else once", "timer-invalid"),
            _refused("timer: cron", "write R/P1D", "timer-invalid"),
            _runs("intermediate catch event: timer, message, signal", "", "message-unnamed", "signal-unnamed"),
            _refused("intermediate catch event: conditional", "nobody wakes it"),
            _refused("intermediate catch event without definition", "say what it waits for"),
            _runs("boundary event: timer, message, signal, interrupting or not"),
            _noted("boundary event: error, escalation on a task", "event-never-happens", "only sub-processes throw"),
            _runs("boundary event: error, escalation on a sub-process", "", "event-never-happens"),
            _runs("boundary event: cancel on a transaction"),
            _noted("boundary event: cancel elsewhere", "event-never-happens", "only transactions are cancelled"),
            _refused("boundary event: conditional", "nobody wakes it"),
            _refused("boundary event: compensation", "draw the undoing as tasks"),
            _refused("several event definitions, parallelMultiple", "draw one event for each"),
            _refused("implicitThrowEvent", "draw an intermediate throw event"),
        ),
    ),
    (
        "Activities",
        (
            _runs("user task, manual task, task", "a person does it"),
            _runs("service task", "with a registered handler (ow:service)", "service-handler-missing"),
            _runs("business rule task", "with a registered handler (ow:service)", "service-handler-missing"),
            _refused(
                "decision (DMN table or expression) of a business rule task",
                "no decision is run: use a handler, or conditions at a gateway; a DMN file is no BPMN",
                "service-handler-missing",
                "not-bpmn",
            ),
            _noted("send task", "message-sent-to-nobody", "with a handler it runs that; else it is passed"),
            _runs("receive task", "waits for its message", "message-unnamed"),
            _refused("receive task that instantiates", "the application starts the process"),
            _refused("script task", "no code from a file runs: use a handler"),
            _runs("sub-process", "one start event", "start-missing", "start-several", "too-deep"),
            _runs("transaction", "a sub-process that may be cancelled"),
            _refused("event sub-process", "use boundary events"),
            _refused("ad-hoc sub-process", "draw the order"),
            _runs("call activity of a process in the same file", "", "call-missing", "call-recursive"),
            _refused("call activity of another file or of itself", "", "call-missing", "call-recursive"),
            _runs(
                "call activity with `ow:commitment`",
                "a token walks through; what it calls runs as a linked case and may be in another file",
                "commitment-repeated",
                "commitment-process-missing",
            ),
            _refused("call activity of a global task", "draw the task itself", "call-missing"),
            _runs(
                "standard loop",
                "loopMaximum or loopCondition, testBefore",
                "loop-invalid",
                "automatic-loop",
                "too-long-at-once",
            ),
            _runs(
                "multi-instance, parallel or sequential",
                "a number or a list; nobody in it is an incident",
                "loop-invalid",
                "too-many-at-once",
            ),
            _runs("multi-instance without output item", "its outcomes are in case.all_outcomes", "outcome-of-many"),
            _runs("multi-instance with an output item", "documentation; its outcomes are in case.all_outcomes"),
            _runs(
                "multi-instance over a list (loopDataInputRef)", "read as form.<name>; `ow:collection` says it better"
            ),
            _runs(
                "task with `ow:return`",
                "an exclusive choice behind it leads back; what comes straight back leaves other branches alone",
                "return-crosses-branches",
                "return-not-earlier",
                "return-crosses-scope",
                "return-target-unknown",
                "return-by-applicant",
                "return-to-other-department",
            ),
            _runs(
                "multi-instance task with `ow:vote`",
                "its instances vote by a rule, against all invited; what no vote can change any more is called off",
                "vote-not-multiple",
                "vote-outcome-unknown",
                "vote-threshold",
                "vote-unreachable",
                "vote-missing",
                "vote-side-by-side",
                "vote-unjudged",
            ),
            _refused("completionCondition", "let the task vote (ow:vote), or judge case.all_outcomes behind it"),
            _refused("multi-instance with another behavior than All", "its events are not thrown: set it back"),
            _refused("isForCompensation, startQuantity, completionQuantity", "set them back to their defaults"),
        ),
    ),
    (
        "Gateways and flows",
        (
            _runs(
                "exclusive gateway", "a default, or conditions that cover all", "condition-missing", "default-missing"
            ),
            _runs(
                "inclusive gateway, also in loops",
                "",
                "condition-missing",
                "default-missing",
                "inclusive-deadlock",
            ),
            _runs("parallel gateway, also in loops", "", "join-deadlock", "join-may-wait"),
            _runs(
                "event-based gateway",
                "timer, message and signal events and receive tasks follow",
                "event-gateway-target",
                "timer-overtaken",
            ),
            _refused("complex gateway, parallel event-based gateway", "use another gateway"),
            _noted("several flows out of a task or event", "implicit-fork", "all are taken"),
            _runs(
                "several flows into a task or event",
                "each token passes",
                "merge-unsynchronised",
                "merge-may-double",
                "branches-multiply",
            ),
            _refused(
                "condition on a flow out of a task or parallel gateway", "put a gateway before", "condition-misplaced"
            ),
            _refused("flow to nowhere, or across a border", "", "flow-dangling", "flow-crosses-scope"),
            _noted("node without outgoing flow", "implicit-end", "the token ends there"),
            _refused(
                "loop without a way out, or in which nobody waits",
                "",
                "no-exit",
                "never-ends",
                "automatic-loop",
                "date-in-loop",
            ),
            _runs("a chain of 1,000 nodes", "", "too-many-nodes"),
        ),
    ),
    (
        "Data, people and pictures",
        (
            _runs(
                "data objects, data stores, associations", "documentation; forms hold the data", "reference-dangling"
            ),
            _refused("data object out of a nested sub-process's reach", "", "data-object-unresolvable"),
            _runs(
                "ioSpecification, properties, assignments of data associations", "documentation; forms hold the data"
            ),
            _runs("correlation keys and subscriptions", "documentation; who sends a message names the case"),
            _runs("potentialOwner", "read as the function of ow:assignment"),
            _noted("resources, performer", "foreign-ignored", "ow:assignment says who"),
            _noted("scripts before and after a task", "foreign-ignored", "no code from a file runs"),
            _runs("lanes", "documentation; ow:assignment says who"),
            _runs("pools, message flows", "the executable process runs", "not-executable", "several-executable"),
            _runs("groups, text annotations"),
            _refused("choreographies, conversations", "they run nothing", "process-missing"),
            _runs("expressions", "our own language: no calls, no code", "expression-invalid", "foreign-refused"),
            _refused(
                "reserved, duplicate and unsafe ids", "", "id-reserved", "id-duplicate", "id-malformed", "id-missing"
            ),
            _refused("flows hidden among extension elements", "", "flow-hidden"),
            _noted(
                "other tools' settings", "foreign-ignored", "read where they mean the same: see `onewindow convert`"
            ),
        ),
    ),
)


def support_table() -> str:
    """The text of `docs/bpmn-support.md`."""
    parts = [
        "# What of BPMN runs\n\nGenerated from `engine/bpmn/support.py` by `support_table()`; don't edit."
        " What is on no line is refused by name: the list of what runs is closed. Rules have [pages](lint.md)."
    ]
    for title, constructs in CONSTRUCTS:
        rows = ["| Construct | Becomes | Rules | To know |", "| --- | --- | --- | --- |"]
        for each in constructs:
            rules = ", ".join(f"[{rule}](lint/{rule}.md)" for rule in each.rules)
            rows.append(f"| {each.name} | {each.becomes} | {rules} | {each.note} |")
        parts.append(f"## {title}\n\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"
