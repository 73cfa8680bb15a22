"""`fields=a,b`: of the records that an answer shows, only these members; which there are, the document says."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.errors import BadRequest

#: Members of an answer that hold its records, where it is not a record itself.
LISTS = ("data", "columns")


def check(names: Sequence[str], door: str, key: str) -> None:
    """Raise BadRequest for the first name that the records of an operation do not have.

    Args:
        door: of the operation, as in `DOORS`.
        key: `GET /v1/leads`.
    """
    known = _known(door, key)
    for name in names:
        if name not in known:
            raise BadRequest(f"There is no field '{name}' here", code="unknown_field")


def selected(body: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The body with these members of its records. What is gone stays as it is: that is all there is to say of it."""
    listing = next((name for name in LISTS if isinstance(body.get(name), list)), None)
    if listing is None:
        return _members(body, names)
    records = [each if each.get("deleted") is True else _members(each, names) for each in body[listing]]
    return {**body, listing: records}


def _members(record: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: record[name] for name in names if name in record}


@functools.cache
def _known(door: str, key: str) -> frozenset[str]:
    # what describes a door is imported for those who select, and for the document
    from chalicelib.api.schemas.selection import names_of

    described = importlib.import_module(f"chalicelib.api.schemas.{door}").OPERATIONS[key]
    return frozenset(names_of(described))
