"""Lists of leads: filters to an index, a page to cards or whole leads. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import external_ids, ids, listing
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Invalid
from chalicelib.domain.listing import Filters
from chalicelib.domain.matching import Identity, identities
from chalicelib.domain.problems import problem
from chalicelib.services import existing, owners, search, workspace
from chalicelib.store import claims, jobs, lead_lists, leads
from chalicelib.store.lead_lists import Named, Partition
from chalicelib.store.leads import Cards

#: Closed leads of one number or address that are found, besides all the open ones.
MOST_FOUND = 100
#: What every card shows.
ON_CARD = frozenset(
    {
        "id", "title", "name", "company", "status", "status_changed_at", "source", "owner_id", "amount", "tags",
        "repeat", "received_at", "created_at", "last_activity_at", "phone", "email",
    }
)  # fmt: skip


def page(filters: Filters, limit: int, start: Mapping[str, Any] | None, viewer: Caller, at: datetime) -> Cards:
    """A page of the leads that pass.

    Args:
        start: `next` of the page before.
        viewer: who looks; access rights will add to the filters here.
    Raises:
        Invalid: no index serves the combination; or a filter's value is none.
        Unavailable.
    """
    filters = checked(filters, viewer, at)
    columns = filters.columns(workspace.statuses(at))

    if filters.q:
        found = search.find(filters.q, limit, start)
        cards = [card for card in found.cards if listing.wanted(filters, columns, {**card, "owner": card["owner_id"]})]
        return Cards(cards, found.next)

    def keep(item: Mapping[str, Any]) -> bool:
        created = ids.created_at(str(item["pk"]).removeprefix("L#"))
        return listing.wanted(filters, columns, {**item, "created_at": created})

    return lead_lists.page(
        _stretches(filters, columns, viewer, at),
        descending=filters.descending,
        limit=limit,
        after=start["after"] if start else None,
        keep=None if _served(filters) else keep,
    )


def checked(filters: Filters, viewer: Caller, at: datetime) -> Filters:
    """The filters with the owner `me` as the user that it is.

    Raises:
        Invalid: no index serves the combination, or it names what there is not.
    """
    owner, problems = owners.asked_for(filters.owner_id, viewer, at)
    unknown = [each for each in filters.status if workspace.status(each, at) is None]
    problems += [*listing.unserved(filters), *(problem("status", "unknown_status", each) for each in unknown)]
    if problems:
        raise Invalid(problems)
    return replace(filters, owner_id=owner)


def check(filters: Filters, viewer: Caller, at: datetime) -> None:
    """Raise Invalid, as the first page would, without reading a lead."""
    checked(filters, viewer, at)
    for kind in ("phone", "email"):
        if text := getattr(filters, kind):
            _identity(kind, text, at)
    if filters.external_id:
        external_ids.read(filters.external_id)


def selected(cards: Sequence[Mapping[str, Any]], names: Sequence[str] | None, at: datetime) -> list[dict[str, Any]]:
    """The cards, or of each lead the fields that were asked for; beyond the card that costs a read per 100."""
    if names is None:
        return [dict(card) for card in cards]
    if ON_CARD.issuperset(names):
        return [{name: card[name] for name in names} for card in cards]
    card_by_id = {card["id"]: card for card in cards}
    whole = (workspace.shown(lead, at) for lead in lead_lists.whole(cards))
    return [{name: lead[name] if name in lead else card_by_id[lead["id"]][name] for name in names} for lead in whole]


def _stretches(filters: Filters, columns: Sequence[str], viewer: Caller, at: datetime) -> list[Partition | Named]:
    finding = filters.finding
    if finding == "import_id":
        return _of_import(str(filters.import_id))
    if finding:
        return [Named(_found(finding, filters, viewer, at))]
    owner = None if filters.owner_id == owners.NOBODY else filters.owner_id
    if filters.by_status:
        if filters.owner_id:
            return [lead_lists.owned_column(owner, column) for column in columns]
        return [lead_lists.column(column) for column in columns]
    first = ids.floor(filters.created_since) if filters.created_since else "!"
    last = ids.floor(filters.created_until - timedelta(milliseconds=1), highest=True) if filters.created_until else "~"
    if filters.owner_id:
        return [lead_lists.mine(owner, first, last)]
    return [lead_lists.everything(first, last)]


def _served(filters: Filters) -> bool:
    """Whether the keys alone serve everything that is asked for."""
    if filters.finding or filters.source or filters.tag or filters.repeat is not None:
        return False
    if filters.by_status:
        return not (filters.created_since or filters.created_until)
    return not (filters.status or filters.kind)


def _found(finding: str, filters: Filters, viewer: Caller, at: datetime) -> list[str]:
    match finding:
        case "external_id":
            return _by_external_id(str(filters.external_id), viewer)
        case "phone" | "email":
            return _by_identity(finding, str(getattr(filters, finding)), at)
        case _:
            return leads.linked(str(filters.contact_id or filters.company_id))


def _by_external_id(text: str, viewer: Caller) -> list[str]:
    lead = existing.of_external_id(*external_ids.read(text), viewer)
    return [lead.id] if lead else []


def _by_identity(kind: str, text: str, at: datetime) -> list[str]:
    identity = _identity(kind, text, at)
    found, _ = claims.read([identity])
    claim = found.get(identity)
    named = {f"lead_{lead_id}" for lead_id in claim.open_leads} if claim else set()
    named |= {card["id"] for card in search.find(identity.value, MOST_FOUND).cards}
    whole = lead_lists.whole([{"id": lead_id} for lead_id in sorted(named)])
    return [lead.id for lead in whole if identity in identities(lead.values)]


def _identity(kind: str, text: str, at: datetime) -> Identity:
    from chalicelib.domain.emails import clean_email, email_key
    from chalicelib.domain.phones import clean_phone

    if kind == "email":
        email = clean_email(text)
        if email:
            return Identity(kind, email_key(email["address"]))
    else:
        phone = clean_phone(text.replace(" ", "+", 1) if text.startswith(" ") else text,
                            workspace.settings(at)["default_region"])  # fmt: skip
        if phone:
            return Identity(kind, phone["e164"])
    raise Invalid([problem(kind, f"invalid_{kind}", text)])


def _of_import(import_id: str) -> list[Partition | Named]:
    """The leads that an import created, by the range of its ids, and those that its rows joined."""
    job_id = ids.strip(import_id, "imp")
    job = jobs.get(job_id) if job_id else None
    if job is None:
        return []
    first, last = ids.bulk_id(job.first_millisecond, 0), ids.bulk_id(job.first_millisecond, max(0, job.total - 1))
    joined = [row.lead for row in jobs.rows(job.id) if row.lead and row.outcome in {"attached", "updated"}]
    return [lead_lists.everything(first, last), Named(joined)]
