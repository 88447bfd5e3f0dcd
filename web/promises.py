"""What the forms for promises say, as both zones read them."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request

from engine.credit_first.commitment import NewCommitment
from engine.errors import Invalid
from web.pages import field
from web.words import t


def promise_of_form(number: str, channel: str) -> NewCommitment:
    """The promise that a form sends. Raises Invalid: the text was not confirmed, or a value can't be meant."""
    if field("agree", 5) != "yes":
        raise Invalid(detail=t("promise.unread"), fields={"agree": ["required"]})
    version, day = field("text_version", 9), field("supply_by", 10)
    if not (version.isascii() and version.isdigit()):
        raise Invalid(detail="text_version", fields={"text_version": ["number"]})
    try:
        supply_by = date.fromisoformat(day) if day else None
    except ValueError:
        raise Invalid(detail=t("promise.supply_by"), fields={"supply_by": ["YYYY-MM-DD"]}) from None
    named = {"name": field("signer", 200), "mandate": field("mandate", 40)}
    signer: dict[str, Any] = {name: value for name, value in named.items() if value}
    materials = tuple(code[:100].replace("\0", "") for code in request.form.getlist("materials")[:100])
    return NewCommitment(
        number, field("regime", 40), int(version), field("text_hash", 64), materials, channel, signer, supply_by
    )
