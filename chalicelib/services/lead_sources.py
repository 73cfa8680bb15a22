"""Sources: made, renamed, removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import lead_sources, source
from chalicelib.domain.write import Write
from chalicelib.services import documents, record_lists
from chalicelib.services.answering import Written
from chalicelib.services.record_lists import RecordList

SOURCES = RecordList(documents.SOURCES, "/v1/sources", "source", source.whole, lead_sources.shown)


def create(body: Mapping[str, Any], write: Write) -> Written:
    """One more. Raises Invalid, Conflict, Busy."""
    return record_lists.create(SOURCES, lambda records, _: lead_sources.added(records, body), write)


def change(source_id: str, patch: Mapping[str, Any], write: Write) -> Written:
    """Another name. Raises NotFound, PreconditionFailed, Invalid, Busy."""
    return record_lists.change(
        SOURCES, source_id, lambda records, place: lead_sources.changed(records, place, patch), write
    )


def remove(source_id: str, write: Write) -> Written:
    """No lead comes by it any more; those that did keep its id. Raises NotFound, PreconditionFailed, Conflict, Busy."""
    return record_lists.remove(SOURCES, source_id, lead_sources.removed, write)
