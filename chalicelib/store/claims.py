"""Claims on phone numbers and e-mail addresses: one formula for every change of a lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.domain.lead import Lead, held
from chalicelib.domain.matching import SHARED_AT, Claim, Identity, Seen
from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import keys, transport
from chalicelib.store.transport import Check, Update

FREE = "attribute_not_exists(#open_leads) AND attribute_not_exists(#contact) AND attribute_not_exists(#shared)"


def follow(
    before: Lead | None, after: Lead | None, seen: Seen, call_back: Mapping[Identity, str] | None = None
) -> list[Update]:
    """The claims after a change of one lead: `held(after) − held(before)` is added, the reverse taken off.

    Every addition is conditioned on the claim as last seen; what was not seen is taken to be free.

    Args:
        call_back: the open call-back task that comes with the change, by phone.
    """
    lead = after or before
    assert lead is not None
    gained, lost = held(after) - held(before), held(before) - held(after)
    tasks = call_back or {}
    added = [_add(lead.id, identity, seen.get(identity), tasks.get(identity)) for identity in sorted(gained)]
    return [update for update in added if update] + [_take_off(lead, identity) for identity in sorted(lost)]


def still_held(lead_id: str, identity: Identity, task: str | None = None) -> Check:
    """The transaction holds only while the claim lists the lead, and `task` is its open call-back, if one is given."""
    condition, values = "contains(#open_leads, :lead) AND attribute_not_exists(#shared)", {":lead": lead_id}
    if task:
        condition += " AND #call_back = :task"
        values[":task"] = task
    return Check(name_of(identity), keys.claim(identity), condition, values)


def unchanged(identities: Iterable[Identity], seen: Seen) -> list[Check]:
    """The transaction holds only while the claims are as last seen, for a lead that looks at them and adds none."""
    known = {identity: seen.get(identity) for identity in identities}
    return [
        Check(name_of(identity), keys.claim(identity), *_as_seen(claim))
        for identity, claim in known.items()
        if not (claim and claim.shared)
    ]


def call_back(lead_id: str, identity: Identity, task: str, stale: str | None) -> Update:
    """Note the open call-back task of a number, if there is none; holds only while the claim lists the lead.

    Args:
        stale: the task of a lead that is no longer open, which stands there.
    """
    free = "#call_back = :stale" if stale else "attribute_not_exists(#call_back)"
    return Update(
        name_of(identity),
        keys.claim(identity),
        "SET #call_back = :task",
        f"contains(#open_leads, :lead) AND attribute_not_exists(#shared) AND {free}",
        {":task": task, ":lead": lead_id, **({":stale": stale} if stale else {})},
    )


def called_back(identity: Identity, task: str) -> Update:
    """The call-back is done: the next missed call makes a new task. Refused under the claim's name."""
    return Update(name_of(identity), keys.claim(identity), "REMOVE #call_back", "#call_back = :task", {":task": task})


def name_of(identity: Identity) -> str:
    """Under which a failed condition on the claim is reported."""
    return f"claim:{identity.kind}:{identity.value}"


def identity_of(name: str) -> Identity | None:
    """Inverse of `name_of`; None for other names."""
    if not name.startswith("claim:"):
        return None
    _, kind, value = name.split(":", 2)
    return Identity(kind, value)


def claim_of(item: Mapping[str, Any] | None) -> Claim:
    """The claim that an item holds; a free one where there is none."""
    if not item:
        return Claim()
    return Claim(
        open_leads=item.get("open_leads", frozenset()),
        contact=item.get("contact"),
        last_lead=item.get("last_lead"),
        last_closed=parse(item["last_closed"]) if "last_closed" in item else None,
        shared=item.get("shared", False),
        call_back=item.get("call_back"),
    )


def get(identity: Identity) -> Claim:
    """The claim, read consistently; a free one where there is none."""
    return claim_of(transport.get(keys.claim(identity)))


def read(identities: Iterable[Identity], pointers: Iterable[str] = ()) -> tuple[dict[Identity, Claim], dict[str, Any]]:
    """Claims and pointers in one request, eventually consistent: a hint, the conditions decide.

    Returns:
        claims by identity (only those that exist), pointer items by name.
    """
    by_key = {keys.claim(identity): identity for identity in identities}
    names = {keys.pointer(name): name for name in pointers}
    found = transport.batch_get([*by_key, *names])
    return (
        {by_key[key]: claim_of(item) for key, item in found.items() if key in by_key},
        {names[key]: item for key, item in found.items() if key in names},
    )


def _add(lead_id: str, identity: Identity, claim: Claim | None, task: str | None) -> Update | None:
    if claim and claim.shared:
        return None
    key, name = keys.claim(identity), name_of(identity)
    condition, values = _as_seen(claim)
    holders = len(claim.open_leads) if claim else 0
    if holders >= SHARED_AT:
        return Update(name, key, "SET #shared = :yes", condition, {**values, ":yes": True})
    expression = "SET #type = :type"
    if holders == SHARED_AT - 1:
        expression += ", #shared = :yes"
        values[":yes"] = True
    values |= {":type": "claim", ":lead": {lead_id}}
    if task and not (claim and claim.calling_back):
        expression += ", #call_back = :task"
        values[":task"] = task
    elif not (claim and claim.open_leads):
        # of a lead that is no longer open
        expression += " REMOVE #call_back"
    return Update(name, key, f"{expression} ADD #open_leads :lead", condition, values)


def _as_seen(claim: Claim | None) -> tuple[str, dict[str, Any]]:
    """The condition that a claim is still as it was seen, as far as that matters."""
    if claim is None or not (claim.open_leads or claim.contact):
        return FREE, {}
    values: dict[str, Any] = {}
    if claim.open_leads:
        parts = ["contains(#open_leads, :seen)"]
        values[":seen"] = min(claim.open_leads)
    else:
        parts = ["attribute_not_exists(#open_leads)"]
    if claim.contact:
        parts.append("#contact = :contact")
        values[":contact"] = claim.contact
    else:
        parts.append("attribute_not_exists(#contact)")
    return " AND ".join([*parts, "attribute_not_exists(#shared)"]), values


def _take_off(lead: Lead, identity: Identity) -> Update:
    values: dict[str, Any] = {":lead": {lead.id}}
    expression = "DELETE #open_leads :lead"
    if lead.closed_at:
        expression = f"SET #last_lead = :last, #last_closed = :closed {expression}"
        values |= {":last": lead.id, ":closed": rfc3339(lead.closed_at)}
    return Update(name_of(identity), keys.claim(identity), expression, "attribute_exists(pk)", values)
