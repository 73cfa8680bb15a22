"""The workspace's documents as they are read: at most every 30 seconds, what is missing always anew."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.store import documents
from chalicelib.store.documents import Document

CACHED_FOR = timedelta(seconds=30)

SETTINGS, STATUSES, FIELDS, SOURCES, USERS = "settings", "statuses", "fields", "sources", "users"

#: What was last read, and when; replaced whole, so that threads see one or the other.
_read: dict[str, tuple[datetime, dict[str, Document]]] = {}


def get(name: str, at: datetime) -> Document:
    """The document as it was at most 30 seconds ago; as last changed where this container changed it."""
    kept = _read.get("")
    if kept is None or abs(at - kept[0]) >= CACHED_FOR:
        kept = _read[""] = (at, documents.read())
    return kept[1].get(name, Document(name))


def fresh(name: str, at: datetime) -> Document:
    """The document as it is now: for what was not found in the one that is known. Raises Unavailable."""
    forget()
    return get(name, at)


def forget() -> None:
    """What is read next is what is stored."""
    _read.clear()
