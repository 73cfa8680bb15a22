"""Leads under the ids of other systems in the document."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.api.schemas.description import Described
from chalicelib.api.schemas.leads import GONE, INCLUDE, NOT_MOVED, SHOWS, FoundLead, LeadChange, LeadWritten

NAMED = {"system": "The other system.", "external_id": "What it calls the lead."}
UNREADABLE = {**GONE, 422: ("validation_failed",)}
NEEDED = {"system": "crm", "external_id": "4711"}
EXAMPLE = {"name": "Änne Öztürk", "email": "aenne@example.de"}

OPERATIONS: Mapping[str, Described] = {
    "GET /v1/leads/external/{system}/{external_id}": Described(
        "get_lead_by_external_id",
        answers={200: FoundLead},
        query=INCLUDE,
        shows=SHOWS,
        problems=UNREADABLE,
        versioned=True,
    ),
    "PUT /v1/leads/external/{system}/{external_id}": Described(
        "upsert_lead",
        body=LeadChange,
        example=EXAMPLE,
        answers={200: LeadWritten, 201: LeadWritten},
        problems={**NOT_MOVED, 422: ("no_user",)},
        headers=("Location", "Link"),
        versioned=True,
        creates_only=True,
    ),
    "GET /v1/leads/external": Described(
        "get_lead_by_any_external_id",
        answers={200: FoundLead},
        query={**NAMED, **INCLUDE},
        shows=SHOWS,
        needed=NEEDED,
        problems=UNREADABLE,
        versioned=True,
    ),
    "PUT /v1/leads/external": Described(
        "upsert_lead_by_any_external_id",
        body=LeadChange,
        example=EXAMPLE,
        answers={200: LeadWritten, 201: LeadWritten},
        query=NAMED,
        needed=NEEDED,
        problems={**NOT_MOVED, 422: ("no_user",)},
        headers=("Location", "Link"),
        versioned=True,
        creates_only=True,
    ),
}
