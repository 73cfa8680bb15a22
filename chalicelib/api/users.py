"""Users over HTTP, and who is calling."""

from __future__ import annotations

from chalicelib.api import http, listing
from chalicelib.api.http import ANY_KEY, Answer, Door, Request
from chalicelib.api.parameters import PAGE
from chalicelib.services import documents, users

door = Door()


@door.get("/v1/users", scope="leads:read", query=PAGE)
def show_all(request: Request) -> Answer:
    """All users, in the order in which they were made."""
    return listing.page(request, users.USERS.listed(documents.fresh(documents.USERS, request.now)))


@door.get("/v1/users/{user_id}", scope="leads:read")
def show(request: Request, user_id: str) -> Answer:
    """One user."""
    shown = users.USERS.one(documents.fresh(documents.USERS, request.now), user_id)
    return Answer(shown, version=shown["version"])


@door.post("/v1/users", scope="settings:admin")
def create(request: Request) -> Answer:
    """One more user."""
    return http.of_write(users.create(request.json(), request.write))


@door.patch("/v1/users/{user_id}", scope="settings:admin")
def change(request: Request, user_id: str) -> Answer:
    """Another name or address; away for a while, or for good."""
    return http.of_write(users.change(user_id, request.json(), request.write))


@door.get("/v1/me", scope=ANY_KEY)
def me(request: Request) -> Answer:
    """Who is calling: the key, what it may do, and the user whom it acts for."""
    caller = request.caller
    shown = {"id": caller.id, "kind": "api_key", "name": caller.name, "scopes": sorted(caller.scopes)}
    return Answer({**shown, "user_id": caller.user_id})
