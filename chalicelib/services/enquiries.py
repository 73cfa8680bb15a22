"""What an inbound does to the leads: opens one, joins one, or continues a call. Decisions for `settle`."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import changes, fields
from chalicelib.domain.assignment import Assigned
from chalicelib.domain.business_time import Hours, due
from chalicelib.domain.calls import call_result
from chalicelib.domain.errors import Conflict, Problem
from chalicelib.domain.field_lists import MOST_VALUES
from chalicelib.domain.inbound import Inbound, Reading
from chalicelib.domain.lead import Lead, adopted, held, numbered
from chalicelib.domain.matching import Claim, Identity, Match, identities, match
from chalicelib.domain.pipeline import OPEN, Status, first_open
from chalicelib.domain.timeline import Entry, changed_task, task_id, task_named
from chalicelib.domain.times import rfc3339
from chalicelib.services.settle import Known
from chalicelib.store import claims, entries, externals, leads, pointers
from chalicelib.store.transport import Action

#: A sender's clock that is further off than this is not believed.
CLOCKS_APART = timedelta(days=1)
#: Bytes of an entry's data; what is longer is cut there and stays whole in the receipt.
MOST_ENTRY_BYTES = 2_000
LONGEST_TEXT = 600
LONGEST_NAME = 100
#: Policies by which an enquiry changes the lead that it joins.
ENRICHING = frozenset({"update", "overwrite"})


@dataclass(frozen=True)
class Standing:
    """What only a caller may say of a lead: where it stands and where it came from.

    Attributes:
        status: None is the first open one.
        lost_reason: of a junk status.
        owner: `usr_…`; None leaves it to the assignment.
    """

    source: str
    source_detail: str | None = None
    status: Status | None = None
    lost_reason: str | None = None
    owner: str | None = None


def nobody(lead_id: str) -> Assigned | None:
    """Where no rule says who gets a lead."""
    return None


@dataclass(frozen=True)
class Enquiry:
    """An inbound, cleaned, and what is to be known to settle it.

    Attributes:
        origin: `rcp_…`, `imp_…/row` or a request id: what makes its records its own.
        values: cleaned lead fields.
        problems: of reading and of cleaning.
        policy: `create`, `attach`, `update`, `overwrite` or `reject`: what happens with someone who has an open lead.
        by: who enters it, `key_…`; None for visitors.
        receipt: `rcp_…`, None for rows.
        lead_id: fixed beforehand, for rows.
        standing: as the caller said, for leads by hand and API; or as the form says.
        assign: id of the lead to be opened → who gets it; the same however often it is asked.
    """

    inbound: Inbound
    values: Mapping[str, Any]
    problems: tuple[Problem, ...]
    origin: str
    policy: str
    statuses: Sequence[Status]
    hours: Hours | None = None
    by: str | None = None
    receipt: str | None = None
    lead_id: str | None = None
    standing: Standing | None = None
    assign: Callable[[str], Assigned | None] = nobody

    @property
    def source(self) -> str:
        """By what way it came."""
        return self.standing.source if self.standing else self.inbound.raw.source


@dataclass(frozen=True)
class Effect:
    """What is to be done, and what it will have been.

    Attributes:
        outcome: `created`, `attached`, `updated`.
        lead: id of the lead made or joined.
        record: the lead as made or changed; None if it was joined and stays as it was.
        joined: the existing lead that the actions depend on.
    """

    outcome: str
    lead: str
    actions: list[Action]
    record: Lead | None = None
    joined: str | None = None


def cleaned(
    inbound: Inbound, reading: Reading, currency: str, custom: Mapping[str, fields.Field] | None = None
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """An inbound's values as a lead stores them, and all that could not be read: it costs nobody the enquiry."""
    values, problems = fields.clean_values(
        {**inbound.values, **inbound.preset},
        region=reading.default_region,
        lenient=True,
        currency=currency,
        time_zone=reading.time_zone,
        custom=custom,
    )
    if inbound.consent:
        values["consent"] = [*values.get("consent", ()), *map(dict, inbound.consent)][:MOST_VALUES]
    return completed(values), (*inbound.problems, *problems)


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Name and title made from the rest where they are missing."""
    result = dict(values)
    for name, derived in (("name", fields.derive_name(values)), ("title", fields.derive_title(values))):
        if derived and not result.get(name):
            result[name] = derived
    return result


def look_first(enquiry: Enquiry, known: Known) -> None:
    """Read claims and pointers before the first attempt: a hint that saves a refused transaction."""
    found, pointed = claims.read(identities(enquiry.values), enquiry.inbound.follows)
    known.claims.update(found)
    known.found.update({f"pointer:{name}": item for name, item in pointed.items()})


def decide(enquiry: Enquiry, known: Known) -> Effect:
    """The effect of an enquiry, as far as the claims are known.

    Raises:
        Conflict: the policy is `reject` and there is an open lead with one of the values; `existing_id` names it.
    """
    pointed = _pointed(enquiry, known)
    if pointed:
        return _continue(enquiry, pointed, known)
    found = match(identities(enquiry.values), _living(known))
    if found.lead and enquiry.policy == "reject":
        raise Conflict(
            "There is an open lead with this phone number or e-mail address",
            code="duplicate",
            extra={"existing_id": f"lead_{found.lead}"},
        )
    if found.lead and enquiry.policy != "create":
        return _attach(enquiry, found, known)
    return _open(enquiry, found, known)


def _open(enquiry: Enquiry, found: Match, known: Known) -> Effect:
    lead_id = enquiry.lead_id or known.new_id("lead")
    values, next_value_id = numbered(_without_taken(enquiry, known), 1)
    if not values.get("title"):
        values["title"] = _untitled(enquiry)
    standing = enquiry.standing or Standing(enquiry.source, enquiry.inbound.raw.detail or None)
    status = standing.status or first_open(enquiry.statuses)
    assigned = enquiry.assign(lead_id) if status.kind == OPEN and not standing.owner else None
    lead = Lead(
        id=lead_id,
        version=1,
        origin=enquiry.origin,
        status=status.id,
        kind=status.kind,
        status_changed_at=known.at,
        source=standing.source,
        source_detail=standing.source_detail,
        received_at=enquiry.inbound.raw.received_at,
        updated_at=known.at,
        values=values,
        opening=_opening(enquiry, found, assigned, None),
        next_value_id=next_value_id,
        owner=assigned.owner if assigned else standing.owner,
        created_by=enquiry.by,
        contact=found.contact,
        repeat=found.contact is not None,
        duplicate_of=found.lead,
        lost_reason=standing.lost_reason,
        closed_at=None if status.kind == OPEN else known.at,
    )
    task = _call_back(enquiry, lead_id, lead.owner, known)
    claimed = {}
    if task:
        lead = replace(lead, opening=_opening(enquiry, found, assigned, task))
        claimed = {identity: lead_id + task.id for identity in identities(values) if identity.kind == "phone"}
    actions: list[Action] = [
        leads.create(lead),
        *claims.follow(None, lead, known.claims, claimed),
        *externals.follow(None, lead, enquiry.origin),
    ]
    if status.kind != OPEN:
        # born closed it claims nothing: nothing else would fail if somebody has an open lead after all
        actions += claims.unchanged(identities(values), known.claims)
    if task:
        actions.append(entries.add(task))
    actions += _leave(enquiry, lead_id, None, known)
    return Effect("created", lead_id, actions, record=lead)


def _without_taken(enquiry: Enquiry, known: Known) -> Mapping[str, Any]:
    """The values without external ids that other leads have. Raises Conflict where a caller sees the answer."""
    taken = externals.among(known.found)
    if not taken:
        return enquiry.values
    if enquiry.by:
        raise externals.conflict(taken)
    given = enquiry.values.get("external_ids", {}).items()
    return {**enquiry.values, "external_ids": {name: value for name, value in given if (name, value) not in taken}}


def _attach(enquiry: Enquiry, found: Match, known: Known) -> Effect:
    assert found.lead
    assert found.by
    enriched = enquiry.policy in ENRICHING and _enrichment(enquiry, found.lead, found.by, known)
    change = enriched or _adoption(enquiry, found.lead, found.by, known)
    claim = known.claims[found.by]
    task = None if claim.calling_back else _call_back_on(enquiry, found.lead, known)
    others = [f"lead_{other}" for other in found.others]
    entry = _entry(enquiry, found.lead, known, {"other_leads": others}, task)
    actions: list[Action] = []
    if change:
        before, after = change
        entry = replace(
            entry, version=after.version, data={**entry.data, "changes": changes.differences(before, after)}
        )
        actions += [leads.change(before, after), *claims.follow(before, after, known.claims)]
        actions += externals.follow(before, after, enquiry.origin)
    if task and found.by.kind == "phone":
        actions.append(claims.call_back(found.lead, found.by, found.lead + task.id, claim.call_back))
    elif enquiry.inbound.call_back and claim.calling_back:
        actions.append(claims.still_held(found.lead, found.by, claim.call_back))
    elif not change:
        actions.append(claims.still_held(found.lead, found.by))
    actions.append(entries.add(entry))
    if task:
        actions.append(entries.add(task))
    actions += _leave(enquiry, found.lead, entry.id, known)
    if change:
        return Effect("updated" if enriched else "attached", found.lead, actions, record=change[1])
    return Effect("attached", found.lead, actions, joined=found.lead)


def _continue(enquiry: Enquiry, pointed: Mapping[str, Any], known: Known) -> Effect:
    """A call's next event grows its entry; a mail of a known thread is a new entry."""
    lead_id = str(pointed["lead"])
    if enquiry.inbound.entry_type == "call":
        grown = _continue_call(enquiry, lead_id, pointed.get("entry"), known)
        return Effect("attached", lead_id, grown, joined=lead_id)
    entry = _entry(enquiry, lead_id, known, {})
    actions: list[Action] = [leads.still_there(lead_id), entries.add(entry)]
    return Effect("attached", lead_id, [*actions, *_leave(enquiry, lead_id, entry.id, known)], joined=lead_id)


def _continue_call(enquiry: Enquiry, lead_id: str, entry_id: str | None, known: Known) -> list[Action]:
    """The event joins the call's entry. What the call has come to decides about a task, not its last event.

    Such a decision holds only while no other event has joined: `answered` and `missed` may come at the same moment.
    """
    before = _events_so_far(enquiry, lead_id, entry_id)
    (event,) = _events(enquiry, None)
    if before is not None and call_result([*before, event]) == "answered":
        more = _no_call_back(enquiry, before, known)
    else:
        task, more = _late_call_back(enquiry, lead_id, known)
        (event,) = _events(enquiry, task)
    seen = None if before is None else len(before)
    if entry_id:
        return [entries.grow(lead_id, entry_id, event, seen), leads.still_there(lead_id), *more]
    return [leads.grow_opening(lead_id, event, seen), *more]


def _events_so_far(enquiry: Enquiry, lead_id: str, entry_id: str | None) -> list[Mapping[str, Any]] | None:
    """The events of the call as stored; None where this one makes no task and ends none, or nothing is there."""
    if enquiry.inbound.call_back is None and enquiry.inbound.entry.get("event") != "answered":
        return None
    if entry_id:
        entry = entries.get(lead_id, entry_id)
        return entry.data.get("events") if entry else None
    lead = leads.get(lead_id)
    if lead is None or lead.deleted_at or lead.merged_into:
        return None  # the commit will find out, and say so
    events: list[Mapping[str, Any]] | None = lead.opening.get("data", {}).get("events")
    return events


def _no_call_back(enquiry: Enquiry, events: Sequence[Mapping[str, Any]], known: Known) -> list[Action]:
    """The call was answered after all: the task that it made is done, by nobody."""
    name = next((str(event["task_id"]) for event in events if "task_id" in event), "")
    place = task_named(name)
    task = entries.get(*place) if place else None
    if task is None or task.done:
        return []
    done = changed_task(task, enquiry.origin, done=known.at, data={**task.data, "reason": "answered"})
    actions: list[Action] = [entries.change_task(task, done)]
    phone = Identity("phone", str(task.data.get("phone") or ""))
    if phone.value and claims.get(phone).call_back == task.lead + task.id:
        actions.append(claims.called_back(phone, task.lead + task.id))
    return actions


def _late_call_back(enquiry: Enquiry, lead_id: str, known: Known) -> tuple[Entry | None, list[Action]]:
    """The call turns out to be missed only now: a task, unless the number's call-back is open already."""
    phone = next((identity for identity in identities(enquiry.values) if identity.kind == "phone"), None)
    claim = known.claims.get(phone, Claim()) if phone else Claim()
    task = None if claim.calling_back else _call_back_on(enquiry, lead_id, known)
    if task is None:
        return None, []
    if phone and lead_id in claim.open_leads:
        return task, [claims.call_back(lead_id, phone, lead_id + task.id, claim.call_back), entries.add(task)]
    return task, [entries.add(task)]


def _pointed(enquiry: Enquiry, known: Known) -> Mapping[str, Any] | None:
    for name in enquiry.inbound.follows:
        item = known.found.get(f"pointer:{name}")
        if item and item["lead"] not in known.gone:
            return item
    return None


def _living(known: Known) -> dict[Identity, Claim]:
    """The claims without the leads that turned out to be gone: a hint read too early."""
    return {
        identity: replace(claim, open_leads=claim.open_leads - known.gone) for identity, claim in known.claims.items()
    }


def _leave(enquiry: Enquiry, lead_id: str, entry_id: str | None, known: Known) -> list[Action]:
    """Pointers for what will follow. One that stands keeps its lead, unless that is gone."""
    actions: list[Action] = []
    for name in dict.fromkeys(enquiry.inbound.leaves):
        standing = known.found.get(f"pointer:{name}")
        if standing is None:
            actions.append(pointers.leave(name, lead_id, enquiry.origin, entry_id))
        elif standing["lead"] in known.gone:
            actions.append(pointers.redirect(name, standing["lead"], lead_id, enquiry.origin, entry_id))
    return actions


def _adoption(enquiry: Enquiry, lead_id: str, by: Identity, known: Known) -> tuple[Lead, Lead] | None:
    """The lead before and after it takes over phones and addresses that nobody holds; None if there are none.

    None, too, if it no longer holds the value that it was found by: then the claim's own condition decides.
    """
    free = {
        identity
        for identity in identities(enquiry.values)
        if not (claim := known.claims.get(identity, Claim())).open_leads and not claim.contact and not claim.shared
    }
    if not free or not enquiry.inbound.may_adopt:
        return None
    before = leads.get(lead_id)
    if before is None or by not in held(before):
        return None
    gained = adopted(before, enquiry.values, free)
    if not gained or any(len(gained.get(name, ())) > MOST_VALUES for name in ("phones", "emails")):
        return None
    next_value_id = gained.pop("next_value_id")
    values = {**before.values, **gained}
    after = replace(before, version=before.version + 1, values=values, next_value_id=next_value_id, updated_at=known.at)
    return before, after


def _enrichment(enquiry: Enquiry, lead_id: str, by: Identity, known: Known) -> tuple[Lead, Lead] | None:
    """The lead before and after it takes over what an enquiry says: into empty fields, or over what is there.

    Phones and addresses that another lead or a contact holds stay out: they would make it somebody's duplicate.
    None where nothing would change, or where it no longer holds the value that it was found by.
    """
    before = leads.get(lead_id)
    if before is None or by not in held(before) or not enquiry.inbound.may_adopt:
        return None
    mine = held(before)
    said = {name: value for name, value in enquiry.values.items() if value and name != "external_ids"}
    for name in ("phones", "emails"):
        said[name] = [item for item in said.get(name, ()) if _may_hold(identities({name: [item]}), mine, known)]
    values = fields.filled(before.values, said) if enquiry.policy == "update" else fields.replaced(before.values, said)
    after = changes.changed(before, values, changes.Move(), known.at)
    return None if after is before else (before, after)


def _may_hold(wanted: Iterable[Identity], mine: Container[Identity], known: Known) -> bool:
    seen = [known.claims.get(identity, Claim()) for identity in wanted if identity not in mine]
    return not any(claim.open_leads or claim.contact or claim.shared for claim in seen)


def _call_back_on(enquiry: Enquiry, lead_id: str, known: Known) -> Entry | None:
    """As `_call_back`, for the owner of an existing lead."""
    if enquiry.inbound.call_back is None:
        return None
    lead = leads.get(lead_id)
    return _call_back(enquiry, lead_id, lead.owner if lead else None, known)


def _when(enquiry: Enquiry) -> datetime:
    """When it happened, by the sender's clock as far as that can be right."""
    received, occurred = enquiry.inbound.raw.received_at, enquiry.inbound.occurred_at
    return occurred if occurred and abs(received - occurred) < CLOCKS_APART else received


def _call_back(enquiry: Enquiry, lead_id: str, owner: str | None, known: Known) -> Entry | None:
    wanted = enquiry.inbound.call_back
    if wanted is None:
        return None
    at = _when(enquiry)
    until = due(at, enquiry.hours) if enquiry.hours else at + timedelta(hours=1)
    return Entry(
        lead=lead_id,
        id=known.new_id("task"),
        type="task",
        origin=enquiry.origin,
        by=enquiry.by,
        source=enquiry.source,
        data={"title": wanted.title, "phone": wanted.phone},
        due=until,
        owner=owner,
    )


def _entry(enquiry: Enquiry, lead_id: str, known: Known, more: Mapping[str, Any], task: Entry | None = None) -> Entry:
    data = {**_told(enquiry, task), **{name: value for name, value in more.items() if value}}
    if enquiry.inbound.consent:
        data["consent"] = list(map(dict, enquiry.inbound.consent))  # evidence: whole, however long it is
    return Entry(
        lead=lead_id,
        id=known.new_id("entry"),
        type=enquiry.inbound.entry_type,
        origin=enquiry.origin,
        by=enquiry.by,
        source=enquiry.source,
        data=data | ({"receipt_id": enquiry.receipt} if enquiry.receipt else {}),
    )


def _opening(enquiry: Enquiry, found: Match, assigned: Assigned | None, task: Entry | None) -> dict[str, Any]:
    data = _told(enquiry, task)
    if enquiry.by:
        data.pop("raw", None)  # what a caller sends is what the lead shows, or it was refused
    if found.others:
        data["other_leads"] = [f"lead_{other}" for other in found.others]
    if assigned:
        data["assigned"] = assigned.told
    # who enters a lead has submitted no form
    opening: dict[str, Any] = {"type": enquiry.inbound.raw.source if enquiry.by else enquiry.inbound.entry_type}
    if enquiry.receipt:
        opening["receipt"] = enquiry.receipt
    return opening | ({"data": data} if data else {})


def _told(enquiry: Enquiry, task: Entry | None) -> dict[str, Any]:
    """What the timeline tells of an inbound: as written, with what could not be used."""
    inbound = enquiry.inbound
    data: dict[str, Any] = dict(inbound.entry)
    if inbound.entry_type == "call":
        data = {"events": _events(enquiry, task)}
    unused = [{"field": problem.field, "code": problem.code, "value": problem.value} for problem in enquiry.problems]
    if unused:
        data["problems"] = unused
    raw = {name: _listed(value) for name, value in inbound.values.items() if value}
    if raw and inbound.entry_type not in {"call", "manual"}:
        data["raw"] = raw | data.get("raw", {})  # a file's cells that were read differently stand there as they were
    if inbound.occurred_at:
        data["occurred_at"] = rfc3339(inbound.occurred_at)
    return _within_limit(data)


def _events(enquiry: Enquiry, task: Entry | None) -> list[dict[str, Any]]:
    """The event of a call as its entry lists it, with the task that it made."""
    return [dict(enquiry.inbound.entry) | ({"task_id": task_id(task)} if task else {})]


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _within_limit(data: dict[str, Any]) -> dict[str, Any]:
    """The data, long texts cut until it fits an entry; `cut` says so. The receipt has all of it.

    What is kept of files is not cut: half a key leads nowhere.
    """
    longest = LONGEST_TEXT
    files = {name: data[name] for name in ("files",) if name in data}
    result = data = {name: value for name, value in data.items() if name not in files}
    while len(json.dumps(result, default=str).encode()) > MOST_ENTRY_BYTES and longest > 4:
        result = {**_cut(data, longest), "cut": True}
        longest //= 2
    return result | files


def _cut(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= longest else value[:longest] + "…"
    if isinstance(value, Mapping):
        return {str(name)[:LONGEST_NAME]: _cut(each, longest) for name, each in list(value.items())[:longest]}
    if isinstance(value, list | tuple):
        return [_cut(each, longest) for each in value[:longest]]
    return value


def _untitled(enquiry: Enquiry) -> str:
    words = {"call": "Call without a number", "email": "E-mail without a sender", "web_form": "Form submission"}
    return words.get(enquiry.inbound.raw.source, "Enquiry")
