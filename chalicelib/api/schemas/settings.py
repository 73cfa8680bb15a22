"""The workspace's settings in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made
from chalicelib.domain import assignment
from chalicelib.domain.workspace_settings import (
    AFTER_JUNK,
    KEPT_FOR,
    LONGEST,
    MODES,
    MOST_LANGUAGES,
    MOST_LISTED,
    MOST_REASONS,
    MOST_SECTIONS,
    NAMED_ID,
    ON_DUPLICATE,
    REPEAT_LEADS,
    SHORTEST,
    TIME,
)

Time = Annotated[str, Meta(description="Local time.", examples=["09:00"])]
_MODE = Annotated[str, Meta(examples=["in_turn"], extra_json_schema={"x-extensible-enum": list(assignment.MODES)})]
_USERS = Annotated[list[v.UserId], Meta(description="In their order.")]
_POLICY = Annotated[str, Meta(examples=["attach"])]


def _word(*words: str) -> Any:
    return Annotated[str, Meta(examples=[words[0]], extra_json_schema={"x-extensible-enum": list(words)})]


class BusinessHours(msgspec.Struct):
    """When a call-back can be due."""

    days: Annotated[list[int], Meta(description="From Monday = 0.", examples=[[0, 1, 2, 3, 4]])]
    begin: Time = msgspec.field(name="from")
    until: Time


class Named(msgspec.Struct):
    """Something of the workspace's own list."""

    id: Annotated[str, Meta(examples=["too_expensive"])]
    name: Annotated[str, Meta(examples=["Too expensive"])]


class Retention(msgspec.Struct):
    """For how many days something is kept; what is absent is kept for good."""

    junk_leads_days: Annotated[int | UnsetType, Meta(examples=[365])] = UNSET
    receipts_days: Annotated[int | UnsetType, Meta(examples=[730])] = UNSET


class AssignmentRule(msgspec.Struct):
    """Who gets a lead."""

    mode: _MODE
    users: _USERS


class Assignment(msgspec.Struct):
    """Who gets a new lead. Without `mode` and `users`, leads of other sources have no owner."""

    mode: _MODE | UnsetType = UNSET
    users: _USERS | UnsetType = UNSET
    by_source: dict[str, AssignmentRule] | UnsetType = UNSET


class Settings(msgspec.Struct):
    """Everything that the workspace can set; what nobody has set has its default."""

    mode: _word(*MODES)  # type: ignore[valid-type]
    default_region: Annotated[str, Meta(description="ISO 3166.", examples=["DE"])]
    time_zone: Annotated[str, Meta(examples=["Europe/Berlin"])]
    currency: Annotated[str, Meta(description="ISO 4217.", examples=["EUR"])]
    business_hours: BusinessHours
    holidays: Annotated[list[v.Day], Meta(description="Without business hours.")]
    own_domains: Annotated[list[str], Meta(examples=[["kaefer.example"]])]
    own_addresses: Annotated[list[str], Meta(examples=[["info@kaefer.example"]])]
    our_numbers: Annotated[list[v.PhoneNumber], Meta(description="Calls from them are internal.")]
    on_duplicate: Annotated[dict[str, _POLICY], Meta(description="By source.", examples=[{"api": "attach"}])]
    languages: Annotated[list[str], Meta(description="ISO 639-1, the main one first.", examples=[["de", "en"]])]
    sections: Annotated[list[Named], Meta(description="Of the lead form.")]
    repeat_leads: _word(*REPEAT_LEADS)  # type: ignore[valid-type]
    after_junk: _word(*AFTER_JUNK)  # type: ignore[valid-type]
    retention: Retention
    assignment: Assignment | None
    lost_reasons: Annotated[list[Named], Meta(description="Why a lead is junk.")]
    version: Annotated[int, Meta(ge=0, description="One more with every change; the ETag.", examples=[3])]


class SettingsChange(Made):
    """A JSON merge patch of the settings: null brings the default back, absent leaves, lists are replaced."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped({**{name: m.nullable(each) for name, each in _settable().items()}, **m.kept("version")})


def _settable() -> dict[str, m.Schema]:
    named = m.shaped({"id": m.matching(NAMED_ID, "person"), "name": m.text("Person")}, needed=("id", "name"))
    time = m.matching(TIME, "08:00")
    days = m.listed(m.whole(0, 6), 7, unique=True)
    text: m.Schema = {"type": "string"}
    policies = {source: m.nullable(m.one_of(words)) for source, words in ON_DUPLICATE.items()}
    kept_for = m.nullable(m.whole(SHORTEST, LONGEST))
    return {
        "mode": m.one_of(MODES),
        "default_region": m.matching("[A-Za-z]{2}", "AT"),
        "time_zone": {"type": "string", "examples": ["Europe/Vienna"]},
        "currency": m.matching("[A-Za-z]{3}", "CHF"),
        "business_hours": m.shaped({"days": days, "from": time, "until": time}),
        "holidays": m.listed(m.DATE, MOST_LISTED, unique=True),
        "own_domains": m.listed(text, MOST_LISTED, unique=True),
        "own_addresses": m.listed(text, MOST_LISTED, unique=True),
        "our_numbers": m.listed(text, MOST_LISTED, unique=True),
        "on_duplicate": m.shaped(policies),
        "languages": m.listed(m.matching("[a-z]{2}", "de"), MOST_LANGUAGES, shortest=1, unique=True),
        "sections": m.listed(named, MOST_SECTIONS),
        "repeat_leads": m.one_of(REPEAT_LEADS),
        "after_junk": m.one_of(AFTER_JUNK),
        "retention": m.shaped(dict.fromkeys(KEPT_FOR, kept_for)),
        "assignment": _assignment(),
        "lost_reasons": m.listed(named, MOST_REASONS, shortest=1),
    }


def _assignment() -> m.Schema:
    users = m.listed({"type": "string"}, assignment.MOST_USERS, shortest=1, unique=True)
    rule = {"mode": m.nullable(m.one_of(assignment.MODES)), "users": m.nullable(users)}
    of_source = {"anyOf": [{"type": "string"}, users, m.shaped(rule), {"type": "null"}]}
    by_source = {
        "type": ["object", "null"],
        "additionalProperties": m.described(of_source, "A rule, a user's id alone, or a list of them; null removes."),
    }
    return m.shaped({**rule, "by_source": by_source})


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/settings": Described("get_settings", answers={200: Settings}, versioned=True),
    "PATCH /v1/settings": Described(
        "change_settings",
        body=SettingsChange,
        example={"default_region": "AT", "business_hours": {"from": "08:00"}, "our_numbers": ["+43 1 60106123"]},
        answers={200: Settings},
        problems={413: ("record_too_large",)},
        versioned=True,
    ),
}
