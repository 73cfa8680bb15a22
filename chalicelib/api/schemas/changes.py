"""Changes in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made
from chalicelib.api.schemas.leads import Lead, LeadFields
from chalicelib.domain.fields import LEAD_FIELDS


class GoneLead(msgspec.Struct):
    """A lead that is there no more."""

    id: v.LeadId
    deleted: Annotated[bool, Meta(extra_json_schema={"const": True}, examples=[True])]


class ChangedLead(Made):
    """A lead as it is now, or the fields of it that `fields=` asks for, or that it is gone."""

    uses = (Lead, GoneLead, LeadFields)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Lead", "GoneLead", "LeadFields")]}


class Changes(msgspec.Struct):
    """What changed, the oldest first: each change at least once. Drop the versions that you have already."""

    data: list[ChangedLead]
    next_since: str
    has_more: bool


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/changes": Described(
        "list_changes",
        answers={200: Changes},
        shows=tuple(LEAD_FIELDS),
        query={"since": "`next_since` of the answer before; without it, from the oldest change that is kept."},
        problems={400: ("invalid_cursor",), 410: ("sync_token_expired",)},
    ),
}
