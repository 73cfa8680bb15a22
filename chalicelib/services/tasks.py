"""Tasks: what somebody has to do about a lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import members
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.matching import Identity
from chalicelib.domain.problems import problem
from chalicelib.domain.timeline import Entry, shown_task, task_id, task_named
from chalicelib.domain.times import parse
from chalicelib.domain.write import Write
from chalicelib.services import answering, existing, lead_values
from chalicelib.services.answering import Written
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import claims, entries, leads
from chalicelib.store.entries import Entries
from chalicelib.store.transport import Action

LONGEST_TITLE = 255
_RULES: Mapping[str, members.Rule] = {
    "done": members.flag,
    "title": members.text(LONGEST_TITLE),
    "due_at": members.when,
    "owner_id": members.text(),
}


@dataclass(frozen=True)
class TaskValues:
    """What a caller says of a task.

    Attributes:
        due: aware, UTC.
        owner: None leaves it to the lead's owner, or as it is; empty is nobody.
    """

    title: str | None = None
    due: datetime | None = None
    owner: str | None = None
    done: bool | None = None


def create(lead_id: str, values: TaskValues, write: Write) -> Written:
    """A new open task of a lead. Raises Invalid, NotFound, Busy."""
    stored = answering.before(write)
    if stored:
        return stored
    _check(values, write.at)
    known = Known(write.at)

    def plan(known: Known) -> Plan[Written]:
        lead = existing.living(lead_id, write.caller, write.at)
        task = Entry(
            lead=lead_id,
            id=known.new_id("task"),
            type="task",
            origin=write.origin,
            by=write.caller.id,
            data={"title": values.title},
            due=values.due,
            owner=lead.owner if values.owner is None else values.owner or None,
        )
        answer = _created(task)
        return Plan([leads.still_there(lead_id), entries.add(task), *answering.keep(write, answer)], answer)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        task = entries.get(lead_id, known.new_id("task"))
        return _created(task) if task and task.origin == write.origin else None

    return settle(plan, own, known)


def change(name: str, patch: Mapping[str, Any], write: Write) -> Written:
    """Change a task, or mark it done; what is so already stays as it was. Raises Invalid, NotFound, Busy.

    Args:
        name: `tsk_…`.
        patch: a merge patch, as sent; `owner_id` null is nobody's.
    """
    stored = answering.before(write)
    if stored:
        return stored

    def plan(known: Known) -> Plan[Written]:
        before = get(name)
        after = _changed(before, _values(patch, before, write.at), write)
        answer = answering.written(200, shown_task(after))
        if after is before:
            return Plan(answering.keep(write, answer), answer)
        actions: list[Action] = [entries.change_task(before, after, write.origin)]
        number = _number(before)
        # a later missed call makes a new task only when this one no longer stands on the claim
        if after.done and not before.done and number and number not in known.claims:
            actions.append(claims.called_back(number, before.lead + before.id))
        return Plan([*actions, *answering.keep(write, answer)], answer)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        task = get(name)
        return answering.written(200, shown_task(task)) if task.changed_by == write.origin else None

    return settle(plan, own, Known(write.at))


def open_of(
    owner: str | None, due_until: datetime | None, limit: int, start: Mapping[str, Any] | None, viewer: Caller
) -> Entries:
    """An owner's open tasks by due date, or nobody's; those of leads that `viewer` may see."""
    return entries.open_tasks(owner, due_until, limit, start)


def get(name: str) -> Entry:
    """The task. Raises NotFound."""
    place = task_named(name)
    task = entries.get(*place) if place else None
    if task and task.type == "task":
        return task
    raise NotFound("There is no such task")


def _values(patch: Mapping[str, Any], before: Entry, at: datetime) -> TaskValues:
    found, problems = members.clean(patch, _RULES, needed=("title", "due_at", "done"), kept=shown_task(before))
    problems += lead_values.unknown_owner(found.get("owner_id"), at)
    if problems:
        raise Invalid(problems)
    due = parse(found["due_at"]) if "due_at" in found else None
    owner = (found["owner_id"] or "") if "owner_id" in found else None
    return TaskValues(found.get("title"), due, owner, found.get("done"))


def _changed(before: Entry, values: TaskValues, write: Write) -> Entry:
    after = replace(
        before,
        data={**before.data, "title": values.title or before.data.get("title")},
        due=values.due or before.due,
        owner=before.owner if values.owner is None else values.owner or None,
    )
    if values.done is not None and values.done != (before.done is not None):
        done, by = (write.at, write.caller.id) if values.done else (None, None)
        after = replace(after, done=done, done_by=by)
    return before if after == before else replace(after, changed_by=write.origin)


def _check(values: TaskValues, at: datetime) -> None:
    problems = lead_values.unknown_owner(values.owner, at)
    if values.title is not None and not values.title.strip():
        problems.append(problem("title", "required"))
    if values.title is not None and len(values.title) > LONGEST_TITLE:
        problems.append(problem("title", "too_long", values.title, limit=LONGEST_TITLE))
    if problems:
        raise Invalid(problems)


def _created(task: Entry) -> Written:
    return answering.written(201, shown_task(task), location=f"/v1/tasks/{task_id(task)}")


def _number(task: Entry) -> Identity | None:
    phone: Any = task.data.get("phone")
    return Identity("phone", phone) if phone else None
