"""Doors over HTTP: one module a resource, its `door` named here."""

from __future__ import annotations

from collections.abc import Mapping

from chalice.app import Chalice

from chalicelib.api import docs, health, hooks, imports, intake, leads, tasks, web_forms
from chalicelib.api.http import Door, mount

#: resource → its door; a door that is not named here does not exist.
DOORS: Mapping[str, Door] = {
    "docs": docs.door,
    "health": health.door,
    "hooks": hooks.door,
    "imports": imports.door,
    "intake": intake.door,
    "leads": leads.door,
    "tasks": tasks.door,
    "web_forms": web_forms.door,
}


def register(app: Chalice) -> None:
    """Register every door's paths with every method."""
    mount(app, [operation for door in DOORS.values() for operation in door.operations])
