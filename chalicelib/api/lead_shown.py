"""A lead as it is shown alone: whole or some of its fields, with its newest entries if asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.api.http import Answer, Request
from chalicelib.api.parameters import Parameter, choice
from chalicelib.domain import timeline
from chalicelib.domain.lead import Lead
from chalicelib.domain.timeline import Entry
from chalicelib.services import workspace
from chalicelib.store import leads

#: Entries of a lead's page; the timeline has the rest.
NEWEST = 25
#: Query parameters of a lead.
QUERY: Mapping[str, Parameter] = {"include": choice("timeline")}


def answer(request: Request, record: Lead, newest: Sequence[Entry] | None) -> Answer:
    """The lead; where fields are asked for, those of the short form are there as well.

    Args:
        newest: entries to show with it, at most `NEWEST`; None for none.
    """
    shown = workspace.shown(record, request.now)
    if request.params["fields"]:
        shown = {**leads.card_of(leads.item_of(record)), **shown}
    more = {} if newest is None else {"timeline": entries(record, newest, len(newest) < NEWEST)}
    return Answer({**shown, **more}, version=record.version)


def entries(record: Lead, listed: Sequence[Entry], complete: bool) -> list[dict[str, Any]]:
    """Entries as they are shown, with that of the lead's creation where they are all."""
    shown = [timeline.shown(entry) for entry in listed]
    if complete:
        shown.append(timeline.created(record))
    return [_with_result(entry) for entry in shown]


def _with_result(entry: dict[str, Any]) -> dict[str, Any]:
    """What became of a call, from all its events so far."""
    from chalicelib.domain.calls import call_result

    events = entry["data"].get("events")
    return {**entry, "data": {**entry["data"], "result": call_result(events)}} if events else entry
