"""Wrong and right diagrams of credit first (`ow:commitment`), for the pages of its rules and for tests."""

from __future__ import annotations

from tests.unit.diagrams import boundary, element, end, extended, flows, gateway, loop, start, user

Elements = tuple[str, ...]

MESSAGES = '<message id="withdrawn" name="commitment-withdrawn"/>'
WITHDRAWN = '<messageEventDefinition messageRef="withdrawn"/>'
_WHO = '<ow:assignment function="health" level="county"/><ow:timeLimit promised="2" unit="working-day"/>'
GRANTS = '<ow:outcomes values="granted=准予,denied=不予"/>'
ALL_PAPERS = ("verification-record", "rectification-notice")
NODES = {"decide": "决定", "verify": "核查", "rectify": "整改", "supply": "补交材料", "ordinary": "审查"}


def task(id: str, *inner: str, who: str = _WHO) -> str:
    return user(id, extended(who, f'<ow:public name="{NODES[id]}"/>', *inner))


def ended(id: str, result: str) -> str:
    return end(id, extended(f'<ow:result value="{result}"/>'))


def call(regime: str, called: str = "verification", decision: str = "") -> str:
    named = f' decision="{decision}"' if decision else ""
    said = extended(f'<ow:commitment regime="{regime}"{named}/><ow:public name="核查"/>')
    return element("callActivity", "call", said, calledElement=called)


def decided(
    *, regime: str = "post-verification", way: str = "start > decide > call > granted", linked: str
) -> Elements:
    """An approval that is decided at `decide`, and then verified; `linked` is the called process."""
    return start(), task("decide", GRANTS), call(regime), ended("granted", "granted"), flows(way), linked


def verification(
    *, papers: tuple[str, ...] = ALL_PAPERS, failure: str = "failed", success: str = "confirmed", who: str = _WHO
) -> str:
    """The called process, to stand behind the elements of the calling one: `diagram` closes it."""
    issued = "".join(f'<ow:document kind="{kind}"/>' for kind in papers)
    outcomes = '<ow:outcomes values="matching=一致,differing=不一致"/>'
    return "".join(
        [
            '</process><process id="verification" name="核查" isExecutable="true">',
            start("v_start"),
            task("verify", outcomes, issued, who=who),
            gateway("exclusive", "v_choice", default="v_choice_v_bad"),
            ended("v_good", success),
            ended("v_bad", failure),
            flows("v_start > verify > v_choice > v_bad; v_choice > v_good [case.outcomes.verify == 'matching']"),
        ]
    )


def tolerance(*inner: str, who: str = '<ow:assignment applicant="true"/>') -> str:
    """The called process of a tolerance."""
    way = flows("t_start > supply > t_end")
    head = '</process><process id="verification" name="补交" isExecutable="true">'
    return "".join([head, start("t_start"), task("supply", *inner, who=who), end("t_end"), way])


RIGHT = decided(linked=verification())
APPLICANT = '<ow:assignment applicant="true"/>'

_COMMITMENT = (start(), task("decide", GRANTS), call("commitment"), ended("granted", "granted"))
_WITH_WITHDRAWAL = (
    *_COMMITMENT,
    boundary("back", "decide", WITHDRAWN),
    task("ordinary", '<ow:outcomes values="granted=准予,denied=不予"/>'),
    end(),
    flows("start > decide > call > granted; back > ordinary > end"),
    verification(),
)
_TOLERATED = (start(), call("tolerance"), task("decide", GRANTS), ended("granted", "granted"))

BAD: dict[str, Elements] = {
    "commitment-process-missing": (*RIGHT[:-2], RIGHT[-2]),
    "commitment-repeated": (
        *(start(), task("decide", GRANTS), ended("granted", "granted")),
        element(
            "callActivity",
            "call",
            extended('<ow:commitment regime="post-verification"/><ow:public name="核查"/>'),
            loop("2"),
            calledElement="verification",
        ),
        flows("start > decide > call > granted"),
        verification(),
    ),
    "commitment-without-decision": decided(way="start > call > decide > granted", linked=verification()),
    "commitment-without-verification": decided(linked=verification(who=APPLICANT)),
    "commitment-without-failure": decided(linked=verification(failure="confirmed")),
    "commitment-without-documents": decided(linked=verification(papers=("certificate",))),
    "commitment-without-withdrawal": (*_COMMITMENT, flows("start > decide > call > granted"), verification()),
    "tolerance-without-supply": (*_TOLERATED, flows("start > call > decide > granted"), tolerance(who=_WHO)),
    "tolerance-after-decision": (*_TOLERATED, flows("start > decide > call > granted"), tolerance()),
}
GOOD: dict[str, Elements] = {
    **dict.fromkeys(BAD, RIGHT),
    "commitment-without-withdrawal": _WITH_WITHDRAWAL,
    "tolerance-without-supply": (*_TOLERATED, flows("start > call > decide > granted"), tolerance()),
    "tolerance-after-decision": (*_TOLERATED, flows("start > call > decide > granted"), tolerance()),
}
WORDS: dict[str, str] = {
    "commitment-not-offered": "A call activity for a commitment, where `regimes` of the item's `item.json` has none.",
    "commitment-forbidden-field": "An item of public safety, or of health and life, whose regime cites no act that opens the way.",
    "tolerance-not-before-decision": "An item promised in 5 working days, where what is tolerated may come within 5, too.",
}
