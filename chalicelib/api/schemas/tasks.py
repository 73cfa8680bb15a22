"""Tasks in the document."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made, page_of
from chalicelib.services.tasks import LONGEST_TITLE


class Task(msgspec.Struct):
    """Something that somebody has to do about a lead."""

    id: v.TaskId
    lead_id: v.LeadId
    title: v.Title | None
    due_at: v.Moment | None
    done: bool
    done_at: v.Moment | None
    owner_id: v.UserId | None
    created_at: v.Moment


class TaskChange(Made):
    """A JSON merge patch of a task; `owner_id` null is nobody's."""

    @classmethod
    def schema(cls) -> m.Schema:
        changeable = {
            "done": m.FLAG,
            "title": {**m.text("Zurückrufen"), "maxLength": LONGEST_TITLE},
            "due_at": m.MOMENT,
            "owner_id": {"type": ["string", "null"]},
        }
        return m.shaped({**changeable, **m.kept("id", "lead_id", "done_at", "created_at")})


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/tasks": Described(
        "list_tasks",
        answers={200: page_of(Task)},
        query={
            "owner_id": "Whose tasks; `none` for those of leads without an owner.",
            "due_until": "Those that are due until then, this moment included.",
            "done": "Only open tasks are listed: true is refused.",
        },
        needed={"owner_id": "none"},
        problems={422: ("validation_failed",)},
    ),
    "PATCH /v1/tasks/{task_id}": Described(
        "change_task", body=TaskChange, example={"done": True}, answers={200: Task}, problems={404: ("not_found",)}
    ),
}
