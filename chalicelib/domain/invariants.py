"""What is always true of the table, whatever died when. Each invariant is a function from a Ledger to its violations.

The numbers are those of the promises: I1 one inbound, one receipt, one outcome · I2 claims are exactly what open leads
hold · I3 derived data say what a recount would · I4 a lead's history is gap-free and ends in its state · I5 every item
has a known type and a living parent · I6 an import's report adds up · I9 a stored answer is of something that happened,
once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain import gauges, search
from chalicelib.domain.changes import present
from chalicelib.domain.gauges import Column, Tally
from chalicelib.domain.inbound import OUTCOMES
from chalicelib.domain.job import DONE, ROW_OUTCOMES, Job, JobRow
from chalicelib.domain.lead import Lead, held
from chalicelib.domain.matching import Claim, Identity
from chalicelib.domain.receipt import PENDING, Receipt
from chalicelib.domain.timeline import Entry
from chalicelib.domain.work import DONE as WORK_DONE
from chalicelib.domain.work import STATUSES as WORK_STATUSES
from chalicelib.domain.work import Work

#: Everything that may stand on a timeline (API, *timeline*); `created` is read off the lead and never stored.
ENTRY_TYPES = frozenset(
    {
        "updated", "status_changed", "assigned", "note", "task", "call", "email", "meeting", "form_submission",
        "import_row", "manual", "converted", "conversion_undone", "merged", "merge_undone", "deleted", "restored",
    }
)  # fmt: skip
#: Outcomes of a receipt that name a lead.
WITH_LEAD = frozenset({"created", "attached", "updated", "unchanged"})


@dataclass(frozen=True)
class Violation:
    """Something that must never be.

    Attributes:
        invariant: `I1`, `I2`, …
        subject: the record it is about: kind and id, never a person's data.
        detail: one sentence.
    """

    invariant: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.subject}: {self.detail}"


@dataclass(frozen=True)
class Pointer:
    """A thread, call or foreign id that leads to a lead. `entry` is the one it grows, None for the lead's opening."""

    name: str
    lead: str
    entry: str | None = None


@dataclass(frozen=True)
class StoredAnswer:
    """What a repeated Idempotency-Key is answered. `lead` is the one its body shows, if it shows one."""

    name: str
    status: int
    origin: str
    lead: str | None = None


@dataclass(frozen=True)
class Ledger:
    """Everything in the table, in the terms of the domain.

    Attributes:
        purged: leads that were deleted for good: what made each.
        external_names: names of the pointers that each living lead's external ids need, by lead.
        claims: by identity; an identity that no lead has ever had is `Identity("unknown", key)`.
        job_rows: the import's id, and a row that did not simply create a lead.
        works: jobs that are no imports; `work_parts` are the ids of those that have further items, and their types.
        unknown: name and type of items that are none of ours.
        gauges: the board's counters, after they caught up; None if nobody looked.
        tokens: search tokens by lead, likewise.
    """

    leads: Mapping[str, Lead] = field(default_factory=dict)
    purged: Mapping[str, str] = field(default_factory=dict)
    entries: Sequence[Entry] = ()
    claims: Mapping[Identity, Claim] = field(default_factory=dict)
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    pointers: Sequence[Pointer] = ()
    external_names: Mapping[str, Set[str]] = field(default_factory=dict)
    answers: Sequence[StoredAnswer] = ()
    jobs: Mapping[str, Job] = field(default_factory=dict)
    job_rows: Sequence[tuple[str, JobRow]] = ()
    works: Mapping[str, Work] = field(default_factory=dict)
    work_parts: Sequence[tuple[str, str]] = ()
    unknown: Sequence[tuple[str, str]] = ()
    gauges: Mapping[Column, Tally] | None = None
    tokens: Mapping[str, Set[str]] | None = None


def violations(ledger: Ledger) -> list[Violation]:
    """All violations of all invariants; empty when everything adds up. A pending receipt is none."""
    return [violation for invariant in INVARIANTS for violation in invariant(ledger)]


# ── I1 ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def one_outcome(ledger: Ledger) -> Iterator[Violation]:
    """I1: a receipt names exactly one lead or verdict, and nothing else was made of the same inbound."""
    leads_by_origin = _by_origin(ledger.leads.values())
    purged_by_origin = {origin: [lead] for lead, origin in ledger.purged.items()}
    entries_by_origin = _by_origin(entry for entry in ledger.entries if entry.type != "task")
    tasks_by_origin = _by_origin(entry for entry in ledger.entries if entry.type == "task")
    for receipt in ledger.receipts.values():
        subject, origin = f"receipt {receipt.id}", f"rcp_{receipt.id}"
        for detail in _outcome_faults(receipt, ledger):
            yield Violation("I1", subject, detail)
        made = [lead.id for lead in leads_by_origin[origin]] + purged_by_origin.get(origin, [])
        joined = [entry.lead for entry in entries_by_origin[origin]]
        expected_made = [receipt.lead] if receipt.outcome == "created" else []
        if made != expected_made:
            yield Violation("I1", subject, f"outcome '{receipt.outcome}', but it made the leads {made}")
        # a call's later events grow its entry and make none
        needs_entry = receipt.source != "call" and not _is_purged(receipt, ledger)
        if receipt.outcome == "attached" and not joined and needs_entry:
            yield Violation("I1", subject, f"attached to {receipt.lead}, but there is no entry of it")
        on_it = receipt.outcome in {"attached", "updated"} and joined == [receipt.lead]
        if len(joined) > 1 or (joined and not on_it):
            yield Violation("I1", subject, f"outcome '{receipt.outcome}' on {receipt.lead}, but entries on {joined}")
        if len(tasks_by_origin[origin]) > 1:
            yield Violation("I1", subject, f"it made {len(tasks_by_origin[origin])} tasks")
    for origin in sorted({*leads_by_origin, *entries_by_origin, *tasks_by_origin}):
        if origin.startswith("rcp_") and origin.removeprefix("rcp_") not in ledger.receipts:
            yield Violation("I1", f"receipt {origin.removeprefix('rcp_')}", "there is an effect, but no receipt")


def _outcome_faults(receipt: Receipt, ledger: Ledger) -> Iterator[str]:
    if receipt.outcome not in (PENDING, *OUTCOMES):
        yield f"'{receipt.outcome}' is no outcome"
    if receipt.outcome in WITH_LEAD and receipt.lead not in ledger.leads and not _is_purged(receipt, ledger):
        yield f"outcome '{receipt.outcome}', but there is no lead {receipt.lead}"
    if receipt.outcome not in WITH_LEAD and receipt.lead:
        yield f"outcome '{receipt.outcome}' with the lead {receipt.lead}"
    if receipt.outcome == "accepted" and receipt.job not in ledger.jobs:
        yield f"accepted, but there is no job {receipt.job}"


def _is_purged(receipt: Receipt, ledger: Ledger) -> bool:
    return receipt.lead in ledger.purged


def _by_origin(records: Iterable[Any]) -> defaultdict[str, list[Any]]:
    grouped: defaultdict[str, list[Any]] = defaultdict(list)
    for record in records:
        grouped[record.origin].append(record)
    return grouped


# ── I2 ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def claims_are_what_is_held(ledger: Ledger) -> Iterator[Violation]:
    """I2: a claim lists exactly the open leads with its value, and at most one of them is nobody's duplicate."""
    holders: defaultdict[Identity, set[str]] = defaultdict(set)
    for lead in ledger.leads.values():
        for identity in held(lead):
            holders[identity].add(lead.id)
    for identity in sorted({*holders, *ledger.claims}):
        claim, leads = ledger.claims.get(identity, Claim()), holders[identity]
        subject = f"claim on the {identity.kind} of {_first(leads | claim.open_leads) or claim.last_lead or 'nobody'}"
        if claim.open_leads - leads:
            yield Violation("I2", subject, f"lists {sorted(claim.open_leads - leads)}, which do not hold it")
        if claim.shared:
            continue
        if leads - claim.open_leads:
            yield Violation("I2", subject, f"does not list {sorted(leads - claim.open_leads)}, which hold it")
        originals = sorted(lead for lead in leads if not ledger.leads[lead].duplicate_of)
        if len(originals) > 1:
            yield Violation("I2", subject, f"{originals} are all open, and none says it is a duplicate")


def call_backs_are_open(ledger: Ledger) -> Iterator[Violation]:
    """I2: the call-back task that a claim names is an open task of a lead; of one number there is at most one."""
    tasks = {entry.lead + entry.id: entry for entry in ledger.entries if entry.type == "task"}
    for identity, claim in ledger.claims.items():
        if claim.call_back is None:
            continue
        task = tasks.get(claim.call_back)
        if task is None or task.done:
            state = "is done" if task else "does not exist"
            yield Violation("I2", f"claim on the {identity.kind} of {_first(claim.open_leads)}", f"its task {state}")


def _first(leads: Iterable[str]) -> str:
    return min(leads, default="")


def external_ids_lead_to_their_lead(ledger: Ledger) -> Iterator[Violation]:
    """I2: another system's id leads to the one living lead that has it, and to no other."""
    found = {pointer.name: pointer.lead for pointer in ledger.pointers}
    needed = {name: lead for lead, names in ledger.external_names.items() for name in names}
    for name, lead in needed.items():
        if found.get(name) != lead:
            yield Violation("I2", f"external id of {lead}", f"leads to {found.get(name) or 'nothing'}")
    for name, lead in found.items():
        if not name.startswith(("mail#", "call#")) and name not in needed:
            yield Violation("I2", f"external id of {lead}", "which does not have it")


# ── I3 ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def gauges_are_a_recount(ledger: Ledger) -> Iterator[Violation]:
    """I3: every counter of the board is what a recount of the leads gives."""
    if ledger.gauges is None:
        return
    counted: dict[Column, Tally] = {}
    for lead in ledger.leads.values():
        gauges.add(counted, gauges.counted(lead))
    shown, expected = gauges.nonzero(ledger.gauges), gauges.nonzero(counted)
    for column in sorted({*shown, *expected}):
        if shown.get(column) != expected.get(column):
            detail = f"it shows {shown.get(column, {})}, a recount gives {expected.get(column, {})}"
            yield Violation("I3", f"gauge {column[0]}/{column[1]}", detail)


def leads_are_found(ledger: Ledger) -> Iterator[Violation]:
    """I3: every lead is found by every word of its own. Words it no longer has may lead to it, too."""
    if ledger.tokens is None:
        return
    for lead in ledger.leads.values():
        if lead.deleted_at or lead.merged_into:
            continue
        missing = set(search.tokens_of(lead.values)) - ledger.tokens.get(lead.id, frozenset())
        if missing:
            yield Violation("I3", f"lead {lead.id}", f"{len(missing)} of its words do not lead to it")


# ── I4 ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def histories_lead_to_the_state(ledger: Ledger) -> Iterator[Violation]:
    """I4: versions 2…n have one entry each, and what they say changed is what the lead now shows."""
    by_lead: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in ledger.entries:
        if entry.version is not None:
            by_lead[entry.lead].append(entry)
    for lead in ledger.leads.values():
        history = sorted(by_lead[lead.id], key=lambda entry: entry.version or 0)
        versions = [entry.version for entry in history]
        if versions != list(range(2, lead.version + 1)):
            yield Violation("I4", f"lead {lead.id}", f"version {lead.version}, but entries for {versions}")
            continue
        for name, before, after in _broken_steps(lead, history):
            yield Violation("I4", f"lead {lead.id}", f"the history of '{name}' breaks between {before} and {after}")


def _broken_steps(lead: Lead, history: Sequence[Entry]) -> Iterator[tuple[str, str, str]]:
    """(field, entry, next entry or the lead) wherever what one left is not what the other found."""
    left: dict[str, tuple[object, str]] = {}
    for entry in history:
        for name, change in _changes(entry).items():
            if name in left and left[name][0] != change["before"]:
                yield name, left[name][1], entry.id
            left[name] = change["after"], entry.id
    for name, (value, entry_id) in left.items():
        if value != present(lead, name):
            yield name, entry_id, "the lead"


def _changes(entry: Entry) -> dict[str, Mapping[str, Any]]:
    """Field → before, after."""
    changes = dict(entry.data.get("changes", {}))
    if entry.type == "status_changed":
        changes["status"] = {"before": entry.data.get("from"), "after": entry.data.get("to")}
    return {name: {"before": None, "after": None, **change} for name, change in changes.items()}


# ── I5 ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def everything_belongs(ledger: Ledger) -> Iterator[Violation]:
    """I5: every item has a type we know and a parent that lives."""
    for name, kind in ledger.unknown:
        yield Violation("I5", f"item {name}", f"of the type '{kind}'" if kind else "has no type")
    for entry in ledger.entries:
        if entry.lead not in ledger.leads:
            yield Violation("I5", f"entry {entry.id}", f"on the timeline of {entry.lead}, which does not exist")
    entry_ids = {(entry.lead, entry.id) for entry in ledger.entries}
    for pointer in ledger.pointers:
        subject = f"pointer of {pointer.name.split('#', 1)[0]}"
        if pointer.lead in ledger.purged:
            continue
        if pointer.lead not in ledger.leads:
            yield Violation("I5", subject, f"leads to {pointer.lead}, which does not exist")
        elif pointer.entry and (pointer.lead, pointer.entry) not in entry_ids:
            yield Violation("I5", subject, f"leads to the entry {pointer.entry}, which does not exist")
    for job_id, row in ledger.job_rows:
        subject = f"row {row.position} of the import {job_id}"
        if job_id not in ledger.jobs:
            yield Violation("I5", subject, "the import does not exist")
        if row.lead and row.lead not in ledger.leads and row.lead not in ledger.purged:
            yield Violation("I5", subject, f"leads to {row.lead}, which does not exist")

    for work_id, kind in ledger.work_parts:
        if work_id not in ledger.works:
            yield Violation("I5", f"{kind} of the job {work_id}", "the job does not exist")


# ── I6 ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def reports_add_up(ledger: Ledger) -> Iterator[Violation]:
    """I6: a file's rows are accounted for, each once, and the counters say what is there."""
    every = [*(lead.origin for lead in ledger.leads.values()), *ledger.purged.values()]
    origins = Counter(origin for origin in every if origin.startswith("imp_"))
    for origin, made in origins.items():
        if made > 1:
            yield Violation("I6", f"row {origin}", f"made {made} leads")
    created = Counter(origin.removeprefix("imp_").split("/")[0] for origin in origins.elements())
    noted = Counter((job_id, row.outcome) for job_id, row in ledger.job_rows if row.outcome != "created")
    for job in ledger.jobs.values():
        subject, counts = f"import {job.id}", {name: job.counts.get(name, 0) for name in ROW_OUTCOMES}
        if sum(counts.values()) != job.cursor:
            yield Violation("I6", subject, f"{job.cursor} rows have an outcome, but it counts {job.outcomes()}")
        if job.status == DONE and job.cursor != job.total:
            yield Violation("I6", subject, f"done after {job.cursor} of {job.total} rows")
        there = {"created": created[job.id], **{name: noted[job.id, name] for name in ROW_OUTCOMES[1:]}}
        for name in ROW_OUTCOMES:
            if there[name] != counts[name]:
                yield Violation("I6", subject, f"it counts {counts[name]} rows {name}, but there are {there[name]}")


def works_add_up(ledger: Ledger) -> Iterator[Violation]:
    """I6: a job that is done has done all it was to do, and what changed for it says so."""
    changed = Counter(entry.origin.rpartition("/job_")[2] for entry in ledger.entries if "/job_" in entry.origin)
    for work in ledger.works.values():
        subject = f"job {work.id}"
        if work.status not in WORK_STATUSES:
            yield Violation("I6", subject, f"'{work.status}' is no status")
        if work.status == WORK_DONE and work.total != work.done:
            yield Violation("I6", subject, f"done after {work.done} of {work.total}")
        counted = work.counts.get("changed", 0)
        # what was purged since has no entries any more
        if changed[work.id] > counted or (changed[work.id] < counted and not ledger.purged):
            yield Violation("I6", subject, f"it counts {counted} leads changed, but made {changed[work.id]} entries")


# ── I9 ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def answers_are_true(ledger: Ledger) -> Iterator[Violation]:
    """I9: a stored answer shows a lead that exists, and what it answers happened once."""
    for origin, answers in _by_origin(ledger.answers).items():
        if len(answers) > 1:
            yield Violation("I9", f"answers of {origin}", f"there are {len(answers)}")
    for answer in ledger.answers:
        subject = f"answer of {answer.origin}"
        if answer.lead and answer.lead not in ledger.leads and answer.lead not in ledger.purged:
            yield Violation("I9", subject, f"it shows {answer.lead}, which does not exist")
        made = [lead.id for lead in ledger.leads.values() if lead.origin == answer.origin]
        if made and made != [answer.lead]:
            yield Violation("I9", subject, f"it shows {answer.lead}, but made {made}")
        receipt = ledger.receipts.get(answer.origin.removeprefix("rcp_"))
        if answer.origin.startswith("rcp_") and (receipt is None or receipt.lead != answer.lead):
            settled = f"its receipt names {receipt.lead}" if receipt else "it has no receipt"
            yield Violation("I9", subject, f"it shows {answer.lead}, but {settled}")


INVARIANTS: tuple[Callable[[Ledger], Iterator[Violation]], ...] = (
    one_outcome,
    claims_are_what_is_held,
    call_backs_are_open,
    external_ids_lead_to_their_lead,
    gauges_are_a_recount,
    leads_are_found,
    histories_lead_to_the_state,
    everything_belongs,
    reports_add_up,
    works_add_up,
    answers_are_true,
)
