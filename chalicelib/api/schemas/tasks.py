"""Tasks in the document."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, page_of
from chalicelib.api.tasks import TaskChange


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
    "PATCH /v1/tasks/{task_id}": Described(
        "change_task", body=TaskChange, example={"done": True}, answers={200: Task}, problems={404: ("not_found",)}
    ),
}
