"""Definitions of fields: custom ones made and removed, all of them changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain import field_definitions as rules
from chalicelib.domain.cleaning import Way
from chalicelib.domain.field_definitions import Surroundings
from chalicelib.domain.write import Write
from chalicelib.services import documents, record_lists, workspace
from chalicelib.services.answering import Written
from chalicelib.services.record_lists import RecordList, of_records

FIELDS = RecordList(documents.FIELDS, "/v1/fields", "field", rules.whole, rules.shown, by="name")


def create(body: Mapping[str, Any], write: Write) -> Written:
    """One custom field more. Raises Invalid, Conflict, TooLarge, Busy."""
    around = _surroundings(write.at)
    return record_lists.create(FIELDS, lambda content, _: rules.added(content, body, around), write)


def change(name: str, patch: Mapping[str, Any], write: Write) -> Written:
    """Another label, place or duty. Raises NotFound, PreconditionFailed, Invalid, TooLarge, Busy."""
    around = _surroundings(write.at)
    alter = of_records(lambda records, place: rules.changed(records, place, patch, around))
    return record_lists.change(FIELDS, name, alter, write)


def remove(name: str, write: Write) -> Written:
    """A custom field goes; leads keep its values, which nobody is shown. Raises NotFound, Conflict, Busy."""
    return record_lists.remove(FIELDS, name, rules.removed, write)


def _surroundings(at: datetime) -> Surroundings:
    documents.forget()  # what was set a moment ago elsewhere may be referred to
    settings = workspace.settings(at)
    return Surroundings(
        way=Way(region=settings["default_region"], currency=settings["currency"]),
        statuses=workspace.statuses(at),
        sections={section["id"] for section in settings["sections"]},
        is_user=lambda user: workspace.user_exists(user, at),
    )
