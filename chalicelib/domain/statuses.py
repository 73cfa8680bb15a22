"""The workspace's statuses and how they may change: one converted, at least one open and one junk, kinds for good.

All of them are one list, in the order of the board. A status that is deleted is retired first: no lead enters it any
more, but what others decided on an older list may still arrive for half a minute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.domain import collection, members
from chalicelib.domain.collection import Record
from chalicelib.domain.errors import Conflict, Invalid
from chalicelib.domain.pipeline import CONVERTED, JUNK, OPEN, Statuses
from chalicelib.domain.problems import problem
from chalicelib.domain.times import rfc3339

MOST_STATUSES = 50
ID = r"[A-Za-z0-9_-]{1,21}"
#: `/v1/statuses/order` is a path of its own.
RESERVED = ("order",)
GREY = "#64748B"

_RULES: Mapping[str, members.Rule] = {
    "id": members.matching(ID),
    "name": members.text(),
    "color": members.matching("#[0-9A-Fa-f]{6}", "invalid_color"),
    "kind": members.one_of(OPEN, CONVERTED, JUNK),
    "position": members.whole(1, MOST_STATUSES),
}


def shown(record: Mapping[str, Any], position: int) -> dict[str, Any]:
    """A status as the API shows it."""
    names = ("id", "name", "color", "kind")
    return {**{name: record[name] for name in names}, "position": position, "version": record["version"]}


def listed(statuses: Statuses) -> list[dict[str, Any]]:
    """All of them as the API shows them."""
    return [shown(record, position) for position, record in enumerate(statuses.living, 1)]


def one(statuses: Statuses, status_id: str) -> dict[str, Any]:
    """One of them as the API shows it. Raises NotFound."""
    place = collection.found(statuses.living, status_id, "status")
    return shown(statuses.living[place], place + 1)


def added(statuses: Statuses, body: Mapping[str, Any]) -> tuple[Statuses, str]:
    """With one more, and its id; made of its name if it has none. Raises Invalid, Conflict."""
    values, problems = members.clean(body, _RULES, needed=("name", "kind"))
    if values.get("id") in RESERVED:
        problems.append(problem("id", "invalid_name", values["id"]))
    if len(statuses.living) >= MOST_STATUSES:
        problems.append(problem("", "too_many", limit=MOST_STATUSES))
    if problems:
        raise Invalid(problems)
    status_id = values.get("id") or _id_of(values["name"], statuses)
    _refuse_second(statuses, status_id, values["kind"])
    record = {
        "id": status_id,
        "name": values["name"],
        "kind": values["kind"],
        "color": values.get("color") or GREY,
        "version": max((each["version"] for each in statuses.retired if each["id"] == status_id), default=0),
    }
    retired = [each for each in statuses.retired if each["id"] != status_id]
    after = collection.moved([*statuses.living, record], record, values.get("position"))
    return _with_versions(statuses, after, retired), status_id


def changed(statuses: Statuses, status_id: str, patch: Mapping[str, Any]) -> Statuses:
    """With a merge patch applied to one. Raises NotFound, Invalid."""
    place = collection.found(statuses.living, status_id, "status")
    rules = {name: rule for name, rule in _RULES.items() if name not in ("id", "kind")}
    values, problems = members.clean(
        patch, rules, needed=("name", "color", "position"), kept=shown(statuses.living[place], place + 1)
    )
    if problems:
        raise Invalid(problems)
    changes = {name: value for name, value in values.items() if name != "position"}
    record: Record = {**statuses.living[place], **changes}
    after = [*statuses.living[:place], record, *statuses.living[place + 1 :]]
    if "position" in values:
        after = collection.moved(after, record, values["position"])
    return _with_versions(statuses, after)


def ordered(statuses: Statuses, ids: Sequence[str]) -> Statuses:
    """In another order: all ids, each once. Raises Invalid."""
    by_id: dict[str, Record] = {record["id"]: record for record in statuses.living}
    problems = []
    for place, each in enumerate(ids):
        if each not in by_id:
            problems.append(problem(f"ids[{place}]", "unknown_status", each))
        elif each in ids[:place]:
            problems.append(problem(f"ids[{place}]", "repeated", each))
    problems += [problem("ids", "left_out", each, what=each) for each in by_id if each not in ids]
    if problems:
        raise Invalid(problems)
    return _with_versions(statuses, [by_id[each] for each in ids])


def retired(statuses: Statuses, status_id: str, at: datetime) -> Statuses:
    """Without one, which no lead enters any more. Raises NotFound, Conflict: it is the last of its kind."""
    place = collection.found(statuses.living, status_id, "status")
    record = statuses.living[place]
    if sum(each["kind"] == record["kind"] for each in statuses.living) == 1:
        raise Conflict(f"'{status_id}' is the only {record['kind']} status; there must be one", code="last_of_its_kind")
    left = [*statuses.living[:place], *statuses.living[place + 1 :]]
    return _with_versions(statuses, left, [*statuses.retired, {**record, "retired_at": rfc3339(at)}])


def heir(
    statuses: Statuses, status_id: str, move_to: str, lost_reason: str | None, *, is_unknown: bool = False
) -> Record:
    """The status that the leads of another one go to. Raises NotFound, Invalid with all problems.

    Args:
        lost_reason: of leads that become junk by that; `is_unknown`: there is none of this id.
    """
    record = statuses.living[collection.found(statuses.living, status_id, "status")]
    others: dict[str, Record] = {
        each["id"]: each for each in statuses.living if each["id"] != status_id and each["kind"] != CONVERTED
    }
    problems = [problem("lost_reason", "unknown_lost_reason", lost_reason)] if is_unknown else []
    to = others.get(move_to)
    if to is None:
        code = "invalid_choice" if any(each["id"] == move_to for each in statuses.living) else "unknown_status"
        raise Invalid([problem("move_to", code, move_to, choices=", ".join(others)), *problems])
    if to["kind"] == JUNK and record["kind"] != JUNK and not lost_reason:
        problems.append(problem("lost_reason", "required"))
    if to["kind"] != JUNK and lost_reason:
        problems.append(problem("lost_reason", "not_lost", lost_reason))
    if problems:
        raise Invalid(problems)
    return to


def forgotten(statuses: Statuses, status_id: str) -> Statuses:
    """Without a retired one, once no lead is or can be in it. Raises NotFound."""
    place = collection.found(statuses.retired, status_id, "status")
    return Statuses(statuses.living, [*statuses.retired[:place], *statuses.retired[place + 1 :]])


def _refuse_second(statuses: Statuses, status_id: str, kind: str) -> None:
    taken = next((each["id"] for each in statuses.living if each["id"].casefold() == status_id.casefold()), None)
    before = next((each for each in statuses.retired if each["id"] == status_id), None)
    if taken:
        raise Conflict(f"There is a status '{taken}' already", code="already_exists", extra={"existing_id": taken})
    if kind == CONVERTED:
        raise Conflict("There is exactly one converted status; rename that", code="one_converted")
    # a lead that arrived late in the retired one carries the kind it had then
    if before and before["kind"] != kind:
        raise Conflict(f"'{status_id}' was deleted as a status of the kind '{before['kind']}'", code="already_exists")


def _with_versions(before: Statuses, after: Sequence[Record], retired: Iterable[Record] | None = None) -> Statuses:
    living = collection.versioned(before.living, after, shown)
    return Statuses(living, before.retired if retired is None else list(retired))


def _id_of(name: str, statuses: Statuses) -> str:
    taken = {each["id"].casefold() for each in (*statuses.living, *statuses.retired)} | set(RESERVED)
    stem = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:17] or "status"
    numbers = range(2, MOST_STATUSES * 3)
    return next(each for each in (stem, *(f"{stem}_{number}" for number in numbers)) if each not in taken)
