"""Notes, activities and tasks of a lead in the document."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.api.lead_entries import NewActivity, NewNote
from chalicelib.api.schemas.description import Described
from chalicelib.api.schemas.leads import Entry
from chalicelib.api.schemas.tasks import Task, TaskCreate

MISSING = {404: ("lead_not_found", "lead_deleted", "lead_merged")}

OPERATIONS: Mapping[str, Described] = {
    "POST /v1/leads/{lead_id}/notes": Described(
        "add_note", body=NewNote, example={"text": "Ruft am Dienstag zurück."}, answers={201: Entry}, problems=MISSING
    ),
    "POST /v1/leads/{lead_id}/activities": Described(
        "add_activity",
        body=NewActivity,
        example={"type": "call", "direction": "out", "at": "2026-11-23T09:15:00Z", "text": "Termin vereinbart."},
        answers={201: Entry},
        problems=MISSING,
    ),
    "POST /v1/leads/{lead_id}/tasks": Described(
        "add_task",
        body=TaskCreate,
        example={"title": "Angebot schicken", "due_at": "2026-11-30T09:00:00Z"},
        answers={201: Task},
        problems={**MISSING, 422: ("no_user",)},
        headers=("ETag",),
    ),
}
