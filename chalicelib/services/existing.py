"""Leads as they are, found by their ids. Light: what cleans values is not loaded.

Every read is told who looks (`viewer`): this is where access rights will decide what there is for somebody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.domain import external_ids, ids
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import NotFound
from chalicelib.domain.lead import Lead
from chalicelib.domain.timeline import Entry
from chalicelib.domain.times import rfc3339
from chalicelib.store import externals, leads

RESTORABLE_FOR = timedelta(days=30)


def own_part(lead_id: str) -> str:
    """The 11 characters of `lead_…`. Raises NotFound for anything else."""
    text = ids.strip(lead_id, "lead")
    if text is None:
        raise NotFound("There is no such lead", code="lead_not_found")
    return text


def living(lead_id: str, viewer: Caller, at: datetime) -> Lead:
    """The lead, read consistently. Raises NotFound, of a deleted one with `restorable_until`."""
    lead = leads.get(lead_id)
    if lead is None:
        raise NotFound("There is no such lead", code="lead_not_found")
    if lead.deleted_at:
        until = lead.deleted_at + RESTORABLE_FOR
        extra = {"restorable_until": rfc3339(until)} if at < until else {}
        raise NotFound("This lead was deleted", code="lead_deleted", extra=extra)
    return lead


def at_work(lead_id: str, viewer: Caller, at: datetime) -> Lead:
    """The lead, living and not merged into another: what can have notes and tasks. Raises NotFound."""
    lead = living(lead_id, viewer, at)
    if lead.merged_into:
        raise NotFound(
            "This lead was merged into another one",
            code="lead_merged",
            extra={"merged_into": f"lead_{lead.merged_into}"},
        )
    return lead


def restorable(lead_id: str, viewer: Caller, at: datetime) -> Lead:
    """The lead, living or deleted at most 30 days ago. Raises NotFound."""
    lead = leads.get(lead_id)
    if lead is None or (lead.deleted_at and at - lead.deleted_at > RESTORABLE_FOR):
        raise NotFound("There is no such lead", code="lead_not_found")
    return lead


def page(lead_id: str, limit: int, viewer: Caller, at: datetime) -> tuple[Lead, list[Entry]]:
    """The lead and its newest entries, in one request. Raises NotFound."""
    lead, newest = leads.page(lead_id, limit)
    return (lead if lead and not lead.deleted_at else living(lead_id, viewer, at)), newest


def of_external_id(system: str, external_id: str, viewer: Caller) -> Lead | None:
    """The living lead that another system knows by this id; of a merged one, that which took it in.

    Raises Invalid: there can be no such id.
    """
    lead_id = externals.lead_of(*external_ids.spelled(system, external_id))
    lead = leads.get(lead_id) if lead_id else None
    while lead and lead.merged_into:
        lead = leads.get(lead.merged_into)
    return None if lead is None or lead.deleted_at else lead
