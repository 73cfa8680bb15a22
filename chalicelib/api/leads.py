"""Leads over HTTP: create, read, list, change, delete and restore; timeline."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from chalicelib.api import cursors, http
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import MAYBE, MOMENT, NAMES, PAGE, TEXT, TEXTS, Parameter, choice
from chalicelib.domain import timeline
from chalicelib.domain.errors import BadRequest
from chalicelib.domain.listing import SORTS, Filters
from chalicelib.services import existing, workspace
from chalicelib.store import entries

door = Door()

#: What a caller may ask to happen with someone who has an open lead already.
POLICIES = ("create", "attach", "update", "overwrite", "reject")
#: What `fields=` may name besides the fields of a lead: of the short form that lists show.
CARD = frozenset({"phone", "email"})
#: Query parameters of the list.
LIST: Mapping[str, Parameter] = {
    **PAGE,
    "fields": NAMES,
    "status": TEXTS,
    "kind": choice("open", "converted", "junk"),
    "owner_id": TEXT,
    "source": TEXT,
    "created_since": MOMENT,
    "created_until": MOMENT,
    "email": TEXT,
    "phone": TEXT,
    "external_id": TEXT,
    "contact_id": TEXT,
    "company_id": TEXT,
    "import_id": TEXT,
    "repeat": MAYBE,
    "tag": TEXT,
    "q": TEXT,
    "sort": choice(*SORTS),
}

#: Entries of a lead's page; the timeline has the rest.
NEWEST = 25
#: In a cursor: how many of the entries that are read off the lead were shown.
AT_BEGINNING = "beginning"


@door.post("/v1/leads", scope="leads:write", query={"on_duplicate": choice(*POLICIES)})
def create(request: Request) -> Answer:
    """201 with the new lead; 200 with the one it was attached to."""
    # what cleans values is a third of a cold start, and reading needs none of it
    from chalicelib.services import leads

    written = leads.create(
        request.json(),
        sent=request.body,
        write=request.write,
        policy=request.params["on_duplicate"],
    )
    return http.of_write(written)


@door.get("/v1/leads", scope="leads:read", query=LIST)
def listed(request: Request) -> Answer:
    """A page of the leads that pass the filters, newest first if nothing else is asked for."""
    from chalicelib.services import lead_lists

    params = dict(request.params)
    limit, _, names = params.pop("limit"), params.pop("cursor"), params.pop("fields")
    _check_names(names, CARD)
    secret = _secret(request)
    found = lead_lists.page(Filters(**params), limit, cursors.start_of(request, secret), request.caller, request.now)
    data = lead_lists.selected(found.cards, names, request.now)
    return Answer({"data": data, "next_cursor": cursors.next_of(request, found.next, secret)})


@door.get("/v1/leads/{lead_id}", scope="leads:read", query={"include": choice("timeline"), "fields": NAMES})
def show(request: Request, lead_id: str) -> Answer:
    """The lead, with its newest entries if asked for."""
    names = request.params["fields"]
    _check_names(names)
    if request.params["include"]:
        record, entries_found = existing.page(existing.own_part(lead_id), NEWEST, request.caller, request.now)
        more = {"timeline": _timeline([*map(timeline.shown, entries_found), *timeline.beginning(record)][:NEWEST])}
    else:
        record, more = existing.living(existing.own_part(lead_id), request.caller, request.now), {}
    shown = workspace.shown(record, request.now)
    return Answer({**({name: shown[name] for name in names} if names else shown), **more}, version=record.version)


@door.patch("/v1/leads/{lead_id}", scope="leads:write")
def edit(request: Request, lead_id: str) -> Answer:
    """Change fields, status and owner: a JSON merge patch."""
    from chalicelib.services import lead_changes

    return http.of_write(lead_changes.edit(existing.own_part(lead_id), request.json(), request.write))


@door.delete("/v1/leads/{lead_id}", scope="leads:write")
def delete(request: Request, lead_id: str) -> Answer:
    """Take the lead off every list; it can be restored for 30 days."""
    from chalicelib.services import lead_changes

    return http.of_write(lead_changes.delete(existing.own_part(lead_id), request.write))


@door.post("/v1/leads/{lead_id}/restore", scope="leads:write")
def restore(request: Request, lead_id: str) -> Answer:
    """Undo the deletion."""
    from chalicelib.services import lead_changes

    return http.of_write(lead_changes.restore(existing.own_part(lead_id), request.write))


@door.get("/v1/leads/{lead_id}/timeline", scope="leads:read", query=PAGE)
def show_timeline(request: Request, lead_id: str) -> Answer:
    """What happened to the lead, newest first; its creation is the last entry."""
    record = existing.living(existing.own_part(lead_id), request.caller, request.now)
    secret = _secret(request)
    limit, start = request.params["limit"], cursors.start_of(request, secret) or {}
    found = entries.Entries([], None) if AT_BEGINNING in start else entries.page(record.id, limit, start or None)
    shown, further = [timeline.shown(entry) for entry in found.entries], found.next
    if further is None:  # what is stored has been shown: now what is read off the lead, as far as there is room
        left = timeline.beginning(record)[start.get(AT_BEGINNING, 0) :]
        room = limit - len(shown)
        shown += left[:room]
        if left[room:]:
            further = {AT_BEGINNING: start.get(AT_BEGINNING, 0) + room}
    return Answer({"data": _timeline(shown), "next_cursor": cursors.next_of(request, further, secret)})


def _timeline(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_with_links(_with_result(entry)) for entry in shown]


def _check_names(names: Sequence[str] | None, more: Container[str] = ()) -> None:
    """Raise BadRequest for the first field that a lead does not have."""
    if names is None:
        return
    from chalicelib.domain.fields import LEAD_FIELDS

    for name in names:
        if name not in LEAD_FIELDS and name not in more:
            raise BadRequest(f"There is no field '{name}' here", code="unknown_field")


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


def _secret(request: Request) -> bytes:
    return workspace.cursor_secret(request.now)
