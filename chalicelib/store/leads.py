"""Leads in the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
        raced=True,
    )


def still_there(lead_id: str) -> Check:
    """The transaction holds only while the lead lives. Refused under `lead`, with the item if there is one."""
    return Check("lead", keys.lead(lead_id), ALIVE)


def touch(lead_id: str, at: datetime, responded_at: datetime | None) -> Update:
    """Somebody is at the lead; the first answer of ours is kept. Not a change of the lead. Refused under `lead`."""
    expression, values = "SET #last_activity = :at", {":at": rfc3339(at)}
    if responded_at:
        expression += ", #first_response = if_not_exists(#first_response, :responded)"
        values[":responded"] = rfc3339(responded_at)
    return Update("lead", keys.lead(lead_id), expression, f"{ALIVE} AND attribute_not_exists(#purging)", values)


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
    """The lead, read consistently; also a deleted or merged one, but none that was purged."""
    item = transport.get(keys.lead(lead_id))
    return lead_of(item) if item and item["type"] == "lead" else None


def deleted_before(at: datetime) -> Iterator[str]:
    """Ids of leads deleted before a time, the oldest first."""
    values = {":deleted": keys.DELETED, ":before": ids.sortable(at)}
    found = transport.pages("#board_pk = :deleted AND #board_sk < :before", values, index="board", limit=100)
    return (str(item["pk"]).removeprefix("L#") for page in found for item in page)


def begin_purge(lead_id: str, deleted_before: datetime) -> bool:
    """Mark a lead as being purged; False if it was not deleted long enough ago. Repeatable."""
    try:
        transport.update(
            keys.lead(lead_id),
            "SET #purging = :yes",
            "#type = :lead AND attribute_exists(#deleted_at) AND #deleted_at < :before",
            {":yes": True, ":lead": "lead", ":before": rfc3339(deleted_before)},
        )
    except transport.Mismatch:
        return False
    return True


def end_purge(lead_id: str) -> None:
    """Leave only what the ledger needs to name: that there was a lead, and when it was deleted. Repeatable."""
    item = transport.get(keys.lead(lead_id))
    if item is None or "purging" not in item:
        return
    # `purging` stays: whoever read the lead before must not find its version free of it
    mark: dict[str, Any] = {name: item[name] for name in ("pk", "sk", "version", "origin", "deleted_at", "purging")}
    try:
        transport.put({**mark, "type": "purged"}, "attribute_exists(#purging)")
    except transport.Mismatch:
        return


def page(lead_id: str, limit: int = 25) -> tuple[Lead | None, list[timeline.Entry]]:
    """The lead and its newest entries, in one request."""
    pk, _ = keys.lead(lead_id)
    found = transport.query(
        "#pk = :pk AND #sk >= :first", {":pk": pk, ":first": "T#"}, descending=True, limit=limit + 1, consistent=True
    )
    lead = next((lead_of(item) for item in found.items if item["type"] == "lead"), None)
    return lead, [entries.entry_of(item) for item in found.items if item["sk"] != keys.LEAD_SORT]


def linked(parent_id: str) -> list[str]:
    """Ids of the leads that are linked to a contact or company, `con_…` or `com_…`."""
    kind, _, text = parent_id.partition("_")
    letter = {"con": "C", "com": "O"}.get(kind)
    if letter is None or not text:
        return []
    values = {":pk": f"{letter}#{text}", ":leads": "L#"}
    found = transport.pages("#pk = :pk AND begins_with(#sk, :leads)", values)
    return [str(item["sk"]).removeprefix("L#") for page in found for item in page]


def everything() -> Iterator[list[Lead]]:
    """All leads, page by page, read consistently. Only recount, doctor, erasure and export may do this."""
    for page in transport.scan_pages():
        yield [lead_of(item) for item in page if item.get("type") == "lead"]


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
        return {"board_pk": keys.DELETED, "board_sk": ids.sortable(lead.deleted_at) + lead.id}
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
