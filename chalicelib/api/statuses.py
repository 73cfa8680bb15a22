"""Statuses over HTTP."""

from __future__ import annotations

import msgspec

from chalicelib.api import http, listing
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import PAGE, TEXT
from chalicelib.domain import statuses as rules
from chalicelib.domain.errors import Invalid
from chalicelib.domain.problems import problem
from chalicelib.services import documents, statuses

door = Door()


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """All ids, each once."""

    ids: list[str]


@door.get("/v1/statuses", scope="leads:read", query=PAGE)
def show_all(request: Request) -> Answer:
    """All statuses in the order of the board; the ETag is that of the order."""
    document = documents.fresh(documents.STATUSES, request.now)
    return listing.page(request, rules.listed(statuses.of(document)), version=document.version)


@door.get("/v1/statuses/{status_id}", scope="leads:read")
def show(request: Request, status_id: str) -> Answer:
    """One status."""
    shown = rules.one(statuses.of(documents.fresh(documents.STATUSES, request.now)), status_id)
    return Answer(shown, version=shown["version"])


@door.post("/v1/statuses", scope="settings:admin")
def create(request: Request) -> Answer:
    """One more status, open or junk."""
    return http.of_write(statuses.create(request.json(), request.write))


@door.patch("/v1/statuses/{status_id}", scope="settings:admin")
def change(request: Request, status_id: str) -> Answer:
    """Another name, colour or position; kind and id never change."""
    return http.of_write(statuses.change(status_id, request.json(), request.write))


@door.delete("/v1/statuses/{status_id}", scope="settings:admin", query={"move_to": TEXT, "lost_reason": TEXT})
def remove(request: Request, status_id: str) -> Answer:
    """Delete a status that no lead is in; or, with `move_to`, have its leads moved by a job.

    The status is gone at once. The job begins a minute later, when nobody goes by the old list any more.
    """
    move_to, lost_reason = request.params["move_to"], request.params["lost_reason"]
    if not move_to:
        if lost_reason:
            raise Invalid([problem("move_to", "required")])
        return http.of_write(statuses.remove(status_id, request.write))
    # what makes jobs is nothing that a list of statuses should wait for
    from chalicelib.services import status_removal

    return http.of_write(status_removal.retire(status_id, move_to, lost_reason, request.write))


@door.put("/v1/statuses/order", scope="settings:admin")
def order(request: Request) -> Answer:
    """Put them in another order."""
    return http.of_write(statuses.order(request.json(Order).ids, request.write))
