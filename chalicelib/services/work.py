"""Long work: started with an answer at once, done page by page by workers, and never left standing.

A worker holds a job for some minutes and writes its effects together with the job's next version: whoever died, came
twice or was cancelled finds another version there, and nothing of what it still wanted to write is written.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import log
from chalicelib.domain import ids, work
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Busy, Conflict, Forbidden, NotFound
from chalicelib.domain.times import parse, rfc3339
from chalicelib.domain.work import CANCELLED, FAILED, QUEUED, Work, shown
from chalicelib.domain.write import Write
from chalicelib.services import answering
from chalicelib.services.answering import Written, written
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import queues
from chalicelib.store import work as stored
from chalicelib.store.transport import Action

#: What was not gone on with for so long has lost its message or its worker: the function's time-out and a minute.
LEFT_FOR = timedelta(minutes=6)
#: Kind → scope that starting and cancelling need.
SCOPES: Mapping[str, str] = {"bulk": "leads:write", "export": "leads:read", "move_leads": "settings:admin"}


class Overtaken(Conflict):
    """The job is another worker's by now, or nobody's."""


class Later(Exception):
    """A step cannot begin yet; again in so many seconds, at most 900."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Worker:
    """What a worker brings along.

    Attributes:
        now: its clock.
        in_time: whether there is time for more; at the end of it the job goes back to the queue.
    """

    now: Callable[[], datetime]
    in_time: Callable[[], bool]


@dataclass
class Held:
    """A job in the hands of a worker.

    Attributes:
        work: as it is stored.
        cursor, tally: where it stands by now, and what was counted since, both not stored yet.
    """

    work: Work
    parameters: Mapping[str, Any]
    worker: Worker
    cursor: str = ""
    tally: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cursor = self.work.cursor

    @property
    def write(self) -> Write:
        """A change in the name of who asked for the job."""
        return Write(Caller(self.work.created_by), f"job_{self.work.id}", self.worker.now())

    def note(self, cursor: str, **outcomes: int) -> None:
        """Something has its outcome without a write of its own; stored with the next one."""
        self.cursor = cursor
        for outcome, number in outcomes.items():
            self.tally[outcome] = self.tally.get(outcome, 0) + number

    def with_outcome(self, cursor: str, outcome: str = "", **what: Any) -> Work:
        """The job as it will be once one thing more has its outcome."""
        more = {**self.tally, **({outcome: self.tally.get(outcome, 0) + 1} if outcome else {})}
        return work.changed(self.work, self.worker.now(), cursor=cursor, counts=work.counted(self.work, **more), **what)

    def finish(self, **what: Any) -> None:
        """All is done: store that, with what was only noted. Raises Overtaken, Busy."""
        counted = replace(self.work, cursor=self.cursor, counts=work.counted(self.work, **self.tally))
        self.save(work.finished(counted, self.worker.now(), **what))

    def beside(self, known: Known, after: Work) -> list[Action]:
        """What writes the job as it will be, in the transaction of an effect. Raises Overtaken."""
        if "job" in known.found:
            raise Overtaken("The job has gone on without this worker")
        return [stored.change(self.work, after)]

    def stored_as(self, after: Work) -> None:
        """The transaction with `after` was committed."""
        self.work, self.cursor, self.tally = after, after.cursor, {}

    def save(self, after: Work, also: Sequence[Action] = ()) -> None:
        """Write the job, with what else there is to write. Raises Overtaken, Busy."""
        settle(
            lambda known: Plan([*self.beside(known, after), *also], True),
            lambda: True if stored.get(after.id) == after else None,
            Known(self.worker.now()),
        )
        self.stored_as(after)

    def keep_up(self) -> None:
        """Store what was only noted."""
        if self.tally or self.cursor != self.work.cursor:
            self.save(self.with_outcome(self.cursor))


#: Does a page from the job's cursor on, and stores what it did with where it stands.
Step = Callable[[Held], None]


def start(
    kind: str,
    parameters: Mapping[str, Any],
    write: Write,
    *,
    state: Mapping[str, Any] | None = None,
    answer: Callable[[Work], Mapping[str, Any]] = shown,
    seconds: int = 0,
) -> Written:
    """Make a job, and have it worked on. 202 with where to look for it.

    Args:
        parameters: what it is to do, JSON values.
        state: what its step finds there at first.
        answer: body of the answer.
        seconds: before it begins, at most 900.
    Raises:
        KeyReused, Busy.
    """
    earlier = answering.before(write)
    if earlier:
        return earlier
    known = Known(write.at)

    def made() -> Work:
        return queued(kind, known, write, state)

    def decide(known: Known) -> Plan[Written]:
        told = accepted(made(), answer)
        return Plan([*stored.create(made(), parameters), *answering.keep(write, told)], told)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        found = stored.get(made().id)
        return accepted(found, answer) if found and found.origin == write.origin else None

    told = settle(decide, own, known)
    if not told.replayed:
        announce(made().id, seconds)
    return told


def queued(kind: str, known: Known, write: Write, state: Mapping[str, Any] | None = None) -> Work:
    """The job that a write makes: the same in every attempt."""
    return Work(
        id=known.new_id("job"),
        kind=kind,
        status=QUEUED,
        origin=write.origin,
        created_by=write.caller.id,
        updated_at=parse(rfc3339(write.at)),
        state=state or {},
    )


def accepted(made: Work, answer: Callable[[Work], Mapping[str, Any]] = shown) -> Written:
    """202 with where to look for a job."""
    return written(202, answer(made), location=f"/v1/jobs/job_{made.id}")


def announce(job_id: str, seconds: int = 0) -> None:
    """Tell a worker, who begins after so many seconds; if that fails, the sweep does."""
    try:
        queues.send_work(job_id, seconds)
    except Exception as error:
        log.failure("work_not_announced", error, job=job_id)


def own_part(job_id: str, prefix: str = "job") -> str:
    """The 11 characters of `job_…`. Raises NotFound for anything else."""
    text = ids.strip(job_id, prefix)
    if text is None:
        raise NotFound("There is no such job" if prefix == "job" else "There is no such export")
    return text


def existing(job_id: str, kind: str = "") -> Work:
    """The job, read consistently. Raises NotFound, also for one of another kind."""
    found = stored.get(job_id)
    if found is None or (kind and found.kind != kind):
        raise NotFound("There is no such export" if kind == "export" else "There is no such job")
    return found


def cancel(job_id: str, write: Write) -> Written:
    """Stop a job; what is done stays done. A cancelled one is answered as it is.

    Raises:
        NotFound, KeyReused, Busy.
        Forbidden: the key may not do what the job does.
        Conflict: it is over already.
    """
    earlier = answering.before(write)
    if earlier:
        return earlier

    def decide(known: Known) -> Plan[Written]:
        before = existing(job_id)
        scope = SCOPES.get(before.kind, "settings:admin")
        if not write.caller.may(scope):
            raise Forbidden(
                f"This key lacks the scope '{scope}'", code="scope_missing", extra={"required_scope": scope}
            )
        if before.status == CANCELLED:
            told = written(200, shown(before))
            return Plan(answering.keep(write, told), told)
        if not before.is_unfinished:
            raise Conflict(f"The job is {before.status}", code="job_finished")
        told = written(200, shown(work.cancelled(before, write.at)))
        return Plan([stored.cancel(before, write.at), *answering.keep(write, told)], told)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        found = stored.get(job_id)
        return written(200, shown(found)) if found and found.status == CANCELLED else None

    return settle(decide, own, Known(write.at))


def run(job_id: str, steps: Mapping[str, Step], worker: Worker) -> None:
    """Work on a job until it is done or the time is up; nothing where another worker is at it.

    Raises:
        Busy, Exception: the message has to come again; three times at the same place, and the job has failed.
    """
    found = stored.get(job_id)
    if found is None or not found.is_unfinished or found.is_held(worker.now()):
        return
    held = Held(found, {}, worker)
    try:
        held.save(work.begun(found, secrets.token_hex(8), worker.now()))
        held.parameters = stored.parameters(job_id)
        _go_on(held, steps)
    except Overtaken:
        log.event("work_overtaken", job=job_id)
    except Later as later:
        held.save(work.released(held.work, worker.now()))
        queues.send_work(job_id, later.seconds)
    except Exception as error:
        _let_go(held, died=not isinstance(error, Busy))
        raise


def _go_on(held: Held, steps: Mapping[str, Step]) -> None:
    while held.work.is_unfinished:
        steps[held.work.kind](held)
        if held.work.is_unfinished and not held.worker.in_time():
            held.save(work.released(held.work, held.worker.now()))
            queues.send_work(held.work.id)
            return
    log.event(
        "work_failed" if held.work.status == FAILED else "work_done",
        job=held.work.id,
        kind=held.work.kind,
        done=held.work.done,
    )


def _let_go(held: Held, *, died: bool) -> None:
    """Release a job after trouble, if that is possible; else it is free again in some minutes."""
    try:
        held.save(work.released(held.work, held.worker.now(), died=died))
    except Exception as error:
        log.failure("work_not_released", error, job=held.work.id)


def is_ours(body: str) -> bool:
    """Whether a message names a job: what it asked for, the sweep sees to by itself."""
    try:
        message = json.loads(body)
    except ValueError:
        return False
    return isinstance(message, dict) and isinstance(message.get("job"), str)
