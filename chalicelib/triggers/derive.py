"""Door from the table's stream: leads have changed, derived data follow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalice import Blueprint

from chalicelib import clock
from chalicelib.log import observed
from chalicelib.triggers import messages

door = Blueprint(__name__)

#: Milliseconds before the function's end at which the rest is left to the next call.
RESERVE = 10_000


class NoShard(Exception):
    """The event does not say of which shard it is: the mapping lacks its tumbling window (infra/functions.yaml)."""


# the stream's own name comes with the merge template
@door.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:::table/leadger-crm/stream/-",
    starting_position="TRIM_HORIZON",
    batch_size=100,
    name="derive",
)
@observed
def follow(event: Any) -> dict[str, Any]:
    """Count, index and feed what changed, in the order of the shard; the answer names what there was no time for."""
    from chalicelib.services import derived
    from chalicelib.store.derived import change_of

    told = event.to_dict()
    if not told.get("shardId"):
        raise NoShard
    found = (change_of(record, _happened(record)) for record in told["Records"])
    follower = derived.Follower(clock.now, lambda: messages.in_time(event.context, RESERVE))
    rest = derived.follow([change for change in found if change], told["shardId"], follower)
    # what has a tumbling window must answer with a state; we keep ours in the table
    return {"state": {}, "batchItemFailures": [] if rest is None else [{"itemIdentifier": str(rest)}]}


def _happened(record: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(float(record["dynamodb"]["ApproximateCreationDateTime"]), UTC)
