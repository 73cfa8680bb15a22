"""A lead: its record, what it holds, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain import ids
from chalicelib.domain.emails import email_key
from chalicelib.domain.field import shown_values
from chalicelib.domain.matching import Identity, identities
from chalicelib.domain.pipeline import OPEN
from chalicelib.domain.times import rfc3339

#: Lists whose values carry a small integer id, unique in the lead.
NUMBERED = ("phones", "emails", "websites", "messengers")
#: Value fields in the order the API shows them, with what absent looks like.
SHOWN: tuple[tuple[str, Any], ...] = (
    ("honorific", None),
    ("name", None),
    ("given_name", None),
    ("middle_name", None),
    ("family_name", None),
    ("company", None),
    ("position", None),
    ("birthdate", None),
    ("phones", []),
    ("emails", []),
    ("websites", []),
    ("messengers", []),
    ("address", {}),
    ("amount", None),
    ("comment", None),
    ("utm", {}),
    ("click_ids", {}),
)

#: What answers have beside the fields of a lead; it means nothing when it is sent back.
OF_ANSWERS = frozenset({"outcome", "receipt_id", "external_ids_taken", "timeline"})


@dataclass(frozen=True)
class Lead:
    """A first approach by someone who may become a customer.

    Attributes:
        id: 11 characters, without prefix.
        version: 1 at creation, one more with every change.
        origin: what made it: `rcp_…`, `imp_…/<row>` or a request id.
        kind: of its status.
        values: cleaned lead fields, JSON values; absent where empty.
        opening: what its first entry shows: `{"receipt"?, "type"?, "data"?}`.
        next_value_id: the id that the next phone, address or other numbered value gets.
        repeat: of someone who is already a contact (`contact`) or company.
    """

    id: str
    version: int
    origin: str
    status: str
    kind: str
    status_changed_at: datetime
    source: str
    received_at: datetime
    updated_at: datetime
    source_detail: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    opening: Mapping[str, Any] = field(default_factory=dict)
    next_value_id: int = 1
    owner: str | None = None
    created_by: str | None = None
    contact: str | None = None
    company_id: str | None = None
    repeat: bool = False
    duplicate_of: str | None = None
    merged_into: str | None = None
    lost_reason: str | None = None
    closed_at: datetime | None = None
    deleted_at: datetime | None = None
    last_activity: datetime | None = None
    first_response: datetime | None = None

    @property
    def created_at(self) -> datetime:
        """The id's millisecond."""
        return ids.created_at(self.id)


def numbered(values: Mapping[str, Any], next_id: int) -> tuple[dict[str, Any], int]:
    """`values` with an id at every numbered value that has none, and the next free id."""
    result = dict(values)
    for name in NUMBERED:
        if name not in result:
            continue
        items = []
        for item in result[name]:
            if "id" not in item:
                item = {"id": next_id, **item}
                next_id += 1
            items.append(item)
        result[name] = items
    return result, next_id


def held(lead: Lead | None) -> frozenset[Identity]:
    """The phones and addresses a lead claims: its own while it is open, not deleted and not merged; else nothing."""
    if lead is None or lead.kind != OPEN or lead.deleted_at or lead.merged_into:
        return frozenset()
    return frozenset(identities(lead.values))


def adopted(lead: Lead, newcomer: Mapping[str, Any], free: Iterable[Identity]) -> dict[str, Any]:
    """The lead's phones and addresses extended by the newcomer's that nobody holds; empty if none is."""
    wanted = set(free) - set(identities(lead.values))
    changed: dict[str, Any] = {}
    next_id = lead.next_value_id
    for name, kind, key in (("emails", "email", "address"), ("phones", "phone", "e164")):
        own = list(lead.values.get(name, ()))
        for item in newcomer.get(name, ()):
            value = email_key(item[key]) if kind == "email" else item[key]
            identity = Identity(kind, value)
            if identity in wanted:
                wanted.discard(identity)
                own.append({**item, "id": next_id})
                next_id += 1
        if len(own) > len(lead.values.get(name, ())):
            changed[name] = own
    return {**changed, "next_value_id": next_id} if changed else {}


def shown(lead: Lead, types: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The lead as the API shows it.

    Args:
        types: name → type of the custom fields there are; values of others are not shown. None shows all as stored.
    """
    custom = lead.values.get("custom", {})
    return {
        "id": f"lead_{lead.id}",
        "version": lead.version,
        "title": lead.values.get("title"),
        "status": lead.status,
        "kind": lead.kind,
        "status_changed_at": rfc3339(lead.status_changed_at),
        "lost_reason": lead.lost_reason,
        "source": lead.source,
        "source_detail": lead.source_detail,
        **{name: lead.values.get(name, empty) for name, empty in SHOWN},
        "owner_id": lead.owner,
        "created_by": lead.created_by,
        "contact_id": lead.contact,
        "company_id": lead.company_id,
        "repeat": lead.repeat,
        "duplicate_of": f"lead_{lead.duplicate_of}" if lead.duplicate_of else None,
        "merged_into": f"lead_{lead.merged_into}" if lead.merged_into else None,
        "external_ids": lead.values.get("external_ids", {}),
        "consent": lead.values.get("consent", []),
        "tags": lead.values.get("tags", []),
        "custom": custom if types is None else shown_values(custom, types),
        "received_at": rfc3339(lead.received_at),
        "created_at": rfc3339(lead.created_at),
        "updated_at": rfc3339(lead.updated_at),
        "closed_at": _time(lead.closed_at),
        "last_activity_at": rfc3339(lead.last_activity or lead.received_at),
        "first_response_at": _time(lead.first_response),
    }


def _time(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None
