"""Calls: one provider, one adapter; all of them tell the same few things in their own words."""

from __future__ import annotations

from hashlib import blake2b

from chalicelib.domain.inbound import Inbound, Raw, Reading, Verdict
from chalicelib.sources.telephony.generic import Generic
from chalicelib.sources.telephony.provider import CallEvent, Provider, Request, Unreadable, identity

__all__ = ["PROVIDERS", "CallEvent", "Provider", "Request", "identities", "identity", "read"]

#: Provider's name in `/hooks/{provider}/…` → its adapter.
PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in (Generic(),)}


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

    A door makes one receipt for each: `replace(raw, external_id=…, meta={**raw.meta, "event": str(position)})`.
    """
    nameless = f"{raw.detail}:{blake2b(raw.body, digest_size=16).hexdigest()}"
    provider = PROVIDERS.get(raw.meta.get("provider", ""))
    try:
        events = provider.parse(raw) if provider else []
    except Unreadable:
        events = []
    return tuple(identity(raw.detail, event) if event.call_id else nameless for event in events) or (nameless,)
