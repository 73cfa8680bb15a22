"""Who is it: the claims on phone numbers and addresses, and what they say about a newcomer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain import ids
from chalicelib.domain.emails import email_key

#: From this many open leads on, a value (a switchboard) says nothing about who calls.
SHARED_AT = 50


class Identity(NamedTuple):
    """One phone number or e-mail address by which a person is known.

    Attributes:
        kind: `phone` or `email`.
        value: E.164, or the address in lower case.
    """

    kind: str
    value: str


@dataclass(frozen=True)
class Claim:
    """Who holds a phone number or address.

    Attributes:
        open_leads: ids of all open leads with the value.
        contact: contact or company id.
        last_lead, last_closed: the lead that was closed last, and when.
        shared: it is marked: too many hold it for it to decide anything.
        call_back: the call-back task for this number, as `{lead id}{entry id}`.
    """

    open_leads: frozenset[str] = frozenset()
    contact: str | None = None
    last_lead: str | None = None
    last_closed: datetime | None = None
    shared: bool = False
    call_back: str | None = None

    @property
    def calling_back(self) -> bool:
        """Whether the call-back task is one of an open lead."""
        return self.call_back is not None and self.call_back[: ids.WIDTH] in self.open_leads

    @property
    def decides(self) -> bool:
        """Whether it says who somebody is. Of a crowd that came at once the mark may be missing yet."""
        return not self.shared and len(self.open_leads) < SHARED_AT


Seen = Mapping[Identity, Claim]


@dataclass(frozen=True)
class Match:
    """What the claims say.

    Attributes:
        lead: the open lead to attach to.
        by: the value that decided.
        contact: known as a contact, but without an open lead.
        others: further open leads with one of the values.
    """

    lead: str | None = None
    by: Identity | None = None
    contact: str | None = None
    others: tuple[str, ...] = ()


def identities(values: Mapping[str, object]) -> tuple[Identity, ...]:
    """The phones and addresses among cleaned lead values; addresses first, because switchboards share numbers."""
    emails = [Identity("email", email_key(str(item["address"]))) for item in _items(values, "emails")]
    phones = [Identity("phone", str(item["e164"])) for item in _items(values, "phones")]
    return tuple(dict.fromkeys(emails + phones))


def match(known: Iterable[Identity], seen: Seen) -> Match:
    """The oldest open lead of the first value that has one; else the first contact.

    Args:
        known: the newcomer's values in order of weight.
        seen: claims as last read; what is absent is taken to be free.
    """
    held = [(identity, seen[identity]) for identity in known if identity in seen and seen[identity].decides]
    opened = [(identity, claim) for identity, claim in held if claim.open_leads]
    if opened:
        identity, claim = opened[0]
        lead = min(claim.open_leads)
        others = sorted({other for _, claim in opened for other in claim.open_leads} - {lead})
        return Match(lead=lead, by=identity, others=tuple(others))
    for identity, claim in held:
        if claim.contact:
            return Match(contact=claim.contact, by=identity)
    return Match()


def _items(values: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    items = values.get(name) or ()
    assert isinstance(items, list | tuple)
    return [item for item in items if isinstance(item, Mapping)]
