"""Answers to writes: kept under their Idempotency-Key in the transaction of the effect, and given again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from chalicelib.domain.errors import KeyReused
from chalicelib.domain.write import Write
from chalicelib.store import answers
from chalicelib.store.answers import Answer
from chalicelib.store.transport import Action


@dataclass(frozen=True)
class Written:
    """The answer to a write, as it is sent and stored.

    Attributes:
        body: JSON; empty for none.
        replayed: it is the stored answer of an earlier request with the same Idempotency-Key.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    replayed: bool = False


def written(
    status: int, body: Mapping[str, Any] | None = None, *, version: int | None = None, location: str = ""
) -> Written:
    """An answer of JSON values; with the ETag of the version, and where the record is."""
    headers = {"Location": location} if location else {}
    if version is not None:
        headers["ETag"] = f'"{version}"'
    return Written(status, b"" if body is None else orjson.dumps(body), headers)


def before(write: Write, origin: str = "") -> Written | None:
    """The stored answer to the same request under the same Idempotency-Key; None if there is none.

    To be asked before anything else of the record is, If-Match included: the first answer may have got lost.

    Args:
        origin: that this request's effect has, if it is not the request's own.
    Raises KeyReused, Unavailable.
    """
    if write.idempotency is None:
        return None
    stored = answers.get(write.caller.id, write.idempotency.key_hash, write.at)
    if stored is None:
        return None
    if stored.fingerprint != write.idempotency.fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request")
    return Written(stored.status, stored.body, stored.headers, replayed=stored.origin != (origin or write.origin))


def refuse_another(write: Write, key_hashes: Iterable[str]) -> None:
    """Of a request that keeps several answers, each under a key made of its own: its body must be that of the first.

    Raises KeyReused, Unavailable.
    """
    key = write.idempotency
    if key and answers.fingerprints(write.caller.id, key_hashes, write.at) - {key.fingerprint}:
        raise KeyReused("This Idempotency-Key was used for another request")


def keep(write: Write, answer: Written, origin: str = "") -> list[Action]:
    """What keeps the answer for 48 hours; nothing without an Idempotency-Key. Belongs into the effect's transaction.

    Args:
        origin: that the effect has, if it is not the request's own.
    """
    if write.idempotency is None:
        return []
    kept = Answer(write.idempotency.fingerprint, answer.status, answer.body, answer.headers, origin or write.origin)
    return [answers.store(write.caller.id, write.idempotency.key_hash, kept, write.at)]
