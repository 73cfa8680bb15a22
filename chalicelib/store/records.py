"""Settings-like records: forms, channels, mailboxes, API keys, the workspace's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib import deadline
from chalicelib.domain.errors import Busy
from chalicelib.store import keys, transport


def get(kind: str, name: str) -> dict[str, Any] | None:
    """The record's fields, or None. `kind` is `FORM`, `CHANNEL`, `MAILBOX`, `KEY` or `CFG`. Raises Unavailable."""
    found = item(kind, name)
    return None if found is None else dict(found.data or {})


def item(kind: str, name: str) -> Any:
    """The record as the model has it, version and all, or None. Raises Unavailable."""
    from pynamodb.exceptions import GetError

    from chalicelib.store.table import records

    for attempt in range(transport.MOST_ATTEMPTS):
        if attempt:
            transport.pause(attempt)
        try:
            return records().get(*keys.record(kind, name), consistent_read=True)
        except records().DoesNotExist:
            return None
        except GetError as error:
            if not transport.worth_repeating(error.cause) or deadline.passed():
                break
    raise transport.Unavailable("the settings cannot be read now")


def put(kind: str, name: str, fields: Mapping[str, Any]) -> None:
    """Write the record whole. Raises Busy."""
    from pynamodb.exceptions import PutError

    from chalicelib.store.table import records

    pk, sk = keys.record(kind, name)
    try:
        records()(pk, sk, type=kind.lower(), data=dict(fields)).save()
    except PutError as error:
        raise Busy("the settings cannot be written now") from error


def put_new(kind: str, name: str, fields: Mapping[str, Any]) -> None:
    """Write the record if there is none yet. Raises Busy."""
    from pynamodb.exceptions import PutError

    from chalicelib.store.table import Record, records

    pk, sk = keys.record(kind, name)
    for attempt in range(transport.MOST_ATTEMPTS):
        if attempt:
            transport.pause(attempt)
        try:
            records()(pk, sk, type=kind.lower(), data=dict(fields)).save(Record.pk.does_not_exist())
            return
        except PutError as error:
            # PynamoDB's own `cause_response_code` fails where the cause is no answer at all
            answer = getattr(error.cause, "response", None) or {}
            if answer.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                return
            if not transport.worth_repeating(error.cause) or deadline.passed():
                break
    raise Busy("the settings cannot be written now")
