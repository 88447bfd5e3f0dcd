"""Joins that never open and merges that take two tokens for one: found by playing every way that a scope may go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.bpmn.expressions import ExpressionError, Names, compile_expression
from engine.bpmn.model import Finding, Node
from engine.bpmn.rules.crowd import never_heard
from engine.bpmn.rules.net import Exploration, Net, explore, net_of, wander
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
from engine.bpmn.rules.subject import INSIDE, Scope, Subject, spread
from engine.bpmn.vocabulary import PERSON_TASKS

_PATH = "经过 {path} 时，"
_PATH_EN = "on the way {path}, "
DEADLOCK = Rule(
    "join-deadlock",
    ERROR,
    f"{_PATH}并行汇聚{{what}}等不到连线 {{missing}} 上的分支，流程会永远停住",
    f"{_PATH_EN}the parallel join {{what}} waits for ever for the flow {{missing}}",
    "请让汇聚与分叉用同一种网关：排他分叉用排他网关汇合，并行分叉用并行网关汇聚；返回的连线接到分叉之前",
    "Split and join alike: merge an exclusive choice with an exclusive gateway, a parallel split with a parallel one;"
    " lead ways back to before the split",
)
MAY_WAIT = Rule(
    "join-may-wait",
    ERROR,
    f"{_PATH}并行汇聚{{what}}可能等不到连线 {{missing}} 上的分支；这取决于几个网关的条件是否一致",
    f"{_PATH_EN}the parallel join {{what}} may wait for ever for the flow {{missing}}: it depends on conditions that agree",
    "请把这些选择合并到一个网关，或改用排他网关汇合",
    "Choose once, with one gateway, or merge with an exclusive one",
)
MUTUAL = Rule(
    "inclusive-deadlock",
    ERROR,
    f"{_PATH}包容汇聚{{what}}与 {{others}} 互相等待，流程会永远停住",
    f"{_PATH_EN}the inclusive join {{what}} and {{others}} wait for each other for ever",
    "返回的连线请接到分叉之前，或在返回处改用排他网关合并",
    "Lead ways back to before the split, or merge them there with an exclusive gateway",
)
UNSYNCHRONISED = Rule(
    "merge-unsynchronised",
    ERROR,
    f"{_PATH}并行的分支在{{what}}没有汇聚就合并，后面的环节会办理多次",
    f"{_PATH_EN}parallel branches meet in {{what}} without being joined: what follows is done more than once",
    "请在此处用并行网关汇聚；如果本来只走一条，请把前面的分叉改为排他网关",
    "Join them there with a parallel gateway; where only one is meant, split with an exclusive one",
)
MAY_DOUBLE = Rule(
    "merge-may-double",
    WARNING,
    f"{_PATH}包容网关分出的几条分支可能在{{what}}没有汇聚就合并，后面的环节会办理多次",
    f"{_PATH_EN}branches of an inclusive gateway may meet in {{what}} without being joined: what follows is done repeatedly",
    "请用包容网关汇聚",
    "Join them with an inclusive gateway",
)
NEVER_ENDS = Rule(
    "never-ends",
    ERROR,
    f"{_PATH}{{what}}的这条分支无论怎样办理都回到原处，流程永远不会结束",
    f"{_PATH_EN}the branch of {{what}} comes round whatever is done: the process never ends",
    "请在循环中加一个排他网关，让其中一条连线离开循环",
    "Put an exclusive gateway into the loop, with one way out of it",
)
RULES = (DEADLOCK, MAY_WAIT, MUTUAL, UNSYNCHRONISED, MAY_DOUBLE, NEVER_ENDS)

MOST_WALKS, MOST_STEPS = 60, 300  #: at random, where not every way can be gone
MOST_WORK = 60_000  #: states of one diagram, all explorations together
MOST_SHOWN = 12
_WORK = frozenset({*PERSON_TASKS, *INSIDE, "serviceTask", "receiveTask", "sendTask", "businessRuleTask"})


def check(subject: Subject) -> Iterator[Finding]:
    """Play each scope; where there is too much to play, what was found so far is said."""
    if not subject.bearable:
        return
    left, never = MOST_WORK, never_heard(subject)
    for scope in subject.scopes:
        for exploring in (_deadlocks, _doubled):
            if left > 0:
                found, cost = exploring(scope, subject.names.get(scope.id, Names()), left, never)
                left -= cost
                yield from found


def _deadlocks(scope: Scope, names: Names, most: int, never: frozenset[str]) -> tuple[list[Finding], int]:
    net = net_of(scope, never=never)
    if net is None or not (net.joins or net.multiplies):
        return [], 0
    done = explore(net, most=most)
    told: dict[str, Finding] = {}
    cycling = done if done.whole else explore(net, most=most, saturated=True)
    endless = _endless(cycling)
    if endless is not None and not _trapped(scope):
        path = cycling.path(endless)
        told[""] = NEVER_ENDS.at(scope.by_id[path[-1]] if path else scope.starts()[0], path=shown(scope, path))
    walks = [] if done.whole else [wander(net, _resting(scope), seed, MOST_STEPS) for seed in range(MOST_WALKS)]
    for each in (done, *walks):
        _stuck(scope, names, net, each, told)
    return list(told.values()), len(done.markings)


def _resting(scope: Scope) -> frozenset[str]:
    """The nodes at which a token waits for somebody or something."""
    return frozenset(
        id for id, node in scope.by_id.items() if node.tag in _WORK or node.tag == "intermediateCatchEvent"
    )


def _stuck(scope: Scope, names: Names, net: Net, done: Exploration, told: dict[str, Finding]) -> None:
    """Tell the joins that wait for ever in a quiet state."""
    for state in done.quiet:
        marking = done.markings[state]
        for join in net.joins:
            missing = [flow for flow in net.into[join] if flow not in marking]
            if join not in told and len(missing) < len(net.into[join]):
                path = done.path(state)
                rule = MAY_WAIT if _depends(scope, names, path) else DEADLOCK
                told[join] = rule.at(scope.by_id[join], path=shown(scope, path), missing=_flows(net, missing))
        held = [] if told else [join for join in net.inclusive if not set(net.into[join]).isdisjoint(marking)]
        if held:
            told[held[0]] = _mutual(scope, held, done.path(state))


def _mutual(scope: Scope, held: list[str], path: list[str]) -> Finding:
    """Inclusive joins in a quiet state hold each other up; told at one that a way leads back to, where there is one."""
    first = next((join for join in held if join in spread(scope.after(join), scope.after)), held[0])
    others = ", ".join(f"“{scope.by_id[join].name or join}”" for join in held if join != first) or f"“{first}”"
    return MUTUAL.at(scope.by_id[first], path=shown(scope, path), others=others)


def _endless(done: Exploration) -> int | None:
    """The first state from which no quiet state can be reached."""
    if not done.whole:
        return None
    backward: dict[int, list[int]] = {}
    for state, following in done.edges:
        backward.setdefault(following, []).append(state)
    ending = spread(done.quiet, lambda state: backward.get(state, ()))
    return next((state for state in range(len(done.markings)) if state not in ending), None)


def _trapped(scope: Scope) -> bool:
    """Whether no end can be reached from some node: `no-exit` says that better."""
    leaving = spread((node.id for node in scope.nodes if node.id and not scope.out_of(node.id)), scope.before)
    return bool(scope.reached() - leaving)


def _flows(net: Net, missing: Iterable[int]) -> str:
    flows = [net.flows[flow] for flow in missing]
    return ", ".join(f"“{flow.name or flow.id or flow.source}”" for flow in flows[:5])


def _depends(scope: Scope, names: Names, path: list[str]) -> bool:
    """Whether two gateways on a way decide by the same facts, so that they may not go those ways together."""
    read: list[set[str]] = []
    for node in dict.fromkeys(path):
        texts = [flow.condition for flow in scope.out_of(node) if flow.condition]
        if len(scope.out_of(node)) > 1 and texts:
            read.append({path for text in texts for path in _references(text, names)} - {"outcome"})
    every = [path for paths in read for path in paths]
    return len(set(every)) < len(every)


def _references(text: str, names: Names) -> Iterable[str]:
    try:
        return compile_expression(text, names).references
    except ExpressionError:
        return ()


def _doubled(scope: Scope, names: Names, most: int, never: frozenset[str]) -> tuple[list[Finding], int]:
    """Merges that two tokens of one split may wait at together; only those behind which there is work."""
    cost = 0
    found: list[Finding] = []
    told: set[str] = set()
    for rule, subsets in ((UNSYNCHRONISED, False), (MAY_DOUBLE, True)):
        net = net_of(scope, guards=False, subsets=subsets, never=never)
        if net is None or not net.multiplies:
            continue
        for merge in _merges(net):
            if merge in told or cost >= most or not _works(scope, merge):
                continue
            done = explore(net, frozen=(merge,), most=most - cost)
            cost += len(done.markings)
            state = _both(net, done, merge)
            if state is not None:
                told.add(merge)
                heavy = rule if not net.clearing else MAY_DOUBLE
                found.append(heavy.at(scope.by_id[merge], path=shown(scope, done.path(state))))
    return _first_of_each(scope, found), cost


def _merges(net: Net) -> list[str]:
    joining = {*net.joins, *net.inclusive}
    return [id for id, flows in net.into.items() if len(flows) > 1 and id not in joining]


def _works(scope: Scope, merge: str) -> bool:
    """Whether anything is done, or joined, at or behind a merge."""
    behind: Mapping[str, Node] = scope.by_id
    return any(behind[node].tag in _WORK for node in spread([merge], scope.after))


def _both(net: Net, done: Exploration, merge: str) -> int | None:
    into = set(net.into[merge])
    for state in range(len(done.markings)):
        if sum(flow in into for flow in done.markings[state]) > 1:
            return state
    return None


def _first_of_each(scope: Scope, found: list[Finding]) -> list[Finding]:
    """Without what only follows from a merge that is told: two tokens are two at every later merge as well."""
    behind: dict[str, set[str]] = {
        str(finding.element): spread([str(finding.element)], scope.after) for finding in found
    }
    return [
        finding
        for finding in found
        if not any(
            finding.element in reached and other not in behind[str(finding.element)]
            for other, reached in behind.items()
            if other != finding.element
        )
    ]


def shown(scope: Scope, path: list[str]) -> str:
    """A way through a scope in words."""
    names = [str(scope.by_id[node].name or node).strip() or node for node in path]
    start = scope.starts()[0]
    names = [start.name or str(start.id), *names]
    if len(names) > MOST_SHOWN:
        names = [*names[: MOST_SHOWN // 2], "…", *names[-MOST_SHOWN // 2 :]]
    return " → ".join(names)
