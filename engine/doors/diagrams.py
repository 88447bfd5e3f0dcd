"""The door of the workbench: diagrams that are stored nowhere are judged, mended, laid out and converted.

All of it happens in the sandbox, within its bounds, and no connection of the database is held meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.bpmn.bounds import Failure
from engine.bpmn.judge import failed
from engine.bpmn.mends.apply import AnswersWrong
from engine.bpmn.read import UnreadableDiagram
from engine.bpmn.rules.rule import APPROVAL, BPMN
from engine.bpmn.sandbox import SANDBOX
from engine.cases.access import need
from engine.errors import ApprovalError, not_one_of
from engine.organization.actor import Actor
from engine.organization.permissions import UseCase
from engine.plugins.handlers import HandlerRegistry

PROFILES = (BPMN, APPROVAL)
#: What is found of a file over which a child gave up.
_GIVEN_UP = frozenset(found.rule for failure in Failure for found in failed(failure).findings)


class DiagramBeyondBounds(ApprovalError):
    """The work on a diagram found no end within its bounds of time and memory. Params: first_zh, first_en."""

    code = "diagram-beyond-bounds"
    status = 422
    zh = "无法处理该流程图：{first_zh}。请简化流程图，或拆成几个较小的流程。"
    en = "The diagram can't be worked on: {first_en}. Make it simpler, or split it into smaller processes."


@dataclass(frozen=True)
class DiagramsDoor:
    """What is done with a diagram before it is stored."""

    handlers: HandlerRegistry
    templates: Path  #: the folder of processes that any diagram may link

    def lint(
        self, actor: Actor, bpmn: bytes, profile: str = BPMN, kept: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Every finding about a diagram, in both languages; `deployable`: no error in the profile. Whatever it is, it is judged.

        `kept`: what the version before it links, where neither it nor the templates have that.
        """
        need(actor, UseCase.DIAGRAM_CHECK)
        return self.judged(bpmn, profile, kept=kept)

    def judged(
        self,
        bpmn: bytes,
        profile: str = APPROVAL,
        item: Mapping[str, Any] | None = None,
        folders: Sequence[Path] = (),
        texts: Mapping[str, str] | None = None,
        kept: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """`readable`, `deployable` and `findings` of a diagram. Raises Invalid for a profile that there is not.

        `item`: the data of the item that it is for; what it links is looked up in `folders`, among the templates, and in what
        the version before it `kept`; or, for a version that keeps them itself, in `texts` alone.
        """
        _check(profile)
        options = self._options(profile) | {"item": item, "texts": texts, "kept": kept}
        options["folders"] = [*map(str, folders), *options["folders"]]
        answer = SANDBOX.ask("judge", options, bpmn)
        if isinstance(answer, Failure):
            judgement = failed(answer)
            found = [finding.in_both_languages() for finding in judgement.findings]
            return {"readable": False, "deployable": False, "findings": found}
        return answer[0]

    def fix(
        self, actor: Actor, bpmn: bytes, fix: str, option: str = "", profile: str = BPMN
    ) -> tuple[dict[str, Any], bytes]:
        """Do one mend that lint offered; answers what was done (`does` and `label` in both languages) and the file.

        Raises:
            UnreadableDiagram, DiagramBeyondBounds.
            AnswersWrong: no finding of the file offers that mend, or it takes another answer.
        """
        need(actor, UseCase.DIAGRAM_CHECK)
        _check(profile)
        return _done("fix", self._options(profile) | {"fix": fix, "option": option}, bpmn)

    def mend(
        self, actor: Actor, bpmn: bytes, suggested: bool = False, profile: str = BPMN
    ) -> tuple[list[dict[str, Any]], bytes]:
        """Every mend that keeps the meaning and, when `suggested`, the others as suggested; what was done, and the file.

        Raises UnreadableDiagram, DiagramBeyondBounds.
        """
        need(actor, UseCase.DIAGRAM_CHECK)
        _check(profile)
        done, made = _done("mend", self._options(profile) | {"answers": "suggested" if suggested else None}, bpmn)
        return done["done"], made

    def layout(self, actor: Actor, bpmn: bytes) -> tuple[dict[str, Any], bytes]:
        """Draw the picture of a diagram anew. Raises UnreadableDiagram, DiagramBeyondBounds."""
        need(actor, UseCase.DIAGRAM_CHECK)
        return _done("layout", {}, bpmn)

    def convert(self, actor: Actor, bpmn: bytes) -> tuple[dict[str, Any], bytes]:
        """Another tool's diagram as one of ours, with the report in both languages.

        Raises UnreadableDiagram, DiagramBeyondBounds.
        """
        need(actor, UseCase.DIAGRAM_CHECK)
        return _done("convert", {}, bpmn)

    def item_of(self, actor: Actor, bpmn: bytes, otherwise: str) -> str:
        """The item that a diagram names, else its process's id, else `otherwise`. Raises UnreadableDiagram, DiagramBeyondBounds."""
        need(actor, UseCase.DIAGRAM_CHECK)
        said, _ = _done("named", {}, bpmn)
        return str(said["item"] or otherwise)

    def refuse_unbounded(self, judged: Mapping[str, Any]) -> None:
        """Raise DiagramBeyondBounds when the judge gave up: then nobody reads the file outside the sandbox either."""
        for one in judged["findings"]:
            if one["rule"] in _GIVEN_UP:
                raise DiagramBeyondBounds(first_zh=one["message"], first_en=one["message_en"])

    def _options(self, profile: str) -> dict[str, Any]:
        return {"profile": profile, "handlers": sorted(self.handlers.names()), "folders": [str(self.templates)]}


def _check(profile: str) -> None:
    if profile not in PROFILES:
        raise not_one_of("profile", PROFILES)


def _done(work: str, options: Mapping[str, Any], bpmn: bytes) -> tuple[dict[str, Any], bytes]:
    answer = SANDBOX.ask(work, options, bpmn)
    if isinstance(answer, Failure):
        (first,) = failed(answer).findings
        raise DiagramBeyondBounds(first_zh=first.message, first_en=first.message_en)
    said, made = answer
    if said.get("refused") == AnswersWrong.code:
        raise AnswersWrong(**said["params"])
    if said.get("refused") == UnreadableDiagram.code:
        raise UnreadableDiagram(**said["params"])
    return said, made
