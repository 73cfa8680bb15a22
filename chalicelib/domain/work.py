"""Long work: one job, its progress, and what may become of it. Imports have jobs of their own (`domain.job`).

queued → running → done | failed | cancelled. Whoever works on a job holds it for a while; every change of it adds one
to its version, so that of two who hold it only one can write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import ids
from chalicelib.domain.times import parse, rfc3339

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATUSES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)
UNFINISHED = frozenset({QUEUED, RUNNING})
#: How long a worker holds a job at most: its function's time-out and a minute.
HELD_FOR = timedelta(minutes=6)
#: Workers that may die at one place.
MOST_BEGINS = 3
#: Refusals that are told one by one; all are counted.
MOST_REASONS = 100


@dataclass(frozen=True)
class Work:
    """A job.

    Attributes:
        id: 11 characters, without prefix.
        kind: which step works on it.
        version: 1 at creation, one more with every change.
        origin: of the request that made it.
        created_by: who asked for it, `key_…`.
        cursor: where to go on; what it says only its step knows.
        total: of what is to be done; None until it is known.
        counts: outcome → how many; their sum is what is done.
        state: what its step keeps from page to page.
        failure: code and sentence of a failed one.
        holder: the run that is at it; empty if none is.
        begun_at, begins: the cursor at which the last worker began, and how many have begun there.
        started_at: when the first worker began.
        updated_at: aware UTC, whole milliseconds; as all times of it.
    """

    id: str
    kind: str
    status: str
    origin: str
    created_by: str
    updated_at: datetime
    version: int = 1
    cursor: str = ""
    total: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    failure: Mapping[str, str] = field(default_factory=dict)
    holder: str = ""
    held_until: datetime | None = None
    begun_at: str = ""
    begins: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def done(self) -> int:
        """How much of `total` has its outcome."""
        return sum(self.counts.values())

    @property
    def is_unfinished(self) -> bool:
        """Whether anything is left to do."""
        return self.status in UNFINISHED

    def is_held(self, at: datetime) -> bool:
        """Whether a worker is at it, or may be."""
        return bool(self.holder) and self.held_until is not None and at < self.held_until


@dataclass(frozen=True)
class Reason:
    """Why one lead was refused. `lead`: id without prefix."""

    lead: str
    code: str
    detail: str


def changed(work: Work, at: datetime, **what: Any) -> Work:
    """The job with other attributes, one version later."""
    return replace(work, version=work.version + 1, updated_at=_whole(at), **what)


def begun(work: Work, holder: str, at: datetime) -> Work:
    """A worker begins where the last one left off; failed if too many have died there."""
    begins = work.begins + 1 if work.begins and work.begun_at == work.cursor else 1
    if begins > MOST_BEGINS:
        return failed(work, "gave_up", f"{MOST_BEGINS} attempts at the same place did not come back", at)
    return changed(
        work,
        at,
        status=RUNNING,
        holder=holder,
        held_until=_whole(at + HELD_FOR),
        begun_at=work.cursor,
        begins=begins,
        started_at=work.started_at or _whole(at),
    )


def released(work: Work, at: datetime, *, died: bool = False) -> Work:
    """The worker lets go of it; unless it `died`, it came back alive, and what stopped it was not the place."""
    return changed(work, at, holder="", held_until=None, begins=work.begins if died else 0)


def counted(work: Work, **more: int) -> dict[str, int]:
    """The counts with these added."""
    return {**work.counts, **{name: work.counts.get(name, 0) + number for name, number in more.items()}}


def finished(work: Work, at: datetime, **what: Any) -> Work:
    """All of it is done."""
    done = _ended(work, DONE, at, **what)
    return replace(done, total=done.done)


def failed(work: Work, code: str, detail: str, at: datetime) -> Work:
    """Nobody will go on with it."""
    return _ended(work, FAILED, at, failure={"code": code, "detail": detail})


def cancelled(work: Work, at: datetime) -> Work:
    """Somebody wants no more of it; what is done stays done."""
    return _ended(work, CANCELLED, at)


def eta_seconds(work: Work) -> int | None:
    """Seconds until it is done, at the speed it had so far; None where nobody can tell."""
    if not work.is_unfinished:
        return 0
    if work.total is None or work.started_at is None or not work.done:
        return None
    passed = (work.updated_at - work.started_at).total_seconds()
    return round(passed / work.done * max(0, work.total - work.done))


def shown(work: Work, reasons: Sequence[Reason] = ()) -> dict[str, Any]:
    """The job as the API shows it; nothing of what a person is called is in it."""
    result: dict[str, Any] = dict(work.counts)
    if reasons:
        result["reasons"] = [
            {"lead_id": f"lead_{each.lead}", "code": each.code, "detail": each.detail} for each in reasons
        ]
    if work.kind == "export":
        result["export_id"] = f"exp_{work.id}"
    return {
        "id": f"job_{work.id}",
        "kind": work.kind,
        "status": work.status,
        "total": work.total,
        "done": work.done,
        "eta_seconds": eta_seconds(work),
        "result": result,
        "failure": dict(work.failure) or None,
        "created_by": work.created_by,
        "created_at": rfc3339(ids.created_at(work.id)),
        "updated_at": rfc3339(work.updated_at),
        "finished_at": rfc3339(work.finished_at) if work.finished_at else None,
    }


def _ended(work: Work, status: str, at: datetime, **what: Any) -> Work:
    ended: dict[str, Any] = {"holder": "", "held_until": None, "begins": 0, "finished_at": _whole(at), **what}
    return changed(work, at, status=status, **ended)


def _whole(at: datetime) -> datetime:
    """The time as it is stored, to the millisecond: a record read back is equal to the one that was written."""
    return parse(rfc3339(at))
