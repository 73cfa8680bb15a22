"""API keys in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import members as m
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made, page_of
from chalicelib.domain.caller import SCOPES


class ApiKey(msgspec.Struct):
    """A key that somebody calls with; never its secret."""

    id: v.KeyId
    name: v.KeyName
    scopes: v.Scopes
    user_id: Annotated[v.UserId | None, Meta(description="Whom the key acts for: who `me` is.")]
    created_at: v.Moment
    expires_at: Annotated[v.Moment | None, Meta(description="From then on it is good no more.")]
    last_used_at: Annotated[v.Moment | None, Meta(description="The hour.")]


class NewApiKey(ApiKey):
    """A key with its secret, which is shown this once."""

    secret: Annotated[str, Meta(description="What is sent as bearer.", examples=["lk_0J5Q2M8T3XA0J5Q2M8T3XA"])]


class ApiKeyCreate(Made):
    """A new key, with scopes that the caller has as well."""

    @classmethod
    def schema(cls) -> m.Schema:
        scopes = m.listed(m.one_of(SCOPES), len(SCOPES), shortest=1, unique=True)
        return m.shaped(
            {
                "name": m.text("Messe-App"),
                "scopes": {**scopes, "examples": [["leads:write"]]},
                "expires_at": m.described(m.nullable(m.MOMENT), "Null or absent: never."),
                "user_id": {"type": ["string", "null"], "description": "Whom the key acts for: who `me` is."},
            },
            needed=("name", "scopes"),
        )


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/api-keys": Described("list_api_keys", answers={200: page_of(ApiKey)}),
    "GET /v1/api-keys/{key_id}": Described("get_api_key", answers={200: ApiKey}, versioned=True),
    "POST /v1/api-keys": Described(
        "create_api_key",
        body=ApiKeyCreate,
        example={"name": "Messe-App", "scopes": ["leads:write"], "expires_at": "2027-01-01T00:00:00Z"},
        answers={201: NewApiKey},
        headers=("ETag",),
    ),
    "DELETE /v1/api-keys/{key_id}": Described("delete_api_key", answers={204: None}, versioned=True),
}
