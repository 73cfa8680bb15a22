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
from chalicelib.store import files, queues, receipts, reminders
from chalicelib.store import work as jobs

#: How long a mail may stand under `incoming/`: until its queue has given it up (five deliveries, six minutes apart,
#: and the function's time-out), and a little for the queue itself. Only the queue's message has what SES says of the
#: sender: a sweep that came before it would have to make a second lead of a good mail, and an enquiry of spam.
MAIL_FOR = timedelta(minutes=35)
#: A file: its function's time-out and a minute.
IMPORT_FOR = timedelta(minutes=6)
#: After that long a further message is sent for a file: one that failed has come back to its queue by then.
SEND_AGAIN_AFTER = timedelta(minutes=30)
#: Of a mail whose announcement is lost.
UNKNOWN = {"verdicts": intake.UNKNOWN_VERDICTS}


@dataclass(frozen=True)
class Readers:
    """The readers that the sweep's door hands in.

    Attributes:
        mail_identity: body → external id.
        announced: message of the mail or import queue → object keys with their envelopes; none if it is another.
    """

    read: Read
    mail_identity: mails.Identity
    announced: Callable[[str], list[tuple[str, dict[str, str]]]]


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
        ("import", _imports(at), lambda each: _send_for(each, at)),
        (
            "mail",
            _older("mail", at - MAIL_FOR),
            lambda each: mails.take_up_object(each.key, UNKNOWN, readers.read, readers.mail_identity, at),
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
        intake.give_up(receipt, at, Verdict("needs_attention", "raw_gone", "The file that was dropped is gone."))
    elif receipt.body_object and files.is_kept(receipt.body_object[1]):
        # a released one: it does not stand under incoming/, where the others are found
        released = files.Waiting(receipt.body_object[1], 0, receipt.received_at)
        if not _sent_for(released, at):
            _send_for(released, at)


def _imports(at: datetime) -> Iterator[files.Waiting]:
    """Files that nobody has been sent for lately: those that wait or are at work have a message in the queue."""
    return (each for each in _older("imports", at - IMPORT_FOR) if not _sent_for(each, at))


def _sent_for(each: files.Waiting, at: datetime) -> bool:
    return reminders.sent_lately("imports", each.key, each.since, at - SEND_AGAIN_AFTER)


def _send_for(each: files.Waiting, at: datetime) -> None:
    """In this order: a message sent twice does no harm, one noted and not sent would be missed for half an hour."""
    queues.send_import(each.key, swept=True)
    reminders.note_sent("imports", each.key, each.since, at)


def _older(role: str, before: datetime) -> Iterator[files.Waiting]:
    return (entry for entry in files.incoming(role) if entry.since < before)


def _letter(letter: queues.Letter, readers: Readers, at: datetime) -> None:
    """A dead letter of the intake queue, or of a mail, is taken up; the others are kept until their file or job is."""
    role = queues.role_of(letter.queue)
    if role == "intake":
        take_up_message(letter.body, readers.read, at, dead=True)
        queues.discard(letter)
    if role == "work" and work.is_ours(letter.body):
        queues.discard(letter)
    if role in ("intake", "work"):
        return
    announced = readers.announced(letter.body)
    if role == "mail":
        for key, envelope in announced:
            mails.take_up_object(key, envelope, readers.read, readers.mail_identity, at)
    if not any(files.describe(role, key) for key, _ in announced):
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
