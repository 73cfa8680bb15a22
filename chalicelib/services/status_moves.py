"""All leads of one status into another, as a job: what the deletion of a status leaves to do.

The walk goes along the board in the order of arrival. A lead that is moved leaves the column, one that enters it stands
behind all others, so going on behind the last one seen misses nobody. An index may be a moment behind: the walk is
repeated until it has found nothing more to move.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain import ids, work
from chalicelib.domain.lead import Lead
from chalicelib.domain.times import parse
from chalicelib.domain.write import Write
from chalicelib.services import lead_changes, lead_walks
from chalicelib.services import work as jobs
from chalicelib.services.answering import Written
from chalicelib.services.bulk import CHANGED, PAGE, change_one
from chalicelib.services.lead_changes import Change
from chalicelib.services.work import Held
from chalicelib.store import lead_lists

KIND = "move_leads"


def start(status: str, patch: Mapping[str, Any], write: Write, seconds: int = 0) -> Written:
    """Have all leads of a status moved. Raises KeyReused, Busy.

    Args:
        patch: `{"status": …}`, with a `lost_reason` where that one needs it.
        seconds: before it begins, at most 900.
    """
    return jobs.start(KIND, {"from": status, "set": dict(patch)}, write, seconds=seconds)


def step(held: Held) -> None:
    """Count, or move, a page of the leads that are in the status."""
    column = lead_lists.column(held.parameters["from"])
    phase, after = lead_walks.place(held)
    found = lead_lists.page([column], descending=False, limit=PAGE, after=after or None)
    if phase == lead_walks.COUNTING:
        lead_walks.counted(held, found)
        return
    for number, card in enumerate(found.cards):
        if number and not held.worker.in_time():
            held.keep_up()
            return
        lead_id = str(card["id"]).removeprefix("lead_")
        arrived = ids.sortable(parse(card["status_changed_at"]))
        change_one(held, lead_id, lead_walks.at_lead(arrived + lead_id), _decision(held))
    if found.next:
        held.note(lead_walks.at_lead(found.next["after"]))
        held.keep_up()
    else:
        _end_of_the_walk(held)


def _decision(held: Held) -> Callable[[Lead], Change]:
    status, patch = held.parameters["from"], held.parameters["set"]

    def moved(before: Lead) -> Change:
        if before.status != status:
            return before, "updated", {}
        return lead_changes.patched(before, patch, held.worker.now())

    return moved


def _end_of_the_walk(held: Held) -> None:
    """Done if it has moved nobody; else once more, and only who is refused then counts as refused."""
    held.keep_up()
    moved = held.work.counts.get(CHANGED, 0)
    if moved == held.work.state.get("moved", 0):
        held.finish()
        return
    state = {**held.work.state, "moved": moved}
    again = work.changed(held.work, held.worker.now(), cursor=lead_walks.at_lead(""), state=state)
    held.save(replace(again, counts={CHANGED: moved}))
