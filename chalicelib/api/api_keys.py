"""API keys over HTTP."""

from __future__ import annotations

from chalicelib.api import http, listing
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import PAGE
from chalicelib.domain.api_keys import shown
from chalicelib.services import api_keys
from chalicelib.store import api_keys as stored

door = Door()


@door.get("/v1/api-keys", scope="keys:admin", query=PAGE)
def show_all(request: Request) -> Answer:
    """All keys, oldest first; never a secret."""
    return listing.page(request, [shown(key) for key in stored.all_keys()])


@door.get("/v1/api-keys/{key_id}", scope="keys:admin")
def show(request: Request, key_id: str) -> Answer:
    """One key; never its secret."""
    return Answer(shown(api_keys.get(key_id)), version=api_keys.VERSION)


@door.post("/v1/api-keys", scope="keys:admin")
def create(request: Request) -> Answer:
    """A new key, with its secret: it is shown this once."""
    return http.of_write(api_keys.create(request.json(), request.write, request.headers.get("idempotency-key")))


@door.delete("/v1/api-keys/{key_id}", scope="keys:admin")
def remove(request: Request, key_id: str) -> Answer:
    """Revoke a key: within 30 seconds it is good nowhere."""
    return http.of_write(api_keys.remove(key_id, request.write))
