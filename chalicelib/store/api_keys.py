"""API keys in the table: each under the hash of its secret, and in a list of all by its id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.api_key import ApiKey
from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import keys, transport
from chalicelib.store.transport import Action, Delete, Put


def add(key: ApiKey) -> list[Action]:
    """A new key. Refused under `key`."""
    pk, sk = keys.record("KEY", key.digest)
    list_pk, list_sk = keys.listed_key(key.id)
    return [
        Put("key", {"pk": pk, "sk": sk, "type": "key", "data": _data(key)}),
        Put("key", {"pk": list_pk, "sk": list_sk, "type": "key_entry", "digest": key.digest}),
    ]


def store(key: ApiKey) -> None:
    """Write a key, or write it anew. Raises Unavailable."""
    # first the list: a key that is good is in it, whatever happens in between
    transport.update(keys.listed_key(key.id), "SET #type = :type, #digest = :digest", "",
                     {":type": "key_entry", ":digest": key.digest})  # fmt: skip
    transport.update(keys.record("KEY", key.digest), "SET #type = :type, #data = :data", "",
                     {":type": "key", ":data": _data(key)})  # fmt: skip


def remove(key: ApiKey) -> list[Action]:
    """The key is good no more. Refused under `key` if it is not there."""
    there = "attribute_exists(pk)"
    return [
        Delete("key", keys.record("KEY", key.digest), there),
        Delete("key", keys.listed_key(key.id), there),
    ]


def get(digest: str) -> ApiKey | None:
    """The key with this hash, read consistently. Raises Unavailable."""
    item = transport.get(keys.record("KEY", digest))
    return _key_of(item) if item else None


def by_id(key_id: str) -> ApiKey | None:
    """The key with this id, read consistently. Raises Unavailable."""
    listed = transport.get(keys.listed_key(key_id))
    return get(listed["digest"]) if listed else None


def all_keys() -> list[ApiKey]:
    """Every key, oldest first. Raises Unavailable."""
    pages = transport.pages("#pk = :keys", {":keys": keys.API_KEYS}, consistent=True)
    digests = [item["digest"] for page in pages for item in page]
    found = transport.batch_get([keys.record("KEY", digest) for digest in digests], consistent=True)
    return sorted(map(_key_of, found.values()), key=lambda key: (key.created_at, key.id))


def mark_used(key: ApiKey, hour: datetime) -> None:
    """Note the hour of the last use. Raises Mismatch: another container has, or the key is gone; Unavailable."""
    transport.update(
        keys.record("KEY", key.digest),
        "SET #used = :hour",
        "attribute_exists(pk) AND (attribute_not_exists(#used) OR #used < :hour)",
        {":hour": rfc3339(hour)},
    )


def _data(key: ApiKey) -> str:
    until = rfc3339(key.expires_at) if key.expires_at else None
    fields = {"id": key.id, "name": key.name, "scopes": key.scopes, "created_at": rfc3339(key.created_at)}
    more = {"expires_at": until, "user_id": key.user_id}
    return json.dumps(fields | {name: value for name, value in more.items() if value})


def _key_of(item: Mapping[str, Any]) -> ApiKey:
    fields = json.loads(item["data"])
    return ApiKey(
        digest=item["pk"].removeprefix("KEY#"),
        id=fields["id"],
        name=fields["name"],
        scopes=tuple(fields["scopes"]),
        created_at=parse(fields["created_at"]),
        expires_at=parse(fields["expires_at"]) if "expires_at" in fields else None,
        user_id=fields.get("user_id"),
        used=parse(item["used"]) if "used" in item else None,
    )
