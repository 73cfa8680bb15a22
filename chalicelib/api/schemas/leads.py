"""Leads in the document: their schemas are made from the table of fields, so a new field is there by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made, page_of
from chalicelib.domain.cleaning import or_null
from chalicelib.domain.fields import FIELD_TYPES, LEAD_FIELDS, SHORT_FORMS, Field
from chalicelib.domain.lead import OF_ANSWERS, SHOWN

_EMPTY = {**dict(SHOWN), "external_ids": {}, "consent": [], "tags": [], "custom": {}}


def _text(example: str | None, **more: Any) -> dict[str, Any]:
    return {"type": "string" if example else ["string", "null"], "examples": [example], **more}


def _moment(example: str | None = "2026-11-23T09:15:00.000Z") -> dict[str, Any]:
    return _text(example, format="date-time")


#: What Leadger keeps itself, as it is answered.
KEPT: Mapping[str, dict[str, Any]] = {
    "id": _text("lead_0J5Q2M8T3XA", pattern="^lead_[0-9A-HJKMNP-TV-Z]{11}$"),
    "version": {
        "type": "integer",
        "minimum": 1,
        "examples": [7],
        "description": "One more with every change.",
    },
    "kind": _text("open", **{"x-extensible-enum": ["open", "converted", "junk"]}),
    "status_changed_at": _moment(),
    "created_by": _text(None),
    "contact_id": _text(None),
    "company_id": _text(None),
    "repeat": {"type": "boolean", "examples": [False]},
    "duplicate_of": _text(None),
    "merged_into": _text(None),
    "received_at": _moment(),
    "created_at": _moment(),
    "updated_at": _moment(),
    "closed_at": _moment(None),
    "last_activity_at": _moment(),
    "first_response_at": _moment(None),
}
#: What a lead shows of a field that its type alone does not say.
EXAMPLES: Mapping[str, Any] = {
    "title": "Photovoltaik Einfamilienhaus",
    "status": "in_process",
    "source": "web_form",
    "name": "Änne Öztürk",
    "given_name": "Änne",
    "family_name": "Öztürk",
    "address": {"city": "Frankfurt", "country": "DE"},
    "utm": {"source": "newsletter"},
    "click_ids": {"gclid": "EAIaIQ"},
    "external_ids": {"bitrix24": "4711"},
    "tags": ["messe-2026"],
    "custom": {},
    "comment": "Bitte um ein Angebot.",
}


def sendable(field: Field) -> dict[str, Any]:
    """What may be sent for a field; null is nothing, or clears it."""
    if field.type == "custom":
        return {"type": ["object", "null"], "description": "Own fields by name."}
    schema = dict(or_null(FIELD_TYPES[field.type].schema))
    if field.type in ("text", "long_text"):
        schema["maxLength"] = field.limit
    return {**schema, "description": field.label["en"]}


def sendable_fields() -> dict[str, Any]:
    """Everything that may be written of a lead, by name, short forms included."""
    short_form = {"type": ["string", "null"]}
    return {
        **{name: sendable(field) for name, field in LEAD_FIELDS.items() if not field.read_only},
        **{short: {**short_form, "description": f"In the place of `{long}`"} for short, long in SHORT_FORMS.items()},
    }


def answered_fields() -> dict[str, Any]:
    """Everything a lead shows, by name."""
    return {name: _answered(name, field) for name, field in LEAD_FIELDS.items()}


def _answered(name: str, field: Field) -> dict[str, Any]:
    if field.read_only:
        return {"description": field.label["en"], **KEPT[name]}
    if field.type == "custom":
        schema: dict[str, Any] = {"type": "object"}
    elif field.type == "money":
        schema = {"anyOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]}
    elif field.type == "address":
        return {"$ref": "#/components/schemas/Address"}
    else:
        kept = FIELD_TYPES[field.type].answered
        schema = dict(kept if _EMPTY.get(name) is not None or name in ("status", "source") else or_null(kept))
    examples = {"examples": [EXAMPLES[name]]} if name in EXAMPLES else {}
    return {**schema, **examples, "description": field.label["en"]}


def lead_schema(**further: Any) -> dict[str, Any]:
    """The schema of a lead as it is answered, with further properties, all of them required."""
    properties = {**answered_fields(), **further}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _outcome(example: str) -> dict[str, Any]:
    return {"type": "string", "examples": [example], "description": "What became of what was sent."}


class Lead(Made):
    """A first approach by somebody who may become a customer."""

    uses = (v.Money, v.Address)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return lead_schema()


class LeadWritten(Made):
    """The lead, and what became of what was sent."""

    uses = (Lead,)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return lead_schema(outcome=_outcome("created"), receipt_id=_text("rcp_4Z7Q2M8T3XA0J5Q2"))


class LeadChanged(Made):
    """The lead as it is now, and whether anything changed."""

    uses = (Lead,)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return lead_schema(outcome=_outcome("updated"))


class LeadRestored(Made):
    """The lead as it is again; external ids that somebody has taken meanwhile by system."""

    uses = (Lead,)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        taken = {"type": "object", "additionalProperties": {"type": "string"}, "examples": [{"bitrix24": "4711"}]}
        shown = lead_schema(outcome=_outcome("updated"))
        return {**shown, "properties": {**shown["properties"], "external_ids_taken": taken}}


class LeadChange(Made):
    """A JSON merge patch of a lead: null clears, absent leaves, read-only fields may be sent back as they are."""

    @classmethod
    def schema(cls) -> dict[str, Any]:
        kept = [*(name for name, one in LEAD_FIELDS.items() if one.read_only), *sorted(OF_ANSWERS)]
        return {"type": "object", "properties": {**sendable_fields(), **m.kept(*kept)}, "additionalProperties": False}


#: Of the card, besides fields of the lead.
_FIRST = {name: {"type": ["string", "null"], "description": "The first of the list."} for name in SHORT_FORMS}
#: What `fields=` may name of a lead.
SHOWS = (*LEAD_FIELDS, *SHORT_FORMS)


class LeadFields(Made):
    """The fields of a lead that `fields=` asks for."""

    uses = (v.Money, v.Address)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return _some_of({**answered_fields(), **_FIRST})


def _some_of(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "examples": [{"name": "Änne Öztürk"}]}


class LeadCreate(Made):
    """A new lead. Any one of name or its parts, company, phone, e-mail, title, comment is enough."""

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {"type": "object", "properties": sendable_fields(), "additionalProperties": False}


class Entry(msgspec.Struct):
    """Something that happened to a lead. What was received keeps its raw values in `data.raw`."""

    id: v.EntryId
    type: Annotated[str, Meta(description="There may be more one day.", examples=["note"])]
    at: v.Moment
    by: v.ActorId | None
    source: v.Source | None
    data: v.Anything


_TIMELINE = {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}}


class LeadDetail(Made):
    """The lead with its newest 25 entries, if `include=timeline` asks for them."""

    uses = (Lead, Entry)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        shown = lead_schema(timeline=_TIMELINE)
        return {**shown, "required": [name for name in shown["required"] if name != "timeline"]}


class LeadDetailFields(Made):
    """The fields of a lead that `fields=` asks for, with its newest 25 entries, if `include=timeline` does."""

    uses = (v.Money, v.Address, Entry)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return _some_of({**answered_fields(), **_FIRST, "timeline": _TIMELINE})


class LeadSummary(msgspec.Struct):
    """A lead as lists show it."""

    id: v.LeadId
    title: v.Title | None
    name: v.Name | None
    company: v.Company | None
    status: v.StatusId
    status_changed_at: v.Moment
    source: v.Source
    owner_id: v.UserId | None
    amount: v.Money | None
    phone: v.PhoneNumber | None
    email: v.EmailAddress | None
    tags: list[v.Tag]
    repeat: bool
    received_at: v.Moment
    created_at: v.Moment
    last_activity_at: v.Moment


class ListedLead(Made):
    """A lead as lists show it, or the fields of it that `fields=` asks for."""

    uses = (LeadSummary, LeadFields)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return _either("LeadSummary", "LeadFields")


class FoundLead(Made):
    """The lead, or the fields of it that `fields=` asks for."""

    uses = (LeadDetail, LeadDetailFields)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return _either("LeadDetail", "LeadDetailFields")


def _either(*names: str) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}


#: What `GET /v1/leads` knows, besides what all lists know.
FILTERS = {
    "status": "In one of these statuses, in the order of arrival there.",
    "kind": "In a status of this kind, in the order of arrival there.",
    "owner_id": "Of this owner; `me` is the user whom the key acts for, `none` is nobody.",
    "source": "By this way.",
    "created_since": "Created from then on, this moment included.",
    "created_until": "Created before then.",
    "email": "With this address.",
    "phone": "With this number, in any spelling.",
    "external_id": "The one that another system knows by this id: `system:id`.",
    "contact_id": "Linked to this contact.",
    "company_id": "Linked to this company.",
    "import_id": "Made or joined by this import.",
    "repeat": "Of somebody who is a contact or company already, or not.",
    "tag": "With this tag, in any case.",
    "q": "With all of these words or their beginnings in name, company, title, an address or an own field; "
    "digits are the last ones of a phone.",
    "sort": "The order; by default the newest first, with `status` or `kind` the latest arrival. Orders by arrival, "
    "`status_changed_at` and its reverse, need one of those two; with `q` there is none.",
}
INCLUDE = {"include": "Its newest 25 entries come along as `timeline`."}
GONE = {404: ("lead_not_found",)}
NOT_MOVED = {409: ("conversion_required", "external_id_taken")}
MISSING = {404: ("lead_not_found", "lead_deleted")}

OPERATIONS: Mapping[str, Described] = {
    "POST /v1/leads": Described(
        "create_lead",
        body=LeadCreate,
        example={
            "name": "Änne Öztürk",
            "phone": "0176 04069012",
            "amount": {"amount": "12500", "currency": "EUR"},
            "tags": ["messe-2026"],
        },
        answers={201: LeadWritten, 200: LeadWritten},
        query={
            "on_duplicate": "What happens with somebody who has an open lead; else as the workspace's setting says."
        },
        problems={
            409: ("duplicate", "conversion_required", "external_id_taken"),
            404: ("lead_deleted",),
            422: ("no_user",),
        },
        headers=("ETag", "Link", "Location"),
    ),
    "GET /v1/leads": Described(
        "list_leads",
        answers={200: page_of(ListedLead)},
        query=FILTERS,
        shows=SHOWS,
        problems={422: ("validation_failed", "unsupported_filter", "no_user")},
    ),
    "GET /v1/leads/{lead_id}": Described(
        "get_lead",
        answers={200: FoundLead},
        query=INCLUDE,
        shows=SHOWS,
        problems=MISSING,
        versioned=True,
    ),
    "PATCH /v1/leads/{lead_id}": Described(
        "change_lead",
        body=LeadChange,
        example={"status": "in_process", "address": {"city": "Köln"}, "company": None},
        answers={200: LeadChanged},
        problems={**MISSING, **NOT_MOVED, 422: ("no_user",)},
        versioned=True,
    ),
    "DELETE /v1/leads/{lead_id}": Described(
        "delete_lead",
        answers={204: None},
        problems={**MISSING, 409: ("lead_converted",)},
        versioned=True,
    ),
    "POST /v1/leads/{lead_id}/restore": Described(
        "restore_lead", answers={200: LeadRestored}, problems=GONE, headers=("ETag",)
    ),
    "GET /v1/leads/{lead_id}/timeline": Described(
        "list_lead_timeline", answers={200: page_of(Entry)}, problems=MISSING
    ),
}
