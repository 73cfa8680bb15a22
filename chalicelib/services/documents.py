"""The workspace's documents as services use them: read at most every 30 seconds, changed in one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.write import Write
from chalicelib.services import answering
from chalicelib.services.answering import Written
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import documents
from chalicelib.store.documents import Document

CACHED_FOR = timedelta(seconds=30)

SETTINGS, STATUSES, FIELDS, SOURCES, USERS = "settings", "statuses", "fields", "sources", "users"

#: What was last read, and when; replaced whole, so that threads see one or the other.
_read: dict[str, tuple[datetime, dict[str, Document]]] = {}


@dataclass(frozen=True)
class Edit:
    """One change of a document.

    Attributes:
        name: of the document.
        apply: its content afterwards; the same content is no change. Pure. Raises Invalid, Conflict, NotFound,
            PreconditionFailed.
        answer: what the write is answered with, from the document as it is afterwards.
        whole: stored content → the same with what is there by default, as `apply` returns it.
    """

    name: str
    apply: Callable[[Document, Known], Mapping[str, Any]]
    answer: Callable[[Document, Known], Written]
    whole: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict


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


def change(edit: Edit, write: Write) -> Written:
    """Make a change, and keep its answer under the Idempotency-Key, in one transaction.

    Raises:
        Busy: nothing was written, or it is safe to ask again with the same key.
        KeyReused, and whatever `edit.apply` does.
    """
    stored = answering.before(write)
    if stored:
        return stored
    known = Known(write.at)

    def decide(known: Known) -> Plan[Written]:
        before = _now(edit.name)
        content = edit.apply(before, known)
        if content == edit.whole(before.content):
            written = edit.answer(before, known)
            return Plan([documents.unchanged(before), *answering.keep(write, written)], written)
        after = documents.changed(before, content, write.origin)
        written = edit.answer(after, known)
        return Plan([documents.write(before, after), *answering.keep(write, written)], written)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        current = _now(edit.name)
        return edit.answer(current, known) if write.origin in current.origins else None

    try:
        return settle(decide, own, known)
    finally:
        forget()


def _now(name: str) -> Document:
    return documents.read().get(name, Document(name))
