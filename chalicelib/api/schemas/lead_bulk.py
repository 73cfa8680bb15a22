"""One change of many leads in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.api.schemas.description import Described, Made
from chalicelib.api.schemas.jobs import Job
from chalicelib.api.schemas.leads import FILTERS, sendable_fields
from chalicelib.domain import filters

_TEXT = {"type": ["string", "null"], "maxLength": filters.LONGEST}
#: A time or a date, as the list's parameters.
_MOMENT = {"type": ["string", "null"]}
_SCHEMAS: Mapping[str, dict[str, Any]] = {
    "status": {"anyOf": [_TEXT, {"type": "array", "items": {"type": "string", "maxLength": filters.LONGEST}}]},
    "kind": {"enum": [*filters.KINDS, None]},
    "created_since": _MOMENT,
    "created_until": _MOMENT,
    "repeat": {"type": ["boolean", "null"]},
}


class LeadFilters(Made):
    """Which leads: the filters of `GET /v1/leads` but for `q`. `{}` is all of them, null is no filter."""

    @classmethod
    def schema(cls) -> dict[str, Any]:
        properties = {
            name: {**_SCHEMAS.get(name, _TEXT), "description": FILTERS[name].partition(", in the order")[0].rstrip(".")}
            for name in filters.NAMES
        }
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            "examples": [{"status": ["new", "in_process"], "owner_id": "none"}],
        }


class LeadsChange(Made):
    """A JSON merge patch for each lead: null clears, absent leaves. At least one field is named."""

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": sendable_fields(),
            "additionalProperties": False,
            "minProperties": 1,
            "examples": [{"status": "in_process"}],
        }


class BulkChange(Made):
    """Which leads, and what becomes of each."""

    uses = (LeadFilters, LeadsChange)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                "filters": {"$ref": "#/components/schemas/LeadFilters"},
                "set": {"$ref": "#/components/schemas/LeadsChange"},
            },
            "required": ["filters", "set"],
            "additionalProperties": False,
        }


OPERATIONS: Mapping[str, Described] = {
    "POST /v1/leads/bulk": Described(
        "change_leads",
        body=BulkChange,
        example={"filters": {"status": "new", "tag": "messe-2026"}, "set": {"status": "in_process"}},
        answers={202: Job},
        problems={409: ("conversion_required",), 422: ("unsupported_filter", "no_user")},
    ),
}
