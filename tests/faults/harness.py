"""Something goes wrong at every wire call of every door; whatever goes wrong, one inbound ends in one outcome.

A dry run counts the wire calls of one delivery. Then, for every call and every kind of fault: reset, deliver, deliver
again until it is acknowledged, twice more, let the sweep settle what was left, and ask for violations. A sender that
does not come back is played too: then whatever was accepted or begun must be settled by the sweep alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests import wire
from tests.wire import Call, Reply


class Crash(BaseException):
    """The process dies here. No `except Exception` may swallow it."""


# ── kinds of faults ───────────────────────────────────────────────────────────────────────────────────────────────


def crash_before(call: Call, go: Callable[[], Reply]) -> Reply:
    raise Crash(f"before {call.operation}")


def crash_after(call: Call, go: Callable[[], Reply]) -> Reply:
    go()
    raise Crash(f"after {call.operation}")


def time_out_before(call: Call, go: Callable[[], Reply]) -> Reply:
    return None, ConnectTimeoutError(endpoint_url=call.request.url)


def time_out_after(call: Call, go: Callable[[], Reply]) -> Reply:
    """It is done, the answer is lost."""
    go()
    return None, ReadTimeoutError(endpoint_url=call.request.url)


def throttle(call: Call, go: Callable[[], Reply]) -> Reply:
    match call.service:
        case "s3":
            return call.refuse("SlowDown", "Please reduce your request rate.", 503)
        case "sqs":
            return call.refuse("RequestThrottled", "Rate exceeded")
        case "dynamodb" if call.operation == "TransactWriteItems":
            return call.refuse("ThrottlingException", "Throughput exceeds the current capacity of your table.")
    return call.refuse("ProvisionedThroughputExceededException", "The level of provisioned throughput was exceeded.")


def internal_error(call: Call, go: Callable[[], Reply]) -> Reply:
    code = {"s3": "InternalError", "sqs": "InternalFailure"}.get(call.service, "InternalServerError")
    return call.refuse(code, "The request could not be completed.", 500)


def conflict(call: Call, go: Callable[[], Reply]) -> Reply:
    """Another transaction holds an item; of the actions the first one is named."""
    if call.operation != "TransactWriteItems":
        return call.refuse("TransactionConflictException", "Transaction is ongoing for the item")
    others = [{"Code": "None"}] * (len(call.body["TransactItems"]) - 1)
    return call.refuse(
        "TransactionCanceledException",
        "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
        CancellationReasons=[{"Code": "TransactionConflict", "Message": "Transaction is ongoing"}, *others],
    )


Fault = Callable[[Call, Callable[[], Reply]], Reply]
KINDS: Mapping[str, Fault] = {
    "crash before": crash_before,
    "crash after": crash_after,
    "time-out before": time_out_before,
    "time-out after": time_out_after,
    "throttle": throttle,
    "internal error": internal_error,
    "conflict": conflict,
}
EVERYTHING = frozenset({"dynamodb", "s3", "sqs"})
WRITES = frozenset({"TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"})


def can_happen(kind: str, operation: str) -> bool:
    """Only writes of DynamoDB conflict."""
    return kind != "conflict" or operation in WRITES


@dataclass
class Injector:
    """A layer for `tests.wire`: the planned faults, by number of the wire call.

    Attributes:
        faults: number of the call (from 0) → kind.
        outage_from: from this call on until `outage_ends()` nothing of `outage_of` answers but with an error.
        operations: what passed, in order.
        struck: (kind, service, operation) that really happened.
    """

    faults: Mapping[int, str] = field(default_factory=dict)
    outage_from: int | None = None
    outage_of: frozenset[str] = frozenset({"dynamodb"})
    operations: list[str] = field(default_factory=list)
    struck: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, call: Call, go: Callable[[], Reply]) -> Reply:
        number = len(self.operations)
        self.operations.append(call.operation)
        kind = self.faults.get(number)
        if self.outage_from is not None and number >= self.outage_from and call.service in self.outage_of:
            kind = "internal error"
        if kind is None or not can_happen(kind, call.operation):
            return go()
        self.struck.append((kind, call.service, call.operation))
        return KINDS[kind](call, go)

    def outage_ends(self) -> None:
        self.outage_from = None


# ── one play ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Story:
    """What the sender saw.

    Attributes:
        answers: one per acknowledged delivery, whatever the door answers.
        attempts: deliveries begun.
        oddities: answers no sender should ever see.
    """

    answers: list[Any] = field(default_factory=list)
    attempts: int = 0
    oddities: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        return bool(self.answers)


class Refused(Exception):
    """The door answered, but did not take it; the sender may come again.

    Args:
        what: the answer.
        odd: an answer no sender should see, e.g. a 500.
    """

    def __init__(self, what: str, *, odd: bool = False) -> None:
        super().__init__(what)
        self.odd = odd


class Stage(Protocol):
    """Where a play is given: a door with its store."""

    name: str
    #: False: nobody knows whether the sender comes back (HTTP), so both are played. True: a queue, it always does.
    always_redelivered: bool

    def reset(self) -> None:
        """As before the first delivery."""

    def deliver(self) -> Any:
        """One delivery; returns what the sender was told. Raises Refused, Crash, or anything (a trigger)."""

    def restart(self) -> None:
        """The process died; another one goes on."""

    def settle(self) -> None:
        """Time passes: queues are emptied, the sweep runs until nothing is left to do."""

    def violations(self, story: Story) -> list[str]:
        """What is wrong now."""


@dataclass(frozen=True)
class Schedule:
    """What goes wrong in one play. `returns`: the sender comes back."""

    faults: tuple[tuple[int, str], ...] = ()
    outage_from: int | None = None
    outage_of: frozenset[str] = frozenset({"dynamodb"})
    returns: bool = True

    def __str__(self) -> str:
        parts = [f"{kind} @ {number}" for number, kind in self.faults]
        if self.outage_from is not None:
            parts.append(f"outage of {', '.join(sorted(self.outage_of))} from {self.outage_from} on")
        return " + ".join(parts or ["nothing"]) + ("" if self.returns else ", sender gives up")


@dataclass
class Played:
    """One play and what came of it."""

    schedule: Schedule
    calls: int
    struck: list[tuple[str, str, str]]
    violations: list[str]


MOST_DELIVERIES = 6
REDELIVERIES = 2


def play(stage: Stage, schedule: Schedule = Schedule()) -> Played:
    """Give one play from a fresh store to the last sweep."""
    stage.reset()
    story, injector = Story(), Injector(dict(schedule.faults), schedule.outage_from, schedule.outage_of)
    with wire.standing_at_the_wire(injector):
        _deliver(stage, story)
        injector.outage_ends()
        if schedule.returns or stage.always_redelivered:
            while not story.acknowledged and story.attempts < MOST_DELIVERIES:
                _deliver(stage, story)
            if not story.acknowledged:
                story.oddities.append(f"not taken in {MOST_DELIVERIES} deliveries")
            for _ in range(REDELIVERIES):
                _deliver(stage, story)
        _settle(stage, story)
    return Played(schedule, len(injector.operations), injector.struck, story.oddities + stage.violations(story))


def _deliver(stage: Stage, story: Story) -> None:
    story.attempts += 1
    try:
        story.answers.append(stage.deliver())
    except Crash:
        stage.restart()
    except Refused as refused:
        if refused.odd:
            story.oddities.append(str(refused))
    except Exception as error:  # a trigger gives its message back to the queue
        if not stage.always_redelivered:
            story.oddities.append(f"{type(error).__name__}: {error}")


def _settle(stage: Stage, story: Story) -> None:
    """A second fault may strike the sweep; the next one comes a minute later."""
    for _ in range(MOST_DELIVERIES):
        try:
            return stage.settle()
        except Crash:
            stage.restart()
        except Exception:  # the schedule runs again; what stays undone shows in the violations
            continue
    story.oddities.append("the sweep did not come through")
    return None


# ── all plays of a stage ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Report:
    """Figures of one stage."""

    name: str
    boundaries: int
    runs: int = 0
    struck: int = 0
    seconds: float = 0.0
    violations: list[tuple[Schedule, list[str]]] = field(default_factory=list)

    def __str__(self) -> str:
        rows = [f"{self.name}: {len(self.violations)} of {self.runs} plays went wrong"]
        for schedule, wrong in self.violations[:12]:
            rows.append(f"  {schedule}:")
            rows += [f"    {what}" for what in wrong[:6]]
        return "\n".join(rows)


#: Every report of this session, for the table at its end.
REPORTS: list[Report] = []


def dry_run(stage: Stage) -> tuple[list[str], int]:
    """Operations until it is acknowledged, and the number of wire calls of the whole play without faults.

    Raises:
        AssertionError: it goes wrong even when nothing goes wrong.
    """
    stage.reset()
    story = Story()
    with wire.standing_at_the_wire(injector := Injector()):
        while not story.acknowledged and story.attempts < MOST_DELIVERIES:
            _deliver(stage, story)
    played = play(stage)
    assert not played.violations, f"{stage.name} without any fault: {played.violations}"
    return injector.operations, played.calls


def single_faults(stage: Stage, operations: Iterable[str]) -> Iterator[Schedule]:
    """Every wire call × every kind; every death also with a sender that gives up; the table, or everything,
    gone from each call on; the buckets, from each of theirs.

    What is no death is tried again at once: then it makes no difference whether the sender would have come back.
    """
    for number, operation in enumerate(operations):
        for kind in KINDS:
            if can_happen(kind, operation):
                yield Schedule(((number, kind),))
        yield Schedule(outage_from=number)
        yield Schedule(outage_from=number, outage_of=EVERYTHING)
        if "Object" in operation:
            yield Schedule(outage_from=number, outage_of=frozenset({"s3"}))
        if not stage.always_redelivered:
            for death in ("crash before", "crash after"):
                yield Schedule(((number, death),), returns=False)
            yield Schedule(outage_from=number, returns=False)


def double_faults(stage: Stage, calls: int, all_calls: int, count: int, seed: str) -> Iterator[Schedule]:
    """`count` seeded pairs: the first in the first delivery, the second anywhere after it, sweep included."""
    random = Random(f"{stage.name} {seed}")
    kinds = list(KINDS)
    for _ in range(count):
        first = random.randrange(calls)
        # half of them close together, where the second strikes the handling of the first
        second = first + random.randint(1, 4) if random.random() < 0.5 else random.randint(first + 1, all_calls)
        faults = ((first, random.choice(kinds)), (second, random.choice(kinds)))
        yield Schedule(faults, returns=stage.always_redelivered or random.random() < 0.7)


def try_everything(stage: Stage, doubles: int, seed: str = "leadger") -> Report:
    """All single faults and `doubles` double ones; the report is kept for the table at the end of the session."""
    operations, all_calls = dry_run(stage)
    report = Report(stage.name, len(operations))
    REPORTS.append(report)
    began = time.perf_counter()
    if operations:
        for schedule in single_faults(stage, operations):
            _count(report, play(stage, schedule))
        for schedule in double_faults(stage, len(operations), all_calls, doubles, seed):
            _count(report, play(stage, schedule))
    report.seconds = time.perf_counter() - began
    return report


def _count(report: Report, played: Played) -> None:
    report.runs += 1
    report.struck += len(played.struck)
    if played.violations:
        report.violations.append((played.schedule, played.violations))


def table(reports: Iterable[Report]) -> list[str]:
    """The figures of R1, one line a stage."""
    reports = list(reports)
    rows = [f"{'entry':<44} {'boundaries':>10} {'runs':>6} {'faults':>6} {'violations':>10} {'runs/s':>7}"]
    rows += [_row(report) for report in reports]
    total = Report(
        "all", *(sum(getattr(each, name) for each in reports) for name in ("boundaries", "runs", "struck", "seconds"))
    )
    total.violations = [each for report in reports for each in report.violations]
    return [*rows, _row(total)]


def _row(report: Report) -> str:
    speed = report.runs / report.seconds if report.seconds else 0
    return (
        f"{report.name:<44} {report.boundaries:>10} {report.runs:>6} {report.struck:>6} "
        f"{len(report.violations):>10} {speed:>7.1f}"
    )
