"""Users and how they may change; see `domain.user`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain import ids, members
from chalicelib.domain.collection import Record
from chalicelib.domain.emails import email_key
from chalicelib.domain.errors import Conflict, Invalid
from chalicelib.domain.problems import problem
from chalicelib.domain.times import rfc3339

#: All users are one item of the table, which holds at most 350 KB.
MOST_USERS = 1_000


def shown(record: Mapping[str, Any], position: int) -> dict[str, Any]:
    """A user as the API shows them."""
    return {
        "id": record["id"],
        "name": record["name"],
        "email": record.get("email"),
        "active": record["active"],
        "absent_until": record.get("absent_until"),
        "created_at": rfc3339(ids.created_at(record["id"].removeprefix("usr_"))),
        "version": record["version"],
    }


def added(records: Sequence[Record], body: Mapping[str, Any], user_id: str) -> list[Record]:
    """With one more. Raises Invalid, Conflict: another user has the address."""
    values, problems = members.clean(body, _RULES, needed=("name",))
    if len(records) >= MOST_USERS:
        problems.append(problem("", "too_many", limit=MOST_USERS))
    if problems:
        raise Invalid(problems)
    record = {"id": user_id, **values, "active": values.get("active") is not False}
    return _with_one_address_each([*records, record], record)


def changed(records: Sequence[Record], place: int, patch: Mapping[str, Any]) -> list[Record]:
    """With a merge patch applied to one. Raises Invalid, Conflict: another user has the address."""
    values, problems = members.clean(patch, _RULES, needed=("name", "active"), kept=shown(records[place], place + 1))
    if problems:
        raise Invalid(problems)
    record = {name: value for name, value in {**records[place], **values}.items() if value is not None}
    return _with_one_address_each([*records[:place], record, *records[place + 1 :]], record)


def _with_one_address_each(records: list[Record], record: Record) -> list[Record]:
    address = record.get("email")
    for other in records if address else ():
        if other is not record and other.get("email") and email_key(other["email"]) == email_key(str(address)):
            raise Conflict(
                f"The user {other['id']} has this e-mail address",
                code="already_exists",
                extra={"existing_id": other["id"]},
            )
    return records


_RULES: Mapping[str, members.Rule] = {
    "name": members.text(),
    "email": members.email,
    "active": members.flag,
    "absent_until": members.moment,
}
