"""Changes of a lead by somebody: edit, move, delete, restore. Each is one version, one entry, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain import changes
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Conflict
from chalicelib.domain.lead import Lead, held
from chalicelib.domain.pipeline import CONVERTED, first_open
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.timeline import Entry
from chalicelib.domain.write import Write
from chalicelib.services import answering, existing, lead_values, workspace
from chalicelib.services.answering import Written
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import claims, entries, externals, leads, receipts
from chalicelib.store.transport import Action

#: The lead afterwards (itself where nothing changes), and type and data of the entry that tells of it.
Change = tuple[Lead, str, Mapping[str, Any]]


def edit(lead_id: str, body: Mapping[str, Any], write: Write) -> Written:
    """Change fields, status and owner as a merge patch says.

    Args:
        lead_id: 11 characters, without prefix.
        body: as sent.
    Raises:
        Invalid: all problems at once.
        NotFound, PreconditionFailed, Busy.
        Conflict: it would become or no longer be converted; or an external id is another lead's.
    """

    def decide(before: Lead) -> Change:
        return patched(before, body, write.caller, write.at)

    return commit(lead_id, write, decide, lambda before, after: updated(before, after, write.at))


def patched(before: Lead, body: Mapping[str, Any], caller: Caller, at: datetime) -> Change:
    """What a merge patch makes of a lead. Raises Invalid, Conflict."""
    values, move = lead_values.checked_patch(body, before, caller, at)
    after = changes.changed(before, values, move, at)
    return after, *changes.told(before, after)


def delete(lead_id: str, write: Write) -> Written:
    """Take a lead off every list; its phones, addresses and external ids are free again. Raises as `edit`."""

    def deleted(before: Lead) -> Change:
        if before.kind == CONVERTED:
            raise Conflict("A converted lead is evidence; undo its conversion first", code="lead_converted")
        after = replace(before, version=before.version + 1, deleted_at=write.at, updated_at=write.at)
        return after, "deleted", {}

    return commit(lead_id, write, deleted, lambda before, after: Written(204))


def restore(lead_id: str, write: Write) -> Written:
    """Undo a deletion within 30 days; an external id that somebody has taken meanwhile stays taken and is named.

    Where its status has been deleted meanwhile, it comes back in the first open one. Raises as `edit`. A lead that is
    not deleted is answered as it is.
    """
    taken: dict[str, str] = {}

    def restored(before: Lead) -> Change:
        if before.deleted_at is None:
            return before, "restored", {}
        taken.clear()
        taken.update(externals.taken(before))
        kept = {name: value for name, value in before.values.get("external_ids", {}).items() if name not in taken}
        values = {**before.values, "external_ids": kept} if kept else _without(before.values, "external_ids")
        after = replace(before, version=before.version + 1, deleted_at=None, updated_at=write.at, values=values)
        after = _placed(after, write.at)
        lost = changes.differences(before, after)
        if after.status != before.status:
            lost["status"] = {"before": before.status, "after": after.status}
        return after, "restored", {"changes": lost} if lost else {}

    def answer(before: Lead, after: Lead) -> Written:
        body = {**workspace.shown(after, write.at), "outcome": "unchanged" if after is before else "updated"}
        return answering.written(200, body | ({"external_ids_taken": taken} if taken else {}), version=after.version)

    return commit(lead_id, write, restored, answer, read=existing.restorable)


def _placed(lead: Lead, at: datetime) -> Lead:
    """The lead in the first open status, unless its own is still there, and of the kind that it was."""
    own = workspace.status(lead.status, at)
    if own and own.kind == lead.kind:
        return lead
    first = first_open(workspace.statuses(at))
    return replace(lead, status=first.id, kind=first.kind, status_changed_at=at, closed_at=None, lost_reason=None)


def updated(before: Lead, after: Lead, at: datetime) -> Written:
    """The lead as it is now, and whether anything changed."""
    outcome = "unchanged" if after is before else "updated"
    return answering.written(200, {**workspace.shown(after, at), "outcome": outcome}, version=after.version)


def commit(
    lead_id: str,
    write: Write,
    decide: Callable[[Lead], Change],
    answer: Callable[[Lead, Lead], Written],
    *,
    read: Callable[[str, Caller, datetime], Lead] = existing.living,
    receipt: Receipt | None = None,
    beside: Callable[[Known], Sequence[Action]] = lambda known: (),
) -> Written:
    """Commit one change of a lead with its entry, its claims, its external ids and the kept answer.

    Args:
        decide: pure but for the clock it was given; raises what the caller is told.
        answer: of the lead before and after.
        read: the lead as it is, consistently.
        receipt: of the inbound that the change is; written with it, finished.
        beside: what else is written with a change, and with nothing else.
    Raises:
        PreconditionFailed, NotFound, Conflict, Busy, and whatever `decide` raises.
    """
    stored = answering.before(write)
    if stored:
        return stored
    planned: dict[str, Written] = {}

    def plan(known: Known) -> Plan[Written]:
        before = read(lead_id, write.caller, write.at)
        taken = externals.among(known.found)
        if taken:
            raise externals.conflict(taken)
        write.check_version(before.version, workspace.shown(before, write.at))
        after, kind, data = decide(before)
        if after is before:
            planned["unchanged"] = answer(before, before)
            return Plan([*_kept(receipt, "unchanged", before), *answering.keep(write, planned["unchanged"])],
                        planned["unchanged"])  # fmt: skip
        after = _as_duplicate(before, after, known)
        if kind in {"updated", "assigned", "status_changed"}:
            kind, data = changes.told(before, after)
        planned["updated"] = answer(before, after)
        entry = Entry(lead_id, known.new_id("entry"), kind, write.origin, write.caller.id, None, data, after.version)
        actions: list[Action] = [
            leads.change(before, after),
            *claims.follow(before, after, known.claims),
            *externals.follow(before, after, write.origin),
            entries.add(entry),
            *_kept(receipt, "updated", after),
            *answering.keep(write, planned["updated"]),
            *beside(known),
        ]
        return Plan(actions, planned["updated"])

    known = Known(write.at)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        if receipt:
            recorded = receipts.get(receipt.id)
            return planned.get(recorded.outcome) if recorded else None
        entry = entries.get(lead_id, known.new_id("entry"))
        return planned["updated"] if entry and entry.origin == write.origin else None

    return settle(plan, own, known)


def _kept(receipt: Receipt | None, outcome: str, lead: Lead) -> list[Action]:
    return [receipts.put_finished(replace(receipt, outcome=outcome, lead=lead.id))] if receipt else []


def _as_duplicate(before: Lead, after: Lead, known: Known) -> Lead:
    """Whoever takes a value that another open lead holds is that one's duplicate; it may not join it."""
    if after.duplicate_of:
        return after
    gained = held(after) - held(before)
    seen = [known.claims[identity] for identity in sorted(gained) if identity in known.claims]
    others = {lead for claim in seen if not claim.shared for lead in claim.open_leads} - {after.id}
    return replace(after, duplicate_of=min(others)) if others else after


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
