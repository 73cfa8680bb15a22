"""Definitions of website forms in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made, page_of
from chalicelib.api.schemas.settings import AssignmentRule
from chalicelib.domain import assignment
from chalicelib.domain.form_fields import MOST_FIELDS
from chalicelib.domain.forms import (
    CONSENT_ID,
    MOST_CONSENTS,
    MOST_HOSTS,
    NUMBERS,
    PROVIDERS,
    SWITCHED_OFF,
    TEXTS,
)

Words = Annotated[
    str | dict[str, str],
    Meta(description="One for all, or by language.", examples=[{"de": "Ihr Dach", "en": "Your roof"}]),
]
FieldName = Annotated[
    str, Meta(description="As a lead has it in requests, `custom.<name>`, or `files`.", examples=["phone"])
]
_Region = Annotated[str | None, Meta(description="ISO 3166; null is the workspace's.", examples=["AT"])]


class ShowIf(msgspec.Struct):
    """Shown only while another field of the form has this value."""

    field: FieldName
    equals: Annotated[str, Meta(examples=["flat"])]


class FormField(msgspec.Struct):
    """One input."""

    field: FieldName
    required: bool
    hidden: Annotated[bool, Meta(description="With a `preset`, it has that value whatever is posted.")]
    label: Annotated[Words | None, Meta(description="Null is the built-in word.")]
    preset: Annotated[str | None, Meta(examples=["Köln"])]
    placeholder: Words | None
    show_if: ShowIf | None


class Consent(msgspec.Struct):
    """A tick that is kept as evidence, with the text that was shown."""

    id: Annotated[str, Meta(examples=["privacy"])]
    text: Words
    required: bool
    version: Annotated[int, Meta(ge=1, description="One more with every other text.", examples=[3])]


class Captcha(msgspec.Struct):
    """Proof of a person. The secret is never shown."""

    provider: Annotated[str, Meta(examples=["altcha"], extra_json_schema={"x-extensible-enum": list(PROVIDERS)})]
    site_key: Annotated[str | None, Meta(examples=["0x4AAAAAAA"])]
    has_secret: bool


class SpamRules(msgspec.Struct):
    """By what a post is put aside; null is switched off."""

    honeypot: bool
    least_seconds: Annotated[int, Meta(description="Between showing and sending.", examples=[1])]
    most_links: Annotated[int | None, Meta(examples=[4])]
    repeated_text: bool
    per_minute: Annotated[int | None, Meta(description="Of one address; beyond it they wait.", examples=[10])]
    at_most_per_minute: Annotated[int, Meta(description="Beyond it they are refused.", examples=[60])]
    captcha: Captcha | None


class Form(msgspec.Struct):
    """A website form: what it asks, in which words, and what its leads begin with."""

    id: Annotated[str, Meta(examples=["frm_4Z7Q2M8T3XA0J5Q2"])]
    name: Annotated[str, Meta(examples=["Photovoltaik"])]
    active: Annotated[bool, Meta(description="False: closed; what is posted all the same is quarantined.")]
    fields: Annotated[list[FormField], Meta(description="None: name, e-mail, phone and message.")]
    texts: Annotated[dict[str, Words], Meta(description="What is absent is built in.", examples=[{"send": "Los"}])]
    consents: list[Consent]
    redirect_url: Annotated[str | None, Meta(examples=["https://www.example.de/danke"])]
    hosts: Annotated[list[str], Meta(description="Of its pages; none: any.", examples=[["www.example.de"]])]
    owner_id: v.UserId | None
    assignment: Annotated[AssignmentRule | None, Meta(description="Null is the workspace's.")]
    source: v.Source
    status: Annotated[v.StatusId | None, Meta(description="Null is the first open one.")]
    default_region: _Region
    mapping: Annotated[dict[str, str], Meta(description="Field of a post → lead field.", examples=[{"feld7": "phone"}])]
    spam: SpamRules
    url: Annotated[
        str, Meta(description="Page and target of posts.", examples=["https://leads.example.de/f/frm_4Z7Q2M8T3XA0J5Q2"])
    ]
    version: v.Version
    created_at: v.Moment | None
    updated_at: v.Moment | None


class Snippets(msgspec.Struct):
    """The ways to put a form on a page, as text to paste."""

    html: Annotated[str, Meta(description="A plain form.", examples=['<form method="post" …'])]
    embed: Annotated[str, Meta(description="The script, and a link without it.", examples=["<script async …"])]
    link: Annotated[str, Meta(description="The form's own page.", examples=["https://leads.example.de/f/frm_4Z7Q"])]
    iframe: Annotated[str, Meta(description="That page in a frame.", examples=["<iframe …"])]


class FormCreate(Made):
    """A new form; all but the name has a default."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped(_changeable(), needed=("name",))


class FormChange(Made):
    """A JSON merge patch of a form: null brings the default back, absent leaves, lists are replaced."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped({**_changeable(), **m.kept("id", "url", "version", "created_at", "updated_at")})


def _changeable() -> dict[str, m.Schema]:
    text: m.Schema = {"type": ["string", "null"]}
    users = m.listed({"type": "string"}, assignment.MOST_USERS, shortest=1, unique=True)
    rule = m.shaped({"mode": m.one_of(assignment.MODES), "users": users})
    hosts = m.listed({"type": "string", "examples": ["www.example.de"]}, MOST_HOSTS)
    return {
        "name": m.text("Photovoltaik"),
        "active": m.nullable(m.FLAG),
        "fields": m.nullable(m.listed(_field(), MOST_FIELDS)),
        "texts": m.nullable(m.shaped({name: _words() for name in TEXTS})),
        "consents": m.nullable(m.listed(_consent(), MOST_CONSENTS)),
        "redirect_url": {**text, "examples": ["https://www.example.de/danke"]},
        "hosts": m.nullable(m.described(hosts, "`*.example.de` is all below it.")),
        "owner_id": {**text, "examples": [None]},
        "assignment": m.nullable(rule),
        "source": {**text, "examples": ["web_form"]},
        "status": {**text, "description": "An open one.", "examples": ["new"]},
        "default_region": {"type": ["string", "null"], "pattern": "^([A-Za-z]{2})?$", "examples": ["AT"]},
        "mapping": {
            "type": ["object", "null"],
            "additionalProperties": m.described(text, "Empty: on the timeline only; null takes it away."),
        },
        "spam": m.nullable(_spam()),
    }


def _words() -> m.Schema:
    # without lengths: blanks around a text do not count
    one: m.Schema = {"type": ["string", "null"]}
    by_language = {"type": "object", "additionalProperties": one}
    return {"anyOf": [one, by_language], "description": "A text, or texts by language."}


def _field() -> m.Schema:
    show_if = m.shaped({"field": {"type": "string"}, "equals": {"type": "string"}}, needed=("field", "equals"))
    return m.shaped(
        {
            "field": {"type": "string", "examples": ["phone"]},
            "label": _words(),
            "required": m.nullable(m.FLAG),
            "hidden": m.nullable(m.FLAG),
            "preset": {"type": ["string", "null"]},
            "placeholder": _words(),
            "show_if": m.nullable(show_if),
        },
        needed=("field",),
    )


def _consent() -> m.Schema:
    version = m.described(m.nullable(m.whole(1, 1_000_000)), "Sent back as it is.")
    return m.shaped(
        {
            "id": m.matching(CONSENT_ID, "privacy"),
            "text": _words(),
            "required": m.nullable(m.FLAG),
            "version": version,
        },
        needed=("id", "text"),
    )


def _spam() -> m.Schema:
    captcha = m.shaped(
        {
            "provider": m.one_of(PROVIDERS),
            "site_key": {"type": ["string", "null"]},
            "secret": m.described({"type": ["string", "null"]}, "Never shown; absent leaves it. ALTCHA makes its own."),
            "has_secret": m.described(m.FLAG, "Sent back as it is."),
        }
    )
    numbers: dict[str, Any] = {}
    for name, between in NUMBERS.items():
        null = "Null switches it off." if name in SWITCHED_OFF else "Null is the default."
        numbers[name] = m.described(m.nullable(m.whole(*between)), null)
    flags = dict.fromkeys(("honeypot", "repeated_text"), m.nullable(m.FLAG))
    return m.shaped({**flags, **numbers, "captcha": m.nullable(captcha)})


TOO_LARGE = {413: ("record_too_large",)}
EXAMPLE = {
    "name": "Photovoltaik",
    "fields": [
        {"field": "name", "required": True},
        {"field": "email", "label": {"de": "Ihre E-Mail-Adresse", "en": "Your e-mail address"}, "required": True},
        {"field": "comment"},
        {"field": "tags", "hidden": True, "preset": "photovoltaik"},
    ],
    "consents": [{"id": "privacy", "text": "Ich bin mit der Verarbeitung meiner Angaben einverstanden."}],
    "hosts": ["www.example.de"],
    "redirect_url": "https://www.example.de/danke",
}

OPERATIONS: Mapping[str, Described] = {
    "GET /v1/forms": Described("list_forms", answers={200: page_of(Form)}),
    "GET /v1/forms/{form_id}": Described("get_form_definition", answers={200: Form}, versioned=True),
    "POST /v1/forms": Described(
        "create_form", body=FormCreate, example=EXAMPLE, answers={201: Form}, problems=TOO_LARGE, headers=("ETag",)
    ),
    "PATCH /v1/forms/{form_id}": Described(
        "change_form",
        body=FormChange,
        example={"active": False, "texts": {"title": {"en": "Your roof"}}},
        answers={200: Form},
        problems=TOO_LARGE,
        versioned=True,
    ),
    "DELETE /v1/forms/{form_id}": Described("delete_form", answers={204: None}, versioned=True),
    "GET /v1/forms/{form_id}/snippets": Described(
        "get_form_snippets",
        answers={200: Snippets},
        query={"lang": "Else the workspace's main one."},
    ),
}
