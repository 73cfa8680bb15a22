"""Timeline entries and tasks in the table."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from chalicelib.domain import ids
from chalicelib.domain.timeline import Entry
from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import keys, transport
from chalicelib.store.transport import Put, Update

#: Bytes of an entry's data; what is longer (two states of a long text) is compressed.
MOST_PLAIN_BYTES = 2_000
PLAIN = ("origin", "by", "source", "data", "version", "owner", "done_by", "changed_by")


@dataclass(frozen=True)
class Entries:
    """A page of entries and where to go on."""

    entries: list[Entry]
    next: dict[str, Any] | None


def add(entry: Entry) -> Put:
    """Write a new entry. Refused under its type (`task`) or `entry`."""
    return Put("task" if entry.type == "task" else "entry", item_of(entry))


def grow(lead_id: str, entry_id: str, event: Mapping[str, Any], seen: int | None = None) -> Update:
    """A further event of the same call joins its entry. Refused under `entry`.

    Args:
        seen: the number of events that there must be before; None is any.
    """
    counted = "" if seen is None else " AND size(#data.#events) = :seen"
    return Update(
        "entry",
        keys.entry(lead_id, entry_id),
        "SET #data.#events = list_append(#data.#events, :event)",
        f"attribute_exists(#data.#events){counted}",
        {":event": [dict(event)]} | ({} if seen is None else {":seen": seen}),
    )


def change_task(before: Entry, after: Entry) -> Update:
    """Write what differs of a task, if nobody has changed it since. Refused under `task`."""
    new, old = item_of(after), item_of(before)
    changed = {name: value for name, value in new.items() if value is not None and old.get(name) != value}
    gone = [name for name in old if old[name] is not None and new.get(name) is None]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
    if gone:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    seen = "#changed_by = :seen" if before.changed_by else "attribute_not_exists(#changed_by)"
    values = {f":{name}": value for name, value in changed.items()}
    if before.changed_by:
        values[":seen"] = before.changed_by
    key, condition = keys.entry(before.lead, before.id), f"attribute_exists(pk) AND {seen}"
    return Update("task", key, expression, condition, values, raced=True)


def get(lead_id: str, entry_id: str) -> Entry | None:
    """One entry, read consistently."""
    item = transport.get(keys.entry(lead_id, entry_id))
    return entry_of(item) if item else None


def page(lead_id: str, limit: int, start: Mapping[str, Any] | None = None) -> Entries:
    """A lead's stored entries, newest first."""
    pk, _ = keys.lead(lead_id)
    found = transport.query(
        "#pk = :pk AND begins_with(#sk, :entry)",
        {":pk": pk, ":entry": "T#"},
        descending=True,
        limit=limit,
        start=start,
        consistent=True,
    )
    return Entries([entry_of(item) for item in found.items], found.next)


def all_ids(lead_id: str) -> Iterator[str]:
    """Ids of every entry of a lead."""
    pk, _ = keys.lead(lead_id)
    found = transport.pages("#pk = :pk AND begins_with(#sk, :entry)", {":pk": pk, ":entry": "T#"}, consistent=True)
    return (str(item["sk"]).removeprefix("T#") for page in found for item in page)


def remove(lead_id: str, entry_id: str) -> None:
    """Remove an entry for good."""
    transport.delete(keys.entry(lead_id, entry_id))


def open_tasks(
    owner: str | None, due_until: datetime | None, limit: int, start: Mapping[str, Any] | None = None
) -> Entries:
    """An owner's open tasks by due date, read from the index (at most seconds behind); of living leads only."""
    condition, values = "#board_pk = :tasks", {":tasks": keys.open_tasks(owner)}
    if due_until:
        condition += " AND #board_sk <= :until"
        values[":until"] = ids.sortable(due_until) + "~"
    found = transport.query(condition, values, index="board", limit=limit, start=start)
    places = [(item["pk"], item["sk"]) for item in found.items]
    stored = transport.batch_get([*places, *((pk, keys.LEAD_SORT) for pk, _ in places)])
    listed = [stored[place] for place in places if place in stored and _lives(stored.get((place[0], keys.LEAD_SORT)))]
    return Entries([entry_of(item) for item in listed if "done" not in item], found.next)


def _lives(lead: Mapping[str, Any] | None) -> bool:
    return lead is not None and not ("deleted_at" in lead or "merged_into" in lead)


def item_of(entry: Entry) -> dict[str, Any]:
    """The entry as an item; an open task with its place among its owner's."""
    pk, sk = keys.entry(entry.lead, entry.id)
    item = {"pk": pk, "sk": sk, "type": entry.type, **{name: getattr(entry, name) for name in PLAIN}}
    if len(data := orjson.dumps(entry.data)) > MOST_PLAIN_BYTES:
        item |= {"data": None, "packed": zlib.compress(data)}
    if entry.task_version > 1:
        item["task_version"] = entry.task_version
    if entry.due:
        item["due"] = rfc3339(entry.due)
    if entry.done:
        item["done"] = rfc3339(entry.done)
    elif entry.due:
        item["board_pk"] = keys.open_tasks(entry.owner)
        item["board_sk"] = ids.sortable(entry.due) + entry.id
    return item


def entry_of(item: Mapping[str, Any]) -> Entry:
    """The entry that an item holds."""
    known: dict[str, Any] = {name: item[name] for name in (*PLAIN, "task_version") if name in item}
    if "packed" in item:
        known["data"] = orjson.loads(zlib.decompress(item["packed"]))
    known |= {name: parse(item[name]) for name in ("due", "done") if name in item}
    return Entry(lead=item["pk"].removeprefix("L#"), id=item["sk"].removeprefix("T#"), type=item["type"], **known)
