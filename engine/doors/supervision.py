"""Supervision, as the outer rooms ask for it: cards, lights, and the sweep's look at what has come due."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine.cases.house import House
from engine.organization.actor import Actor
from engine.supervision.cards import CardQuery, acknowledge_card, clear_settled, explain_card, list_cards
from engine.supervision.judge_case import judge_case
from engine.supervision.lights import count_lights
from engine.unit_of_work import Once, Transactions

#: Who does what a passed limit brings with it: nobody in person.
THE_SYSTEM = Actor.system("系统")


class SupervisionDoor:
    """Every method is one use case in one unit of work."""

    def __init__(self, transactions: Transactions, house: House) -> None:
        self._transactions = transactions
        self._house = house

    def cards(self, actor: Actor, asked: CardQuery) -> dict[str, Any]:
        """The cards that the actor may see. Raises Forbidden."""
        return self._transactions.perform(actor, lambda uow: list_cards(self._house, uow, asked))

    def acknowledge(self, actor: Actor, card: str, once: Once | None = None) -> dict[str, Any]:
        """签收. Raises NotFound, Forbidden, CardStateConflict."""
        return self._transactions.perform(actor, lambda uow: acknowledge_card(uow, card), once)

    def explain(self, actor: Actor, card: str, explanation: str, once: Once | None = None) -> dict[str, Any]:
        """说明. Raises NotFound, Forbidden, CardStateConflict, Invalid."""
        return self._transactions.perform(actor, lambda uow: explain_card(uow, card, explanation), once)

    def lights(self, actor: Actor, by: str) -> dict[str, Any]:
        """How many open tasks are green, yellow and red. Raises Forbidden, Invalid."""
        return self._transactions.perform(actor, lambda uow: count_lights(self._house, uow, by))

    # -- what the sweep calls

    def judge(self, case_id: UUID) -> bool:
        """What the limits of a case have come to; True when it should be looked at again. Raises StepHeld."""
        return self._transactions.perform(THE_SYSTEM, lambda uow: judge_case(self._house, uow, case_id))

    def clear_settled(self) -> int:
        """Clear the cards whose cause was explained and is over, or has gone away."""
        return self._transactions.perform(THE_SYSTEM, clear_settled)
