"""Timeline entries and tasks in the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import ids
from chalicelib.domain.timeline import Entry
from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import keys, transport
from chalicelib.store.transport import Put, Update

PLAIN = ("origin", "by", "source", "data", "version", "owner")


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


def finish_task(task: Entry, at: datetime, by: str | None, reason: str | None = None) -> Update:
    """The task is done and leaves the list of open ones. Refused under `task`.

    Args:
        by: who did it; None where nobody had to.
        reason: why nobody had to, kept in its data.
    """
    kept = ", #data.#reason = :reason" if reason else ""
    return Update(
        "task",
        keys.entry(task.lead, task.id),
        f"SET #done = :done, #done_by = :by{kept} REMOVE #board_pk, #board_sk",
        "attribute_exists(pk) AND attribute_not_exists(#done)",
        {":done": rfc3339(at), ":by": by or "-"} | ({":reason": reason} if reason else {}),
    )


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


def open_tasks(
    owner: str | None, due_until: datetime | None, limit: int, start: Mapping[str, Any] | None = None
) -> Entries:
    """An owner's open tasks by due date, read from the index (at most seconds behind)."""
    condition, values = "#board_pk = :tasks", {":tasks": keys.open_tasks(owner)}
    if due_until:
        condition += " AND #board_sk <= :until"
        values[":until"] = ids.sortable(due_until) + "~"
    found = transport.query(condition, values, index="board", limit=limit, start=start)
    stored = transport.batch_get((item["pk"], item["sk"]) for item in found.items)
    listed = [stored[item["pk"], item["sk"]] for item in found.items if (item["pk"], item["sk"]) in stored]
    return Entries([entry_of(item) for item in listed if "done" not in item], found.next)


def item_of(entry: Entry) -> dict[str, Any]:
    """The entry as an item; an open task with its place among its owner's."""
    pk, sk = keys.entry(entry.lead, entry.id)
    item = {"pk": pk, "sk": sk, "type": entry.type, **{name: getattr(entry, name) for name in PLAIN}}
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
    known: dict[str, Any] = {name: item[name] for name in PLAIN if name in item}
    known |= {name: parse(item[name]) for name in ("due", "done") if name in item}
    return Entry(lead=item["pk"].removeprefix("L#"), id=item["sk"].removeprefix("T#"), type=item["type"], **known)
