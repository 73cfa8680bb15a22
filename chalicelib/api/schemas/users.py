"""Users, and who is calling, in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made, page_of


class User(msgspec.Struct):
    """Somebody who works the leads."""

    id: v.UserId
    name: Annotated[str, Meta(examples=["Kim Käfer"])]
    email: Annotated[str | None, Meta(examples=["kim@kaefer.example"])]
    active: Annotated[bool, Meta(description="False for who has left.", examples=[True])]
    absent_until: Annotated[v.Moment | None, Meta(description="Until then they get no new leads.")]
    created_at: v.Moment
    version: v.Version


class Me(msgspec.Struct):
    """Who is calling: a key, what it may do, and whom it acts for."""

    id: v.KeyId
    kind: Annotated[str, Meta(examples=["api_key"], extra_json_schema={"x-extensible-enum": ["api_key"]})]
    name: v.KeyName
    scopes: v.Scopes
    user_id: Annotated[v.UserId | None, Meta(description="Who `me` is.")]


class UserCreate(Made):
    """A new user."""

    @classmethod
    def schema(cls) -> m.Schema:
        of_user = _changeable()
        return m.shaped({**of_user, "active": m.nullable(of_user["active"])}, needed=("name",))


class UserChange(Made):
    """A JSON merge patch of a user: null clears, absent leaves."""

    @classmethod
    def schema(cls) -> m.Schema:
        return m.shaped({**_changeable(), **m.kept("id", "created_at", "version")})


def _changeable() -> dict[str, m.Schema]:
    return {
        "name": m.text("Kim Käfer"),
        "email": {"type": ["string", "null"], "examples": ["kim@kaefer.example"]},
        "active": m.described(m.FLAG, "False for who has left."),
        "absent_until": m.described(m.nullable(m.MOMENT), "Until then they get no new leads."),
    }


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/users": Described("list_users", answers={200: page_of(User)}),
    "GET /v1/users/{user_id}": Described("get_user", answers={200: User}, versioned=True),
    "POST /v1/users": Described(
        "create_user",
        body=UserCreate,
        example={"name": "Kim Käfer", "email": "kim@kaefer.example"},
        answers={201: User},
        problems={409: ("already_exists",), 413: ("record_too_large",)},
        headers=("ETag",),
    ),
    "PATCH /v1/users/{user_id}": Described(
        "change_user",
        body=UserChange,
        example={"absent_until": "2027-01-04T00:00:00Z"},
        answers={200: User},
        problems={409: ("already_exists",), 413: ("record_too_large",)},
        versioned=True,
    ),
    "GET /v1/me": Described("get_me", answers={200: Me}),
}
