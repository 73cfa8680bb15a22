"""Stored answers to an Idempotency-Key."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.store import keys, transport
from chalicelib.store.transport import Put

KEPT_FOR = timedelta(hours=48)


@dataclass(frozen=True)
class Answer:
    """What was answered: `fingerprint` of the request, status, body bytes, `Location` and `Link` headers."""

    fingerprint: str
    status: int
    body: bytes
    headers: Mapping[str, str]
    origin: str


def store(caller_id: str, key_hash: str, answer: Answer, at: datetime) -> Put:
    """Keep an answer for 48 hours. Refused under `answer`, with the one that stands there."""
    pk, sk = keys.answer(caller_id, key_hash)
    item = {
        "pk": pk,
        "sk": sk,
        "type": "answer",
        "fingerprint": answer.fingerprint,
        "status": answer.status,
        "body": zlib.compress(answer.body),
        "headers": dict(answer.headers),
        "origin": answer.origin,
        "expires": int((at + KEPT_FOR).timestamp()),
    }
    # DynamoDB deletes expired items within days, not at once
    condition = "attribute_not_exists(pk) OR #expires < :now"
    return Put("answer", item, condition, {":now": int(at.timestamp())})


def get(caller_id: str, key_hash: str, at: datetime) -> Answer | None:
    """The stored answer, read consistently."""
    item = transport.get(keys.answer(caller_id, key_hash))
    return answer_of(item) if item and item["expires"] >= int(at.timestamp()) else None


def fingerprints(caller_id: str, key_hashes: Iterable[str], at: datetime) -> set[str]:
    """Of the requests whose answers are stored under any of these keys, read consistently."""
    found = transport.batch_get([keys.answer(caller_id, key_hash) for key_hash in key_hashes], consistent=True)
    return {item["fingerprint"] for item in found.values() if item["expires"] >= int(at.timestamp())}


def answer_of(item: Mapping[str, Any]) -> Answer:
    """The answer that an item holds."""
    body = zlib.decompress(item["body"])
    return Answer(item["fingerprint"], item["status"], body, item.get("headers", {}), item["origin"])
