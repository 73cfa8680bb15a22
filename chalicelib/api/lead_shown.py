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
    if newest is None:
        return Answer(shown, version=record.version)
    listed = [*map(timeline.shown, newest), *timeline.beginning(record)][:NEWEST]
    return Answer({**shown, "timeline": entries(listed)}, version=record.version)


def entries(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries with what became of a call, and with links to files."""
    return [_with_links(_with_result(entry)) for entry in shown]


def _with_result(entry: dict[str, Any]) -> dict[str, Any]:
    """What became of a call, from all its events so far."""
    from chalicelib.domain.calls import call_result

    events = entry["data"].get("events")
    return {**entry, "data": {**entry["data"], "result": call_result(events)}} if events else entry


def _with_links(entry: dict[str, Any]) -> dict[str, Any]:
    """Where files can be had for the next quarter of an hour."""
    if "files" not in entry["data"]:
        return entry
    from chalicelib.services import attachments

    return {**entry, "data": attachments.shown(entry["data"])}
