"""Leads over HTTP: create, read, list newest first, timeline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.api import cursors
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import PAGE, choice
from chalicelib.domain import ids, lead, timeline
from chalicelib.domain.errors import NotFound
from chalicelib.domain.timeline import Entry
from chalicelib.domain.times import rfc3339
from chalicelib.services import workspace
from chalicelib.store import entries
from chalicelib.store import leads as stored

door = Door()

#: What a caller may ask to happen with someone who has an open lead already.
POLICIES = ("create", "attach", "reject")

#: Entries of a lead's page; the timeline has the rest.
NEWEST = 25
RESTORABLE_FOR = timedelta(days=30)


@door.post("/v1/leads", scope="leads:write", query={"on_duplicate": choice(*POLICIES)})
def create(request: Request) -> Answer:
    """201 with the new lead; 200 with the one it was attached to."""
    # what cleans values is a third of a cold start, and reading needs none of it
    from chalicelib.services import leads

    written = leads.create(
        request.json(),
        sent=request.body,
        caller=request.caller,
        request_id=request.id,
        policy=request.params["on_duplicate"],
        idempotency=request.idempotency,
        at=request.now,
    )
    return Answer(written.body, written.status, headers=written.headers, replayed=written.replayed)


@door.get("/v1/leads", scope="leads:read", query=PAGE)
def newest(request: Request) -> Answer:
    """Leads by time of creation, newest first."""
    found = stored.newest(request.params["limit"], cursors.start_of(request, _secret(request)))
    return Answer({"data": found.cards, "next_cursor": cursors.next_of(request, found.next, _secret(request))})


@door.get("/v1/leads/{lead_id}", scope="leads:read", query={"include": choice("timeline")})
def show(request: Request, lead_id: str) -> Answer:
    """The lead, with its newest entries if asked for."""
    if request.params["include"]:
        record, listed = stored.page(_own_part(lead_id), NEWEST)
        if record is None or record.deleted_at:
            record = _living(lead_id)
        shown = {**lead.shown(record), "timeline": _timeline(record, listed, len(listed) < NEWEST)}
        return Answer(shown, version=record.version)
    record = _living(lead_id)
    return Answer(lead.shown(record), version=record.version)


@door.get("/v1/leads/{lead_id}/timeline", scope="leads:read", query=PAGE)
def show_timeline(request: Request, lead_id: str) -> Answer:
    """What happened to the lead, newest first; its creation is the last entry."""
    record = _living(lead_id)
    secret = _secret(request)
    found = entries.page(record.id, request.params["limit"], cursors.start_of(request, secret))
    shown = _timeline(record, found.entries, found.next is None)
    return Answer({"data": shown, "next_cursor": cursors.next_of(request, found.next, secret)})


def _timeline(record: lead.Lead, listed: list[Entry], complete: bool) -> list[dict[str, Any]]:
    shown = [timeline.shown(entry) for entry in listed]
    if complete:
        shown.append(timeline.created(record))
    return [_with_result(entry) for entry in shown]


def _living(lead_id: str) -> lead.Lead:
    record = stored.get(_own_part(lead_id))
    if record is None:
        raise NotFound("There is no such lead", code="lead_not_found")
    if record.deleted_at:
        until = rfc3339(record.deleted_at + RESTORABLE_FOR)
        raise NotFound("This lead was deleted", code="lead_deleted", extra={"restorable_until": until})
    return record


def _with_result(entry: dict[str, Any]) -> dict[str, Any]:
    """What became of a call, from all its events so far."""
    from chalicelib.domain.calls import call_result

    events = entry["data"].get("events")
    return {**entry, "data": {**entry["data"], "result": call_result(events)}} if events else entry


def _own_part(lead_id: str) -> str:
    text = ids.strip(lead_id, "lead")
    if text is None:
        raise NotFound("There is no such lead", code="lead_not_found")
    return text


def _secret(request: Request) -> bytes:
    return workspace.cursor_secret(request.now)
