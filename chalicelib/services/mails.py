"""Inbound mail: the object that SES has written is received like anything else, its raw being the object itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib import log
from chalicelib.domain.errors import NotFound
from chalicelib.domain.inbound import Raw
from chalicelib.domain.receipt import PENDING
from chalicelib.services import intake
from chalicelib.services.intake import Read, Settled
from chalicelib.store import files, receipts

Identity = Callable[[bytes], str]


def receive_object(key: str, envelope: Mapping[str, str], read: Read, identity: Identity, at: datetime) -> None:
    """Receive the mail under `key`; nothing where there is no such object any more: it has its outcome.

    Args:
        envelope: what SES says of it, as the reader's `meta`: `envelope_to`, `envelope_from`, `spam_verdict`, …
        identity: body → external id.
    Raises:
        Busy: the message has to come again.
    """
    raw = _raw(key, envelope, identity, at)
    if raw:
        settled = intake.receive(raw, read, at, queued=True)
        _keep(key, settled, raw.received_at)


def take_up_object(key: str, envelope: Mapping[str, str], read: Read, identity: Identity, at: datetime) -> None:
    """As `receive_object`, for a mail that was left lying by its queue, or of which the queue never heard.

    One whose receipt is pending is left to `intake.replay`, which counts its attempts.
    """
    raw = _raw(key, envelope, identity, at)
    if raw is None:
        return
    receipt = receipts.get(receipts.new(raw).id)
    if receipt is None:
        _keep(key, intake.receive(raw, read, at, queued=True), raw.received_at)
    elif receipt.outcome != PENDING:
        files.keep("mail", key, receipt.id, raw.received_at)


def _raw(key: str, envelope: Mapping[str, str], identity: Identity, at: datetime) -> Raw | None:
    try:
        answer = files.read_object("mail", key)
    except NotFound:
        return None
    return Raw(
        source="email",
        detail=envelope.get("envelope_to", "").split(",")[0].strip().lower(),
        external_id=identity(answer["Body"]),
        received_at=answer.get("LastModified", at),
        body=answer["Body"],
        content_type="message/rfc822",
        meta={**envelope, "object": f"mail:{key}"},
    )


def _keep(key: str, settled: Settled, day: datetime) -> None:
    """Move the object out of the way; what goes wrong is left to the sweep."""
    if settled.outcome == PENDING:
        return
    try:
        files.keep("mail", key, settled.receipt, day)
    except Exception as error:
        log.failure("object_not_kept", error, receipt=settled.receipt)
