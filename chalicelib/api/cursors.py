"""Cursors of lists: opaque, signed, and bound to the query and the caller they were given to."""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import BadRequest

if TYPE_CHECKING:
    from chalicelib.api.http import Request

#: Bytes of the signature; 128 bits are beyond guessing.
_SIGNATURE = 16
#: May differ from page to page of one list.
_NOT_BOUND = ("cursor", "limit")


def binding(caller: Caller, path: str, query: Mapping[str, Sequence[str]]) -> str:
    """What a cursor holds for: this caller with these rights, this path and these filters, as text."""
    filters = sorted((name, list(values)) for name, values in query.items() if name not in _NOT_BOUND)
    return orjson.dumps([caller.id, sorted(caller.scopes), path, filters]).decode()


def seal(position: Mapping[str, Any], binding: str, secret: bytes) -> str:
    """A cursor for a place in a list.

    Args:
        position: JSON values; readable by who has the cursor, so nothing secret.
        binding: see `binding`.
        secret: the workspace's, any length.
    """
    content = orjson.dumps(dict(position))
    return _written(_signature(content, binding, secret) + content)


def open_cursor(cursor: str, binding: str, secret: bytes) -> dict[str, Any]:
    """The place that was sealed.

    Raises:
        BadRequest: `invalid_cursor`, whatever is wrong with it.
    """
    sealed = _read(cursor)
    signature, content = sealed[:_SIGNATURE], sealed[_SIGNATURE:]
    if not hmac.compare_digest(signature, _signature(content, binding, secret)):
        raise BadRequest(
            "This cursor was not given for this query and this key; start again without one", code="invalid_cursor"
        )
    return dict(orjson.loads(content))


def _written(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def _read(cursor: str) -> bytes:
    try:
        sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return b""
    # the decoder passes over foreign characters and spare bits: one place has one cursor
    return sealed if _written(sealed) == cursor else b""


def _signature(content: bytes, binding: str, secret: bytes) -> bytes:
    bound = hashlib.sha256(binding.encode()).digest()
    return hmac.new(secret, b"cursor 1" + bound + content, hashlib.sha256).digest()[:_SIGNATURE]


def start_of(request: Request, secret: bytes) -> dict[str, Any] | None:
    """Where a list goes on: what the request's cursor was sealed with, None for its beginning."""
    cursor = request.params.get("cursor")
    return open_cursor(cursor, request.cursor_binding, secret) if cursor else None


def next_of(request: Request, position: Mapping[str, Any] | None, secret: bytes) -> str | None:
    """The cursor of the next page, None at the end."""
    return seal(position, request.cursor_binding, secret) if position else None


def of_column(
    request: Request,
    position: Mapping[str, Any] | None,
    secret: bytes,
    *,
    status: str,
    owner_id: str | None,
    oldest_first: bool = False,
) -> str | None:
    """The cursor with which `GET /v1/leads` goes on behind a column's cards; None at its end.

    It is good for `?status={status}`, with `&owner_id={owner_id}` if one is given and `&sort=status_changed_at` where
    the oldest came first; as of every cursor, the limit may differ.

    Args:
        position: where the index's query ended, as `lead_lists.page` gives it.
    """
    if not position:
        return None
    query = {"status": [status]}
    if owner_id:
        query["owner_id"] = [owner_id]
    if oldest_first:
        query["sort"] = ["status_changed_at"]
    return seal(position, binding(request.caller, "/v1/leads", query), secret)
