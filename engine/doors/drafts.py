"""The door of drafts: begin, save as one goes, hand materials in, look it over, submit (在线申请).

What a draft is judged by is the item as it is offered today: a draft outlives a new version of it, and says what changed. The
way from the look-over to the submission is `_prepared`: what else has to be settled before a case is made belongs there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from engine.cases import draft_rows as rows
from engine.cases.access import need
from engine.cases.add_material import bring
from engine.cases.apply_step import StepDraft
from engine.cases.held_materials import REUSABLE, Applying, Held, find_held, held_for
from engine.cases.house import House
from engine.cases.material_list import known_materials
from engine.cases.progress import instant
from engine.cases.submit import MOST_FORM_BYTES, REACHED, Application, submit
from engine.catalogue.forms import APPLICATION, Form
from engine.catalogue.guide_view import AnswersInvalid, check_answers, precheck_view
from engine.catalogue.items import ServiceItem
from engine.catalogue.offer import check_power, offer_in
from engine.credit_first.credit import kind_of
from engine.doors.accounts import own_account
from engine.doors.calls import Calls
from engine.doors.catalogue import Sight, guide_in
from engine.doors.credit import CreditDoor
from engine.doors.draft_ways import Choice, check_choice, regime_in, ways_view
from engine.doors.materials import Download, Incoming
from engine.errors import ApprovalError, Conflict, Invalid, NotFound, not_one_of
from engine.organization.actor import Actor
from engine.organization.permissions import UseCase
from engine.settings import Settings
from engine.store.files import FileStore, Received
from engine.unit_of_work import Once, UnitOfWork

ONLINE = "online"
MOST_ANSWERS, MOST_REACHED = 50, 200
PAPER = "paper"
_REQUIRED = "必填\tis required"


class Submits(Calls, Protocol):
    """The part of `Engine` that this door works with."""

    files: FileStore
    credit: CreditDoor

    def submit_made(
        self, actor: Actor, work: Callable[[UnitOfWork, bool], dict[str, Any]], once: Once | None = None
    ) -> dict[str, Any]:
        """Submit by `work`, which is told whether to start the process."""


class NotOnline(Conflict):
    """The item can't be applied for online. Params: item."""

    code = "not-online"
    zh = "事项“{item}”尚未开通网上申请，请到窗口办理，办事指南中有地点和材料。"
    en = "“{item}” can't be applied for online yet: go to the window; the guide says where, and with what."


class DraftIncomplete(Invalid):
    """Something is missing or wrong. Params: fields, each with what is wrong with it."""

    code = "draft-incomplete"
    zh = "申请尚未填写完整：{detail}。请按提示补充后再提交。"
    en = "The application is not complete: {detail_en}. Add what is named, then submit it."


class DraftItemChanged(Conflict):
    """The item was changed since the draft was last saved. Params: version."""

    code = "draft-item-changed"
    zh = "事项已更新为第 {version} 版。请重新核对表单和材料，保存后再提交。"
    en = "The item was changed, to version {version}. Look at form and materials again, save, and then submit."


@dataclass(frozen=True, slots=True)
class DraftContent:
    """What is saved: all of it, right or wrong. `version` is that of the item that was shown; none: today's."""

    answers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    reached: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None


@dataclass(frozen=True, slots=True)
class _Today:
    """The item of a draft as it is offered today."""

    item: ServiceItem
    version: int
    guide: Mapping[str, Any]

    @property
    def form(self) -> Form | None:
        return self.item.forms.get(APPLICATION)

    @property
    def seen(self) -> dict[str, Any]:
        """What a draft keeps of it, to tell later what changed."""
        fields = {one.name: one.title for one in self.form.fields} if self.form else {}
        return {"version": self.version, "fields": fields, "materials": {m.code: m.name for m in self.item.materials}}


@dataclass(frozen=True, slots=True)
class Prepared:
    """An application that is ready to be a case: who, what, which materials, and what the pre-check says of the answers."""

    draft: UUID
    asked: Application
    materials: tuple[tuple[str, dict[str, Any]], ...]  #: code, and the columns of its row
    precheck: Mapping[str, Any] | None
    answers: Mapping[str, str]


class DraftsDoor:
    """Use cases of drafts, each of who is logged in with an account, with one's own drafts."""

    def __init__(self, calls: Submits) -> None:
        self.calls = calls

    @property
    def _house(self) -> House:
        return self.calls.house

    @property
    def _settings(self) -> Settings:
        return self.calls.settings

    # -- keeping

    def start(
        self, actor: Actor, item: str, region: str, content: DraftContent, once: Once | None = None
    ) -> dict[str, Any]:
        """Begin a draft.

        Raises:
            Forbidden: no account. Invalid: something that can't be kept. TooManyDrafts.
            NotOnline, RegionUnknown, ItemNotPublished, ItemSuspended, ItemEnded, ItemNotOfferedHere, NotOnPowerList.
        """

        def work(uow: UnitOfWork) -> dict[str, Any]:
            _own(uow)
            rows.forget_expired(uow)
            today = self._open_today(uow, item, region)
            made = rows.insert_draft(uow, item, region, _checked(today, content) | {"seen": today.seen})
            return self._view(uow, rows.find_draft(uow, made))

        return self.calls.perform(actor, work, once)

    def list(self, actor: Actor) -> list[dict[str, Any]]:
        """One's own drafts, the last saved first."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            _own(uow)
            return [self._row(uow, one) for one in rows.list_rows(uow)]

        return self.calls.perform(actor, work)

    def get(self, actor: Actor, draft: str) -> dict[str, Any]:
        """One's own draft, judged by the item as it is today. Raises NotFound."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            _own(uow)
            return self._view(uow, rows.find_draft(uow, draft, submitted=True))

        return self.calls.perform(actor, work)

    def form_of(self, actor: Actor, draft: str) -> Form | None:
        """The form by which its item is applied for today. Raises NotFound."""

        def work(uow: UnitOfWork) -> Form | None:
            _own(uow)
            row = rows.find_draft(uow, draft, submitted=True)
            return self._today(uow, row["item"], row["region_code"]).form

        return self.calls.perform(actor, work)

    def save(self, actor: Actor, draft: str, content: DraftContent) -> dict[str, Any]:
        """Keep what was filled in, right or wrong: `problems` of the answer says what is wrong.

        Raises NotFound, DraftSubmitted, Invalid (what can't be kept).
        """

        def work(uow: UnitOfWork) -> dict[str, Any]:
            _own(uow)
            row = rows.find_draft(uow, draft, lock=True)
            today = self._today(uow, row["item"], row["region_code"])
            seen = today.seen if content.version in (None, today.version) else row["seen"]
            rows.save_draft(uow, row["id"], _checked(today, content) | {"seen": seen})
            return self._view(uow, rows.find_draft(uow, draft))

        return self.calls.perform(actor, work)

    def discard(self, actor: Actor, draft: str) -> None:
        """Delete a draft. Raises NotFound, DraftSubmitted."""

        def work(uow: UnitOfWork) -> None:
            _own(uow)
            rows.drop_draft(uow, rows.find_draft(uow, draft, lock=True)["id"])

        self.calls.perform(actor, work)

    def forget_expired(self) -> int:
        """What the sweep does for drafts whose time is over."""
        return self.calls.perform(Actor.job("drafts"), rows.forget_expired)

    # -- materials

    def add_material(
        self,
        actor: Actor,
        draft: str,
        code: str,
        source: Incoming | Mapping[str, Any] | None,
        once: Once | None = None,
    ) -> dict[str, Any]:
        """Hand a material in: an upload, `{from_case, from_material}` for one that is held, None for one brought on paper.

        Raises NotFound, DraftSubmitted, Invalid (no material of the item), DraftQuotaReached, and what an upload may be.
        """

        def work(uow: UnitOfWork) -> dict[str, Any]:
            account = _own(uow)
            row = rows.find_draft(uow, draft, lock=True)
            today = self._today(uow, row["item"], row["region_code"])
            known = known_materials(today.item)
            if code not in known:
                raise not_one_of("code", known)
            there = rows.materials_of(uow, row["id"])
            columns = _columns(uow, Applying(account.applicant), code, source)
            if not _is_new(there, code, columns):
                return self._view(uow, row)
            if len(there) >= rows.MOST_FILES:
                raise Invalid(detail="materials", fields={"materials": [f"≤ {rows.MOST_FILES}"]})
            number = 1 + max((one["number"] for one in there), default=0)
            rows.insert_material(uow, row["id"], number, columns | {"code": code}, self._settings.case_quota)
            if isinstance(source, Incoming):
                self._keep(source.received)
            return self._view(uow, rows.find_draft(uow, draft))

        return self.calls.perform(actor, work, once)

    def drop_material(self, actor: Actor, draft: str, number: int) -> dict[str, Any]:
        """Take a material out of a draft. Raises NotFound, DraftSubmitted."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            _own(uow)
            row = rows.find_draft(uow, draft, lock=True)
            if not rows.drop_materials(uow, row["id"], number):
                raise NotFound(what="material", id=f"{draft} / {number}"[:80])
            return self._view(uow, row)

        return self.calls.perform(actor, work)

    def open_material(self, actor: Actor, draft: str, number: int) -> Download:
        """The content of a material of a draft. Raises NotFound, FileMissing."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            _own(uow)
            row = rows.find_draft(uow, draft)
            found = next((one for one in rows.materials_of(uow, row["id"]) if one["number"] == number), None)
            if found is None or found["file_hash"] is None:
                raise NotFound(what="material", id=f"{draft} / {number}"[:80])
            return found

        row = self.calls.perform(actor, work)
        return Download(self.calls.files.open(row["file_hash"]), row["file_name"], row["media_type"], row["size"])

    def _keep(self, received: Received) -> None:
        # A transaction that is tried again finds the place taken already, by this very content.
        if received.path.exists():
            self.calls.files.keep(received)

    # -- submitting

    def ways(self, actor: Actor, draft: str) -> dict[str, Any]:
        """The ways of trust first that the item of a draft has: which are open to who applies, why not, and their whole texts.

        Raises NotFound, and what `start` does where the item can't be applied for today.
        """
        view = self.get(actor, draft)
        mine = self.calls.perform(actor, own_account)
        kind = kind_of(mine.applicant)
        asked = (view["item"], view["region"], mine.proven_number, kind)
        return ways_view(self.calls.credit.eligibility(actor, *asked), mine, view["problems"])

    def submit(
        self,
        actor: Actor,
        draft: str,
        version: int | None = None,
        once: Once | None = None,
        regime: str | None = None,
    ) -> dict[str, Any]:
        """提交: the draft becomes a case, with its materials; `version` is that of the item which was looked over.

        `regime` is the way that the applicant chooses. One that needs a promise begins with signing its text in the case that
        is made (`to_sign` of the answer names it): until then, and without, the case goes the ordinary way.

        Raises:
            NotFound: no such draft, or another's. DraftSubmitted: it is a case already.
            DraftItemChanged: the item changed since the draft was saved.
            DraftIncomplete: something is missing or wrong, by field.
            IdentityNotConfirmed, RegimeNotOpen: the way that is chosen is not open, and why not.
            OpenAlready, and what else a submission may meet.
        """

        credit, way = self.calls.credit, regime_in(regime)
        choice = Choice(way, credit.heard_of_account(actor), credit.unrecorded) if way else None

        def work(uow: UnitOfWork, start: bool) -> dict[str, Any]:
            ready = self._prepared(uow, draft, version, choice)
            key = self._settings.secret_key
            made = submit(self._house, uow, ready.asked, key, start, partial(_bring, ready))
            rows.mark_submitted(uow, ready.draft, made["number"])
            return made | {"to_sign": choice.regime.value if choice and choice.signs else None}

        return self.calls.submit_made(actor, work, once)

    def _prepared(self, uow: UnitOfWork, draft: str, version: int | None, choice: Choice | None) -> Prepared:
        """What stands between looking a draft over and a case: that it is whole, and of the item as it is offered now."""
        account = _own(uow)
        row = rows.find_draft(uow, draft, lock=True)
        today = self._open_today(uow, row["item"], row["region_code"])
        if today.version != (version or today.version) or today.version != row["seen"]["version"]:
            raise DraftItemChanged(version=today.version)
        judged = self._judged(uow, row, today)
        spared = check_choice(self._house, uow, choice, row["item"], row["region_code"], account) if choice else ()
        spared = tuple(f"materials.{code}" for code in spared)
        problems = {name: texts for name, texts in judged["problems"].items() if name not in spared}
        if problems:
            raise incomplete(today.item, today.guide["questions"], problems)
        applying = Applying(account.applicant)
        materials = [
            (one["code"], _kept_columns(uow, applying, one))
            for one in rows.materials_of(uow, row["id"])
            if one["source"] != PAPER
        ]
        given = {one["code"] for one in rows.materials_of(uow, row["id"])}
        taken = [(code, _held_columns(held)) for code, held in judged["held"].items() if code not in given]
        asked = Application(row["item"], row["region_code"], row["reached"], _known(today.form, row["form"]), ONLINE)
        if choice is not None and not choice.signs:
            asked = replace(asked, regime=choice.regime.value, heard=choice.heard)
        return Prepared(row["id"], asked, (*materials, *taken), judged["precheck"], row["answers"])

    # -- looking at it

    def _sight(self, uow: UnitOfWork) -> Sight:
        return Sight.of(self._house, uow)

    def _open_today(self, uow: UnitOfWork, item: str, region: str) -> _Today:
        """The item as it can be applied for online today. Raises what `start` does."""
        sight = self._sight(uow)
        sight.region(region)
        offer = offer_in(sight.catalogue, sight.directory, item, region, sight.today)
        check_power(sight.catalogue, sight.directory, offer.item, region, sight.today)
        if ONLINE not in offer.item.listing.apply:
            raise NotOnline(item=offer.item.name)
        return self._today(uow, item, region)

    def _today(self, uow: UnitOfWork, item: str, region: str) -> _Today:
        guide, offer, _ = guide_in(self._sight(uow), item, region)
        return _Today(offer.item, offer.version, guide)

    def _judged(self, uow: UnitOfWork, row: Mapping[str, Any], today: _Today) -> dict[str, Any]:
        """What is wrong or missing, by field; what is needed, what is given and what the platform holds."""
        problems: dict[str, list[str]] = {}
        precheck: dict[str, Any] | None = None
        try:
            check_answers(today.item, row["answers"])
            precheck = precheck_view(today.item, row["answers"], today.guide)
        except AnswersInvalid as error:
            problems |= error.params["fields"]
        if today.form:
            flaws = today.form.check(_known(today.form, row["form"]))
            problems |= {f"form.{name}": texts for name, texts in flaws.items()}
        given: dict[str, list[dict[str, Any]]] = {}
        for one in rows.materials_of(uow, row["id"]):
            given.setdefault(one["code"], []).append(one)
        needed = precheck["materials"] if precheck else [m for m in today.guide["materials"] if not m["only_if"]]
        found = held_for(uow, Applying(own_account(uow).applicant), [one["code"] for one in needed])
        held = {code: one for code, one in found.items() if one.trust in REUSABLE}
        for one in needed:
            if one["required"] and one["code"] not in given and one["code"] not in held:
                problems[f"materials.{one['code']}"] = [_REQUIRED]
        return {"problems": problems, "precheck": precheck, "needed": needed, "given": given, "held": held}

    def _row(self, uow: UnitOfWork, row: Mapping[str, Any]) -> dict[str, Any]:
        """A draft as the list shows it; its item may be gone."""
        sight = self._sight(uow)
        names = sight.catalogue.versions.get(row["item"], ())
        content = names[-1].content if names else None
        region = sight.directory.regions.get(row["region_code"])
        return {
            "id": str(row["id"]),
            "item": row["item"],
            "item_name": content.name if content else row["item"],
            "item_name_en": content.name_en if content else row["item"],
            "region": row["region_code"],
            "region_name": region.name if region else row["region_code"],
            "region_name_en": region.name_en if region else row["region_code"],
            "state": "submitted" if row["case_number"] else "open",
            "number": row["case_number"],
            "created_at": instant(row["created_at"]),
            "saved_at": instant(row["saved_at"]),
            "expires_at": instant(row["expires_at"]),
        }

    def _view(self, uow: UnitOfWork, row: Mapping[str, Any]) -> dict[str, Any]:
        """A draft whole."""
        shown = self._row(uow, row) | {
            "answers": row["answers"],
            "form": row["form"],
            "reached": row["reached"],
            "item_version": row["seen"]["version"],
        }
        try:
            today = self._today(uow, row["item"], row["region_code"])
            self._open_today(uow, row["item"], row["region_code"])
        except ApprovalError as error:
            said = {"available": False, "unavailable": error.sentence("zh"), "unavailable_en": error.sentence("en")}
            return shown | said | {"changed": None, "problems": {}, "materials": [], "precheck": None, "ready": False}
        judged = self._judged(uow, row, today)
        return shown | {
            "available": True,
            "unavailable": None,
            "unavailable_en": None,
            "changed": _changed(row["seen"], today.seen),
            "problems": judged["problems"],
            "materials": [_material(one, judged) for one in judged["needed"]] + _others(today, judged),
            "precheck": judged["precheck"],
            "questions": today.guide["questions"],
            "limits": today.guide["limits"],
            "ready": not judged["problems"] and row["seen"]["version"] == today.version and not row["case_number"],
        }


def incomplete(item: ServiceItem, questions: Sequence[Mapping[str, Any]], problems: Mapping[str, Any]) -> ApprovalError:
    """The refusal of what is not whole, which names fields, materials and questions as they are called on the page."""
    form = item.forms.get(APPLICATION)
    names = {f"form.{one.name}": (one.title, one.title_en) for one in (form.fields if form else ())}
    names |= {f"materials.{one.code}": (one.name, one.name_en) for one in item.materials}
    names |= {f"answers.{one['code']}": (one["text"], one["text_en"]) for one in questions}
    told = [names.get(path, (path, path)) for path in problems]
    zh, en = "、".join(one[0] for one in told), ", ".join(one[1] or one[0] for one in told)
    return DraftIncomplete(detail=zh[:300], detail_en=en[:600], fields=dict(problems))


def _own(uow: UnitOfWork) -> Any:
    """The account of who acts. Raises Forbidden."""
    need(uow.actor, UseCase.DRAFT_KEEP)
    return own_account(uow)


def _checked(today: _Today, content: DraftContent) -> dict[str, Any]:
    """What is to be kept. Raises Invalid for what can't be: unknown names, and too much of it."""
    flaws: dict[str, list[str]] = {}
    names = {one.name for one in today.form.fields} if today.form else None
    if names is not None:
        said = "没有这个字段\tis not a field of this form"
        flaws |= {f"form.{name}"[:80]: [said] for name in content.form if name not in names}
    if len(json.dumps(dict(content.form), ensure_ascii=False).encode()) > MOST_FORM_BYTES:
        flaws["form"] = ["过大，请精简后再保存\tis too large: shorten it, then save again"]
    flaws |= {
        f"reached.{name}"[:80]: [
            f"只能为联系人、电话、地址，不超过 {MOST_REACHED} 个字符\ttakes contact, phone, address of at "
            f"most {MOST_REACHED} characters"
        ]
        for name, value in content.reached.items()
        if _long(name, value)
    }
    if len(content.answers) > MOST_ANSWERS or any(
        len(name) + len(said) > 200 for name, said in content.answers.items()
    ):
        said = f"最多 {MOST_ANSWERS} 个回答，每个不超过 200 个字符"
        flaws["answers"] = [f"{said}\ttakes at most {MOST_ANSWERS} answers of 200 characters"]
    if flaws:
        raise Invalid(detail="、".join(flaws)[:300], fields=flaws)
    return {"answers": dict(content.answers), "form": dict(content.form), "reached": dict(content.reached)}


def _long(name: str, value: str) -> bool:
    return name not in REACHED or len(value) > MOST_REACHED


def _known(form: Form | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields that the form has today."""
    return {one.name: values[one.name] for one in form.fields if one.name in values} if form else dict(values)


def _changed(seen: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a new version of the item changed for this draft; None where there is none."""
    if seen["version"] == now["version"]:
        return None

    def names(of: Mapping[str, Any], than: Mapping[str, Any]) -> list[str]:
        return [title for name, title in of.items() if name not in than]

    return {
        "from": seen["version"],
        "to": now["version"],
        "fields_new": names(now["fields"], seen["fields"]),
        "fields_gone": names(seen["fields"], now["fields"]),
        "materials_new": names(now["materials"], seen["materials"]),
        "materials_gone": names(seen["materials"], now["materials"]),
    }


def _material(one: Mapping[str, Any], judged: Mapping[str, Any]) -> dict[str, Any]:
    """A material that is asked for: what was given, what is held, and how far it is."""
    given, held = judged["given"].get(one["code"], []), judged["held"].get(one["code"])
    state = "given" if given else "held" if held else "missing" if one["required"] else "optional"
    return {name: one[name] for name in ("code", "name", "name_en", "trust", "required", "samples")} | {
        "state": state,
        "held": _held_view(held) if held else None,
        "given": [_given_view(row) for row in given],
    }


def _others(today: _Today, judged: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was given and is not asked for (any more)."""
    needed = {one["code"] for one in judged["needed"]}
    known = known_materials(today.item)
    return [
        {"code": code, "name": known[code].name if code in known else code}
        | {"name_en": known[code].name_en if code in known else code, "trust": "D", "required": False, "samples": []}
        | {"state": "given", "held": None, "given": [_given_view(row) for row in given]}
        for code, given in judged["given"].items()
        if code not in needed
    ]


def _given_view(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("number", "source", "file_name", "media_type", "size", "scan", "origin")
    return {name: row[name] for name in kept} | {"sha256": row["file_hash"], "added_at": instant(row["added_at"])}


def _held_view(held: Held) -> dict[str, Any]:
    return {"from_case": held.case, "from_material": held.material, "trust": held.trust, "file_name": held.file_name}


def _columns(
    uow: UnitOfWork, applying: Applying, code: str, source: Incoming | Mapping[str, Any] | None
) -> dict[str, Any]:
    """What a draft keeps of a material, by where it is from."""
    if source is None:
        return {"source": PAPER}
    if isinstance(source, Incoming):
        upload = source.upload
        file = {"file_hash": upload.sha256, "file_name": upload.name, "media_type": upload.media_type}
        return {"source": "upload", **file, "size": upload.size, "scan": upload.scan}
    held = find_held(uow, applying, code, source.get("from_case"), source.get("from_material"), None)
    return {"source": "case", "file_name": held.file_name, "origin": {"case": held.case, "material": held.material}}


def _is_new(there: Sequence[Mapping[str, Any]], code: str, columns: Mapping[str, Any]) -> bool:
    """Whether a draft has not this very thing under this code already."""
    same = ("source", "file_hash", "origin")
    return not any(one["code"] == code and all(one[n] == columns.get(n) for n in same) for one in there)


def _kept_columns(uow: UnitOfWork, applying: Applying, row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a case's material for one of a draft; what is held is looked up again."""
    if row["source"] == "case":
        held = find_held(uow, applying, row["code"], row["origin"]["case"], row["origin"]["material"], None)
        return _held_columns(held)
    kept = ("file_hash", "file_name", "media_type", "size", "scan")
    return {"source": "upload"} | {name: row[name] for name in kept}


def _held_columns(held: Held) -> dict[str, Any]:
    kept = ("source", "trust", "file_hash", "file_name", "media_type", "size", "scan", "document")
    return {name: getattr(held, name) for name in kept} | {"origin": {"case": held.case, "material": held.material}}


def _bring(ready: Prepared, draft: StepDraft) -> list[str]:
    """Put the materials into the case that is being made; answers their names, for the receipt."""
    known = known_materials(draft.live.item)
    for number, (code, columns) in enumerate(ready.materials, 1):
        trust = columns.get("trust") or ("D" if known[code].trust == "D" else "C")
        bring(draft, known[code], number, columns | {"trust": trust})
    return counted(known[code].name for code, _ in ready.materials)


def counted(names: Iterable[str]) -> list[str]:
    """Each material once, in order, with how many files or papers there are of it where there are several."""
    return [name if n == 1 else f"{name}（{n} 份）" for name, n in Counter(names).items()]
