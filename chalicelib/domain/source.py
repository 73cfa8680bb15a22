"""By what way leads come: the sources that every workspace has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: id → name; every door has one of them.
BUILT_IN = {
    "web_form": "Website form",
    "csv": "CSV file",
    "email": "E-mail",
    "call": "Call",
    "api": "API",
    "manual": "By hand",
    "ads": "Ads",
}


def whole(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The stored ones, behind those of the built-in ones that are not among them."""
    stored = {record["id"] for record in records}
    missing: list[dict[str, Any]] = [
        {"id": source, "name": name, "version": 1} for source, name in BUILT_IN.items() if source not in stored
    ]
    return [*missing, *records]
