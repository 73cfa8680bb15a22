"""All leads of a retired status into another, as a job: what the deletion of a status leaves to do.

The walk goes along the board in the order of arrival. A lead that is moved leaves the column, one that enters it stands
behind all others, so going on behind the last one seen misses nobody. An index may be a moment behind: the walk is
repeated until it has found nothing more to move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain import changes, ids, work
from chalicelib.domain.changes import Move
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.lead import Lead
from chalicelib.domain.times import parse
from chalicelib.services import lead_walks, status_removal
from chalicelib.services.bulk import CHANGED, PAGE, change_one
from chalicelib.services.lead_changes import Change
from chalicelib.services.work import Held, Later
from chalicelib.store import lead_lists


def step(held: Held) -> None:
    """Count, or move, a page of the leads that are in the status. Raises Later: some may still enter it."""
    status = held.parameters["from"]
    left = status_removal.seconds_left(status, held.worker.now())
    if left is None:
        # made again meanwhile, and its leads belong there; or forgotten by a run that died before it said so
        held.finish()
        return
    if left:
        raise Later(left)
    phase, after = lead_walks.place(held)
    found = lead_lists.page([lead_lists.column(status)], descending=False, limit=PAGE, after=after or None)
    if phase == lead_walks.COUNTING:
        lead_walks.counted(held, found)
        return
    decide = _decision(held)
    for number, card in enumerate(found.cards):
        if number and not held.worker.in_time():
            held.keep_up()
            return
        lead_id = str(card["id"]).removeprefix("lead_")
        arrived = ids.sortable(parse(card["status_changed_at"]))
        change_one(held, lead_id, lead_walks.at_lead(arrived + lead_id), decide)
    if found.next:
        held.note(lead_walks.at_lead(found.next["after"]))
        held.keep_up()
    else:
        _end_of_the_walk(held)


def _decision(held: Held) -> Callable[[Lead], Change]:
    asked = held.parameters
    to = status_removal.heir(asked["to"], asked["kind"], held.worker.now())

    def moved(before: Lead) -> Change:
        if before.status != asked["from"]:
            return before, "updated", {}
        after = changes.changed(before, before.values, Move(to, asked["lost_reason"]), held.worker.now())
        # nobody has done anything about the lead: this is no response to it, and no field is asked for
        after = replace(after, first_response=before.first_response, last_activity=before.last_activity)
        return after, *changes.told(before, after)

    return moved


def _end_of_the_walk(held: Held) -> None:
    """Done if it has moved nobody; else once more, and only who is refused then counts as refused."""
    held.keep_up()
    moved = held.work.counts.get(CHANGED, 0)
    if moved == held.work.state.get("moved", 0):
        _forget(held)
        held.finish()
        return
    state = {**held.work.state, "moved": moved}
    again = work.changed(held.work, held.worker.now(), cursor=lead_walks.at_lead(""), state=state)
    held.save(replace(again, counts={CHANGED: moved}))


def _forget(held: Held) -> None:
    """Whoever could not be moved, or an index that is behind, keeps the status among the retired ones: no harm."""
    try:
        status_removal.forget(held.parameters["from"], held.write)
    except (NotFound, Conflict):
        return
