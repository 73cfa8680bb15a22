"""One thing received: `Raw` as it came, `Inbound` in normal form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.domain.attachments import Attachment
from chalicelib.domain.cleaning import sound
from chalicelib.domain.errors import Problem
from chalicelib.domain.form import Form

#: Every outcome a receipt can end in; see PRODUCT, *Words*.
OUTCOMES = (
    "created",
    "attached",
    "updated",
    "duplicate",
    "accepted",
    "quarantined",
    "unchanged",
    "rejected",
    "ignored",
    "needs_attention",
)


@dataclass(frozen=True)
class Raw:
    """What arrived, before anyone read it. The receipt keeps it, so that reading can be repeated.

    Attributes:
        source: key of `SOURCES`: `web_form`, `email`, `call`, `api`, …
        detail: the form, mailbox or channel it came through (its id or address).
        external_id: names this delivery; fixed at the door before the first attempt.
        received_at: aware, UTC.
        body: the bytes as received.
        content_type: as sent, may be empty.
        meta: what else the reader needs (`provider`, `page`, `referrer`, `envelope_to`, …); text only.
    """

    source: str
    detail: str
    external_id: str
    received_at: datetime
    body: bytes = b""
    content_type: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


#: Bytes of something unreadable that are shown as text.
SHOWN_RAW = 4_000


def text_of(raw: Raw) -> str:
    """What arrived as text for people, its beginning, where no reader understood it; empty where it is no text."""
    body = raw.body[:SHOWN_RAW]
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        cut_letter = error.reason == "unexpected end of data"
        text = body[: error.start].decode() if cut_letter else body.decode("cp1252", "replace")
    strange = sum(not (sign.isprintable() or sign.isspace()) or sign == "\ufffd" for sign in text)
    return sound(text).strip() if strange * 20 < len(text) else ""


@dataclass(frozen=True)
class Reading:
    """What a reader may know of this workspace.

    Attributes:
        default_region: ISO 3166 alpha-2, for phone numbers without country code.
        own_domains: mail domains of the staff, lower case.
        own_addresses: mail addresses of ours, lower case.
        our_numbers: E.164.
        mapping: field of the sender → field of ours, overrides the word tables.
        form: the definition of the form that it was posted to; None: of none, or there is no such form.
        time_zone: IANA name, for times without an offset.
    """

    default_region: str = "DE"
    own_domains: frozenset[str] = frozenset()
    own_addresses: frozenset[str] = frozenset()
    our_numbers: frozenset[str] = frozenset()
    mapping: Mapping[str, str] = field(default_factory=dict)
    form: Form | None = None
    time_zone: str = ""


@dataclass(frozen=True)
class Verdict:
    """Why an inbound is not to become a lead (now).

    Attributes:
        outcome: `ignored`, `quarantined` or `needs_attention`.
        reason: the rule that decided, a stable code, e.g. `auto_reply`.
        detail: one sentence for people.
    """

    outcome: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class CallBack:
    """A call-back task is wanted (a missed call).

    Attributes:
        title: what is to be done, for people.
        phone: E.164, or as it came; empty when withheld.
    """

    title: str
    phone: str = ""


@dataclass(frozen=True)
class Inbound:
    """One thing received, in normal form.

    Attributes:
        raw: as it arrived.
        values: lead field → value as the sender wrote it, e.g. `{"name": "Änne Öztürk", "phones": ("0176 04069012",),
            "emails": ("aenne@example.de",), "comment": "…"}`. Lists are tuples of text, or of objects where more
            is said of a thing. Not yet validated.
        entry_type: the timeline entry it makes: `form_submission`, `email`, `call`, `import_row`.
        entry: that entry's data for people: what was not understood, subject, duration; JSON values only.
        problems: what could not be read.
        verdict: set when it must not become a lead.
        follows: threads and calls it may continue, best first: `mail#<hash>`, `call#<channel>#<call id>`.
        leaves: the same notation, under which later ones will find this one's lead.
        call_back: a task for the owner.
        occurred_at: the sender's own time, aware UTC.
        may_adopt: False when the sender can be spoofed: its phone and e-mail never extend an existing lead.
        preset: as `values`, but what the form itself says; it wins over them.
        consent: what was agreed to, as a lead keeps it: `{"text", "version", "at", "page"?}`.
        files: that came with it, in the order sent; the entry lists what became of them.
    """

    raw: Raw
    values: Mapping[str, object] = field(default_factory=dict)
    entry_type: str = "note"
    entry: Mapping[str, object] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    verdict: Verdict | None = None
    follows: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    call_back: CallBack | None = None
    occurred_at: datetime | None = None
    may_adopt: bool = True
    preset: Mapping[str, str] = field(default_factory=dict)
    consent: tuple[Mapping[str, str], ...] = ()
    files: tuple[Attachment, ...] = ()
