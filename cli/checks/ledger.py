"""What has waited too long: receipts without an outcome, objects that nobody took, things that need a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.domain.receipt import PENDING
from chalicelib.services.ledger import ACCOUNTED_WITHIN
from chalicelib.store import files, receipts
from cli.checks import Finding

#: Counted up to here: a doctor must not take an hour.
MOST = 1_000


def look(at: datetime) -> Iterator[Finding]:
    """Receipts, then objects."""
    number, oldest = _counted((receipt.received_at for receipt in receipts.waiting(PENDING)), at)
    yield _waiting(number, oldest, "receipts have no outcome yet", "the sweep should have taken them up: does it run?")
    for role in ("imports", "mail"):
        number, oldest = _counted((entry.since for entry in files.incoming(role)), at)
        what = f"objects stand under incoming/ of the {role} bucket"
        yield _waiting(number, oldest, what, "does its function fail?")
    number, oldest = _counted((receipt.received_at for receipt in receipts.waiting("needs_attention")), at)
    if number:
        yield Finding("ledger", "warning", f"{_about(number)} receipts need a person, {_aged(oldest)}")
    else:
        yield Finding("ledger", "ok", "0 receipts need a person")
    number, _ = _counted((receipt.received_at for receipt in receipts.waiting("quarantined")), at)
    yield Finding("ledger", "ok", f"{_about(number)} receipts are quarantined")


def _waiting(number: int, oldest: timedelta, what: str, why: str) -> Finding:
    if oldest > ACCOUNTED_WITHIN:
        return Finding("ledger", "problem", f"{_about(number)} {what}, {_aged(oldest)}; {why}")
    return Finding("ledger", "ok", f"{_about(number)} {what}")


def _counted(times: Iterable[datetime], at: datetime) -> tuple[int, timedelta]:
    """How many, and the age of the oldest."""
    found = list(islice(times, MOST))
    return len(found), max((at - each for each in found), default=timedelta())


def _about(number: int) -> str:
    return f"{number} or more" if number >= MOST else str(number)


def _aged(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"the oldest for {minutes} minutes"
    return f"the oldest for {minutes // 60} hours" if minutes < 2880 else f"the oldest for {minutes // 1440} days"
