"""The loop that every queue's door shares: each message for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.log import failure

#: Milliseconds before the function's end at which the rest of a batch is given back.
RESERVE = 10_000


def each(event: Any, work: Callable[[str], object]) -> dict[str, Any]:
    """Run `work` on each message's body. The answer names those that failed: they come again, the others do not."""
    failed = []
    for record in event.to_dict()["Records"]:
        if not in_time(event.context, RESERVE):
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        try:
            work(record["body"])
        except Exception as error:
            failure("message_failed", error, message_id=record["messageId"])
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def in_time(context: Any, reserve: int) -> bool:
    """Whether the function has more than `reserve` milliseconds left."""
    return bool(context.get_remaining_time_in_millis() > reserve)
