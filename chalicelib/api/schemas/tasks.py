"""Tasks in the document."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made, page_of
from chalicelib.domain.tasks import LONGEST_TITLE


class Task(msgspec.Struct):
    """Something that somebody has to do about a lead."""

    id: v.TaskId
    version: v.Version
    lead_id: v.LeadId
    title: v.Title | None
    due_at: v.Moment | None
    done: bool
    done_at: v.Moment | None
    owner_id: v.UserId | None
    created_at: v.Moment


class TaskCreate(Made):
    """What somebody has to do, and until when. Without `owner_id` it is the lead's owner's."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped(_values(), needed=("title", "due_at"))


class TaskChange(Made):
    """A JSON merge patch of a task; absent leaves, and the `owner_id` null is nobody's."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped({**_values(), "done": m.FLAG, **m.kept("id", "version", "lead_id", "done_at", "created_at")})


def _values() -> dict[str, m.Schema]:
    return {
        "title": {"type": "string", "maxLength": LONGEST_TITLE, "examples": ["Angebot schicken"]},
        "due_at": m.MOMENT,
        "owner_id": {"type": ["string", "null"], "description": "A user; `me` is the one whom the key acts for."},
    }


_MISSING = {404: ("not_found", "lead_not_found", "lead_deleted", "lead_merged")}
OPERATIONS: Mapping[str, Described] = {
    "GET /v1/tasks": Described(
        "list_tasks",
        answers={200: page_of(Task)},
        query={
            "owner_id": "Whose tasks: a user, `me`, who is the user whom the key acts for, or `none`.",
            "due_until": "Those that are due until then, this moment included.",
            "done": "Only open tasks are listed: true is refused.",
        },
        needed={"owner_id": "none"},
        problems={422: ("validation_failed", "unsupported_filter", "no_user")},
    ),
    "GET /v1/tasks/{task_id}": Described("get_task", answers={200: Task}, problems=_MISSING, versioned=True),
    "PATCH /v1/tasks/{task_id}": Described(
        "change_task",
        body=TaskChange,
        example={"done": True},
        answers={200: Task},
        problems={**_MISSING, 422: ("no_user",)},
        versioned=True,
    ),
}
