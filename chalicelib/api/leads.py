"""Leads over HTTP: create, read, list, change, delete and restore; timeline."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.api import cursors, http, lead_shown
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import MAYBE, MOMENT, PAGE, TEXT, TEXTS, Parameter, choice
from chalicelib.domain import timeline
from chalicelib.domain.listing import SORTS, Filters
from chalicelib.services import existing, workspace
from chalicelib.store import entries

door = Door()

#: What a caller may ask to happen with someone who has an open lead already.
POLICIES = ("create", "attach", "update", "overwrite", "reject")
#: Query parameters of the list.
LIST: Mapping[str, Parameter] = {
    **PAGE,
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
    secret = _secret(request)
    found = lead_lists.page(Filters(**params), limit, cursors.start_of(request, secret), request.caller, request.now)
    data = lead_lists.selected(found.cards, names, request.now)
    return Answer({"data": data, "next_cursor": cursors.next_of(request, found.next, secret)})


@door.get("/v1/leads/{lead_id}", scope="leads:read", query=lead_shown.QUERY)
def show(request: Request, lead_id: str) -> Answer:
    """The lead, with its newest entries if asked for."""
    if request.params["include"]:
        found = existing.page(existing.own_part(lead_id), lead_shown.NEWEST, request.caller, request.now)
        return lead_shown.answer(request, *found)
    return lead_shown.answer(request, existing.living(existing.own_part(lead_id), request.caller, request.now), None)


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
    data = lead_shown.entries(shown)
    return Answer({"data": data, "next_cursor": cursors.next_of(request, further, secret)})


def _secret(request: Request) -> bytes:
    return workspace.cursor_secret(request.now)
