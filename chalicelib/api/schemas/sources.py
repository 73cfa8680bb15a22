"""Sources in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made, page_of
from chalicelib.domain.lead_sources import ID


class LeadSource(msgspec.Struct):
    """A way by which leads come."""

    id: Annotated[str, Meta(examples=["messe_2026"])]
    name: Annotated[str, Meta(examples=["Messe Köln"])]
    built_in: Annotated[bool, Meta(description="It can be renamed, not deleted.")]
    version: v.Version


class SourceCreate(Made):
    """A new source."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped({"id": m.matching(ID, "messe_2026"), "name": m.text("Messe Köln")}, needed=("id", "name"))


class SourceChange(Made):
    """A JSON merge patch of a source; absent leaves."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped({"name": m.text("Messe Köln"), **m.kept("id", "built_in", "version")})


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/sources": Described("list_sources", answers={200: page_of(LeadSource)}),
    "GET /v1/sources/{source_id}": Described("get_source", answers={200: LeadSource}, versioned=True),
    "POST /v1/sources": Described(
        "create_source",
        body=SourceCreate,
        example={"id": "messe_2026", "name": "Messe Köln"},
        answers={201: LeadSource},
        problems={409: ("already_exists",), 413: ("record_too_large",)},
        headers=("ETag",),
    ),
    "PATCH /v1/sources/{source_id}": Described(
        "change_source",
        body=SourceChange,
        example={"name": "Messe Köln 2026"},
        answers={200: LeadSource},
        problems={413: ("record_too_large",)},
        versioned=True,
    ),
    "DELETE /v1/sources/{source_id}": Described(
        "delete_source", answers={204: None}, problems={409: ("built_in",)}, versioned=True
    ),
}
