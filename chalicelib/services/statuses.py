"""Statuses: made, changed, put in order, and retired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.domain import pipeline, statuses
from chalicelib.domain.errors import Conflict
from chalicelib.domain.pipeline import Statuses
from chalicelib.domain.write import Write
from chalicelib.services import document_changes, documents
from chalicelib.services.answering import Written, written
from chalicelib.services.document_changes import Edit
from chalicelib.services.settle import Known
from chalicelib.store import columns
from chalicelib.store.documents import Document

#: Leads in a status are counted up to here.
MOST_COUNTED = 1_000


def of(document: Document) -> Statuses:
    """The statuses that a document holds."""
    return pipeline.of_content(document.content)


def edit(apply: Callable[[Document, Known], Statuses], answer: Callable[[Document, Known], Written]) -> Edit:
    """A change of the statuses; see `documents.Edit`."""
    return Edit(
        documents.STATUSES,
        lambda document, known: apply(document, known).content,
        answer,
        lambda content: pipeline.of_content(content).content,
    )


def create(body: Mapping[str, Any], write: Write) -> Written:
    """One more. Raises Invalid, Conflict, Busy."""
    made: list[str] = []

    def apply(document: Document, known: Known) -> Statuses:
        after, status_id = statuses.added(of(document), body)
        made[:] = [status_id]
        return after

    def answer(document: Document, known: Known) -> Written:
        return _shown(document, made[0], 201)

    return document_changes.change(edit(apply, answer), write)


def change(status_id: str, patch: Mapping[str, Any], write: Write) -> Written:
    """Another name, colour or place. Raises NotFound, PreconditionFailed, Invalid, Busy."""

    def apply(document: Document, known: Known) -> Statuses:
        current = of(document)
        check(current, status_id, write)
        return statuses.changed(current, status_id, patch)

    return document_changes.change(edit(apply, lambda after, _: _shown(after, status_id, 200)), write)


def order(ids: Sequence[str], write: Write) -> Written:
    """Another order. If-Match is about the version of the whole. Raises PreconditionFailed, Invalid, Busy."""

    def apply(document: Document, known: Known) -> Statuses:
        write.check_version(document.version, {"data": statuses.listed(of(document))})
        return statuses.ordered(of(document), ids)

    def answer(document: Document, known: Known) -> Written:
        body = {"data": statuses.listed(of(document)), "next_cursor": None}
        return written(200, body, version=document.version)

    return document_changes.change(edit(apply, answer), write)


def remove(status_id: str, write: Write) -> Written:
    """Retire one that no lead is in: it is shown no more, and no lead enters it.

    Raises:
        NotFound, PreconditionFailed, Busy.
        Conflict: it is the last of its kind, or `count` leads are in it.
    """

    def apply(document: Document, known: Known) -> Statuses:
        current = of(document)
        check(current, status_id, write)
        after = statuses.retired(current, status_id, write.at)
        refuse_in_use(status_id)
        return after

    return document_changes.change(edit(apply, lambda *_: written(204)), write)


def refuse_in_use(status_id: str) -> None:
    """Raise Conflict with the count, unless no lead is in the status."""
    count = columns.count(status_id, MOST_COUNTED)
    if count:
        many = f"At least {count}" if count == MOST_COUNTED else str(count)
        raise Conflict(
            f"{many} {'lead is' if count == 1 else 'leads are'} in the status '{status_id}'",
            code="status_in_use",
            extra={"count": count},
        )


def check(current: Statuses, status_id: str, write: Write) -> None:
    """Raise NotFound, PreconditionFailed, unless it is there as the caller knows it."""
    shown = statuses.one(current, status_id)
    write.check_version(shown["version"], shown)


def _shown(document: Document, status_id: str, status: int) -> Written:
    shown = statuses.one(of(document), status_id)
    location = f"/v1/statuses/{status_id}" if status == 201 else ""
    return written(status, shown, version=shown["version"], location=location)
