"""Tasks over HTTP: open ones by due date, and done."""

from __future__ import annotations

from chalicelib.api import cursors, http
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import FLAG, MOMENT, PAGE, TEXT
from chalicelib.domain.errors import Invalid
from chalicelib.domain.problems import problem
from chalicelib.domain.timeline import shown_task
from chalicelib.services import owners, tasks, workspace

door = Door()


@door.get("/v1/tasks", scope="leads:read", query={**PAGE, "owner_id": TEXT, "due_until": MOMENT, "done": FLAG})
def show_open(request: Request) -> Answer:
    """Open tasks of an owner, or with `owner_id=none` of leads that have none, by due date."""
    if request.params["done"]:
        raise Invalid([problem("done", "unsupported_filter")])
    if not request.params["owner_id"]:
        raise Invalid([problem("owner_id", "required")])
    owner, problems = owners.asked_for(request.params["owner_id"], request.caller, request.now)
    if problems:
        raise Invalid(problems)
    secret = workspace.cursor_secret(request.now)
    start = cursors.start_of(request, secret)
    until = request.params["due_until"]
    found = tasks.open_of(
        None if owner == owners.NOBODY else owner, until, request.params["limit"], start, request.caller
    )
    listed = [shown_task(task) for task in found.entries]
    return Answer({"data": listed, "next_cursor": cursors.next_of(request, found.next, secret)})


@door.get("/v1/tasks/{task_id}", scope="leads:read")
def show(request: Request, task_id: str) -> Answer:
    """One task, open or done."""
    task = tasks.one(task_id, request.caller, request.now)
    return Answer(shown_task(task), version=task.task_version)


@door.patch("/v1/tasks/{task_id}", scope="leads:write")
def change(request: Request, task_id: str) -> Answer:
    """`{"done": true}` takes it off the list; it stays on the timeline."""
    return http.of_write(tasks.change(task_id, request.json(), request.write))
