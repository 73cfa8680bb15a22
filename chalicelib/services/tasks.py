"""Tasks: what somebody has to do about a lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain import tasks as rules
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Invalid, NotFound, Problem
from chalicelib.domain.matching import Identity
from chalicelib.domain.timeline import Entry, changed_task, shown_task, task_id, task_named
from chalicelib.domain.times import parse
from chalicelib.domain.write import Write
from chalicelib.services import answering, existing, lead_values, owners
from chalicelib.services.answering import Written
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import claims, entries, leads
from chalicelib.store.entries import Entries
from chalicelib.store.transport import Action

#: Values by name, and what is wrong with them.
_Read = tuple[dict[str, Any], list[Problem]]


def create(lead_id: str, body: Mapping[str, Any], write: Write) -> Written:
    """A new open task of a lead; its owner's, if nobody else is named. Raises Invalid, NotFound, Busy."""
    stored = answering.before(write)
    if stored:
        return stored
    values = _checked(body, rules.new, write)
    known = Known(write.at)

    def plan(known: Known) -> Plan[Written]:
        lead = existing.at_work(lead_id, write.caller, write.at)
        task = Entry(
            lead=lead_id,
            id=known.new_id("task"),
            type="task",
            origin=write.origin,
            by=write.caller.id,
            data={"title": values["title"]},
            due=parse(values["due_at"]),
            owner=values.get("owner_id") or lead.owner,
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
    """Change a task, or mark it done; what is so already stays as it was.

    Args:
        name: `tsk_…`.
        patch: as sent.
    Raises:
        Invalid, NotFound, PreconditionFailed, Busy.
    """
    stored = answering.before(write)
    if stored:
        return stored

    def plan(known: Known) -> Plan[Written]:
        before = one(name, write.caller, write.at)
        shown = shown_task(before)
        write.check_version(before.task_version, shown)
        after = _changed(before, _checked(patch, lambda body: rules.changed(body, shown), write), write)
        answer = _answer(after)
        if after is before:
            return Plan(answering.keep(write, answer), answer)
        actions: list[Action] = [leads.still_there(before.lead), entries.change_task(before, after)]
        number = _number(before)
        # a later missed call makes a new task only when this one no longer stands on the claim
        if after.done and not before.done and number and number not in known.claims:
            actions.append(claims.called_back(number, before.lead + before.id))
        return Plan([*actions, *answering.keep(write, answer)], answer)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        task = _get(name)
        return _answer(task) if task.changed_by == write.origin else None

    return settle(plan, own, Known(write.at))


def open_of(
    owner: str | None, due_until: datetime | None, limit: int, start: Mapping[str, Any] | None, viewer: Caller
) -> Entries:
    """An owner's open tasks by due date, or nobody's; those of leads that `viewer` may see."""
    return entries.open_tasks(owner, due_until, limit, start)


def one(name: str, viewer: Caller, at: datetime) -> Entry:
    """The task, read consistently. Raises NotFound: there is none, or its lead was deleted or merged."""
    task = _get(name)
    existing.at_work(task.lead, viewer, at)
    return task


def _get(name: str) -> Entry:
    place = task_named(name)
    task = entries.get(*place) if place else None
    if task and task.type == "task":
        return task
    raise NotFound("There is no such task")


def _checked(body: Mapping[str, Any], read: Callable[[Mapping[str, Any]], _Read], write: Write) -> dict[str, Any]:
    """What a body says of a task, by name. Raises Invalid with all problems."""
    told, nobody = owners.written(body, write.caller)
    values, wrong = read(told)
    problems = [*nobody, *wrong, *lead_values.unknown_owner(values.get("owner_id"), write.at)]
    if problems:
        raise Invalid(problems)
    return values


def _changed(before: Entry, values: Mapping[str, Any], write: Write) -> Entry:
    what: dict[str, Any] = {"owner": values.get("owner_id", before.owner)}
    if "title" in values:
        what["data"] = {**before.data, "title": values["title"]}
    if "due_at" in values:
        what["due"] = parse(values["due_at"])
    if values.get("done", before.done is not None) != (before.done is not None):
        what |= {"done": write.at, "done_by": write.caller.id} if values["done"] else {"done": None, "done_by": None}
    return changed_task(before, write.origin, **what)


def _created(task: Entry) -> Written:
    return answering.written(201, shown_task(task), version=task.task_version, location=f"/v1/tasks/{task_id(task)}")


def _answer(task: Entry) -> Written:
    return answering.written(200, shown_task(task), version=task.task_version)


def _number(task: Entry) -> Identity | None:
    phone: Any = task.data.get("phone")
    return Identity("phone", phone) if phone else None
