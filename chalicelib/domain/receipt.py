"""The ledger entry of one inbound: what came, when, and its one outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain.times import rfc3339

PENDING = "pending"
#: By what ways something is received.
WAYS = ("web_form", "csv", "email", "call", "api", "manual", "ads")
#: Outcomes that a person can release into the intake.
RELEASABLE = ("quarantined", "needs_attention")
#: Receipts in these need somebody, and stand on the board index.
WAITING = (PENDING, *RELEASABLE)
#: A replay that died this often is not tried again by itself.
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Receipt:
    """One thing received and what became of it.

    Attributes:
        id: 16 characters, without prefix; follows from source and external id.
        detail: the form, mailbox or channel.
        outcome: `pending` or one of `OUTCOMES`.
        lead: id of the lead it made or joined.
        job: id of the import job of a file.
        reason: the rule that decided, where it did not become a lead.
        deliveries: how often it was delivered.
        attempts: replays that have begun and not come back.
        body: the bytes received, or None where they lie in an object.
        body_object: `(bucket role, key)`: `files`, `mail` or `imports`.
    """

    id: str
    source: str
    detail: str
    external_id: str
    received_at: datetime
    outcome: str = PENDING
    lead: str | None = None
    job: str | None = None
    reason: str | None = None
    explanation: str | None = None
    problems: tuple[Mapping[str, Any], ...] = ()
    deliveries: int = 1
    attempts: int = 0
    attempt_by: str | None = None
    content_type: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    body_object: tuple[str, str] | None = None


def shown(receipt: Receipt) -> dict[str, Any]:
    """The receipt as the API shows it."""
    return {
        "id": f"rcp_{receipt.id}",
        "source": receipt.source,
        "source_detail": receipt.detail or None,
        "external_id": receipt.external_id,
        "received_at": rfc3339(receipt.received_at),
        "outcome": receipt.outcome,
        "lead_id": f"lead_{receipt.lead}" if receipt.lead else None,
        "import_id": f"imp_{receipt.job}" if receipt.job else None,
        "reason": receipt.reason,
        "explanation": receipt.explanation,
        "problems": [dict(problem) for problem in receipt.problems],
        "deliveries": receipt.deliveries,
        "attempts": receipt.attempts,
    }
