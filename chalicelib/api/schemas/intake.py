"""The ledger in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, page_of
from chalicelib.api.schemas.imports import ImportSummary


class ValueProblem(msgspec.Struct):
    """Something that could not be used of what was received; it cost nothing else."""

    field: Annotated[str, Meta(examples=["phones[0]"])]
    code: v.Code
    detail: v.Sentence
    value: Annotated[str | UnsetType, Meta(description="As it was sent, cut.", examples=["12"])] = UNSET


class Receipt(msgspec.Struct):
    """One thing received, and its one outcome."""

    id: v.ReceiptId
    source: v.Source
    source_detail: Annotated[str | None, Meta(description="The form, mailbox or channel.", examples=["frm_demo"])]
    external_id: Annotated[str, Meta(description="What the sender calls it.", examples=["order-4711"])]
    received_at: v.Moment
    outcome: v.Outcome
    lead_id: v.LeadId | None
    import_id: v.ImportId | None
    reason: Annotated[str | None, Meta(description="The rule that decided, where it made no lead.")]
    explanation: v.Sentence | None
    problems: list[ValueProblem]
    deliveries: v.Count
    attempts: v.Count


class RawReceived(msgspec.Struct):
    """The raw as it was received: `text` or, where that is none, `base64`; what is large is a link that expires."""

    text: Annotated[str | UnsetType, Meta(examples=["name=Änne+Öztürk"])] = UNSET
    base64: Annotated[str | UnsetType, Meta(examples=["bmFtZT0="])] = UNSET
    cut: Annotated[bool | UnsetType, Meta(description="`base64` is only its beginning.")] = UNSET
    bytes: Annotated[int | UnsetType, Meta(description="Of the whole.", examples=[4000000])] = UNSET
    link: v.Link | UnsetType = UNSET


class ReceiptWithRaw(Receipt):
    """One thing received, its one outcome, and the raw."""

    content_type: Annotated[str | None, Meta(examples=["application/x-www-form-urlencoded"])]
    meta: Annotated[dict[str, str], Meta(description="What else was noted at the door.")]
    raw: RawReceived


class Sums(msgspec.Struct):
    """Things received by outcome. received = Σ outcomes + pending."""

    received: v.Count
    outcomes: Annotated[dict[str, int], Meta(examples=[{"created": 3}])]
    pending: v.Count


class WaitingReceipt(Receipt, tag_field="kind", tag="receipt"):
    """A receipt that has been pending for more than 5 minutes."""


class WaitingObject(msgspec.Struct, tag_field="kind", tag="object"):
    """An object that nobody has taken in for more than 5 minutes."""

    bucket: Annotated[str, Meta(examples=["imports"])]
    key: Annotated[str, Meta(examples=["incoming/messe.csv"])]
    since: v.Moment


class DeadLetters(msgspec.Struct, tag_field="kind", tag="dead_letters"):
    """Messages that failed too often."""

    queue: Annotated[str, Meta(examples=["leadger-intake-dead-letters"])]
    count: v.Count


class StandingImport(ImportSummary, tag_field="kind", tag="import"):
    """An import that nobody has gone on with for 10 minutes."""


class Reconciliation(Sums):
    """The sums of the ledger, and whatever is unaccounted for."""

    since: v.Moment
    until: v.Moment
    unaccounted: list[WaitingReceipt | WaitingObject | DeadLetters | StandingImport]
    by_source: dict[str, Sums]


PERIOD = {"since": "Received from then on, this moment included.", "until": "Received before then."}
#: `since` lies behind `until`.
NO_PERIOD = {422: ("validation_failed",)}

OPERATIONS: Mapping[str, Described] = {
    "GET /v1/intake/receipts": Described(
        "list_receipts",
        answers={200: page_of(Receipt)},
        query={"source": "Where it came from.", "outcome": "What became of it.", **PERIOD},
        problems=NO_PERIOD,
    ),
    "GET /v1/intake/receipts/{receipt_id}": Described(
        "get_receipt", answers={200: ReceiptWithRaw}, problems={404: ("not_found", "object_gone")}
    ),
    "POST /v1/intake/receipts/{receipt_id}/replay": Described(
        "replay_receipt", answers={200: Receipt}, problems={404: ("not_found", "object_gone")}
    ),
    "POST /v1/intake/receipts/{receipt_id}/release": Described(
        "release_receipt",
        answers={200: Receipt},
        problems={404: ("not_found", "object_gone"), 409: ("not_releasable",)},
    ),
    "GET /v1/intake/reconciliation": Described(
        "get_reconciliation", answers={200: Reconciliation}, query=PERIOD, problems=NO_PERIOD
    ),
}
