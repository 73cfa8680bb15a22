"""The workspace's settings over HTTP."""

from __future__ import annotations

from chalicelib.api import http
from chalicelib.api.http import Answer, Door, Request
from chalicelib.services import documents, workspace_settings

door = Door()


@door.get("/v1/settings", scope="leads:read")
def show(request: Request) -> Answer:
    """All settings, those that nobody has set with their defaults."""
    document = documents.fresh(documents.SETTINGS, request.now)
    return Answer(workspace_settings.shown(document), version=document.version)


@door.patch("/v1/settings", scope="settings:admin")
def change(request: Request) -> Answer:
    """A merge patch; null brings a default back."""
    return http.of_write(workspace_settings.change(request.json(), request.write))
