"""表决: what a task says about votes (`ow:vote`), and what the votes of its instances come to. Pure.

Counted against all who are invited, not against those who have answered; whatever is not the outcome that assents does not
assent, an abstention neither. So a result that can't change any more is the result of every way to go on (a test holds it).
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.model import Node

ALL, MAJORITY, TWO_THIRDS, AT_LEAST, ANY = "all", "majority", "twoThirds", "atLeast", "any"
DECIDED = "decided"
PASSED, REJECTED, OPEN = "passed", "rejected", ""
PERCENT = 100


@dataclass(frozen=True, slots=True)
class Vote:
    """The rule of a vote: how many have to assent, by which outcome, and whether it ends once it is decided."""

    rule: str
    outcome: str
    count: int | None = None
    percent: int | None = None
    early: bool = True

    def needed(self, invited: int) -> int:
        """How many of those invited have to assent."""
        if self.rule == AT_LEAST:
            return self.count if self.count is not None else -(-invited * (self.percent or PERCENT) // PERCENT)
        return {ALL: invited, MAJORITY: invited // 2 + 1, TWO_THIRDS: -(-2 * invited // 3), ANY: 1}[self.rule]


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes given so far, of how many."""

    assents: int
    others: int
    invited: int

    @property
    def complete(self) -> bool:
        """Whether everybody has voted."""
        return self.assents + self.others >= self.invited


def vote_of(node: Node) -> Vote | None:
    """The vote that a task declares; None where it declares none that can be counted (the lint refuses those)."""
    said = node.extension("vote") or {}
    if node.loop is None or node.loop.kind == "standard" or not {"rule", "outcome"} <= said.keys():
        return None
    return Vote(
        str(said["rule"]), str(said["outcome"]), said.get("count"), said.get("percent"), said.get("ends") != "all"
    )


def settled(vote: Vote, tally: Tally) -> str:
    """What a vote comes to whatever is still to come: passed or rejected; empty as long as it is open."""
    needed = vote.needed(tally.invited)
    if tally.assents >= needed:
        return PASSED
    return REJECTED if tally.invited - tally.others < needed else OPEN


def result(vote: Vote, tally: Tally) -> str:
    """The result that closes a vote: as soon as it is settled, or when everybody has voted where it waits for all."""
    return settled(vote, tally) if vote.early or tally.complete else OPEN
