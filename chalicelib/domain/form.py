"""A website form: what it asks, in which words, from where it takes posts and what its leads begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain.times import parse

#: A text for people: one for every language, or one by language.
Text = str | Mapping[str, str]
#: `FormField.field` of an input for files.
FILES = "files"
#: Input of a consent's tick; its value is the consent's id.
CONSENT = "_consent"
#: Languages whose words are built in; the first is used where a visitor wishes for none of them.
LANGUAGES = ("en", "de")

#: Seconds between showing and sending below which nobody can have filled in a form.
LEAST_SECONDS = 1
#: Links that a post may have; with more it is put aside.
MOST_LINKS = 4
#: Posts a minute of one address to one form: beyond the first they are queued, beyond the second refused.
PER_MINUTE, AT_MOST_PER_MINUTE = 10, 60


@dataclass(frozen=True)
class ShowIf:
    """Shown only while another field of the form has this value."""

    field: str
    equals: str


@dataclass(frozen=True)
class FormField:
    """One input.

    Attributes:
        field: lead field as the API writes it in requests (`name`, `email`, `phone`, `comment`, `address.city`),
            `custom.<name>` for one of the workspace's own, or `files`. It is the input's name, too.
        label: empty is the built-in word for the field.
        preset: value it begins with; of a hidden field the value it has, whatever is posted.
    """

    field: str
    label: Text = ""
    required: bool = False
    hidden: bool = False
    preset: str = ""
    placeholder: Text = ""
    show_if: ShowIf | None = None


@dataclass(frozen=True)
class Consent:
    """A tick that is kept as evidence, with the text that was shown.

    Attributes:
        id: value of the input `_consent` that it is sent as.
        version: from 1; one more with every change of the text.
    """

    id: str
    text: Text
    required: bool = True
    version: int = 1


@dataclass(frozen=True)
class Captcha:
    """Proof of a person.

    Attributes:
        provider: `altcha`, `turnstile` or `hcaptcha`.
        site_key: public; empty for altcha.
        secret: never shown.
    """

    provider: str
    site_key: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Spam:
    """By what a post is put aside.

    Attributes:
        honeypot: a field that people do not see.
        least_seconds: 0 switches it off.
        most_links: None switches it off.
        repeated_text: a text with a link that came from somebody else within a day.
        per_minute: None: no limit per address.
    """

    honeypot: bool = True
    least_seconds: int = LEAST_SECONDS
    most_links: int | None = MOST_LINKS
    repeated_text: bool = True
    per_minute: int | None = PER_MINUTE
    at_most_per_minute: int = AT_MOST_PER_MINUTE
    captcha: Captcha | None = None


@dataclass(frozen=True)
class Form:
    """A form's definition.

    Attributes:
        id: `frm_…`.
        active: False: its page says that it is closed, and what is posted all the same is put aside.
        fields: none: name, e-mail, phone and message.
        texts: `title`, `intro`, `send`, `thanks_title`, `thanks`; what is absent is built in.
        redirect_url: where browsers go after a post; empty is a thank-you page.
        hosts: of the pages it stands on, lower case, `*.example.de` for all below; none: any, and no redirects
            a sender asks for.
        owner: `usr_…` who gets its leads; None leaves it to `assignment`.
        assignment: `{"mode", "users"}` for this form's leads; None: the workspace's.
        source: of its leads.
        status: its leads begin in; None is the first open one.
        default_region: for phone numbers; empty is the workspace's.
        mapping: field of a post → lead field, comes before everything that is understood by itself.
    """

    id: str
    version: int = 1
    name: str = ""
    active: bool = True
    fields: tuple[FormField, ...] = ()
    texts: Mapping[str, Text] = field(default_factory=dict)
    consents: tuple[Consent, ...] = ()
    redirect_url: str = ""
    hosts: tuple[str, ...] = ()
    owner: str | None = None
    assignment: Mapping[str, Any] | None = None
    source: str = "web_form"
    status: str | None = None
    default_region: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    spam: Spam = Spam()
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def asked(self) -> tuple[FormField, ...]:
        """Its fields, or those of a form that names none."""
        return self.fields or DEFAULT_FIELDS


DEFAULT_FIELDS = (FormField("name"), FormField("email"), FormField("phone"), FormField("comment"))


def said(text: Text, language: str) -> str:
    """A text in a language, or in the first one it has."""
    if isinstance(text, str):
        return text
    return text.get(language) or next(filter(None, text.values()), "")


def of_record(form_id: str, record: Mapping[str, Any]) -> Form:
    """The form that a stored record describes; what it does not say is as it is by default."""
    plain = {name: record[name] for name in _PLAIN if record.get(name) is not None}
    return Form(
        id=form_id,
        fields=tuple(map(_field_of, record.get("fields") or ())),
        consents=tuple(Consent(**consent) for consent in record.get("consents") or ()),
        hosts=tuple(record.get("hosts") or ()),
        owner=record.get("owner_id"),
        spam=_spam_of(record.get("spam") or {}),
        created_at=_moment(record.get("created_at")),
        updated_at=_moment(record.get("updated_at")),
        **plain,
    )


def _field_of(record: Mapping[str, Any]) -> FormField:
    show_if = record.get("show_if")
    return FormField(**{**record, "show_if": ShowIf(**show_if) if show_if else None})


def _spam_of(record: Mapping[str, Any]) -> Spam:
    captcha = record.get("captcha")
    return Spam(**{**record, "captcha": Captcha(**captcha) if captcha else None})


def _moment(text: str | None) -> datetime | None:
    return parse(text) if text else None


_PLAIN = (
    "version", "name", "active", "texts", "redirect_url", "assignment", "source", "status", "default_region", "mapping",
)  # fmt: skip
