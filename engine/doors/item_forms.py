"""The door of forms as tables: which forms an item's draft has, which tasks ask for them, and storing one that was edited."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from engine.cases.access import need
from engine.catalogue.form_table import Row, data_of, rows_of
from engine.catalogue.forms import APPLICATION
from engine.catalogue.hashing import content_hash
from engine.catalogue.models import ItemRow
from engine.definitions.deploy import load_item
from engine.doors.calls import Calls
from engine.doors.catalogue import Sight
from engine.errors import Conflict, NotFound
from engine.organization.actor import Actor
from engine.organization.permissions import UseCase
from engine.unit_of_work import Once, UnitOfWork


class FormChangedMeanwhile(Conflict):
    """Somebody has stored another draft of the form since it was shown. Params: form."""

    code = "form-changed-meanwhile"
    zh = "表单“{form}”已被他人修改并保存。请重新打开该表单，再作修改。"
    en = "Somebody else has stored the form “{form}” since it was shown to you. Open it again, then change it."


@dataclass(frozen=True, slots=True)
class EditedForm:
    """A form as its table says. `base` is the hash of the draft that the table was made from; "" for a new form."""

    item: str
    key: str
    rows: tuple[Row, ...]
    base: str


@dataclass(frozen=True)
class ItemFormsDoor:
    """Reading takes `catalogue:read`, storing what storing an item takes. A draft is stored; the catalogue publishes it."""

    calls: Calls

    def forms(self, actor: Actor, item: str) -> dict[str, Any]:
        """The forms of an item's draft, with the tasks that ask for them; also those that a task names and nobody has made.

        Raises:
            Forbidden, NotFound.
        """

        def read(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.CATALOGUE_READ)
            row, used = _draft(uow, item), self._used_by(uow, item)
            forms = row.data.get("forms", {})
            keys = [APPLICATION, *sorted({*forms, *used} - {APPLICATION})]
            return {
                "code": item,
                "name": row.name,
                "name_en": row.name_en,
                "forms": [
                    {"key": key, "fields": len(rows_of(forms[key])) if key in forms else 0, "tasks": used.get(key, [])}
                    for key in keys
                ],
                "may_store": actor.may(UseCase.ITEM_STORE.value.permission),
            }

        return self.calls.perform(actor, read)

    def table(self, actor: Actor, item: str, key: str) -> dict[str, Any]:
        """The rows of a form, and the hash of the draft they come from. Raises Forbidden, NotFound."""

        def read(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.CATALOGUE_READ)
            row, used = _draft(uow, item), self._used_by(uow, item)
            data = row.data.get("forms", {}).get(key)
            if data is None and key != APPLICATION and key not in used:
                raise NotFound(what="form", id=key[:80])
            return {
                "code": item,
                "name": row.name,
                "name_en": row.name_en,
                "key": key,
                "tasks": used.get(key, []),
                "rows": rows_of(data) if data else [],
                "base": content_hash(data) if data else "",
                "may_store": actor.may(UseCase.ITEM_STORE.value.permission),
            }

        return self.calls.perform(actor, read)

    def store(self, actor: Actor, asked: EditedForm, once: Once | None = None) -> dict[str, Any]:
        """Store an edited form in the item's draft; without rows a form that no task names is taken away.

        Raises:
            Forbidden, NotFound, FormChangedMeanwhile.
            FormTableInvalid, FormInvalid, ItemInvalid: it is no valid form, or the item none with it.
        """

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.ITEM_STORE)
            row = uow.session.get(ItemRow, asked.item, with_for_update=True)
            if row is None:
                raise NotFound(what="item", id=asked.item[:80])
            used = self._used_by(uow, asked.item)
            data = deepcopy(row.data)
            forms = data.setdefault("forms", {})
            before = forms.get(asked.key)
            if before is None and asked.key != APPLICATION and asked.key not in used:
                raise NotFound(what="form", id=asked.key[:80])
            if (content_hash(before) if before else "") != asked.base:
                raise FormChangedMeanwhile(form=asked.key)
            if not asked.rows and before is not None and asked.key not in used:
                del forms[asked.key]
            else:
                forms[asked.key] = data_of(asked.rows, before or {})
            load_item(uow, data)
            return {"code": asked.item, "key": asked.key, "fields": len(asked.rows)}

        return self.calls.perform(actor, work, once)

    def _used_by(self, uow: UnitOfWork, item: str) -> dict[str, list[dict[str, Any]]]:
        """By key of a form, the tasks of the published diagram that ask for it."""
        definition = Sight.of(self.calls.house, uow).runnable().get(item)
        nodes = self.calls.house.definition(uow, definition).compiled.nodes.values() if definition else ()
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for node in nodes:
            key = (node.extension("form") or {}).get("key")
            if key:
                english = (node.extension("public") or {}).get("nameEn")
                found[str(key)].append({"node": str(node.id), "name": node.name, "name_en": english})
        return dict(found)


def _draft(uow: UnitOfWork, item: str) -> ItemRow:
    row = uow.session.get(ItemRow, item)
    if row is None:
        raise NotFound(what="item", id=item[:80])
    return row
