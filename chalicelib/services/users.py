"""Users: made and changed. Nobody is deleted: leads and histories name them; who has left is inactive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import users
from chalicelib.domain.write import Write
from chalicelib.services import documents, record_lists
from chalicelib.services.answering import Written
from chalicelib.services.record_lists import RecordList, of_records
from chalicelib.services.settle import Known

USERS = RecordList(documents.USERS, "/v1/users", "user", list, users.shown)


def create(body: Mapping[str, Any], write: Write) -> Written:
    """One more. Raises Invalid, Conflict, Busy."""

    def add(content: Mapping[str, Any], known: Known) -> tuple[Mapping[str, Any], str]:
        user_id = f"usr_{known.new_id('user')}"
        return {**content, "records": users.added(content["records"], body, user_id)}, user_id

    return record_lists.create(USERS, add, write)


def change(user_id: str, patch: Mapping[str, Any], write: Write) -> Written:
    """Another name, address or presence. Raises NotFound, PreconditionFailed, Invalid, Conflict, Busy."""
    alter = of_records(lambda records, place: users.changed(records, place, patch))
    return record_lists.change(USERS, user_id, alter, write)
