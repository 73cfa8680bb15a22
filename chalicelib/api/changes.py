"""Changes over HTTP: for those who keep a copy of the leads."""

from __future__ import annotations

from typing import Any

from chalicelib.api import cursors
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import CURSOR, limit
from chalicelib.services import changes, workspace
from chalicelib.services.changes import Position

door = Door()


@door.get("/v1/changes", scope="leads:read", query={"since": CURSOR, "limit": limit(100)})
def show(request: Request) -> Answer:
    """Leads that changed since a token, as they are now, and which are gone; the oldest change first."""
    binding = cursors.binding(request.caller, request.path, {})
    secret = workspace.cursor_secret(request.now)
    token = request.params["since"]
    start = Position(**cursors.open_cursor(token, binding, secret)) if token else None
    found = changes.since(start, request.params["limit"], request.caller, request.now)
    return Answer(
        {
            "data": found.data,
            "next_since": cursors.seal(_position(found.next), binding, secret),
            "has_more": found.more,
        }
    )


def _position(position: Position) -> dict[str, Any]:
    return {"place": position.place, "done": position.done, "unsure": position.unsure}
