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


#: (whole content, what is known) → content afterwards, and the name of the new one.
Add = Callable[[Mapping[str, Any], Known], tuple[Mapping[str, Any], str]]
#: (whole content, place of the one from 0) → content afterwards.
Alter = Callable[[Mapping[str, Any], int], Mapping[str, Any]]


def create(kind: RecordList, add: Add, write: Write) -> Written:
    """One more. Raises what `add` raises, KeyReused, Busy."""
    made: list[str] = []

    def apply(content: Mapping[str, Any], known: Known) -> Mapping[str, Any]:
        after, name = add(content, known)
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

    return _change(kind, lambda content, _: alter(content, _checked(kind, content, name, write)), answer, write)


def remove(kind: RecordList, name: str, alter: Alter, write: Write) -> Written:
    """Without one. Raises NotFound, PreconditionFailed, what `alter` raises, KeyReused, Busy."""

    def apply(content: Mapping[str, Any], known: Known) -> Mapping[str, Any]:
        return alter(content, _checked(kind, content, name, write))

    return _change(kind, apply, lambda *_: written(204), write)


def _change(
    kind: RecordList,
    apply: Callable[[Mapping[str, Any], Known], Mapping[str, Any]],
    answer: Callable[[Document, Known], Written],
    write: Write,
) -> Written:
    def whole(content: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**content, "records": kind.of(content)}

    def new_content(document: Document, known: Known) -> Mapping[str, Any]:
        before = whole(document.content)
        after = apply(before, known)
        records = collection.versioned(before["records"], after["records"], kind.shown, by=kind.by)
        return {**after, "records": records}

    return document_changes.change(Edit(kind.document, new_content, answer, whole), write)


def _checked(kind: RecordList, content: Mapping[str, Any], name: str, write: Write) -> int:
    records = content["records"]
    place = collection.found(records, name, kind.what, by=kind.by)
    shown = dict(kind.shown(records[place], place + 1))
    write.check_version(shown["version"], shown)
    return place


def of_records(alter: Callable[[list[Record], int], Sequence[Record]]) -> Alter:
    """A change of the records alone as one of the content."""
    return lambda content, place: {**content, "records": alter(content["records"], place)}
