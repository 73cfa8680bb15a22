"""Leads under the ids that other systems know them by, over HTTP."""

from __future__ import annotations

from chalicelib.api import http, lead_shown
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import TEXT
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.problems import problem
from chalicelib.services import existing
from chalicelib.store import entries

door = Door()

#: For ids that cannot stand in a path.
QUERY = {"system": TEXT, "external_id": TEXT}


@door.get("/v1/leads/external/{system}/{external_id}", scope="leads:read", query=lead_shown.QUERY)
def show(request: Request, system: str, external_id: str) -> Answer:
    """The lead that has the id, with its newest entries if asked for."""
    record = existing.of_external_id(system, external_id, request.caller)
    if record is None:
        raise NotFound("There is no lead with this id", code="lead_not_found")
    newest = entries.page(record.id, lead_shown.NEWEST).entries if request.params["include"] else None
    return lead_shown.answer(request, record, newest)


@door.put("/v1/leads/external/{system}/{external_id}", scope="leads:write")
def upsert(request: Request, system: str, external_id: str) -> Answer:
    """Merge into the lead that has the id (200), or make one (201)."""
    from chalicelib.services import upserts

    written = upserts.upsert(
        system,
        external_id,
        request.json(),
        sent=request.body,
        write=request.write,
        creates_only=request.creates_only,
        changes_only="if-match" in request.headers,
    )
    return http.of_write(written)


@door.get("/v1/leads/external", scope="leads:read", query={**QUERY, **lead_shown.QUERY})
def show_any(request: Request) -> Answer:
    """As under the id's path, for any id."""
    return show(request, *_named(request))


@door.put("/v1/leads/external", scope="leads:write", query=QUERY)
def upsert_any(request: Request) -> Answer:
    """As under the id's path, for any id."""
    return upsert(request, *_named(request))


def _named(request: Request) -> tuple[str, str]:
    system, external_id = request.params["system"], request.params["external_id"]
    problems = [problem(name, "required") for name in QUERY if not request.params[name]]
    if problems:
        raise Invalid(problems)
    return system, external_id
