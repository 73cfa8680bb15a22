"""What makes a repeated request recognisable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain.caller import Caller


@dataclass(frozen=True)
class Idempotency:
    """An Idempotency-Key and what it stands for.

    Attributes:
        key_hash: of caller and key, hexadecimal: two callers may choose the same key.
        fingerprint: of method, path, query and body, hexadecimal: another one under the same key is an error.
    """

    key_hash: str
    fingerprint: str


def idempotency(
    caller: Caller, key: str, *, method: str, path: str, query: Iterable[tuple[str, str]], body: bytes
) -> Idempotency:
    """The hashes for one request. The order of query parameters does not matter, that of equal ones does."""
    pairs = sorted(query, key=lambda pair: pair[0])
    words = [method, path, *(word for pair in pairs for word in pair)]
    return Idempotency(
        key_hash=_digest(caller.id.encode(), key.encode()),
        fingerprint=_digest(*(word.encode("utf-8", "surrogatepass") for word in words), body),
    )


def _digest(*parts: bytes) -> str:
    # each with its length, so that moving a byte from one part to the next makes another hash
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()
