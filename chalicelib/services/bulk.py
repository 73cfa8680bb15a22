"""One change of many leads, as a job: each lead by an ordinary change, at most once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib import log
from chalicelib.domain import fields
from chalicelib.domain.caller import Caller
from chalicelib.domain.cleaning import below
from chalicelib.domain.errors import Busy, Conflict, Invalid, LeadgerError, NotFound, Problem
from chalicelib.domain.filters import filters_of
from chalicelib.domain.lead import Lead
from chalicelib.domain.pipeline import CONVERTED, JUNK
from chalicelib.domain.problems import problem
from chalicelib.domain.work import MOST_REASONS, Reason
from chalicelib.domain.write import Write
from chalicelib.services import lead_changes, lead_values, lead_walks, own_fields, owners, workspace
from chalicelib.services import work as jobs
from chalicelib.services.answering import Written
from chalicelib.services.lead_changes import Change
from chalicelib.services.work import Held, Overtaken
from chalicelib.store import work as stored

#: Leads looked at between two looks at the list.
PAGE = 200
CHANGED, UNCHANGED, REFUSED = "changed", "unchanged", "refused"


def start(filters: Mapping[str, Any], patch: Mapping[str, Any], write: Write) -> Written:
    """Have every lead that passes the filters changed. Raises Invalid, Conflict, KeyReused, Busy."""
    wanted = lead_walks.checked(filters, write.caller, write.at)
    return jobs.start("bulk", {"filters": wanted, "set": checked(patch, write.caller, write.at)}, write)


def checked(patch: Mapping[str, Any], caller: Caller, at: datetime) -> dict[str, Any]:
    """A merge patch as a job keeps it, the owner `me` as the user that it is; refused for what is known already.

    Raises:
        Invalid: all problems at once, named below `set`.
        Conflict: it would move leads to the converted status.
    """
    settings = workspace.settings(at)
    patch, nobody = owners.written(patch, caller)
    cleaned, wrong = fields.clean_values(
        _with_whole_amount(patch, settings["currency"]),
        region=settings["default_region"],
        lenient=False,
        currency=settings["currency"],
        custom=own_fields.by_name(at, patch.get("custom")),
        record={},
    )
    problems = [*nobody, *wrong, *lead_values.unknown(cleaned, settings, at), *own_fields.unknown_users(cleaned, at)]
    problems += [problem(name, "required") for name in ("status", "source") if name in patch and not cleaned.get(name)]
    status = workspace.status(cleaned["status"], at) if cleaned.get("status") else None
    if status and status.kind == JUNK and not cleaned.get("lost_reason"):
        problems += [problem("lost_reason", "required")]
    if status and status.kind != JUNK and cleaned.get("lost_reason"):
        problems += [problem("lost_reason", "not_lost", cleaned["lost_reason"])]
    if not patch:
        raise Invalid([problem("set", "required")])
    if problems:
        raise Invalid(below("set.", dict.fromkeys(problems)))
    if status and status.kind == CONVERTED:
        raise Conflict("A lead becomes 'converted' by a conversion", code="conversion_required")
    return dict(patch)


def _with_whole_amount(patch: Mapping[str, Any], currency: str) -> Mapping[str, Any]:
    """Each lead has the member of its amount that the patch does not name."""
    sent = patch.get("amount")
    return {**patch, "amount": {"amount": "0", "currency": currency, **sent}} if isinstance(sent, Mapping) else patch


def step(held: Held) -> None:
    """Count, or change, a page of leads."""
    filters, patch = filters_of(held.parameters["filters"]), held.parameters["set"]
    phase, after = lead_walks.place(held)
    if phase == lead_walks.COUNTING:
        lead_walks.count(held, filters, after)
        return

    def patched(before: Lead) -> Change:
        at = held.worker.now()
        if not lead_walks.passes(filters, before, at):
            return before, "updated", {}
        return lead_changes.patched(before, patch, held.write.caller, at)

    found = lead_walks.page(filters, held.work, after, PAGE, held.worker.now())
    for number, card in enumerate(found.cards):
        if number and not held.worker.in_time():
            held.keep_up()
            return
        lead_id = str(card["id"]).removeprefix("lead_")
        change_one(held, lead_id, lead_walks.at_lead(lead_id), patched)
    if found.next:
        held.note(lead_walks.at_lead(found.next["after"]))
        held.keep_up()
    else:
        held.finish()


def change_one(held: Held, lead_id: str, cursor: str, decide: Callable[[Lead], Change]) -> str:
    """Change one lead, its outcome and the job's next place in one transaction.

    Returns:
        what became of it; one that is gone, or that the change says nothing new of, is `unchanged`.
    Raises:
        Overtaken, Busy: nothing of it was written, or not by this worker.
    """
    after = held.with_outcome(cursor, CHANGED)
    try:
        written = lead_changes.commit(
            lead_id, held.write, decide, _outcome, beside=lambda known: held.beside(known, after)
        )
    except (Overtaken, Busy):
        raise
    except NotFound:
        held.note(cursor, unchanged=1)
        return UNCHANGED
    except Exception as error:
        _refuse(held, lead_id, cursor, error)
        return REFUSED
    outcome = written.body.decode()
    if outcome == CHANGED:
        held.stored_as(after)
    else:
        held.note(cursor, unchanged=1)
    return outcome


def _outcome(before: Lead, after: Lead) -> Written:
    return Written(200, (UNCHANGED if after is before else CHANGED).encode())


def _refuse(held: Held, lead_id: str, cursor: str, error: Exception) -> None:
    """One lead that cannot be changed costs the others nothing."""
    why = _problem_of(error)
    if not isinstance(error, LeadgerError):
        log.failure("lead_not_changed", error, job=held.work.id, lead=lead_id)
    after = held.with_outcome(cursor, REFUSED)
    told = after.counts[REFUSED] <= MOST_REASONS
    held.save(after, [stored.note_reason(held.work.id, Reason(lead_id, why.code, why.detail))] if told else [])


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, Invalid):
        return Problem("", error.problems[0].code, error.detail)
    if isinstance(error, LeadgerError):
        return Problem("", error.code, error.detail)
    return problem("", "not_stored")
