"""Walks over the leads that pass filters, for jobs: in the order of creation, which no change of a lead touches.

A walk goes on behind the last id it saw and ends with the leads that were there when its job was made, so it neither
skips nor comes round again, whatever the job itself changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import ids, listing, work
from chalicelib.domain.caller import Caller
from chalicelib.domain.cleaning import below
from chalicelib.domain.errors import Invalid
from chalicelib.domain.filters import filters_of
from chalicelib.domain.lead import Lead
from chalicelib.domain.listing import Filters
from chalicelib.domain.work import Work
from chalicelib.services import lead_lists, owners, workspace
from chalicelib.services.work import Held
from chalicelib.store import leads
from chalicelib.store.leads import Cards

#: Where a walk is: counting at first, then at the leads themselves; behind the slash the last id that was seen.
COUNTING, WALKING = "count", "leads"
#: Leads counted at once.
COUNTED = 1_000


def checked(filters: Mapping[str, Any], caller: Caller, at: datetime) -> dict[str, Any]:
    """Filters as a job keeps them, `me` as the user that it is. Raises Invalid for those that no list would take."""
    try:
        lead_lists.check(filters_of(filters), caller, at)
    except Invalid as error:
        raise Invalid(below("filters.", error.problems)) from error
    return dict(owners.written(filters, caller)[0])


def page(filters: Filters, job: Work, after: str, limit: int, at: datetime) -> Cards:
    """The next leads behind an id, or from the beginning."""
    made = ids.created_at(job.id) + timedelta(milliseconds=1)
    until = min(filters.created_until, made) if filters.created_until else made
    start = {"after": after} if after else None
    return lead_lists.page(replace(filters, created_until=until), limit, start, Caller(job.created_by), at)


def passes(filters: Filters, lead: Lead, at: datetime) -> bool:
    """Whether a lead still passes when its turn comes; an index may be a moment behind."""
    if lead.deleted_at or lead.merged_into:
        return False
    columns = filters.columns(workspace.statuses(at))
    return listing.wanted(filters, columns, {**leads.item_of(lead), "created_at": lead.created_at})


def place(held: Held) -> tuple[str, str]:
    """Phase, and the last id seen in it."""
    phase, _, after = held.work.cursor.partition("/")
    return phase or COUNTING, after


def at_lead(lead_id: str) -> str:
    """The cursor behind a lead."""
    return f"{WALKING}/{lead_id}"


def count(held: Held, filters: Filters, after: str) -> None:
    """Count a page of the leads that will be walked, so that progress can be told."""
    counted(held, page(filters, held.work, after, COUNTED, held.worker.now()))


def counted(held: Held, found: Cards) -> None:
    """A page was looked at in order to count it; after the last one the walk begins."""
    at = held.worker.now()
    state = {**held.work.state, "found": held.work.state.get("found", 0) + len(found.cards)}
    if found.next:
        held.save(work.changed(held.work, at, cursor=f"{COUNTING}/{found.next['after']}", state=state))
    else:
        held.save(work.changed(held.work, at, cursor=at_lead(""), state=state, total=state["found"]))
