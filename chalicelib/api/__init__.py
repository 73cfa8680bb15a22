"""Doors over HTTP: one module a resource, its paths named here."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping

from chalice.app import Chalice

from chalicelib.api.http import Door, Operation, by_path, mount

#: resource → its paths; what is not named here does not exist. A resource's module is imported with the first request
#: to one of its paths, so that a cold start pays for one resource, not for all of them.
DOORS: Mapping[str, tuple[str, ...]] = {
    "api_keys": ("/v1/api-keys", "/v1/api-keys/{key_id}"),
    "board": ("/v1/board",),
    "captcha": ("/f/{form_id}/challenge",),
    "changes": ("/v1/changes",),
    "docs": ("/docs", "/docs/assets/{asset}", "/docs/problems", "/openapi.json"),
    "embed": ("/embed/leadger.js", "/embed/captcha.js", "/embed/uploads.js"),
    "exports": ("/v1/exports", "/v1/exports/{export_id}"),
    "fields": ("/v1/fields", "/v1/fields/{field_name}"),
    "form_uploads": ("/f/{form_id}/uploads",),
    "forms": ("/v1/forms", "/v1/forms/{form_id}", "/v1/forms/{form_id}/snippets"),
    "health": ("/health",),
    "hooks": ("/hooks/{provider}/{channel_id}",),
    "imports": ("/v1/imports", "/v1/imports/{import_id}", "/v1/imports/{import_id}/errors"),
    "intake": (
        "/v1/intake/receipts",
        "/v1/intake/receipts/{receipt_id}",
        "/v1/intake/receipts/{receipt_id}/replay",
        "/v1/intake/receipts/{receipt_id}/release",
        "/v1/intake/reconciliation",
    ),
    "jobs": ("/v1/jobs", "/v1/jobs/{job_id}", "/v1/jobs/{job_id}/cancel"),
    "lead_batches": ("/v1/leads/batch",),
    "lead_bulk": ("/v1/leads/bulk",),
    "lead_entries": ("/v1/leads/{lead_id}/notes", "/v1/leads/{lead_id}/activities", "/v1/leads/{lead_id}/tasks"),
    "lead_upserts": ("/v1/leads/external", "/v1/leads/external/{system}/{external_id}"),
    "leads": ("/v1/leads", "/v1/leads/{lead_id}", "/v1/leads/{lead_id}/restore", "/v1/leads/{lead_id}/timeline"),
    "settings": ("/v1/settings",),
    "sources": ("/v1/sources", "/v1/sources/{source_id}"),
    "statuses": ("/v1/statuses", "/v1/statuses/order", "/v1/statuses/{status_id}"),
    "tasks": ("/v1/tasks", "/v1/tasks/{task_id}"),
    "users": ("/v1/users", "/v1/users/{user_id}", "/v1/me"),
    "web_forms": ("/f/{form_id}", "/f/{form_id}/thanks"),
}


def register(app: Chalice) -> None:
    """Register every path with every method."""
    for name, paths in DOORS.items():
        for path in paths:
            mount(app, path, functools.partial(methods_of, name, path))


def door_of(name: str) -> Door:
    """The door of a resource; imports its module."""
    door: Door = importlib.import_module(f"chalicelib.api.{name}").door
    return door


def methods_of(name: str, path: str) -> Mapping[str, Operation]:
    """The operations of one path by method."""
    return by_path(door_of(name).operations)[path]


def doors() -> list[Door]:
    """Every door there is."""
    return [door_of(name) for name in DOORS]
