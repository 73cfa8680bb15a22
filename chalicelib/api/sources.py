"""Sources over HTTP: by what way leads come."""

from __future__ import annotations

from chalicelib.api import http, listing
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import PAGE
from chalicelib.services import documents, lead_sources

door = Door()


@door.get("/v1/sources", scope="leads:read", query=PAGE)
def show_all(request: Request) -> Answer:
    """All sources, the built-in ones first."""
    return listing.page(request, lead_sources.SOURCES.listed(documents.fresh(documents.SOURCES, request.now)))


@door.get("/v1/sources/{source_id}", scope="leads:read")
def show(request: Request, source_id: str) -> Answer:
    """One source."""
    shown = lead_sources.SOURCES.one(documents.fresh(documents.SOURCES, request.now), source_id)
    return Answer(shown, version=shown["version"])


@door.post("/v1/sources", scope="settings:admin")
def create(request: Request) -> Answer:
    """One more source."""
    return http.of_write(lead_sources.create(request.json(), request.write))


@door.patch("/v1/sources/{source_id}", scope="settings:admin")
def change(request: Request, source_id: str) -> Answer:
    """Another name."""
    return http.of_write(lead_sources.change(source_id, request.json(), request.write))


@door.delete("/v1/sources/{source_id}", scope="settings:admin")
def remove(request: Request, source_id: str) -> Answer:
    """Delete one that is not built in."""
    return http.of_write(lead_sources.remove(source_id, request.write))
