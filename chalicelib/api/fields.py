"""Fields of leads over HTTP: the standard ones and the workspace's own."""

from __future__ import annotations

from chalicelib.api import http, listing
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import PAGE
from chalicelib.services import documents, field_definitions

door = Door()


@door.get("/v1/fields", scope="leads:read", query=PAGE)
def show_all(request: Request) -> Answer:
    """All fields in the order of the lead form."""
    found = field_definitions.FIELDS.listed(documents.fresh(documents.FIELDS, request.now))
    return listing.page(request, found, by="name")


@door.get("/v1/fields/{field_name}", scope="leads:read")
def show(request: Request, field_name: str) -> Answer:
    """One field."""
    shown = field_definitions.FIELDS.one(documents.fresh(documents.FIELDS, request.now), field_name)
    return Answer(shown, version=shown["version"])


@door.post("/v1/fields", scope="settings:admin")
def create(request: Request) -> Answer:
    """One custom field more."""
    return http.of_write(field_definitions.create(request.json(), request.write))


@door.patch("/v1/fields/{field_name}", scope="settings:admin")
def change(request: Request, field_name: str) -> Answer:
    """Another label, place or duty; of a custom field also its choices and default."""
    return http.of_write(field_definitions.change(field_name, request.json(), request.write))


@door.delete("/v1/fields/{field_name}", scope="settings:admin")
def remove(request: Request, field_name: str) -> Answer:
    """Delete a custom field; leads keep its values, which are shown no more."""
    return http.of_write(field_definitions.remove(field_name, request.write))
