"""The fields that a workspace has of its own, as leads are shown with them; see `field_definitions` for the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def shown_values(stored: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """A lead's own values as the API shows them: those of fields that exist, numbers as numbers.

    Args:
        stored: name → value; fractions are decimal strings.
        types: name → type of the fields that there are.
    """
    return {name: _shown(value, types[name]) for name, value in stored.items() if name in types}


def types_of(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Name → type of the custom fields among stored definitions."""
    return {record["name"]: record["type"] for record in records if record.get("custom")}


def _shown(value: Any, kind: str) -> Any:
    if kind != "number":
        return value
    return [_number(each) for each in value] if isinstance(value, list) else _number(value)


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value
