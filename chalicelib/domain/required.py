"""Which fields a lead needs in a status, and which of them it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.domain.errors import Problem
from chalicelib.domain.pipeline import CONVERTED, JUNK, OPEN, Status
from chalicelib.domain.problems import problem

NEVER, ALWAYS = "never", "always"


def missing(
    fields: Iterable[Mapping[str, Any]], values: Mapping[str, Any], status_id: str, statuses: Sequence[Status]
) -> list[Problem]:
    """A problem for each field that is needed in the status and empty.

    A junk status needs nothing. What is needed from a status on is needed in it, in every open status behind it and
    in the converted one; from a status that does not exist any more, nowhere.

    Args:
        fields: definitions: `name`, `custom`, `required`.
        values: cleaned lead values, `custom` among them; absent or empty is missing. False and 0 are values.
        statuses: all there are, in their order.
    """
    kind = next((status.kind for status in statuses if status.id == status_id), OPEN)
    if kind == JUNK:
        return []
    return [
        problem(f"custom.{field['name']}" if field.get("custom") else field["name"], "required")
        for field in fields
        if _is_needed(field.get("required", NEVER), status_id, kind, statuses) and _is_absent(field, values)
    ]


def _is_needed(required: Any, status_id: str, kind: str, statuses: Sequence[Status]) -> bool:
    if not isinstance(required, Mapping):
        return bool(required == ALWAYS)
    # the converted status stands behind all open ones, wherever its column is
    path = [status.id for status in statuses if status.kind == OPEN]
    path += [status.id for status in statuses if status.kind == CONVERTED]
    first = required.get("from_status")
    return first in path and status_id in path[path.index(first) :]


def _is_absent(field: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    holder = (values.get("custom") or {}) if field.get("custom") else values
    return holder.get(field["name"]) in (None, "", [], {})
