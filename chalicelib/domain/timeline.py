"""What happened to a lead: entries, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import ids
from chalicelib.domain.lead import Lead
from chalicelib.domain.times import rfc3339


@dataclass(frozen=True)
class Entry:
    """One thing that happened.

    Attributes:
        lead: the lead's id, without prefix.
        id: 11 characters; its millisecond is when it was recorded.
        type: `note`, `task`, `call`, `email`, `form_submission`, `updated`, …
        origin: what made it: `rcp_…`, a request id.
        version: the lead's version this entry carries, for changes of the lead.
        due, done: of a task; `due` aware, UTC.
        owner: of a task.
        done_by: who did a task.
        changed_by: origin of a task's last change; None for none.
        task_version: of a task, 1 at first and one more with every change.
    """

    lead: str
    id: str
    type: str
    origin: str
    by: str | None = None
    source: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None
    due: datetime | None = None
    done: datetime | None = None
    owner: str | None = None
    done_by: str | None = None
    changed_by: str | None = None
    task_version: int = 1


def shown(entry: Entry) -> dict[str, Any]:
    """The entry as the API shows it."""
    if entry.type == "task":
        data = {
            **entry.data,
            "id": task_id(entry),
            "due_at": rfc3339(entry.due) if entry.due else None,
            "done": entry.done is not None,
        }
    else:
        data = dict(entry.data)
    return {
        "id": f"evt_{entry.id}",
        "type": entry.type,
        "at": rfc3339(ids.created_at(entry.id)),
        "by": entry.by,
        "source": entry.source,
        "data": data,
    }


def beginning(lead: Lead) -> list[dict[str, Any]]:
    """The entries of a lead's first moment, newest first. They are not stored: the lead itself is their record.

    `created`, and in front of it, if a rule said who gets the lead, `assigned`.
    """
    told = lead.opening.get("data", {}).get("assigned")
    created = _created(lead)
    if not told:
        return [created]
    # the other half of its millisecond: nothing else that happens to this lead has an id of it
    entry_id = ids.encode(ids.decode(lead.id) ^ ids.BULK_BIT)
    return [{**created, "id": f"evt_{entry_id}", "type": "assigned", "by": None, "data": dict(told)}, created]


def _created(lead: Lead) -> dict[str, Any]:
    data = {**lead.opening.get("data", {}), "received_at": rfc3339(lead.received_at)}
    data.pop("assigned", None)
    if "type" in lead.opening:
        data["what"] = lead.opening["type"]
    if "receipt" in lead.opening:
        data["receipt_id"] = lead.opening["receipt"]
    return {
        "id": f"evt_{lead.id}",
        "type": "created",
        "at": rfc3339(lead.created_at),
        "by": lead.created_by,
        "source": lead.source,
        "data": data,
    }


def task_id(entry: Entry) -> str:
    """`tsk_` + kind letter + parent id + entry id."""
    return f"tsk_L{entry.lead}{entry.id}"


def task_named(name: str) -> tuple[str, str] | None:
    """(lead id, entry id) of `tsk_L…`; None where it is no task of a lead."""
    kind, text = name[:5], name[5:]  # kind letters are none of the alphabet of ids
    if kind == "tsk_L" and ids.strip(f"tsk_{text}", "tsk", 2 * ids.WIDTH):
        return text[: ids.WIDTH], text[ids.WIDTH :]
    return None


def changed_task(before: Entry, origin: str, **what: Any) -> Entry:
    """The task with other attributes, one version later; itself where they are no others."""
    after = replace(before, **what)
    return before if after == before else replace(after, task_version=before.task_version + 1, changed_by=origin)


def shown_task(entry: Entry) -> dict[str, Any]:
    """A task as `GET /v1/tasks` shows it."""
    return {
        "id": task_id(entry),
        "version": entry.task_version,
        "lead_id": f"lead_{entry.lead}",
        "title": entry.data.get("title"),
        "due_at": rfc3339(entry.due) if entry.due else None,
        "done": entry.done is not None,
        "done_at": rfc3339(entry.done) if entry.done else None,
        "owner_id": entry.owner,
        "created_at": rfc3339(ids.created_at(entry.id)),
    }
