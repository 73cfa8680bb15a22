"""The ledger's sums: received = Σ outcomes + pending, per source, at any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import job
from chalicelib.domain.job import RUNNING, Job
from chalicelib.domain.receipt import PENDING, shown
from chalicelib.domain.times import rfc3339
from chalicelib.services.intake import FILES
from chalicelib.store import files, jobs, queues, receipts

#: What waits longer is unaccounted for: the sweep has had its turns.
ACCOUNTED_WITHIN = timedelta(minutes=5)
AT_WORK = timedelta(minutes=10)
#: Unaccounted things listed by name; their number is exact.
MOST_LISTED = 100


def reconciliation(since: datetime, until: datetime, at: datetime) -> dict[str, Any]:
    """The sums of everything received in `[since, until)`, and whatever has waited for more than 5 minutes.

    Counted exactly, receipt by receipt and job by job.
    """
    counts: dict[str, Counter[str]] = {}
    for (source, outcome), number in receipts.count_finished(since, until).items():
        if source != FILES:
            counts.setdefault(source, Counter())[outcome] += number
    for source, number in receipts.count_waiting(PENDING, since, until).items():
        if source != FILES:
            counts.setdefault(source, Counter())[PENDING] += number
    begun = list(jobs.started(since, until))
    for each in begun:
        rows = counts.setdefault(FILES, Counter())
        rows.update(each.outcomes())
        rows[PENDING] += each.rows_left()
    total: Counter[str] = sum(counts.values(), Counter())
    pending = total.pop(PENDING, 0)
    return {
        "since": rfc3339(since),
        "until": rfc3339(until),
        "received": sum(total.values()) + pending,
        "outcomes": dict(sorted(total.items())),
        "pending": pending,
        "unaccounted": unaccounted(at) + _standing_still(begun, at),
        "by_source": {source: _of_source(counted) for source, counted in sorted(counts.items())},
    }


def unaccounted(at: datetime) -> list[dict[str, Any]]:
    """Pending receipts and incoming objects older than 5 minutes, and dead letters; at most 100 of a kind."""
    before = at - ACCOUNTED_WITHIN
    late = [{"kind": "receipt", **shown(receipt)} for receipt in _first(receipts.waiting(PENDING, before))]
    for role in ("imports", "mail"):
        waiting = (entry for entry in files.incoming(role) if entry.since < before)
        late += [{"kind": "object", "bucket": role, "key": entry.key, "since": rfc3339(entry.since)}
                 for entry in _first(waiting)]  # fmt: skip
    letters = queues.count_letters()
    return late + [{"kind": "dead_letters", "queue": queue, "count": n} for queue, n in letters.items() if n]


def _standing_still(begun: Iterable[Job], at: datetime) -> list[dict[str, Any]]:
    """Imports that nobody has gone on with for 10 minutes."""
    late = [each for each in begun if each.status == RUNNING and at - each.updated_at > AT_WORK]
    return [{"kind": "import", **job.shown(each)} for each in _first(late)]


def _of_source(counted: Counter[str]) -> dict[str, Any]:
    outcomes = {outcome: number for outcome, number in sorted(counted.items()) if outcome != PENDING and number}
    return {"received": sum(counted.values()), "outcomes": outcomes, "pending": counted[PENDING]}


def _first(items: Iterable[Any]) -> list[Any]:
    return [item for _, item in zip(range(MOST_LISTED), items, strict=False)]
