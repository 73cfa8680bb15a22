"""Ordered lists of records that are kept in one document: statuses, fields, sources, users."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.domain.errors import NotFound

Record = dict[str, Any]
#: Record and its place (from 1) → what is shown of it.
Shown = Callable[[Mapping[str, Any], int], Mapping[str, Any]]


def found(records: Sequence[Record], record_id: str, what: str, *, by: str = "id") -> int:
    """The place of a record, from 0. Raises NotFound: `there is no such` what."""
    place = next((place for place, record in enumerate(records) if record[by] == record_id), None)
    if place is None:
        raise NotFound(f"There is no such {what}")
    return place


def moved(records: Sequence[Record], record: Record, position: int | None) -> list[Record]:
    """The list with the record at a position (from 1; beyond the end is the end), or where it was or at the end."""
    others = [each for each in records if each is not record]
    place = len(others) if position is None else min(position - 1, len(others))
    return [*others[:place], record, *others[place:]]


def versioned(before: Sequence[Record], after: Sequence[Record], shown: Shown, *, by: str = "id") -> list[Record]:
    """`after` with the version of each record that is shown otherwise than before raised by one; new ones have 1."""
    old = {record[by]: (record, place) for place, record in enumerate(before, 1)}
    result = []
    for place, record in enumerate(after, 1):
        if record[by] not in old:
            result.append({**record, "version": record.get("version", 0) + 1})
            continue
        earlier, earlier_place = old[record[by]]
        same = dict(shown(record, place)) == dict(shown(earlier, earlier_place))
        result.append({**record, "version": earlier["version"] + (not same)})
    return result
