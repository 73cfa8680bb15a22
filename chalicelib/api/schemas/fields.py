"""Definitions of fields in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made, page_of
from chalicelib.domain.field_definitions import CHOICE_ID, CUSTOM_TYPES, MOST_CHOICES, MOST_POSITION, NAME
from chalicelib.domain.fields import FIELD_TYPES
from chalicelib.domain.required import ALWAYS, NEVER


class FieldChoice(msgspec.Struct):
    """One of the values that a choice can have."""

    id: Annotated[str, Meta(examples=["flat"])]
    label: Annotated[str, Meta(examples=["Flachdach"])]


class RequiredFrom(msgspec.Struct):
    """In this status and the open ones behind it."""

    from_status: v.StatusId


class FieldDefinition(msgspec.Struct):
    """A field of leads: a standard one, or one of the workspace's own."""

    name: Annotated[str, Meta(examples=["roof"])]
    type: Annotated[
        str | None,
        Meta(
            description="Null for what Leadger keeps; there may be more one day.",
            examples=["choice"],
            extra_json_schema={"x-extensible-enum": list(FIELD_TYPES)},
        ),
    ]
    label: Annotated[dict[str, str], Meta(description="By language.", examples=[{"de": "Dach", "en": "Roof"}])]
    required: Annotated[str | RequiredFrom, Meta(description=f"`{NEVER}`, `{ALWAYS}`, or from a status on.")]
    position: v.Position
    section: Annotated[str | None, Meta(description="Of the settings.", examples=["house"])]
    custom: Annotated[bool, Meta(description="Its values are at `custom.<name>` of a lead.", examples=[True])]
    read_only: bool
    multiple: Annotated[bool, Meta(description="A list of such values.")]
    choices: list[FieldChoice]
    default: Annotated[Any, Meta(description="If it is not sent; of the field's type.", examples=["flat"])]
    version: v.Version


class FieldCreate(Made):
    """A new field of the workspace's own. Its type, and whether it is a list, never change."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped(
            {
                "name": m.matching(NAME, "roof"),
                "type": {**m.one_of(CUSTOM_TYPES), "examples": ["text"]},
                "multiple": m.nullable(m.FLAG),
                **_changeable(),
                "label": _label(),
            },
            needed=("name", "type", "label"),
        )


class FieldChange(Made):
    """A JSON merge patch of a field: null brings the default back, absent leaves.

    Choices and default are those of own fields only.
    """

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped({**_changeable(), **m.kept("name", "type", "custom", "read_only", "multiple", "version")})


def _changeable() -> dict[str, m.Schema]:
    choice = m.shaped({"id": m.matching(CHOICE_ID, "flat"), "label": m.text("Flachdach")}, needed=("id", "label"))
    from_status = m.shaped({"from_status": {"type": "string", "examples": ["in_process"]}}, needed=("from_status",))
    return {
        "label": {"anyOf": [*_label()["anyOf"], {"type": "null"}]},
        "required": {"anyOf": [m.one_of((NEVER, ALWAYS)), from_status, {"type": "null"}]},
        "position": m.described(m.nullable(m.whole(1, MOST_POSITION)), "From 1; others make room."),
        "section": {"type": ["string", "null"], "description": "One of the settings' sections."},
        "choices": m.nullable(m.listed(choice, MOST_CHOICES)),
        "default": {"description": "Any value of the field's type; null is none."},
    }


def _label() -> m.Schema:
    by_language = {"type": "object", "additionalProperties": m.nullable(m.text("Dach"))}
    return {"anyOf": [m.text("Dach"), by_language], "description": "A text, or texts by language."}


TOO_LARGE = {413: ("record_too_large",)}

OPERATIONS: Mapping[str, Described] = {
    "GET /v1/fields": Described("list_fields", answers={200: page_of(FieldDefinition)}),
    "GET /v1/fields/{field_name}": Described("get_field", answers={200: FieldDefinition}, versioned=True),
    "POST /v1/fields": Described(
        "create_field",
        body=FieldCreate,
        example={
            "name": "roof",
            "type": "choice",
            "label": {"de": "Dach", "en": "Roof"},
            "choices": [{"id": "flat", "label": "Flachdach"}],
            "required": {"from_status": "in_process"},
        },
        answers={201: FieldDefinition},
        problems={409: ("already_exists", "field_name_used"), **TOO_LARGE},
        headers=("ETag",),
    ),
    "PATCH /v1/fields/{field_name}": Described(
        "change_field",
        body=FieldChange,
        example={"label": {"de": "Dachform"}, "required": NEVER},
        answers={200: FieldDefinition},
        problems=TOO_LARGE,
        versioned=True,
    ),
    "DELETE /v1/fields/{field_name}": Described(
        "delete_field", answers={204: None}, problems={409: ("built_in",)}, versioned=True
    ),
}
