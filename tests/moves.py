"""Changes of leads as the store takes them, for tests of what follows from them: entry, claims and lead in one."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.lead import Lead
from chalicelib.domain.timeline import Entry
from chalicelib.domain.times import rfc3339
from chalicelib.services.settle import id_source
from chalicelib.store import claims, entries, leads, transport
from chalicelib.store.claims import claim_of
from chalicelib.store.transport import Committed, Contended, Refused

_numbers = itertools.count()
#: How what made the entries of these changes begins.
ORIGIN = "req_test/"
KINDS = {"converted": "converted", "junk": "junk"}


def create(at: datetime, name: str = "Änne", **values: Any) -> str:
    """A new lead that came by no door; its id."""
    lead_id = id_source().next(at)
    lead = Lead(
        lead_id, 1, f"{ORIGIN}{next(_numbers)}", "new", "open", at, "api", at, at, values={"name": name, **values}
    )
    assert transport.transact([leads.create(lead)]) == Committed()
    return lead_id


def move(lead_id: str, status: str, at: datetime) -> Lead:
    """Put a lead into another status."""
    return change(lead_id, at, "status_changed", status=status, kind=KINDS.get(status, "open"), status_changed_at=at)


def assign(lead_id: str, owner: str | None, at: datetime) -> Lead:
    """Give a lead to somebody."""
    return change(lead_id, at, "assigned", owner=owner)


def revalue(lead_id: str, at: datetime, **values: Any) -> Lead:
    """Change values of a lead; None takes one away."""
    before = leads.get(_own(lead_id))
    assert before
    kept = {name: value for name, value in {**before.values, **values}.items() if value is not None}
    return change(lead_id, at, "updated", values=kept)


def delete(lead_id: str, at: datetime) -> Lead:
    """Delete a lead; it can be restored."""
    return change(lead_id, at, "deleted", deleted_at=at)


def restore(lead_id: str, at: datetime) -> Lead:
    """Bring a deleted lead back."""
    return change(lead_id, at, "restored", deleted_at=None)


def merge_into(lead_id: str, survivor: str, at: datetime) -> Lead:
    """Let a lead be absorbed."""
    return change(lead_id, at, "merged", merged_into=_own(survivor))


def erase(lead_id: str) -> None:
    """Remove a deleted lead and its entries for good, the lead last."""
    lead_id = _own(lead_id)
    pk = f"L#{lead_id}"
    for entry in entries.page(lead_id, 200).entries:
        transport.delete((pk, f"T#{entry.id}"))
    transport.delete((pk, "~"))


def change(lead_id: str, at: datetime, what: str, **fields: Any) -> Lead:
    """Any change, with its entry."""
    lead_id, seen = _own(lead_id), {}
    for attempt in range(20):
        before = leads.get(lead_id)
        assert before
        after = replace(before, version=before.version + 1, updated_at=at, **fields)
        if after.kind == "open":
            after = replace(after, closed_at=None)
        elif before.kind == "open":
            after = replace(after, closed_at=at)
        data = {"from": before.status, "to": after.status} if what == "status_changed" else {}
        if what == "updated":
            names = {
                name for name in {*before.values, *after.values} if before.values.get(name) != after.values.get(name)
            }
            shown = {name: {"before": before.values.get(name), "after": after.values.get(name)} for name in names}
            data = {"changes": {name: each for name, each in shown.items() if name not in ("emails", "phones")}}
        entry = Entry(
            lead_id, id_source().next(at), what, f"{ORIGIN}{next(_numbers)}", data=data, version=after.version
        )
        actions = [leads.change(before, after), *claims.follow(before, after, seen), entries.add(entry)]
        match transport.transact(actions):
            case Committed():
                return after
            case Refused(found):
                for name, item in found.items():
                    if identity := claims.identity_of(name):
                        seen[identity] = claim_of(item)
            case Contended():
                pass
        transport.pause(min(attempt, 4))
    raise AssertionError(f"{rfc3339(at)}: nobody lets this change through")


def _own(lead_id: str) -> str:
    return lead_id.removeprefix("lead_").removeprefix("L#")
