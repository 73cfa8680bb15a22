"""Nothing stays in between: what was left behind by a crash is taken up again, every minute."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib import log
from chalicelib.domain.inbound import Raw, Verdict
from chalicelib.domain.receipt import PENDING, Receipt
from chalicelib.services import imports, intake, mails
from chalicelib.services.imports import TableReader
from chalicelib.services.intake import Read
from chalicelib.services.ledger import FILES
from chalicelib.store import files, queues, receipts

#: How long an object may stand under `incoming/`: its function's time-out and a minute.
MAIL_FOR = timedelta(minutes=2)
IMPORT_FOR = timedelta(minutes=6)


@dataclass(frozen=True)
class Readers:
    """The readers that the sweep's door hands in."""

    read: Read
    mail_identity: Callable[[bytes], str]
    table: TableReader
    #: message body of the mail or import queue → `(object key, envelope)`
    objects_of: Callable[[str], list[tuple[str, dict[str, str]]]]


def sweep(readers: Readers, at: datetime, in_time: Callable[[], bool]) -> Counter[str]:
    """Take up everything that has waited too long; one that fails costs the others nothing.

    Args:
        in_time: whether there is time for one more.
    Returns:
        how many of each kind were seen to, and `failed`.
    """
    counts: Counter[str] = Counter()
    for kind, work in _left_behind(readers, at, in_time):
        if not in_time():
            break
        try:
            work()
            counts[kind] += 1
        except Exception as error:
            counts["failed"] += 1
            log.failure("sweep_failed", error, kind=kind)
    if counts:
        log.event("swept", **counts)
    return counts


def _left_behind(
    readers: Readers, at: datetime, in_time: Callable[[], bool]
) -> Iterator[tuple[str, Callable[[], object]]]:
    def each(kind: str, found: Iterable[Any], take_up: Callable[[Any], object]) -> Iterator[Any]:
        for one in found:
            yield kind, lambda one=one: take_up(one)

    pending = receipts.waiting(PENDING, at - intake.PENDING_FOR)
    yield from each("receipt", pending, lambda receipt: _replay(receipt, readers, at))
    yield from each("mail", _older("mail", at - MAIL_FOR), lambda entry: _mail(entry, readers, at))
    yield from each("import", _older("imports", at - IMPORT_FOR), lambda entry: _import(entry, readers, at, in_time))
    yield from each("letter", queues.letters(), lambda letter: _letter(letter, readers, at))


def _replay(receipt: Receipt, readers: Readers, at: datetime) -> None:
    if receipt.source != FILES:
        intake.replay(receipt.id, readers.read, at)
    elif receipt.body_object and files.describe(*receipt.body_object) is None:
        intake.give_up(receipt, at, Verdict("needs_attention", "raw_gone", "The file that was dropped is gone"))


def _older(role: str, before: datetime) -> Iterator[files.Waiting]:
    return (entry for entry in files.incoming(role) if entry.since < before)


def _mail(entry: files.Waiting, readers: Readers, at: datetime) -> None:
    mail = mails.receive_object(entry.key, {}, readers.read, readers.mail_identity, at)
    if mail and mail.settled.outcome != PENDING:
        files.keep("mail", entry.key, mail.settled.receipt, mail.received_at)


def _import(entry: files.Waiting, readers: Readers, at: datetime, in_time: Callable[[], bool]) -> None:
    done = imports.import_object(entry.key, readers.table, at, in_time, sweeping=True)
    if done and done.finished:
        files.keep("imports", entry.key, done.receipt.id, done.receipt.received_at)


def _letter(letter: queues.Letter, readers: Readers, at: datetime) -> None:
    """A dead letter of the intake queue is taken up; one of the others when its objects have been."""
    if "intake" in letter.queue.rsplit("/", 1)[-1]:
        take_up_message(letter.body, readers.read, at, dead=True)
    else:
        role = "mail" if "mail" in letter.queue.rsplit("/", 1)[-1] else "imports"
        if any(files.describe(role, key) for key, _ in readers.objects_of(letter.body)):
            return
    queues.discard(letter)


def take_up_message(body: str, read: Read, at: datetime, *, dead: bool = False) -> None:
    """Settle what a message of the intake queue stands for.

    Args:
        dead: it has failed before; replays are counted, and what is no message of ours is kept for a person.
    Raises:
        Busy, ValueError, KeyError: it has to come again, or is none of ours.
    """
    try:
        message = json.loads(body)
        if "receipt" not in message:
            raw = queues.read_raw(message)
    except (ValueError, KeyError, TypeError):
        if not dead:
            raise
        digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
        raw = Raw("unknown", "dead_letter", digest, at, body.encode("utf-8", "replace"), "text/plain")
        message = {}
    if "receipt" in message:
        take_up = intake.replay if dead else intake.resume
        take_up(message["receipt"], read, at)
    else:
        intake.receive(raw, read, at)
