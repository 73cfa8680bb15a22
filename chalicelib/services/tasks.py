"""Tasks: what somebody has to do about a lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import NotFound
from chalicelib.domain.matching import Identity
from chalicelib.domain.timeline import Entry, task_named
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import claims, entries
from chalicelib.store.transport import Action


def finish(task_id: str, *, caller: Caller, at: datetime) -> Entry:
    """Mark a task done; done again, it stays as it was. Raises NotFound, Busy."""
    task = get(task_id)
    if task.done:
        return task
    done = replace(task, done=at)

    def decide(known: Known) -> Plan[Entry]:
        actions: list[Action] = [entries.finish_task(task, at, caller.id)]
        number = _number(task)
        # a later missed call makes a new task only when this one no longer stands on the claim
        if number and number not in known.claims:
            actions.append(claims.called_back(number, task.lead + task.id))
        return Plan(actions, done, joined=None)

    return settle(decide, lambda: _own(task_id), Known(at))


def get(task_id: str) -> Entry:
    """The task. Raises NotFound."""
    place = task_named(task_id)
    task = entries.get(*place) if place else None
    if task and task.type == "task":
        return task
    raise NotFound("There is no such task")


def _own(task_id: str) -> Entry | None:
    task = get(task_id)
    return task if task.done else None


def _number(task: Entry) -> Identity | None:
    phone = task.data.get("phone")
    return Identity("phone", phone) if phone else None
