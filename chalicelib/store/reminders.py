"""Whom the sweep has sent for lately: a message that waits in a queue is not sent again every minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import keys, transport

#: How long a note of it is kept.
KEPT_FOR = timedelta(days=15)


def sent_lately(role: str, key: str, since: datetime, after: datetime) -> bool:
    """Whether a message for this object, put there at `since`, was sent after that moment. Raises Unavailable."""
    item = transport.get(keys.reminder(role, key, rfc3339(since)))
    return item is not None and parse(item["sent_at"]) > after


def note_sent(role: str, key: str, since: datetime, at: datetime) -> None:
    """A message for this object has been sent. Raises Unavailable."""
    transport.update(
        keys.reminder(role, key, rfc3339(since)),
        "SET #sent_at = :at, #type = :type, #expires = :expires",
        values={":at": rfc3339(at), ":type": "reminder", ":expires": int((at + KEPT_FOR).timestamp())},
    )
