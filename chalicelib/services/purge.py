"""Deleted leads, once nobody can restore them any more: their content goes, a mark stays that the ledger can name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.services.existing import RESTORABLE_FOR
from chalicelib.store import entries, leads


def due(at: datetime) -> Iterator[str]:
    """Ids of leads that were deleted more than 30 days ago, the oldest first."""
    return leads.deleted_before(at - RESTORABLE_FOR)


def purge(lead_id: str, at: datetime) -> bool:
    """Remove a lead's entries and then what it says of a person; False if it may not be purged. Repeatable.

    From the first step on nobody can restore it: every write asks for that mark.
    """
    if not leads.begin_purge(lead_id, at - RESTORABLE_FOR):
        return False
    for entry_id in entries.all_ids(lead_id):
        entries.remove(lead_id, entry_id)
    leads.end_purge(lead_id)
    return True
