"""What becomes of a decision that came before its check: one table a regime, and one of the proceedings that take a permit away.

Pure: a state and an event give the next state and what the permit is then, or nothing, where the event is none of that state.
The three regimes are three tables on purpose. 后置审核: a pending decision (待核验) becomes effective by the check, and lapses when
nobody comes. 告知承诺: the permit is effective at once, and is lost only after the holder was heard. 容缺受理: there is no permit
before the missing material has come, so that nothing is verified and nothing can be revoked for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from engine.errors import Conflict


class Permit(StrEnum):
    """What everybody is told of a permit (许可状态)."""

    PENDING = "pending"  #: 待核验: decided online, not yet effective
    VALID = "valid"  #: 有效
    CONFIRMED = "confirmed"  #: 有效（已核验）
    LAPSED = "lapsed"  #: 已失效: nobody came to have it checked
    REVOKED = "revoked"  #: 已撤销
    STAYED = "stayed"  #: 撤销停止执行: a body or a court suspended the revocation


class State(StrEnum):
    """How far the verification of a case is (核验状态)."""

    OPEN = "open"  #: 待核验: waits for the check
    RECTIFYING = "rectifying"  #: 整改中: waits for the applicant
    RECHECKING = "rechecking"  #: 待复核: rectified, waits for the check
    HEARING = "hearing"  #: 拟撤销: the holder is heard before anything is taken away
    CONFIRMED = "confirmed"  #: 核验通过
    LAPSED = "lapsed"  #: 逾期失效
    REVOKED = "revoked"  #: 已撤销
    KEPT = "kept"  #: 不予撤销: it stands for the public interest, though a ground is there


class Event(StrEnum):
    """What can happen to it."""

    CONFIRM = "confirmed"  #: the originals match, the conditions are there
    RECTIFY = "rectify"  #: something differs that can be put right
    FAIL = "revoke"  #: something is false, or was not put right
    SUPPLY = "supplied"  #: the applicant says that it is put right
    NO_SHOW = "no-show"  #: the limit passed while the applicant was awaited
    NOT_RECTIFIED = "not-rectified"  #: the limit of the rectification passed
    REVOKE = "revoked"  #: decided after the hearing
    UPHOLD = "upheld"  #: decided after the hearing: the ground is not there
    SPARE = "public-interest"  #: decided after the hearing: revoking would gravely harm the public interest


@dataclass(frozen=True, slots=True)
class Move:
    """Where an event leads, and what the permit is from then on."""

    state: State
    permit: Permit


#: What ends a verification. From then on nothing happens to it.
FINAL = frozenset({State.CONFIRMED, State.LAPSED, State.REVOKED, State.KEPT})
#: A permit that may be relied on.
IN_FORCE = frozenset({Permit.VALID, Permit.CONFIRMED, Permit.STAYED})
Table = Mapping[tuple[State, Event], Move]

_POST_VERIFICATION: Table = MappingProxyType(
    {
        (State.OPEN, Event.CONFIRM): Move(State.CONFIRMED, Permit.CONFIRMED),
        (State.OPEN, Event.RECTIFY): Move(State.RECTIFYING, Permit.PENDING),
        (State.OPEN, Event.FAIL): Move(State.HEARING, Permit.PENDING),
        (State.OPEN, Event.NO_SHOW): Move(State.LAPSED, Permit.LAPSED),
        (State.RECTIFYING, Event.SUPPLY): Move(State.RECHECKING, Permit.PENDING),
        (State.RECTIFYING, Event.NOT_RECTIFIED): Move(State.LAPSED, Permit.LAPSED),
        (State.RECHECKING, Event.CONFIRM): Move(State.CONFIRMED, Permit.CONFIRMED),
        (State.RECHECKING, Event.FAIL): Move(State.HEARING, Permit.PENDING),
        (State.HEARING, Event.REVOKE): Move(State.REVOKED, Permit.REVOKED),
        (State.HEARING, Event.UPHOLD): Move(State.CONFIRMED, Permit.CONFIRMED),
        (State.HEARING, Event.SPARE): Move(State.KEPT, Permit.VALID),
    }
)
_COMMITMENT: Table = MappingProxyType(
    {
        (State.OPEN, Event.CONFIRM): Move(State.CONFIRMED, Permit.CONFIRMED),
        (State.OPEN, Event.RECTIFY): Move(State.RECTIFYING, Permit.VALID),
        (State.OPEN, Event.FAIL): Move(State.HEARING, Permit.VALID),
        (State.OPEN, Event.NO_SHOW): Move(State.HEARING, Permit.VALID),
        (State.RECTIFYING, Event.SUPPLY): Move(State.RECHECKING, Permit.VALID),
        (State.RECTIFYING, Event.NOT_RECTIFIED): Move(State.HEARING, Permit.VALID),
        (State.RECHECKING, Event.CONFIRM): Move(State.CONFIRMED, Permit.CONFIRMED),
        (State.RECHECKING, Event.FAIL): Move(State.HEARING, Permit.VALID),
        (State.HEARING, Event.REVOKE): Move(State.REVOKED, Permit.REVOKED),
        (State.HEARING, Event.UPHOLD): Move(State.CONFIRMED, Permit.CONFIRMED),
        (State.HEARING, Event.SPARE): Move(State.KEPT, Permit.VALID),
    }
)
#: By regime. 容缺受理 has none: what is missing is supplied before the decision, within the case itself.
TABLES: Mapping[str, Table] = MappingProxyType(
    {"post-verification": _POST_VERIFICATION, "commitment": _COMMITMENT, "tolerance": MappingProxyType({})}
)
#: What a permit is when it is issued.
AT_ISSUE: Mapping[str, Permit] = MappingProxyType(
    {
        "post-verification": Permit.PENDING,
        "commitment": Permit.VALID,
        "tolerance": Permit.VALID,
        "ordinary": Permit.VALID,
    }
)

STATE_NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "open": ("待核验", "waits for the check"),
        "rectifying": ("整改中", "being rectified"),
        "rechecking": ("待复核", "waits for the second check"),
        "hearing": ("拟撤销，听取意见中", "intended to be revoked; the holder is heard"),
        "confirmed": ("核验通过", "confirmed"),
        "lapsed": ("逾期失效", "lapsed"),
        "revoked": ("已撤销", "revoked"),
        "kept": ("不予撤销", "kept for the public interest"),
    }
)
PERMIT_NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "pending": ("待核验，尚未生效", "pending verification, not effective yet"),
        "valid": ("有效", "valid"),
        "confirmed": ("有效，已核验", "valid, confirmed by verification"),
        "lapsed": ("已失效", "lapsed"),
        "revoked": ("已撤销", "revoked"),
        "stayed": ("撤销决定停止执行", "the revocation is stayed"),
    }
)


class VerificationStateConflict(Conflict):
    """What is asked for is nothing that can happen to the verification now. Params: state, state_zh, state_en."""

    code = "verification-state-conflict"
    zh = "该核验当前为“{state_zh}”，不能执行此操作。请刷新后查看。"
    en = "This verification {state_en} now, so this can't be done. Look at it again."


def move(regime: str, state: str, event: str) -> Move:
    """Where an event leads. Raises VerificationStateConflict where it leads nowhere."""
    found = TABLES[regime].get((State(state), Event(event)))
    if found is None:
        zh, en = STATE_NAMES[state]
        raise VerificationStateConflict(state=state, state_zh=zh, state_en=en)
    return found


def after_decision(decision: str) -> Permit:
    """What a permit of the ordinary way is after proceedings to revoke it; one that stands is as it was."""
    return Permit.REVOKED if decision == Event.REVOKE else Permit.VALID
