"""Records that are kept as one list in one document: made, changed and removed alike, each with its own version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import collection
from chalicelib.domain.collection import Record, Shown
from chalicelib.domain.write import Write
from chalicelib.services import document_changes
from chalicelib.services.answering import Written, written
from chalicelib.services.document_changes import Edit
from chalicelib.services.settle import Known
from chalicelib.store.documents import Document


@dataclass(frozen=True)
class RecordList:
    """One kind of records.

    Attributes:
        document: that holds them, under `records`.
        path: of the list at the API.
        what: as people call one of them.
        whole: stored records → the same with those that are there by default.
        shown: record and position (from 1) → as the API shows it.
        by: the member that names a record.
    """

    document: str
    path: str
    what: str
    whole: Callable[[Sequence[Record]], Sequence[Record]]
    shown: Shown
    by: str = "id"

    def of(self, content: Mapping[str, Any]) -> list[Record]:
        """The records that a document's content holds."""
        return list(self.whole(content.get("records", ())))

    def listed(self, document: Document) -> list[dict[str, Any]]:
        """All of them as the API shows them."""
        return [dict(self.shown(record, place)) for place, record in enumerate(self.of(document.content), 1)]

    def one(self, document: Document, name: str) -> dict[str, Any]:
        """One of them as the API shows it. Raises NotFound."""
        place = collection.found(self.of(document.content), name, self.what, by=self.by)
        return self.listed(document)[place]


#: (all records, what is known) → all records afterwards, and the name of the new one.
Add = Callable[[Sequence[Record], Known], tuple[Sequence[Record], str]]
#: (all records, place from 0) → all records afterwards.
Alter = Callable[[Sequence[Record], int], Sequence[Record]]


def create(kind: RecordList, add: Add, write: Write) -> Written:
    """One more. Raises what `add` raises, KeyReused, Busy."""
    made: list[str] = []

    def apply(records: Sequence[Record], known: Known) -> Sequence[Record]:
        after, name = add(records, known)
        made[:] = [name]
        return after

    def answer(document: Document, known: Known) -> Written:
        shown = kind.one(document, made[0])
        return written(201, shown, version=shown["version"], location=f"{kind.path}/{made[0]}")

    return _change(kind, apply, answer, write)


def change(kind: RecordList, name: str, alter: Alter, write: Write) -> Written:
    """Another form of one. Raises NotFound, PreconditionFailed, what `alter` raises, KeyReused, Busy."""

    def answer(document: Document, known: Known) -> Written:
        shown = kind.one(document, name)
        return written(200, shown, version=shown["version"])

    return _change(kind, lambda records, _: alter(records, _checked(kind, records, name, write)), answer, write)


def remove(kind: RecordList, name: str, alter: Alter, write: Write) -> Written:
    """Without one. Raises NotFound, PreconditionFailed, what `alter` raises, KeyReused, Busy."""

    def apply(records: Sequence[Record], known: Known) -> Sequence[Record]:
        return alter(records, _checked(kind, records, name, write))

    return _change(kind, apply, lambda *_: written(204), write)


def _change(
    kind: RecordList,
    apply: Callable[[Sequence[Record], Known], Sequence[Record]],
    answer: Callable[[Document, Known], Written],
    write: Write,
) -> Written:
    def new_content(document: Document, known: Known) -> Mapping[str, Any]:
        before = kind.of(document.content)
        after = apply(before, known)
        return {**document.content, "records": collection.versioned(before, after, kind.shown, by=kind.by)}

    def whole(content: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**content, "records": kind.of(content)}

    return document_changes.change(Edit(kind.document, new_content, answer, whole), write)


def _checked(kind: RecordList, records: Sequence[Record], name: str, write: Write) -> int:
    place = collection.found(records, name, kind.what, by=kind.by)
    shown = dict(kind.shown(records[place], place + 1))
    write.check_version(shown["version"], shown)
    return place
