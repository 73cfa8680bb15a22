"""The sources of a workspace and how they may change: built-in ones stay, own ones come and go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain import members
from chalicelib.domain.collection import Record
from chalicelib.domain.errors import Conflict, Invalid
from chalicelib.domain.problems import problem
from chalicelib.domain.source import BUILT_IN

MOST_SOURCES = 200
ID = "[A-Za-z0-9_-]{1,40}"
_RULES: Mapping[str, members.Rule] = {
    "id": members.matching(ID),
    "name": members.text(),
}


def shown(record: Mapping[str, Any], position: int) -> dict[str, Any]:
    """A source as the API shows it."""
    built_in = record["id"] in BUILT_IN
    return {"id": record["id"], "name": record["name"], "built_in": built_in, "version": record["version"]}


def added(records: Sequence[Record], body: Mapping[str, Any]) -> tuple[list[Record], str]:
    """With one more, and its id. Raises Invalid, Conflict."""
    values, problems = members.clean(body, _RULES, needed=("id", "name"))
    if len(records) >= MOST_SOURCES:
        problems.append(problem("", "too_many", limit=MOST_SOURCES))
    if problems:
        raise Invalid(problems)
    if any(each["id"].casefold() == values["id"].casefold() for each in records):
        raise Conflict(f"There is a source '{values['id']}' already", code="already_exists")
    return [*records, values], values["id"]


def changed(records: Sequence[Record], place: int, patch: Mapping[str, Any]) -> list[Record]:
    """With a merge patch applied to one. Raises Invalid."""
    values, problems = members.clean(
        patch, {"name": _RULES["name"]}, needed=("name",), kept=shown(records[place], place + 1)
    )
    if problems:
        raise Invalid(problems)
    return [*records[:place], {**records[place], **values}, *records[place + 1 :]]


def removed(records: Sequence[Record], place: int) -> list[Record]:
    """Without one; leads that came by it keep its id. Raises Conflict: it is built in."""
    if records[place]["id"] in BUILT_IN:
        raise Conflict(f"The source '{records[place]['id']}' is built in; it can be renamed", code="built_in")
    return [*records[:place], *records[place + 1 :]]
