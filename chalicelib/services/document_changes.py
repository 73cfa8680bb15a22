"""Changes of the workspace's documents: each is one transaction, with the answer to whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.write import Write
from chalicelib.services import answering, documents
from chalicelib.services.answering import Written
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import documents as stored
from chalicelib.store.documents import Document
from chalicelib.store.transport import Action


@dataclass(frozen=True)
class Edit:
    """One change of a document.

    Attributes:
        name: of the document.
        apply: its content afterwards; the same content is no change. Pure. Raises Invalid, Conflict, NotFound,
            PreconditionFailed.
        answer: what the write is answered with, from the document as it is afterwards.
        whole: stored content → the same with what is there by default, as `apply` returns it.
        beside: what else is written with a change, and with nothing else.
    """

    name: str
    apply: Callable[[Document, Known], Mapping[str, Any]]
    answer: Callable[[Document, Known], Written]
    whole: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    beside: Callable[[Known], Sequence[Action]] = lambda known: ()


def change(edit: Edit, write: Write) -> Written:
    """Make a change, and keep its answer under the Idempotency-Key, in one transaction.

    Raises:
        Busy: nothing was written, or it is safe to ask again with the same key.
        KeyReused, and whatever `edit.apply` does.
    """
    answered = answering.before(write)
    if answered:
        return answered
    known = Known(write.at)

    def decide(known: Known) -> Plan[Written]:
        before = _now(edit.name)
        content = edit.apply(before, known)
        if content == edit.whole(before.content):
            written = edit.answer(before, known)
            return Plan([stored.unchanged(before), *answering.keep(write, written)], written)
        after = stored.changed(before, content, write.origin)
        written = edit.answer(after, known)
        actions = [stored.write(before, after), *edit.beside(known), *answering.keep(write, written)]
        return Plan(actions, written)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        current = _now(edit.name)
        return edit.answer(current, known) if write.origin in current.origins else None

    try:
        return settle(decide, own, known)
    finally:
        documents.forget()


def _now(name: str) -> Document:
    return stored.read().get(name, Document(name))
