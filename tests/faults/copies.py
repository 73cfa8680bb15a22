"""What S3 refuses and moto accepts: a copy of an object that is not the one it was looked at as."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from tests import wire
from tests.wire import Call, Reply


def copies_if_matching(call: Call, go: Callable[[], Reply]) -> Reply:
    """A layer for `tests.wire`: `x-amz-copy-source-if-match` holds."""
    wanted = call.request.headers.get("x-amz-copy-source-if-match") if call.operation == "CopyObject" else None
    if wanted is None:
        return go()
    bucket, _, key = unquote(_text(call.request.headers["x-amz-copy-source"])).lstrip("/").partition("/")
    found = wire.backend("s3").buckets[bucket].keys.get(key)
    if found is not None and found.etag.strip('"') != _text(wanted).strip('"'):
        return call.refuse("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
    return go()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
