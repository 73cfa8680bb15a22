"""What all telephone providers share: the way from a webhook to an Inbound. An adapter brings words and two methods."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from chalicelib.domain.calls import call_result
from chalicelib.domain.cleaning import sound
from chalicelib.domain.inbound import CallBack, Inbound, Raw, Reading, Verdict
from chalicelib.domain.phones import clean_phone, is_withheld
from chalicelib.domain.times import rfc3339

#: What can happen to a call.
EVENTS = frozenset({"ringing", "answered", "missed", "ended", "voicemail"})
LONGEST_ID = 200


@dataclass(frozen=True)
class Request:
    """A webhook as it came over the wire, for checking who sent it.

    Attributes:
        url: as the provider called it, with scheme, host and query.
        headers: names in lower case.
        query: decoded; a parameter that stands twice is left out.
        body: the bytes as received.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class CallEvent:
    """One thing that happened to a call, in our words.

    Attributes:
        call_id: the provider's; one for all events of a call. Empty when the delivery names none.
        event: of `EVENTS`; empty when the provider's word is unknown to us.
        word: the provider's own.
        direction: `in`, `out`, or empty when not told.
        caller, called: numbers as sent, or what stands in their place (`anonymous`).
        at: the provider's time, aware UTC; None when not told.
        duration: seconds spoken; None when not told.
        internal: both ends are extensions of the same system.
    """

    call_id: str
    event: str
    word: str = ""
    direction: str = ""
    caller: str = ""
    called: str = ""
    at: datetime | None = None
    duration: int | None = None
    internal: bool = False


class Unreadable(ValueError):
    """A delivery that is not in the provider's form; says in one sentence why."""


class Provider:
    """Base of all adapters: verify → parse → normal form. The raw is kept by the door before any of it.

    Attributes:
        name: as in `/hooks/{name}/{channel_id}`.
        events_by_word: the provider's word for an event → ours; others are `ignored` as unknown.
        directions_by_word: likewise; unknown ones count as incoming, so that no enquiry is lost.
    """

    name = ""
    events_by_word: Mapping[str, str] = {}
    directions_by_word: Mapping[str, str] = {}

    def verify(self, request: Request, channel: Mapping[str, Any]) -> bool:
        """Whether the provider sent this, judged on the raw bytes in constant time. Never raises."""
        raise NotImplementedError

    def parse(self, raw: Raw) -> list[CallEvent]:
        """The events of a delivery, in its order; unknown words are values. Raises Unreadable."""
        raise NotImplementedError

    def read(self, raw: Raw, reading: Reading) -> Inbound:
        """One event of a delivery in normal form; never raises."""
        try:
            events = self.parse(raw)
        except Unreadable as error:
            return _undecided(raw, "unreadable", str(error))
        position = int(raw.meta.get("event", "0")) if raw.meta.get("event", "0").isdecimal() else 0
        if position >= len(events):
            return _undecided(raw, "unreadable", "The delivery holds no event.")
        if not events[position].call_id and not events[position].event:
            detail = "The delivery says neither which call it is about nor what happened."
            return _undecided(raw, "no_call_id", detail)
        return inbound_of(events[position], raw, reading)

    def event_of(self, word: object) -> str:
        """Our word for the provider's, or empty."""
        return self.events_by_word.get(word.strip().lower(), "") if isinstance(word, str) else ""

    def direction_of(self, word: object) -> str:
        """Our word for the provider's, or empty."""
        return self.directions_by_word.get(word.strip().lower(), "") if isinstance(word, str) else ""


def inbound_of(event: CallEvent, raw: Raw, reading: Reading) -> Inbound:
    """One event of a call as an Inbound of the channel `raw.detail`.

    Calls never extend a lead (`may_adopt` is False): a caller's number can be forged, and it is all there is anyway.
    An event that does not say which call it is about stands for itself: nothing goes before it, nothing follows.
    """
    caller = None if is_withheld(event.caller) else clean_phone(_dialled(event.caller), reading.default_region)
    threads = (f"call#{raw.detail}#{event.call_id}",) if event.call_id else ()
    missed = event.event in ("missed", "voicemail")
    return Inbound(
        raw=raw,
        values=_values(event, caller),
        entry_type="call",
        entry=_entry(event),
        verdict=_verdict(event, caller, reading),
        follows=threads,
        leaves=threads,
        call_back=_call_back(event, caller) if missed else None,
        occurred_at=event.at,
        may_adopt=False,
    )


def identity(channel_id: str, event: CallEvent) -> str:
    """The external id of an event: the same delivery again has the same, another event of the call another."""
    at = rfc3339(event.at) if event.at else ""
    return f"{channel_id}:{event.call_id}:{event.event or event.word}:{at}"


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in constant time; an empty one equals nothing."""
    return bool(expected) and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a delivery. Raises Unreadable."""
    try:
        document = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("The delivery is not JSON.") from error
    if not isinstance(document, dict):
        raise Unreadable("The delivery is not a JSON object.")
    return document


def text_of(value: object, limit: int = LONGEST_ID) -> str:
    """A scalar as trimmed text, at most `limit` characters; longer ids keep their beginning and get a hash."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    try:
        text = sound(str(value)).strip()
    except ValueError:  # an integer of more than 4,300 digits
        return ""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 33]}~{blake2b(text.encode(), digest_size=16).hexdigest()}"


def _values(event: CallEvent, caller: Mapping[str, Any] | None) -> dict[str, object]:
    if caller:
        return {"phones": (_dialled(event.caller),)}
    if is_withheld(event.caller):
        return {"title": "Anonymous call"}
    return {"title": f"Call from {_dialled(event.caller)[:60]}"}


def _entry(event: CallEvent) -> dict[str, object]:
    entry: dict[str, object] = {
        "call_id": event.call_id,
        "event": event.event or event.word,
        "direction": event.direction,
        "from": event.caller,
        "to": event.called,
        "at": rfc3339(event.at) if event.at else "",
        "result": call_result([{"event": event.event, "duration": event.duration}]) if event.event else "",
    }
    if event.duration is not None:
        entry["duration"] = event.duration
    return {name: value for name, value in entry.items() if value != ""}


def _verdict(event: CallEvent, caller: Mapping[str, Any] | None, reading: Reading) -> Verdict | None:
    if not event.event:
        return Verdict("ignored", "unknown_event", f"We do not know the event {event.word[:40]!r}.")
    if event.direction == "out":
        return Verdict("ignored", "outgoing_call", "An outgoing call opens no lead.")
    if event.internal or _is_extension(event.caller) or (caller and caller["e164"] in reading.our_numbers):
        return Verdict("ignored", "internal_call", "The caller is one of us.")
    if event.event == "ringing":
        return Verdict("ignored", "ringing", "The call is still ringing.")
    return None


def _call_back(event: CallEvent, caller: Mapping[str, Any] | None) -> CallBack | None:
    """A task to call back; nobody can call back a withheld number."""
    if caller:
        return CallBack(f"Call back {_dialled(event.caller)}", str(caller["e164"]))
    if is_withheld(event.caller):
        return None
    return CallBack(f"Call back {_dialled(event.caller)[:60]}", _dialled(event.caller)[:60])


def _is_extension(number: str) -> bool:
    digits = _dialled(number)
    return digits.isdecimal() and 2 <= len(digits) <= 4 and not digits.startswith("0")


def _dialled(number: str) -> str:
    """A caller's number out of a SIP or tel address: `sip:+49221@example.net;user=phone` → `+49221`."""
    bare = number.strip()
    if bare[:4].lower() in ("sip:", "tel:") or bare[:5].lower() == "sips:":
        bare = bare.partition(":")[2].partition("@")[0].partition(";")[0]
    return bare


def _undecided(raw: Raw, reason: str, detail: str) -> Inbound:
    return Inbound(raw=raw, entry_type="call", verdict=Verdict("needs_attention", reason, detail))
