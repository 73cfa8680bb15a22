"""Statuses in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made, page_of
from chalicelib.api.schemas.jobs import Job
from chalicelib.api.statuses import Order
from chalicelib.domain import statuses
from chalicelib.domain.pipeline import CONVERTED, JUNK, OPEN

KINDS = [OPEN, CONVERTED, JUNK]


class Status(msgspec.Struct):
    """Where leads can stand; one column of the board."""

    id: v.StatusId
    name: Annotated[str, Meta(examples=["In process"])]
    color: Annotated[str, Meta(pattern="^#[0-9A-Fa-f]{6}$", examples=["#F59E0B"])]
    kind: Annotated[str, Meta(description="For good.", examples=[OPEN], extra_json_schema={"x-extensible-enum": KINDS})]
    position: v.Position
    version: v.Version


class StatusOrder(Order):
    """All ids, each once, in the order of the board."""


class StatusCreate(Made):
    """A new status. Without an `id` it gets one made of its name, without a `position` it is the last."""

    @classmethod
    def schema(cls) -> m.Schema:
        of_status = _changeable()
        return m.shaped(
            {
                "id": m.nullable(m.matching(statuses.ID, "on_site")),
                "name": of_status["name"],
                "kind": {**m.one_of(KINDS), "examples": [OPEN]},
                "color": m.nullable(of_status["color"]),
                "position": m.nullable(of_status["position"]),
            },
            needed=("name", "kind"),
        )


class StatusChange(Made):
    """A JSON merge patch of a status; absent leaves. The position of others follows."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped({**_changeable(), **m.kept("id", "kind", "version")})


def _changeable() -> dict[str, m.Schema]:
    return {
        "name": m.text("Vor Ort"),
        "color": m.matching("#[0-9A-Fa-f]{6}", "#0EA5E9"),
        "position": m.described(m.whole(1, statuses.MOST_STATUSES), "From 1; others make room."),
    }


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/statuses": Described("list_statuses", answers={200: page_of(Status)}, versioned=True),
    "GET /v1/statuses/{status_id}": Described("get_status", answers={200: Status}, versioned=True),
    "POST /v1/statuses": Described(
        "create_status",
        body=StatusCreate,
        example={"name": "Vor Ort", "kind": OPEN, "color": "#0EA5E9", "position": 2},
        answers={201: Status},
        problems={409: ("already_exists", "one_converted"), 413: ("record_too_large",)},
        headers=("ETag",),
    ),
    "PATCH /v1/statuses/{status_id}": Described(
        "change_status",
        body=StatusChange,
        example={"name": "Beim Kunden"},
        answers={200: Status},
        problems={413: ("record_too_large",)},
        versioned=True,
    ),
    "DELETE /v1/statuses/{status_id}": Described(
        "delete_status",
        answers={204: None, 202: Job},
        query={
            "move_to": "Where its leads go: another status, open or junk.",
            "lost_reason": "Why they are lost, where they become junk by that.",
        },
        problems={
            409: ("status_in_use", "last_of_its_kind"),
            413: ("record_too_large",),
            422: ("validation_failed",),
        },
        versioned=True,
    ),
    "PUT /v1/statuses/order": Described(
        "order_statuses",
        body=StatusOrder,
        example={"ids": ["new", "in_process", "processed", "converted", "junk"]},
        answers={200: page_of(Status)},
        problems={413: ("record_too_large",)},
        versioned=True,
    ),
}
