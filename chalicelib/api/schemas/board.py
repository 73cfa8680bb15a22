"""The board in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described
from chalicelib.api.schemas.leads import LeadSummary
from chalicelib.api.schemas.statuses import KINDS
from chalicelib.domain.pipeline import OPEN


class BoardColumn(msgspec.Struct):
    """A status with its first cards; `count` and `sum` are of the whole column, at most two seconds behind."""

    status: v.StatusId
    name: Annotated[str, Meta(examples=["In process"])]
    color: Annotated[str, Meta(pattern="^#[0-9A-Fa-f]{6}$", examples=["#F59E0B"])]
    kind: Annotated[str, Meta(examples=[OPEN], extra_json_schema={"x-extensible-enum": KINDS})]
    count: v.Count
    sum: Annotated[list[v.Money], Meta(description="What the leads are worth, one amount a currency.")]
    cards: list[LeadSummary]
    next_cursor: Annotated[
        str | None,
        Meta(
            description="Goes on in `GET /v1/leads` with this `status`, the same `owner_id` and, where the oldest "
            "came first, `sort=status_changed_at`; null where all cards are shown."
        ),
    ]


class Board(msgspec.Struct):
    """All statuses as columns, in their order."""

    columns: list[BoardColumn]


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/board": Described(
        "get_board",
        answers={200: Board},
        query={
            "owner_id": "Only leads of this owner; `me` is the user whom the key acts for, `none` is nobody.",
            "limit": "How many cards a column shows at most.",
            "order": "Which arrival in the status comes first.",
        },
        problems={422: ("validation_failed", "no_user")},
    ),
}
