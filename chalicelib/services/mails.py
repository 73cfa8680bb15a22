"""Inbound mail: the object that SES has written is received like anything else, its raw being the object itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.errors import NotFound
from chalicelib.domain.inbound import Raw
from chalicelib.services import intake
from chalicelib.services.intake import Read, Settled
from chalicelib.store import files


@dataclass(frozen=True)
class Mail:
    """What became of a mail object, and when it arrived."""

    settled: Settled
    received_at: datetime


def receive_object(
    key: str, envelope: Mapping[str, str], read: Read, identity: Callable[[bytes], str], at: datetime
) -> Mail | None:
    """Receive the mail under `key`; None where there is no such object any more (it has its outcome).

    Args:
        envelope: what SES says of it, as the reader's `meta`: `envelope_to`, `envelope_from`, `spam_verdict`, …
        identity: body → external id.
    Raises:
        Busy: the message has to come again.
    """
    try:
        answer = files.open_object("mail", key)
    except NotFound:
        return None
    body = answer["Body"].read()
    received_at = answer.get("LastModified", at)
    raw = Raw(
        source="email",
        detail=envelope.get("envelope_to", "").split(",")[0].strip().lower(),
        external_id=identity(body),
        received_at=received_at,
        body=body,
        content_type="message/rfc822",
        meta={**envelope, "object": f"mail:{key}"},
    )
    return Mail(intake.receive(raw, read, at), received_at)
