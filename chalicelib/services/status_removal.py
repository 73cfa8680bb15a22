"""What is left to do for a retired status: its leads are moved page by page, then it is forgotten.

Every step may be repeated: a lead that was moved is in the status no more. To be driven by a job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain import collection, statuses
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.pipeline import Statuses
from chalicelib.domain.times import parse
from chalicelib.domain.write import Write
from chalicelib.services import document_changes, documents
from chalicelib.services.answering import Written, written
from chalicelib.services.settle import Known
from chalicelib.services.statuses import edit, of, refuse_in_use
from chalicelib.store import columns
from chalicelib.store.documents import Document

#: Twice as long as others may go by the statuses they have read: after it, nobody puts a lead into a retired one.
WAIT = 2 * documents.CACHED_FOR

#: (lead id without prefix, merge patch, write) → anything; an ordinary change of a lead.
ChangeLead = Callable[[str, Mapping[str, Any], Write], object]


def is_settled(status_id: str, at: datetime) -> bool:
    """Whether no lead can enter the retired status any more. Raises NotFound."""
    current = of(documents.fresh(documents.STATUSES, at))
    place = collection.found(current.retired, status_id, "status")
    return at - parse(current.retired[place]["retired_at"]) >= WAIT


def move_some(status_id: str, patch: Mapping[str, Any], write: Write, limit: int, change: ChangeLead) -> int:
    """Move a page of the leads in a status, and tell how many were found in it; 0 means that none is left.

    The index is a moment behind: a lead that was just moved may be found again, and changes no more then. A lead
    that was deleted meanwhile is passed over.

    Args:
        patch: what a lead becomes, `{"status": …}`, with a `lost_reason` where the target needs one.
        write: whose change it is; each lead's is a request of its own below it.
        change: `lead_changes.change`.
    """
    found = columns.first(status_id, limit)
    for lead_id in found:
        own = replace(write, request_id=f"{write.request_id}/{lead_id}", idempotency=None, versions=None)
        try:
            change(lead_id, patch, own)
        except NotFound:
            continue
    return len(found)


def forget(status_id: str, write: Write) -> Written:
    """Remove a retired status for good, once it is settled and empty. Raises NotFound, Conflict, Busy."""

    def apply(document: Document, known: Known) -> Statuses:
        current = of(document)
        place = collection.found(current.retired, status_id, "status")
        if write.at - parse(current.retired[place]["retired_at"]) < WAIT:
            raise Conflict("Others may still go by the statuses they have read; wait a minute")
        refuse_in_use(status_id)
        return statuses.forgotten(current, status_id)

    return document_changes.change(edit(apply, lambda *_: written(204)), write)
