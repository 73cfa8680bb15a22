"""Does everything in the table add up? The items of the table in the terms of `domain.invariants`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from chalicelib.domain import ids, invariants
from chalicelib.domain.invariants import ENTRY_TYPES, Ledger, Pointer, StoredAnswer, Violation
from chalicelib.domain.lead import Lead
from chalicelib.domain.matching import Claim, Identity, identities
from chalicelib.store import answers, claims, derived, entries, externals, jobs, keys, leads, receipts, tokens
from chalicelib.store import work as works

Item = Mapping[str, Any]

#: Settings-like records and notes: nothing depends on them that could be broken.
SETTINGS = frozenset({"form", "form_entry", "channel", "mailbox", "key", "key_entry", "cfg", "bulk_ids", "reminder"})

#: Everything else that is no timeline entry.
RECORDS = frozenset(
    {
        "lead", "purged", "receipt", "claim", "pointer", "answer", "import", "job_row", "job", "job_parameters",
        "job_reason",
    }
)  # fmt: skip


#: What the table holds that can be rebuilt.
DERIVED = frozenset(
    {
        "token", "gauge", "changes", "checkpoint", "recount", "note",
        # what forms remember of posts for a while
        "form_buckets", "used_proof", "sent_text",
    }
)  # fmt: skip


def verify(items: Iterable[Item], rebuildable: Iterable[Item] | None = None) -> list[Violation]:
    """Every violation of the invariants among all items of `crm`, as `transport.scan` gives them.

    Args:
        rebuildable: all items of `crm-derived`, after the stream was followed to its end; None if nobody looked.
    """
    ledger = ledger_of(items)
    return invariants.violations(ledger if rebuildable is None else with_derived(ledger, rebuildable))


def with_derived(ledger: Ledger, items: Iterable[Item]) -> Ledger:
    """The ledger with what is derived from it."""
    gauges, found, unknown = {}, defaultdict[str, set[str]](set), list(ledger.unknown)
    for item in items:
        match item.get("type"):
            case "gauge":
                gauges[derived.column_of(item)] = derived.tally_of(item)
            case "token":
                text, lead_id = tokens.token_of(item)
                found[lead_id].add(text)
            case kind if kind not in DERIVED:
                unknown.append((_name(item), str(kind or "")))
    return replace(ledger, gauges=gauges, tokens=found, unknown=unknown)


def ledger_of(items: Iterable[Item]) -> Ledger:
    """All items of the table, sorted by what they are."""
    by_type: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_type[str(item.get("type", ""))].append(item)
    known_leads = {lead.id: lead for lead in map(leads.lead_of, by_type["lead"])}
    known_receipts = {receipt.id: receipt for receipt in map(receipts.receipt_of, by_type["receipt"])}
    known_types = {*RECORDS, *SETTINGS, *ENTRY_TYPES}
    return Ledger(
        leads=known_leads,
        entries=[entries.entry_of(item) for kind in ENTRY_TYPES for item in by_type[kind]],
        claims=_claims(by_type["claim"], known_leads.values()),
        receipts=known_receipts,
        purged={item["pk"].removeprefix("L#"): item["origin"] for item in by_type["purged"]},
        pointers=[_pointer(item) for item in by_type["pointer"]],
        external_names={lead.id: externals.names(lead) for lead in known_leads.values()},
        answers=[_answer(item) for item in by_type["answer"]],
        jobs={job.id: job for job in map(jobs.job_of, by_type["import"])},
        job_rows=[(item["pk"].rpartition("#")[2], jobs.row_of(item)) for item in by_type["job_row"]],
        works={work.id: work for work in map(works.work_of, by_type["job"])},
        work_parts=[
            (item["pk"].removeprefix("J#"), kind) for kind in ("job_parameters", "job_reason") for item in by_type[kind]
        ],
        unknown=[(_name(item), kind) for kind in by_type.keys() - known_types for item in by_type[kind]],
    )


def _claims(items: Iterable[Item], known_leads: Iterable[Lead]) -> dict[Identity, Claim]:
    """Claims by the value they are on, recognised by the leads that have it."""
    by_key = {keys.claim(identity): identity for lead in known_leads for identity in identities(lead.values)}
    found = {}
    for item in items:
        key = (item["pk"], item["sk"])
        found[by_key.get(key, Identity("unknown", _name(item)))] = claims.claim_of(item)
    return found


def _answer(item: Item) -> StoredAnswer:
    answer = answers.answer_of(item)
    body = orjson.loads(answer.body) if answer.body else None
    shown = body.get("id") if isinstance(body, dict) else None
    lead = ids.strip(shown, "lead") if isinstance(shown, str) else None
    return StoredAnswer(_name(item), answer.status, answer.origin, lead)


def _pointer(item: Item) -> Pointer:
    return Pointer(item["pk"].removeprefix("X#"), item["lead"], item.get("entry"))


def _name(item: Item) -> str:
    """A name for people that holds no person's data: the kind of key only, and the item's own id if it has one."""
    return f"{str(item.get('pk', '')).partition('#')[0]}#… {item.get('id', '')}".strip()
