"""The intake: what happens to an inbound until it has an outcome.

The receipt comes first and keeps the raw; then one transaction writes the effect and the outcome. Whatever dies in
between, the receipt is still pending, and the queue or the sweep takes it up again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import log
from chalicelib.domain.errors import Busy, Conflict, NotFound, Problem, TooLarge
from chalicelib.domain.fields import says_enough
from chalicelib.domain.inbound import Inbound, Raw, Reading, Verdict, text_of
from chalicelib.domain.receipt import MOST_ATTEMPTS, PENDING, RELEASABLE, Receipt
from chalicelib.services import assignment, attachments, enquiries, own_fields, posted_forms, workspace
from chalicelib.services.enquiries import Enquiry
from chalicelib.services.settle import Known, Plan, Stuck, settle
from chalicelib.store import files, queues, receipts

Read = Callable[[Raw, Reading], Inbound]

#: Doors that mostly meet known people look before they write.
READING_DOORS = frozenset({"call", "email"})
#: The source whose receipts are files: they are imported, not read.
FILES = "csv"
#: `meta["verdicts"]` of a mail that nobody has vouched for, because SES's notice of it got lost.
UNKNOWN_VERDICTS = "unknown"
#: Sources whose readers leave something that a person can make a lead of.
RELEASABLE_SOURCES = frozenset({"web_form", "email", "call"})
#: How long a receipt may be pending before the sweep takes it up.
PENDING_FOR = timedelta(minutes=2)


@dataclass(frozen=True)
class Settled:
    """What became of something received.

    Attributes:
        receipt: 16 characters, without prefix.
        outcome: of the receipt; `pending` if it is being seen to.
        lead: id of the lead, without prefix.
        repeated: this delivery had come before; the outcome is the first one's.
    """

    receipt: str
    outcome: str
    lead: str | None = None
    reason: str | None = None
    problems: tuple[Any, ...] = ()
    repeated: bool = False


def receive(raw: Raw, read: Read, at: datetime, *, queued: bool = False) -> Settled:
    """Take in one delivery from someone who will not come back.

    Args:
        read: the source's reader; may raise anything, the raw is safe before it runs.
        at: aware, UTC.
        queued: it comes from a queue and stays there until it is settled.
    Raises:
        Busy: neither the table nor the queue can be written: the sender has to come again.
    """
    try:
        receipt, known_before = receipts.open_new(raw)
    except Exception as error:
        log.failure("receipt_not_written", error, source=raw.source)
        if queued:
            raise Busy("The table cannot be written now") from error
        return _queue(raw)
    return _go_on(receipt, raw, read, at) if known_before else _finish_or_queue(receipt, read, at, raw)


def put_off(raw: Raw) -> Settled:
    """Leave a delivery to the queue, which settles it in a moment. Raises Busy: the queue cannot be written."""
    return _queue(raw)


def received_before(raw: Raw, read: Read, at: datetime) -> Settled | None:
    """The outcome of the same delivery under this external id, if it has come before; None if it has not.

    Raises Unavailable.
    """
    receipt = receipts.get(receipts.new(raw).id)
    return None if receipt is None else _go_on(receipt, raw, read, at)


def _go_on(receipt: Receipt, raw: Raw, read: Read, at: datetime) -> Settled:
    """A delivery that has come before: one still pending is continued, as it was first received."""
    if receipt.outcome != PENDING:
        return _repeated(receipt)
    first = replace(raw, detail=receipt.detail, received_at=receipt.received_at, meta=receipt.meta)
    return _finish_or_queue(receipt, read, at, first)


def resume(receipt_id: str, read: Read, at: datetime) -> Settled:
    """Take up a pending receipt at once, from the queue. Raises NotFound, Busy."""
    receipt = _existing(receipt_id)
    if receipt.outcome != PENDING:
        return _of(receipt)
    return _finish(receipt, read, at)


def replay(receipt_id: str, read: Read, at: datetime) -> Settled:
    """Run a pending receipt again, unless someone else is at it; without effect where the outcome stands.

    A replay that dies counts; after three the receipt needs a person: an input that kills the process must not run
    for ever. Raises NotFound, Busy.
    """
    receipt = _existing(receipt_id)
    if receipt.outcome != PENDING:
        return _of(receipt)
    if receipt.source == FILES:
        return _import_again(receipt)
    if receipt.attempts >= MOST_ATTEMPTS:
        return give_up(receipt, at, Verdict("needs_attention", "replays_failed", "Three attempts to read it died."))
    by = secrets.token_hex(8)
    if not receipts.begin_attempt(receipt, by):
        return _of(receipt)
    try:
        return _finish(receipt, read, at)
    except Stuck:
        raise
    except Busy:
        receipts.take_back_attempt(receipt, by)
        raise


def release(receipt_id: str, read: Read, at: datetime) -> Settled:
    """Let something quarantined, or kept for a person, into the intake with its original time. Repeatable.

    A file is imported by its worker: it is pending until then.

    Raises:
        NotFound: no such receipt, or the file is gone.
        Conflict: its outcome is none that can be released.
        Busy: try again.
    """
    receipt = _existing(receipt_id)
    if receipt.source == FILES and receipt.outcome in RELEASABLE:
        return _import_anew(receipt)
    if receipt.source == FILES and receipt.outcome in {PENDING, "accepted"}:
        return _of(receipt)
    if receipt.outcome in RELEASABLE and receipt.source in RELEASABLE_SOURCES:
        return _finish(receipt, read, at, released=True)
    if receipt.outcome in {"created", "attached", "updated"}:
        return _of(receipt)
    raise Conflict(
        f"A receipt of '{receipt.source}' with the outcome '{receipt.outcome}' cannot be released",
        code="not_releasable",
    )


def _import_again(receipt: Receipt) -> Settled:
    """A file is not read here: its worker takes it up."""
    if receipt.body_object:
        queues.send_import(receipt.body_object[1], swept=True)
    return _of(receipt)


def _import_anew(receipt: Receipt) -> Settled:
    """Let a file be tried again from where it lies now. If the message gets lost, the sweep sends another."""
    assert receipt.body_object
    role, key = receipt.body_object
    places = (key, files.kept_key(key, receipt.id, receipt.received_at))
    place = next((each for each in places if files.describe(role, each)), None)
    if place is None:
        raise NotFound("The file that was dropped is gone", code="object_gone")
    return _import_again(receipts.begin_anew(receipt, (role, place), receipt.received_at))


def _finish_or_queue(receipt: Receipt, read: Read, at: datetime, raw: Raw | None) -> Settled:
    """As `_finish`; what cannot be settled now goes to the queue, and if that is down, to the sweep."""
    try:
        return _finish(receipt, read, at, raw=raw)
    except Exception as error:
        log.failure("left_to_the_queue", error, receipt=receipt.id)
    try:
        queues.send_receipt(receipt.id)
    except Exception as error:
        log.failure("left_to_the_sweep", error, receipt=receipt.id)
    return _of(receipt)


def _finish(receipt: Receipt, read: Read, at: datetime, *, raw: Raw | None = None, released: bool = False) -> Settled:
    """Read the raw and settle it. Raises Busy; anything else that goes wrong is an outcome."""
    try:
        if raw is None or ("object" in raw.meta and not raw.body):
            raw = receipts.raw_of(receipt)
        reading = workspace.reading(raw, at)
        inbound = _guarded(read, raw, reading)
        if released:
            inbound = _let_in(inbound)
        return _settle(receipt, inbound, reading, at, released)
    except NotFound:
        return give_up(receipt, at, Verdict("needs_attention", "raw_gone", "The object that was received is gone."))
    except Busy:
        raise
    except Exception as error:
        log.failure("intake_failed", error, receipt=receipt.id)
        detail = "It is too large for a record." if isinstance(error, TooLarge) else "It could not be stored."
        return give_up(receipt, at, Verdict("needs_attention", "not_stored", detail))


def _let_in(inbound: Inbound) -> Inbound:
    """Without its verdict; where nothing of it could be read, whoever works the lead sees what was sent."""
    text = "" if inbound.values else text_of(inbound.raw)
    return replace(inbound, verdict=None, values={"comment": (text,)} if text else inbound.values)


def _guarded(read: Read, raw: Raw, reading: Reading) -> Inbound:
    """The inbound; a reader that fails leaves the raw to a person."""
    try:
        return read(raw, reading)
    except Exception as error:
        log.failure("reader_failed", error, source=raw.source)
        return Inbound(raw, verdict=Verdict("needs_attention", "unreadable", "It could not be read."))


def _settle(receipt: Receipt, inbound: Inbound, reading: Reading, at: datetime, released: bool) -> Settled:
    named = [name for name in (*inbound.values, *inbound.preset) if name.startswith("custom.")]
    own = {name.removeprefix("custom."): "" for name in named}
    currency = workspace.settings(at)["currency"]
    values, problems = enquiries.cleaned(inbound, reading, currency, own_fields.by_name(at, own))
    if inbound.verdict is None and not released:
        inbound = replace(inbound, verdict=posted_forms.verdict(inbound.raw, reading.form))
    if inbound.verdict is None and not says_enough(values) and not released and inbound.entry_type != "call":
        why = "It has neither a name nor a way to answer nor a message."
        inbound = replace(inbound, verdict=Verdict("needs_attention", "says_nothing", why))
    if inbound.files:
        inbound, not_taken = attachments.kept(inbound, receipt.id, at)
        problems += not_taken
    if inbound.verdict:
        return _record(receipt, inbound.verdict, problems, at)
    if _may_be_forged(inbound):
        inbound = replace(inbound, follows=(), leaves=(), may_adopt=False)
    enquiry = Enquiry(
        inbound=inbound,
        values=values,
        problems=problems,
        origin=f"rcp_{receipt.id}",
        policy=_policy(inbound, at),
        statuses=workspace.statuses(at),
        hours=workspace.business_hours(at) if inbound.call_back else None,
        receipt=f"rcp_{receipt.id}",
        standing=posted_forms.standing(reading.form, at) if reading.form else None,
    )
    known = Known(at)
    if inbound.raw.source in READING_DOORS:
        enquiries.look_first(enquiry, known)

    def decide(known: Known) -> Plan[Settled]:
        try:
            effect = enquiries.decide(enquiry, known)
        except Conflict as refusal:
            done = receipts.finish(receipt, "rejected", reason=refusal.code, explanation=refusal.detail)
            return Plan([done], Settled(receipt.id, "rejected", reason=refusal.code))
        done = receipts.finish(receipt, effect.outcome, lead=effect.lead, problems=problems)
        result = Settled(receipt.id, effect.outcome, effect.lead, problems=tuple(_plain(problems)))
        return Plan([*effect.actions, done], result, joined=effect.joined)

    with assignment.choice(enquiry.source, at, reading.form) as choice:
        enquiry = replace(enquiry, assign=choice)
        settled = settle(decide, lambda: _own(receipt), known)
        choice.kept = settled.outcome == "created"
    return settled


def _record(receipt: Receipt, verdict: Verdict, problems: tuple[Problem, ...], at: datetime) -> Settled:
    """The outcome of something that does not become a lead."""

    def decide(known: Known) -> Plan[Settled]:
        done = receipts.finish(
            receipt, verdict.outcome, reason=verdict.reason, explanation=verdict.detail, problems=problems
        )
        return Plan([done], Settled(receipt.id, verdict.outcome, reason=verdict.reason))

    if receipt.outcome == verdict.outcome:
        return _of(receipt)
    return settle(decide, lambda: _own(receipt), Known(at))


def give_up(receipt: Receipt, at: datetime, verdict: Verdict) -> Settled:
    """Leave a receipt to a person, with the reason. Raises Busy."""
    return _record(receipt, verdict, (), at)


def _own(receipt: Receipt) -> Settled | None:
    """My recorded result: the receipt's outcome, once it is another than the one I started from."""
    current = receipts.get(receipt.id)
    return _of(current) if current and current.outcome != receipt.outcome else None


def _repeated(receipt: Receipt) -> Settled:
    try:
        receipts.count_delivery(receipt.id)
    except Exception as error:
        log.failure("delivery_not_counted", error, receipt=receipt.id)
    return replace(_of(receipt), repeated=True)


def _queue(raw: Raw) -> Settled:
    try:
        queues.send_raw(replace(raw, body=b"") if "object" in raw.meta else raw)
    except Exception as error:
        log.failure("raw_not_queued", error, source=raw.source)
        raise Busy("Nothing can be stored right now; please send it again") from error
    return Settled(receipts.new(raw).id, PENDING, reason="queued")


def _existing(receipt_id: str) -> Receipt:
    receipt = receipts.get(receipt_id)
    if receipt is None:
        raise NotFound("There is no such receipt")
    return receipt


def _of(receipt: Receipt) -> Settled:
    return Settled(receipt.id, receipt.outcome, receipt.lead, receipt.reason, receipt.problems)


def _may_be_forged(inbound: Inbound) -> bool:
    """Whether nobody has vouched for the sender: then it makes a lead of its own, beside the person's.

    What the mail service said of the sender counts, not the rule that put the mail aside: spam is judged before.
    """
    meta = inbound.raw.meta
    return meta.get("dmarc_verdict", "").strip().upper() == "FAIL" or meta.get("verdicts") == UNKNOWN_VERDICTS


def _policy(inbound: Inbound, at: datetime) -> str:
    if _may_be_forged(inbound):
        return "create"
    return str(workspace.settings(at)["on_duplicate"].get(inbound.raw.source, "attach"))


def _plain(problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    return [{"field": each.field, "code": each.code, "detail": each.detail, "value": each.value} for each in problems]
