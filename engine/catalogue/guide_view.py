"""The guide and the pre-check as everybody reads them. No internal ids: nodes are called what the public progress calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.catalogue.catalogue import Version
from engine.catalogue.elements import ELEMENTS
from engine.catalogue.guide import GuideStep, both, met, online_depth, visits
from engine.catalogue.hashing import content_hash
from engine.catalogue.implementation import read_overrides
from engine.catalogue.items import Material, ServiceItem
from engine.catalogue.offer import Offer
from engine.catalogue.regimes import regime_view
from engine.errors import Invalid
from engine.store.base import Json


def guide_view(
    offer: Offer,
    version: Version,
    steps: Sequence[GuideStep],
    region: Mapping[str, Any],
    process: Mapping[str, Any],
    local: Json,
) -> dict[str, Any]:
    """The whole guide; `hash` is that of everything else in it."""
    item, listing = offer.item, offer.item.listing
    counted = visits(listing, steps)
    shown = {
        "code": item.code,
        "base_code": listing.base_code,
        "name": item.name,
        "name_en": item.name_en,
        "aliases": list(item.aliases),
        "type_code": item.type_code,
        "handling": item.handling,
        "level": item.level,
        "audience": list(listing.audience),
        "region": dict(region),
        "state": version.state,
        "statement": dict(version.statement),
        "version": version.version,
        "effective_on": version.effective_on.isoformat(),
        "implementation": {"region": offer.region, "version": offer.implementation} if offer.region else None,
        "process": dict(process),
        "limits": {
            "promised": item.case_limits.promised.days,
            "legal": item.case_limits.legal.days,
            "unit": item.case_limits.promised.unit,
        },
        "legal_basis": [{"act": one.act, "article": one.article} for one in item.legal_basis],
        "conditions": [both("text", one) for one in listing.conditions],
        "quantity": both("text", listing.quantity) if listing.quantity else None,
        "fees": [both("standard", one.standard) | both("basis", one.basis) for one in listing.fees],
        "charged": bool(listing.fees),
        "results": [{"name": one.name, "name_en": one.name_en, "document": one.document} for one in listing.results],
        "units": [{"code": one.code, "name": one.name, "name_en": one.name_en} for one in listing.units],
        "materials": [material_view(item, one, version) for one in item.materials],
        "samples": [sample_view(item.code, version, one) for one in listing.samples if one.material is None],
        "steps": [step_view(one) for one in steps],
        "visits": counted,
        "online_depth": online_depth(listing, counted),
        "ways": {"apply": list(listing.apply), "delivery": list(listing.delivery)},
        "questions": [
            {"code": one.code}
            | both("text", one.text)
            | {"answers": [{"code": choice.code} | both("name", choice.name) for choice in one.answers]}
            for one in listing.questions
        ],
        "credit_first": credit_view(item),
        "regimes": [regime_view(one) for one in item.regimes],
        "local": {name: both("text", said) for name, said in read_overrides({"local": local}).local.items()},
        "demonstration": listing.demonstration,
        "elements": list(ELEMENTS),
    }
    return shown | {"hash": content_hash(shown)}


def step_view(step: GuideStep) -> dict[str, Any]:
    """A step as the guide tells it."""
    department = step.department
    return {
        "name": step.name[0],
        "name_en": step.name[1],
        "stage": step.stage[0],
        "stage_en": step.stage[1],
        "applicant": step.applicant,
        "department": department.name if department else None,
        "department_en": department.name_en if department else None,
        "department_id": department.id if department else None,
        "fallback": step.fallback,
        "supervising": step.supervising,
        "level": step.level,
        "promised": step.promised,
        "legal": step.legal,
        "unit": step.unit,
        "certain": step.certain,
        "several": step.several,
        "presence": step.presence,
        "documents": [{"kind": kind, "title": zh, "title_en": en} for kind, zh, en in step.documents],
    }


def material_view(item: ServiceItem, material: Material, version: Version) -> dict[str, Any]:
    """A material, when it is needed, and the forms and samples for it."""
    needs = [one for one in item.listing.needs if one.material == material.code]
    samples = [one for one in item.listing.samples if one.material == material.code]
    return {
        "code": material.code,
        "name": material.name,
        "name_en": material.name_en,
        "trust": material.trust,
        "required": material.required,
        "only_if": [{question: list(meant) for question, meant in one.only_if.items()} for one in needs],
        "samples": [sample_view(item.code, version, one) for one in samples],
    }


def sample_view(code: str, version: Version, sample: Any) -> dict[str, Any]:
    """A form or sample, and where it is downloaded as this version has it."""
    return {
        "kind": sample.kind,
        "name": sample.name,
        "name_en": sample.name_en,
        "file": sample.file,
        "sha256": version.files.get(sample.file),
        "url": f"/api/v1/items/{code}/versions/{version.version}/files/{sample.file}",
    }


def credit_view(item: ServiceItem) -> dict[str, Any] | None:
    """By which regime trust comes first, and what it rests on."""
    credit = item.listing.credit_first
    return None if credit is None else {"regime": credit.regime} | both("basis", credit.basis)


# -- pre-check


class AnswersInvalid(Invalid):
    """An answer to a question that the item does not ask, or none of those to choose from."""

    code = "precheck-answers-invalid"
    zh = "预检答案有误：{detail}。请按事项列出的问题和选项作答。"
    en = "The answers are not valid: {detail}. Answer the questions that the item asks, with one of their answers each."


def check_answers(item: ServiceItem, answers: Mapping[str, str]) -> None:
    """Raise AnswersInvalid unless every question is answered, with one of its answers, and nothing else is."""
    known = {one.code: [choice.code for choice in one.answers] for one in item.listing.questions}
    fields = {f"answers.{name}": ["没有这个问题\tis not asked"] for name in answers if name not in known}
    for name, allowed in known.items():
        values = ", ".join(allowed)
        if name not in answers:
            fields[f"answers.{name}"] = [f"请选择：{values}\tis to be answered: {values}"]
        elif answers[name] not in allowed:
            fields[f"answers.{name}"] = [f"须为以下之一：{values}\tmust be one of: {values}"]
    if fields:
        raise AnswersInvalid(detail=", ".join(fields), fields=fields)


def precheck_view(item: ServiceItem, answers: Mapping[str, str], guide: Mapping[str, Any]) -> dict[str, Any]:
    """What comes of the answers: whether one can apply, with which materials, for which items, and whether trust comes first."""
    listing = item.listing
    reasons = [both("reason", one.reason) for one in listing.obstacles if met(one.only_if, answers)]
    wanted = [one for one in item.materials if is_needed(item, one.code, answers)]
    left_out = [one.code for one in item.materials if one not in wanted]
    companions = [one for one in listing.companions if met(one.only_if, answers)]
    credit = listing.credit_first
    first = not reasons and credit is not None and met(credit.only_if, answers)
    return {
        "code": item.code,
        "region": guide["region"],
        "answers": dict(answers),
        "eligible": not reasons,
        "reasons": reasons,
        "materials": [one for one in guide["materials"] if one["code"] in {wanted_one.code for wanted_one in wanted}],
        "not_needed": left_out,
        "items": [{"code": item.code, "name": item.name, "name_en": item.name_en}]
        + [{"code": one.item} | both("name", one.name) for one in companions],
        "credit_first": {"eligible": first, **(credit_view(item) or {"regime": None})},
        "limits": guide["limits"],
        "visits": guide["visits"],
        "online_depth": guide["online_depth"],
        "hash": guide["hash"],
    }


def is_needed(item: ServiceItem, material: str, answers: Mapping[str, str]) -> bool:
    """Whether the answers ask for a material: always, unless the listing names answers for it."""
    needs: Iterable[Any] = [one for one in item.listing.needs if one.material == material]
    return not needs or any(met(one.only_if, answers) for one in needs)
