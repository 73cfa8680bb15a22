"""Tasks over HTTP: open ones by due date, and done."""

from __future__ import annotations

import msgspec

from chalicelib.api import cursors
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import MOMENT, PAGE, TEXT
from chalicelib.domain.errors import BadRequest, Invalid
from chalicelib.domain.problems import problem
from chalicelib.domain.timeline import shown_task
from chalicelib.services import tasks, workspace
from chalicelib.store import entries

door = Door()


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """What can be changed of a task."""

    done: bool


@door.get("/v1/tasks", scope="leads:read", query={**PAGE, "owner_id": TEXT, "due_until": MOMENT})
def show_open(request: Request) -> Answer:
    """Open tasks of an owner, or with `owner_id=none` of leads that have none, by due date."""
    owner = request.params["owner_id"]
    if not owner:
        raise BadRequest("'owner_id' is needed: a user's id, or none", code="invalid_parameter")
    secret = workspace.cursor_secret(request.now)
    start = cursors.start_of(request, secret)
    until = request.params["due_until"]
    found = entries.open_tasks(None if owner == "none" else owner, until, request.params["limit"], start)
    listed = [shown_task(task) for task in found.entries]
    return Answer({"data": listed, "next_cursor": cursors.next_of(request, found.next, secret)})


@door.patch("/v1/tasks/{task_id}", scope="leads:write")
def change(request: Request, task_id: str) -> Answer:
    """`{"done": true}` takes it off the list; it stays on the timeline."""
    if not request.json(Change).done:
        raise Invalid([problem("done", "invalid_value", False)])
    return Answer(shown_task(tasks.finish(task_id, caller=request.caller, at=request.now)))
