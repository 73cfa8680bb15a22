"""What people add to a lead's timeline: notes, and calls, mails and meetings they had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.timeline import Entry, shown
from chalicelib.domain.write import Write
from chalicelib.services import answering, existing
from chalicelib.services.answering import Written
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import entries, leads


def add(
    lead_id: str, kind: str, data: Mapping[str, Any], write: Write, *, responded_at: datetime | None = None
) -> Written:
    """One entry; the lead stays at its version.

    Args:
        kind: `note`, `call`, `email` or `meeting`.
        responded_at: when it reached the person, if it is an answer of ours; the first one counts. Aware, UTC.
    Raises:
        NotFound: there is no such lead, or it was deleted.
        Busy: nothing was written, try again.
    """
    stored = answering.before(write)
    if stored:
        return stored
    known = Known(write.at)

    def entry_of(known: Known) -> Entry:
        return Entry(lead_id, known.new_id("entry"), kind, write.origin, by=write.caller.id, data=data)

    def plan(known: Known) -> Plan[Written]:
        if "lead" in known.found:
            existing.at_work(lead_id, write.caller, write.at)
            known.found.pop("lead")
        entry = entry_of(known)
        answer = answering.written(201, shown(entry), location=f"/v1/leads/lead_{lead_id}/timeline")
        touched = leads.touch(lead_id, write.at, responded_at)
        return Plan([touched, entries.add(entry), *answering.keep(write, answer)], answer)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        found = entries.get(lead_id, known.new_id("entry"))
        if found is None or found.origin != write.origin:
            return None
        return answering.written(201, shown(found), location=f"/v1/leads/lead_{lead_id}/timeline")

    return settle(plan, own, known)
