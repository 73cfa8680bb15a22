"""The workspace's own documents: settings, statuses, fields, sources, users. Each is one versioned item.

They share the layout of the other settings-like records, and one partition: a container reads all of them at once.
Reading goes by PynamoDB; a change is an action of a transaction, together with the answer to whoever asked for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib import deadline
from chalicelib.domain.errors import TooLarge
from chalicelib.store import keys, transport
from chalicelib.store.transport import Check, Update

#: Of the last writes, by which a writer that got no answer finds out that it was one of them.
MOST_ORIGINS = 8


@dataclass(frozen=True)
class Document:
    """One of them.

    Attributes:
        version: 0 until it is first written by a change.
        content: JSON values.
        origins: of the last changes, newest first.
    """

    name: str
    version: int = 0
    content: Mapping[str, Any] = field(default_factory=dict)
    origins: tuple[str, ...] = ()


def read() -> dict[str, Document]:
    """Every document there is, by name, read consistently. Raises Unavailable."""
    from pynamodb.exceptions import QueryError

    from chalicelib.store.table import records

    for attempt in range(transport.MOST_ATTEMPTS):
        if attempt:
            transport.pause(attempt)
        try:
            found = list(records().query(keys.DOCUMENTS, consistent_read=True))
            return {item.sk: _document_of(item) for item in found if item.data is not None}
        except QueryError as error:
            if not transport.worth_repeating(error.cause) or deadline.passed():
                break
    raise transport.Unavailable("the settings cannot be read now")


def changed(before: Document, content: Mapping[str, Any], origin: str) -> Document:
    """The document with another content, one version on."""
    origins = (origin, *before.origins)[:MOST_ORIGINS]
    return replace(before, version=before.version + 1, content=content, origins=origins)


def write(before: Document, after: Document) -> Update:
    """Write `after` if the document is still at `before`. Refused under `document`. Raises TooLarge."""
    data = json.dumps(after.content)
    if len(data) > transport.MOST_ITEM_BYTES:
        raise TooLarge(f"All {before.name} together have more than 350 KB", code="record_too_large")
    return Update(
        "document",
        keys.document(before.name),
        "SET #type = :type, #data = :data, #version = :version, #origins = :origins",
        _still(before),
        {
            ":type": "cfg",
            ":data": data,
            ":version": after.version,
            ":origins": json.dumps(after.origins),
            **_seen(before),
        },
        raced=True,
    )


def unchanged(before: Document) -> Check:
    """The transaction holds only while the document is at `before`. Refused under `document`."""
    return Check("document", keys.document(before.name), _still(before), _seen(before))


def _document_of(item: Any) -> Document:
    return Document(item.sk, int(item.version or 0), item.data, tuple(item.origins or ()))


def _still(before: Document) -> str:
    # records that were written whole, by hand, have no version
    return "#version = :seen" if before.version else "attribute_not_exists(#version)"


def _seen(before: Document) -> dict[str, Any]:
    return {":seen": before.version} if before.version else {}
