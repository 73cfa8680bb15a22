"""Leads in the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import ids, timeline
from chalicelib.domain.lead import Lead
from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import entries, keys, transport
from chalicelib.store.transport import Check, Put, Update

#: Attributes that are times, stored as text.
TIMES = ("status_changed_at", "received_at", "updated_at", "closed_at", "deleted_at", "last_activity", "first_response")
#: Lead values that stand at the top of the item, because the card shows them or lists filter on them.
ON_CARD = ("title", "name", "company", "tags")
ALIVE = "attribute_exists(pk) AND attribute_not_exists(#deleted_at) AND attribute_not_exists(#merged_into)"


@dataclass(frozen=True)
class Cards:
    """A page of leads as lists show them, newest first, and where to go on."""

    cards: list[dict[str, Any]]
    next: dict[str, Any] | None


def create(lead: Lead) -> Put:
    """Write a new lead. Refused under the name `lead`, with the item that is in the way."""
    return Put("lead", item_of(lead))


def change(before: Lead, after: Lead) -> Update:
    """Write what differs, if the lead is still at `before.version`. Refused under `lead`.

    The caller raises the version and writes an entry that carries it.
    """
    old, new = item_of(before), item_of(after)
    changed = {name: value for name, value in new.items() if old.get(name) != value and not _absent(value)}
    gone = [name for name in old if not _absent(old[name]) and _absent(new.get(name))]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
    if gone:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    return Update(
        "lead",
        keys.lead(before.id),
        expression,
        "#version = :seen_version AND attribute_not_exists(#purging)",
        {":seen_version": before.version, **{f":{name}": value for name, value in changed.items()}},
    )


def still_there(lead_id: str) -> Check:
    """The transaction holds only while the lead lives. Refused under `lead`, with the item if there is one."""
    return Check("lead", keys.lead(lead_id), ALIVE)


def grow_opening(lead_id: str, event: Mapping[str, Any], seen: int | None = None) -> Update:
    """A further event of the call that opened the lead joins its first entry. Not a change of the lead.

    Refused under `lead`; where the number of events `seen` has to be right, under `entry`.
    """
    counted = "" if seen is None else " AND size(#opening.#data.#events) = :seen"
    return Update(
        "lead" if seen is None else "entry",
        keys.lead(lead_id),
        "SET #opening.#data.#events = list_append(#opening.#data.#events, :event)",
        f"{ALIVE} AND attribute_exists(#opening.#data.#events){counted}",
        {":event": [dict(event)]} | ({} if seen is None else {":seen": seen}),
    )


def get(lead_id: str) -> Lead | None:
    """The lead, read consistently; also a deleted or merged one."""
    item = transport.get(keys.lead(lead_id))
    return lead_of(item) if item else None


def page(lead_id: str, limit: int = 25) -> tuple[Lead | None, list[timeline.Entry]]:
    """The lead and its newest entries, in one request."""
    pk, _ = keys.lead(lead_id)
    found = transport.query(
        "#pk = :pk AND #sk >= :first", {":pk": pk, ":first": "T#"}, descending=True, limit=limit + 1, consistent=True
    )
    lead = next((lead_of(item) for item in found.items if item["sk"] == keys.LEAD_SORT), None)
    return lead, [entries.entry_of(item) for item in found.items if item["sk"] != keys.LEAD_SORT]


def newest(limit: int, start: Mapping[str, Any] | None = None) -> Cards:
    """Leads by time of creation, newest first."""
    found = transport.query(
        "#feed_pk = :feed", {":feed": keys.feed()}, index="feed", descending=True, limit=limit, start=start
    )
    return Cards([card_of(item) for item in found.items], found.next)


def item_of(lead: Lead) -> dict[str, Any]:
    """The lead as an item, index keys and card attributes included."""
    pk, sk = keys.lead(lead.id)
    values = dict(lead.values)
    amount = values.get("amount") or {}
    phones, emails = values.get("phones") or [], values.get("emails") or []
    return {
        "pk": pk,
        "sk": sk,
        "type": "lead",
        "version": lead.version,
        "origin": lead.origin,
        "status": lead.status,
        "kind": lead.kind,
        "source": lead.source,
        "source_detail": lead.source_detail,
        **{name: values.pop(name, None) for name in ON_CARD},
        "amount": amount.get("amount"),
        "currency": amount.get("currency"),
        "first_phone": phones[0]["e164"] if phones else None,
        "first_email": emails[0]["address"] if emails else None,
        "details": {name: value for name, value in values.items() if name != "amount"},
        "opening": dict(lead.opening),
        "next_value_id": lead.next_value_id,
        "owner": lead.owner,
        "created_by": lead.created_by,
        "contact": lead.contact,
        "company_id": lead.company_id,
        "repeat": lead.repeat or None,
        "duplicate_of": lead.duplicate_of,
        "merged_into": lead.merged_into,
        "lost_reason": lead.lost_reason,
        **{name: _text(getattr(lead, name)) for name in TIMES},
        **_index_keys(lead),
    }


def lead_of(item: Mapping[str, Any]) -> Lead:
    """The lead that an item holds."""
    values = {name: item[name] for name in ON_CARD if name in item}
    values |= item.get("details", {})
    if "amount" in item:
        values["amount"] = {"amount": item["amount"], "currency": item.get("currency")}
    plain = ("version", "origin", "status", "kind", "source", "source_detail", "owner", "created_by", "contact")
    rest = ("company_id", "duplicate_of", "merged_into", "lost_reason", "next_value_id", "opening", "repeat")
    known: dict[str, Any] = {name: item[name] for name in plain + rest if name in item}
    known |= {name: parse(item[name]) for name in TIMES if name in item}
    return Lead(id=item["pk"].removeprefix("L#"), values=values, **known)


def card_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """An index entry as `LeadSummary`."""
    lead_id = item["pk"].removeprefix("L#")
    amount = {"amount": item["amount"], "currency": item.get("currency")} if "amount" in item else None
    return {
        "id": f"lead_{lead_id}",
        "title": item.get("title"),
        "name": item.get("name"),
        "company": item.get("company"),
        "status": item.get("status"),
        "status_changed_at": item.get("status_changed_at"),
        "source": item.get("source"),
        "owner_id": item.get("owner"),
        "amount": amount,
        "phone": item.get("first_phone"),
        "email": item.get("first_email"),
        "tags": item.get("tags", []),
        "repeat": item.get("repeat", False),
        "received_at": item.get("received_at"),
        "created_at": rfc3339(ids.created_at(lead_id)),
        "last_activity_at": item.get("last_activity") or item.get("received_at"),
    }


def _index_keys(lead: Lead) -> dict[str, str]:
    if lead.deleted_at:
        return {"board_pk": "DEL", "board_sk": ids.sortable(lead.deleted_at) + lead.id}
    if lead.merged_into:
        return {}
    since = ids.sortable(lead.status_changed_at)
    return {
        "board_pk": keys.board(lead.status),
        "board_sk": since + lead.id,
        "owner_pk": keys.owned(lead.owner),
        "owner_sk": f"{lead.status}#{since}{lead.id}",
        "mine_pk": keys.owned(lead.owner),
        "mine_sk": lead.id,
        "feed_pk": keys.feed(),
        "feed_sk": lead.id,
    }


def _text(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None


def _absent(value: Any) -> bool:
    return value is None or value in ("", [], {})
