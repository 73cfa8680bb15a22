"""The workspace's own fields as values are cleaned by them; definitions are changed in `field_definitions`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain import field_definitions, required
from chalicelib.domain.cleaning import below
from chalicelib.domain.errors import Problem
from chalicelib.domain.fields import Field
from chalicelib.services import documents, workspace


def by_name(at: datetime, sent: object = None) -> dict[str, Field]:
    """Custom fields by name.

    Args:
        sent: custom values of a request: for a field among them that is not known, all are looked up anew.
    """
    names = [name for name in sent if isinstance(name, str)] if isinstance(sent, Mapping) else []
    return _custom(workspace.field_records(at, *names))


def current(at: datetime) -> dict[str, Field]:
    """Custom fields by name as they are at this moment: for work that goes by them from its beginning to its end."""
    return _custom(documents.fresh(documents.FIELDS, at).content.get("records", ()))


def _custom(records: Iterable[Mapping[str, Any]]) -> dict[str, Field]:
    return {record["name"]: field_definitions.field_of(record) for record in records if record.get("custom")}


def with_defaults(values: Mapping[str, Any], sent: object, at: datetime) -> dict[str, Any]:
    """Cleaned lead values with the defaults of the custom fields that were not sent at all."""
    known = sent if isinstance(sent, Mapping) else {}
    defaults = {
        record["name"]: record["default"]
        for record in workspace.field_records(at)
        if record.get("custom") and "default" in record and record["name"] not in known
    }
    custom = {**defaults, **(values.get("custom") or {})}
    return {**values, "custom": custom} if custom else dict(values)


def missing(values: Mapping[str, Any], status_id: str, at: datetime) -> list[Problem]:
    """A problem for each field that a lead with these cleaned values lacks in a status; see `domain.required`."""
    return required.missing(workspace.field_records(at), values, status_id, workspace.statuses(at))


def unknown_users(values: Mapping[str, Any], at: datetime) -> list[Problem]:
    """A problem for each user that cleaned custom values name and that there is not."""
    custom = values.get("custom") or {}
    fields = by_name(at)
    known = {name: value for name, value in custom.items() if name in fields}
    found = field_definitions.unknown_users(fields, known, lambda user: workspace.user_exists(user, at))
    return below("custom.", found)


def with_known_users(values: Mapping[str, Any], at: datetime) -> tuple[dict[str, Any], list[Problem]]:
    """Cleaned lead values without the users that custom ones name and that there are not, and a problem for each."""
    problems = unknown_users(values, at) if values.get("custom") else []
    if not problems:
        return dict(values), []
    nobody = {each.value for each in problems}
    fields = by_name(at)
    custom = {}
    for name, value in values["custom"].items():
        if name in fields and fields[name].type == "user":
            known = [user for user in (value if isinstance(value, list) else [value]) if user not in nobody]
            value = (known if isinstance(value, list) else known[0]) if known else None
        if value is not None:
            custom[name] = value
    return {**values, "custom": custom}, problems
