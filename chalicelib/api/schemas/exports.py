"""Exports in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made
from chalicelib.api.schemas.jobs import Done, Eta, ExportId, JobFailure, JobId, Total, WorkStatus
from chalicelib.api.schemas.lead_bulk import LeadFilters
from chalicelib.domain.fields import LEAD_FIELDS
from chalicelib.services.exports import CONTENT_TYPES, KEPT_FOR


class ExportOrder(Made):
    """Which leads, in which form, and what of each."""

    uses = (LeadFilters,)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                "filters": {"$ref": "#/components/schemas/LeadFilters"},
                "format": {"type": "string", "enum": list(CONTENT_TYPES)},
                "fields": {
                    "type": ["array", "null"],
                    "items": {"type": "string", "enum": list(LEAD_FIELDS)},
                    "description": "In this order; without them, those that make sense in the form. "
                    "In CSV, `custom` is a column for each own field.",
                },
                "language": {
                    "type": "string",
                    "enum": ["de", "en"],
                    "default": "de",
                    "description": "Of the headers of a CSV file.",
                },
            },
            "required": ["filters", "format"],
            "additionalProperties": False,
        }


class Export(msgspec.Struct):
    """A file of leads that is being made, or that can be had for a while."""

    id: ExportId
    job_id: JobId
    format: Annotated[str, Meta(examples=["csv"], extra_json_schema={"x-extensible-enum": list(CONTENT_TYPES)})]
    status: WorkStatus
    total: Total
    done: Done
    eta_seconds: Eta
    failure: JobFailure | None
    created_by: v.ActorId
    created_at: v.Moment
    finished_at: v.Moment | None
    bytes: Annotated[int | None, Meta(description="Of the file, once it is done.", examples=[48_211])]
    kept_until: Annotated[
        v.Moment | None, Meta(description=f"{KEPT_FOR.days} days after it was done; null before that.")
    ]
    url: Annotated[
        str | None,
        Meta(description="The file; null until it is done, and when it is kept no more.",
             examples=["https://files.example.de/leads.csv"]),
    ]  # fmt: skip
    url_expires_at: Annotated[v.Moment | None, Meta(description="Ask again for another link.")]


OPERATIONS: Mapping[str, Described] = {
    "POST /v1/exports": Described(
        "create_export",
        body=ExportOrder,
        example={"filters": {"kind": "open"}, "format": "csv", "fields": ["name", "emails"], "language": "en"},
        answers={202: Export},
        problems={422: ("unsupported_filter", "no_user")},
    ),
    "GET /v1/exports/{export_id}": Described("get_export", answers={200: Export}),
}
