"""Webhooks in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Form


class HookOutcome(msgspec.Struct):
    """What became of one event."""

    receipt_id: v.ReceiptId
    outcome: v.Outcome
    lead_id: v.LeadId | None
    reason: Annotated[str | None, Meta(description="The rule that decided, where it made no lead.")]


class HookOutcomes(msgspec.Struct):
    """One outcome per event of the delivery."""

    outcomes: list[HookOutcome]


OPERATIONS: Mapping[str, Described] = {
    "POST /hooks/{provider}/{channel_id}": Described(
        "receive_hook",
        body=Form(("application/json", "application/x-www-form-urlencoded", "text/plain")),
        example={
            "call_id": "demo-1",
            "event": "missed",
            "direction": "in",
            "from": "+493023125000",
            "to": "+4930901820",
            "at": "2026-11-23T14:15:00Z",
        },
        answers={200: HookOutcomes},
        query={"key": "Of the channel, where the provider does not sign."},
        problems={401: ("delivery_not_verified",)},
    ),
}
