"""Nothing stays in between: what was left behind by a crash is taken up again, every minute."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib import log
from chalicelib.domain.inbound import Raw, Verdict
from chalicelib.domain.receipt import PENDING, Receipt
from chalicelib.services import intake, mails, purge, work
from chalicelib.services.intake import Read
from chalicelib.store import files, queues, receipts
from chalicelib.store import work as jobs

#: How long an object may stand under `incoming/`: its function's time-out and a minute.
MAIL_FOR = timedelta(minutes=2)
IMPORT_FOR = timedelta(minutes=6)


@dataclass(frozen=True)
class Readers:
    """The readers that the sweep's door hands in.

    Attributes:
        mail_identity: body → external id.
        keys_of: message of the mail or import queue → object keys.
    """

    read: Read
    mail_identity: mails.Identity
    keys_of: Callable[[str], list[str]]


def sweep(readers: Readers, at: datetime, in_time: Callable[[], bool]) -> Counter[str]:
    """Take up everything that has waited too long; one that fails costs the others nothing.

    Args:
        in_time: whether there is time for one more.
    Returns:
        how many of each kind were seen to, and `failed`.
    """
    counts: Counter[str] = Counter()
    for kind, found, take_up in _left_behind(readers, at):
        try:
            for one in found:
                if not in_time():
                    break
                counts[kind if _done(kind, take_up, one) else "failed"] += 1
        except Exception as error:
            counts["failed"] += 1
            log.failure("sweep_cannot_look", error, kind=kind)
    if counts:
        log.event("swept", **counts)
    return counts


def _left_behind(readers: Readers, at: datetime) -> list[tuple[str, Iterator[Any], Callable[[Any], object]]]:
    """Kind, what was found of it, and what to do with each. Nothing is looked for before its turn."""
    return [
        ("receipt", receipts.waiting(PENDING, at - intake.PENDING_FOR), lambda each: _replay(each, readers, at)),
        ("letter", queues.letters(), lambda each: _letter(each, readers, at)),
        ("import", _older("imports", at - IMPORT_FOR), lambda each: queues.send_import(each.key, swept=True)),
        (
            "mail",
            _older("mail", at - MAIL_FOR),
            lambda each: mails.take_up_object(each.key, readers.read, readers.mail_identity, at),
        ),
        ("work", jobs.left_before(at - work.LEFT_FOR), lambda each: queues.send_work(each.id)),
        ("purged", purge.due(at), lambda each: purge.purge(each, at)),
    ]


def _done(kind: str, take_up: Callable[[Any], object], one: Any) -> bool:
    try:
        take_up(one)
    except Exception as error:
        log.failure("sweep_failed", error, kind=kind)
        return False
    return True


def _replay(receipt: Receipt, readers: Readers, at: datetime) -> None:
    if receipt.source != intake.FILES:
        intake.replay(receipt.id, readers.read, at)
    elif receipt.body_object and files.describe(*receipt.body_object) is None:
        intake.give_up(receipt, at, Verdict("needs_attention", "raw_gone", "The file that was dropped is gone"))


def _older(role: str, before: datetime) -> Iterator[files.Waiting]:
    return (entry for entry in files.incoming(role) if entry.since < before)


def _letter(letter: queues.Letter, readers: Readers, at: datetime) -> None:
    """A dead letter of the intake queue is taken up; one of the others when its objects, or its job, have been."""
    role = queues.role_of(letter.queue)
    if role == "intake":
        take_up_message(letter.body, readers.read, at, dead=True)
    elif role == "work":
        if not work.is_ours(letter.body):
            return
    elif any(files.describe(role, key) for key in readers.keys_of(letter.body)):
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
        intake.receive(raw, read, at, queued=True)
