"""Calls: one provider, one adapter; all of them tell the same few things in their own words."""

from __future__ import annotations

from hashlib import blake2b

from chalicelib.domain.inbound import Inbound, Raw, Reading, Verdict
from chalicelib.sources.telephony.generic import Generic
from chalicelib.sources.telephony.provider import CallEvent, Provider, Request, Unreadable, identity

__all__ = ["PROVIDERS", "CallEvent", "Provider", "Request", "identities", "identity", "read"]

#: Provider's name in `/hooks/{provider}/…` → its adapter.
PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in (Generic(),)}
#: Seconds within which equal deliveries that tell neither call nor time are one.
WINDOW = 300


def read(raw: Raw, reading: Reading) -> Inbound:
    """A call webhook in normal form.

    Args:
        raw: `meta["provider"]` names the adapter, `detail` is the channel; `meta["event"]` (default 0) says which
            event of a delivery that carries several is meant.
    """
    provider = PROVIDERS.get(raw.meta.get("provider", ""))
    if provider is None:
        return Inbound(
            raw=raw,
            entry_type="call",
            verdict=Verdict("needs_attention", "unknown_provider", "There is no adapter for this provider."),
        )
    return provider.read(raw, reading)


def identities(raw: Raw) -> tuple[str, ...]:
    """The external ids of a delivery's events, in its order; of what cannot be read, one made from its bytes.

    An event of a call without an id is known by its bytes, too; one that does not tell its time either, by them and
    the five minutes it came in: the next missed call of that number sends the same bytes. (A repeat across the border
    of two windows is one entry more on the same lead.)

    A door makes one receipt for each: `replace(raw, external_id=…, meta={**raw.meta, "event": str(position)})`.
    """
    provider = PROVIDERS.get(raw.meta.get("provider", ""))
    try:
        events = provider.parse(raw) if provider else []
    except Unreadable:
        events = []
    known = (
        identity(raw.detail, event) if event.call_id else _nameless(raw, event, position)
        for position, event in enumerate(events)
    )
    return tuple(known) or (_of_bytes(raw),)


def _nameless(raw: Raw, event: CallEvent, position: int) -> str:
    window = "" if event.at else f":{int(raw.received_at.timestamp()) // WINDOW}"
    return _of_bytes(raw) + window + (f":{position}" if position else "")


def _of_bytes(raw: Raw) -> str:
    return f"{raw.detail}:{blake2b(raw.body, digest_size=16).hexdigest()}"
