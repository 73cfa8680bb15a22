"""Sources: made, renamed, removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import lead_sources, source
from chalicelib.domain.write import Write
from chalicelib.services import documents, record_lists
from chalicelib.services.answering import Written
from chalicelib.services.record_lists import RecordList, of_records
from chalicelib.services.settle import Known

SOURCES = RecordList(documents.SOURCES, "/v1/sources", "source", source.whole, lead_sources.shown)


def create(body: Mapping[str, Any], write: Write) -> Written:
    """One more. Raises Invalid, Conflict, Busy."""

    def add(content: Mapping[str, Any], known: Known) -> tuple[Mapping[str, Any], str]:
        records, source_id = lead_sources.added(content["records"], body)
        return {**content, "records": records}, source_id

    return record_lists.create(SOURCES, add, write)


def change(source_id: str, patch: Mapping[str, Any], write: Write) -> Written:
    """Another name. Raises NotFound, PreconditionFailed, Invalid, Busy."""
    alter = of_records(lambda records, place: lead_sources.changed(records, place, patch))
    return record_lists.change(SOURCES, source_id, alter, write)


def remove(source_id: str, write: Write) -> Written:
    """No lead comes by it any more; those that did keep its id. Raises NotFound, PreconditionFailed, Conflict, Busy."""
    return record_lists.remove(SOURCES, source_id, of_records(lead_sources.removed), write)
