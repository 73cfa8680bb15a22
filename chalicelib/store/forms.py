"""Definitions of website forms in the table: each a versioned item under its id, and in a list of all.

Reading one goes by PynamoDB, as that of all records; a change is an action of a transaction.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.errors import TooLarge
from chalicelib.domain.form import Form, of_record
from chalicelib.store import keys, records, transport
from chalicelib.store.documents import MOST_ORIGINS
from chalicelib.store.transport import Action, Check, Delete, Mismatch, Put, Update

KIND = "FORM"
#: Of a record that was stored by hand, without one.
FIRST = 1


@dataclass(frozen=True)
class StoredForm:
    """A definition as it is stored.

    Attributes:
        record: what `domain.form.of_record` reads.
        origins: of the last changes, newest first; none: stored by hand.
    """

    id: str
    version: int
    record: Mapping[str, Any]
    origins: tuple[str, ...] = ()

    @property
    def form(self) -> Form:
        """The definition."""
        return of_record(self.id, {**self.record, "version": self.version})


def get(form_id: str) -> StoredForm | None:
    """One, read consistently. Raises Unavailable."""
    found = records.item(KIND, form_id)
    if found is None:
        return None
    return StoredForm(form_id, int(found.version or FIRST), dict(found.data or {}), tuple(found.origins or ()))


def ids() -> list[str]:
    """Of all, oldest first; read consistently. Raises Unavailable."""
    pages = transport.pages("#pk = :forms", {":forms": keys.FORMS}, consistent=True)
    found = [(item.get("created_at", ""), item["sk"]) for page in pages for item in page]
    return [form_id for _, form_id in sorted(found)]


def several(form_ids: Iterable[str]) -> list[StoredForm]:
    """Those that there are, in the order asked for; read consistently. Raises Unavailable."""
    wanted = [(form_id, keys.record(KIND, form_id)) for form_id in form_ids]
    found = transport.batch_get([key for _, key in wanted], consistent=True)
    return [_form_of(form_id, found[key]) for form_id, key in wanted if key in found]


def changed(before: StoredForm, record: Mapping[str, Any], origin: str) -> StoredForm:
    """With another record, one version on."""
    return replace(before, version=before.version + 1, record=record, origins=(origin, *before.origins)[:MOST_ORIGINS])


def add(form: StoredForm) -> list[Action]:
    """A new one. Refused under `form`. Raises TooLarge."""
    pk, sk = keys.record(KIND, form.id)
    return [
        Put("form", {"pk": pk, "sk": sk, "type": "form", **_attributes(form)}),
        _entry(form, "attribute_not_exists(pk)"),
    ]


def write(before: StoredForm, after: StoredForm) -> list[Action]:
    """Write `after` if the form is still at `before`. Refused under `form`. Raises TooLarge."""
    values = {f":{name}": value for name, value in _attributes(after).items()}
    sets = ", ".join(f"#{name} = :{name}" for name in _attributes(after))
    write = Update("form", keys.record(KIND, before.id), f"SET #type = :type, {sets}", _still(before),
                   {":type": "form", **values, **_seen(before)}, raced=True)  # fmt: skip
    # one that was stored by hand comes into the list with its first change
    return [write, *([] if before.origins else [_entry(after)])]


def unchanged(before: StoredForm) -> Check:
    """The transaction holds only while the form is at `before`. Refused under `form`."""
    return Check("form", keys.record(KIND, before.id), _still(before), _seen(before))


def remove(before: StoredForm) -> list[Action]:
    """It is gone, and from the list. Refused under `form` unless it is at `before`."""
    return [
        Delete("form", keys.record(KIND, before.id), _still(before), _seen(before)),
        Delete("form entry", keys.listed_form(before.id)),
    ]


def store_new(form: StoredForm) -> None:
    """Write a form if there is none of its id, and see to it that it is listed. Raises Unavailable."""
    entry = _entry(form)
    # first the list: a form that takes posts is in it, whatever happens in between
    transport.update(entry.key, entry.expression, "", entry.values)
    pk, sk = keys.record(KIND, form.id)
    with contextlib.suppress(Mismatch):
        transport.put({"pk": pk, "sk": sk, "type": "form", **_attributes(form)})


def _entry(form: StoredForm, condition: str = "") -> Update:
    created_at = form.record.get("created_at", "")
    return Update("form entry", keys.listed_form(form.id), "SET #type = :type, #created_at = :created_at", condition,
                  {":type": "form_entry", ":created_at": created_at})  # fmt: skip


def _attributes(form: StoredForm) -> dict[str, Any]:
    data = json.dumps(form.record, ensure_ascii=False)
    if len(data.encode()) > transport.MOST_ITEM_BYTES:
        raise TooLarge("The form has more than 350 KB", code="record_too_large")
    return {"data": data, "version": form.version, "origins": json.dumps(form.origins)}


def _form_of(form_id: str, item: Mapping[str, Any]) -> StoredForm:
    origins = tuple(json.loads(item.get("origins", "[]")))
    return StoredForm(form_id, int(item.get("version", FIRST)), json.loads(item.get("data", "{}")), origins)


def _still(before: StoredForm) -> str:
    return "#version = :seen" if before.origins else "attribute_exists(pk) AND attribute_not_exists(#version)"


def _seen(before: StoredForm) -> dict[str, Any]:
    return {":seen": before.version} if before.origins else {}
