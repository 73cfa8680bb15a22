"""This workspace's own settings, forms, channels and mailboxes; read at most every 30 seconds, a miss always anew."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import field, pipeline, source
from chalicelib.domain import lead as lead_rules
from chalicelib.domain.business_time import Hours
from chalicelib.domain.caller import SCOPES
from chalicelib.domain.form import Form
from chalicelib.domain.inbound import Raw, Reading
from chalicelib.domain.lead import Lead
from chalicelib.domain.pipeline import Status
from chalicelib.domain.times import rfc3339
from chalicelib.domain.user import User, of_record
from chalicelib.services import documents, keys
from chalicelib.store import forms, records

CACHED_FOR = timedelta(seconds=30)
CURSOR_SECRET = "cursor_secret"
DEFAULTS: dict[str, Any] = {
    "mode": "classic",
    "default_region": "DE",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "business_hours": {"days": [0, 1, 2, 3, 4], "from": "09:00", "until": "17:00"},
    "holidays": [],
    "own_domains": [],
    "own_addresses": [],
    "our_numbers": [],
    "on_duplicate": {},
    "languages": ["de", "en"],
    "sections": [],
    "repeat_leads": "lead",
    "after_junk": "new",
    "retention": {},
    "assignment": None,
    "lost_reasons": [
        {"id": "no_interest", "name": "No interest"},
        {"id": "no_answer", "name": "No answer"},
        {"id": "wrong_data", "name": "Wrong data"},
        {"id": "too_expensive", "name": "Too expensive"},
        {"id": "competitor", "name": "Chose a competitor"},
        {"id": "spam", "name": "Spam"},
        {"id": "other", "name": "Other"},
    ],
}

_cache: dict[tuple[str, str], tuple[datetime, dict[str, Any]]] = {}
_forms: dict[str, tuple[datetime, Form]] = {}


def settings(at: datetime) -> dict[str, Any]:
    """The workspace's settings, defaults filled in."""
    return DEFAULTS | dict(documents.get(documents.SETTINGS, at).content)


def statuses(at: datetime) -> tuple[Status, ...]:
    """The statuses in their order."""
    return pipeline.of_content(documents.get(documents.STATUSES, at).content).usable()


def status(status_id: str, at: datetime) -> Status | None:
    """A status, or None: then there is none of this id at this moment."""
    for read in (documents.get, documents.fresh):
        known = pipeline.of_content(read(documents.STATUSES, at).content).usable()
        found = next((each for each in known if each.id == status_id), None)
        if found:
            return found
    return None


def source_exists(source_id: str, at: datetime) -> bool:
    """Whether leads may come by this source at this moment."""
    return any(
        record["id"] == source_id
        for read in (documents.get, documents.fresh)
        for record in source.whole(read(documents.SOURCES, at).content.get("records", ()))
    )


def lost_reason_exists(reason_id: str, at: datetime) -> bool:
    """Whether there is such a reason for junk at this moment."""
    return any(
        reason["id"] == reason_id
        for read in (documents.get, documents.fresh)
        for reason in (DEFAULTS | dict(read(documents.SETTINGS, at).content))["lost_reasons"]
    )


def users(at: datetime, *needed: str) -> tuple[User, ...]:
    """All users, in the order in which they were made; looked up anew if one of those `needed` is not among them."""
    found = tuple(map(of_record, documents.get(documents.USERS, at).content.get("records", ())))
    if set(needed) <= {user.id for user in found}:
        return found
    return tuple(map(of_record, documents.fresh(documents.USERS, at).content.get("records", ())))


def user_exists(user_id: str, at: datetime) -> bool:
    """Whether there is such a user at this moment, active or not."""
    return any(
        record["id"] == user_id
        for read in (documents.get, documents.fresh)
        for record in read(documents.USERS, at).content.get("records", ())
    )


def field_records(at: datetime, *names: str) -> list[dict[str, Any]]:
    """Definitions of fields as far as any were set; looked up anew if one of `names` is no custom field among them."""
    found: list[dict[str, Any]] = documents.get(documents.FIELDS, at).content.get("records", [])
    if set(names) <= field.types_of(found).keys():
        return found
    return list(documents.fresh(documents.FIELDS, at).content.get("records", []))


def shown(lead: Lead, at: datetime) -> dict[str, Any]:
    """A lead as the API shows it: of its own fields those that there are."""
    return lead_rules.shown(lead, field.types_of(field_records(at)))


def form(form_id: str, at: datetime) -> Form | None:
    """A form's definition, or None: then there is none of this id at this moment."""
    kept = _forms.get(form_id)
    if kept and abs(at - kept[0]) < CACHED_FOR:
        return kept[1]
    forget_form(form_id)
    stored = forms.get(form_id)
    if stored is None:
        return None
    _forms[form_id] = (at, stored.form)
    return stored.form


def forget_form(form_id: str) -> None:
    """What is read of it next is what is stored."""
    _forms.pop(form_id, None)


def channel(channel_id: str, at: datetime) -> dict[str, Any] | None:
    """A channel's definition, or None."""
    return _cached("CHANNEL", channel_id, at)


def mailbox(address: str, at: datetime) -> dict[str, Any] | None:
    """A mailbox's definition, or None; `address` in lower case."""
    return _cached("MAILBOX", address, at)


def reading(raw: Raw, at: datetime) -> Reading:
    """What the reader of a raw may know."""
    known = settings(at)
    where = {"call": channel, "email": mailbox}.get(raw.source)
    own = (where(raw.detail, at) if where and raw.detail else None) or {}
    posted_to = form(raw.detail, at) if raw.source == "web_form" else None
    if posted_to:
        own = {"default_region": posted_to.default_region, "mapping": posted_to.mapping}
    ours = {*known["own_addresses"], *([raw.detail] if raw.source == "email" and raw.detail else [])}
    return Reading(
        default_region=own.get("default_region") or known["default_region"],
        own_domains=frozenset(known["own_domains"]),
        own_addresses=frozenset(ours),
        our_numbers=frozenset([*known["our_numbers"], *own.get("our_numbers", ())]),
        mapping=own.get("mapping") or {},
        form=posted_to,
        time_zone=known["time_zone"],
    )


def business_hours(at: datetime) -> Hours:
    """When somebody can be expected to call back."""
    known = settings(at)
    hours = known["business_hours"]
    return Hours.parse(hours["days"], hours["from"], hours["until"], known["time_zone"], known["holidays"])


def cursor_secret(at: datetime) -> bytes:
    """What cursors are signed with; made when first needed."""
    stored = documents.get(CURSOR_SECRET, at).content or documents.fresh(CURSOR_SECRET, at).content
    if not stored:
        records.put_new("CFG", CURSOR_SECRET, {"secret": secrets.token_hex(32)})
        stored = documents.fresh(CURSOR_SECRET, at).content
    return bytes.fromhex(stored["secret"])


def key_for(purpose: str, at: datetime) -> bytes:
    """A key of this workspace for one purpose, which does not tell the secret that it is made of. Raises Busy."""
    return hmac.digest(cursor_secret(at), f"leadger {purpose}".encode(), "sha256")


def prepare(*, api_key: str, call_key: str, at: datetime) -> None:
    """Set up a workspace to try things in: a key with every scope, a form, a call channel, a mailbox. Repeatable."""
    keys.store(api_key, name="make run", scopes=SCOPES, at=at)
    cursor_secret(at)
    # here everybody comes from 127.0.0.1, and some are programs
    spam = {"per_minute": None, "least_seconds": 0}
    made = {"name": "Demo form", "spam": spam, "created_at": rfc3339(at), "updated_at": rfc3339(at)}
    forms.store_new(forms.StoredForm("frm_demo", forms.FIRST, made, ("make run",)))
    records.put("CHANNEL", "chn_demo", {"kind": "call", "provider": "generic", "key": call_key})
    records.put("MAILBOX", "leads@leadger.test", {"source": "email"})


def forget() -> None:
    """Empty the cache: what is read next is what is stored."""
    _cache.clear()
    _forms.clear()
    documents.forget()


def _cached(kind: str, name: str, at: datetime) -> dict[str, Any] | None:
    kept = _cache.get((kind, name))
    if kept and abs(at - kept[0]) < CACHED_FOR:
        return kept[1]
    found = records.get(kind, name)
    if found is None:
        _cache.pop((kind, name), None)
    else:
        _cache[kind, name] = (at, found)
    return found
