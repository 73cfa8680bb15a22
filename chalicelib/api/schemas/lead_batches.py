"""Batches of leads in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chalicelib.api.lead_batches import Batch
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described


class BatchResult(msgspec.Struct):
    """What became of one item."""

    status: Annotated[int, Meta(description="As of the single operation.", examples=[201])]
    id: v.LeadId | UnsetType = UNSET
    version: v.Version | UnsetType = UNSET
    outcome: v.Outcome | UnsetType = UNSET
    problem: Annotated[dict[str, Any] | UnsetType, Meta(description="Why it was refused: a problem document.")] = UNSET


class BatchResults(msgspec.Struct):
    """One result per item, in their order."""

    results: list[BatchResult]


OPERATIONS: Mapping[str, Described] = {
    "POST /v1/leads/batch": Described(
        "batch_leads",
        body=Batch,
        example={"items": [{"op": "create", "data": {"name": "Änne Öztürk"}}]},
        answers={207: BatchResults},
    ),
}
