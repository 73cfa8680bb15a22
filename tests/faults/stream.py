"""The stream of the table, made from what each write did to it: moto's has no shards and copies every item twice.

A layer for `tests.wire` compares the leads before and after every write. Records go into shards by their key, numbers
grow over all of them and get a digit more on their way (whoever compares them as text goes wrong). `hand_out` delivers
as Lambda does: in order, a batch again and again until its function takes it, and now and then what it took already.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests import wire
from tests.meter import touched
from tests.wire import Call, Image, Reply

SHARDS = ("shardId-1", "shardId-2")
BATCH = 100
Handler = Callable[[dict[str, Any], Any], Any]


@dataclass
class Shard:
    """Records, and how many of them were taken."""

    records: list[dict[str, Any]] = field(default_factory=list)
    taken: int = 0


@dataclass
class Stream:
    """See the module.

    Attributes:
        now: the clock that records carry.
    """

    now: Callable[[], datetime]
    table: str = "crm"
    shards: dict[str, Shard] = field(default_factory=lambda: {name: Shard() for name in SHARDS})
    last: int = 94

    def __call__(self, call: Call, go: Callable[[], Reply]) -> Reply:
        places = [key for key in _written(call, self.table) if _is_lead(key)] if call.service == "dynamodb" else []
        if not places:
            return go()
        before = [wire.stored(self.table, key) for key in places]
        reply = go()
        for key, old in zip(places, before, strict=True):
            self.note(key, old, wire.stored(self.table, key))
        return reply

    def note(self, key: Image, old: Image, new: Image) -> None:
        """One item was `old` and is `new`."""
        if old == new:
            return
        self.last += 1
        name = SHARDS[zlib.crc32(key["pk"]["S"].encode()) % len(SHARDS)]
        images = {name: image for name, image in (("OldImage", old), ("NewImage", new)) if image}
        record = {
            "eventID": f"e{self.last}",
            "eventName": "INSERT" if not old else "MODIFY" if new else "REMOVE",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1",
            "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/crm/stream/2026",
            "dynamodb": {
                "ApproximateCreationDateTime": int(self.now().timestamp()),
                "Keys": dict(key),
                **images,
                "SequenceNumber": str(self.last),
                "SizeBytes": 1,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        }
        self.shards[name].records.append(record)

    @property
    def pending(self) -> int:
        """Records that were not taken yet."""
        return sum(len(shard.records) - shard.taken for shard in self.shards.values())

    def keep(self) -> dict[str, Shard]:
        """The present state, to come back to; records never change."""
        return {name: Shard(list(shard.records), shard.taken) for name, shard in self.shards.items()}

    def put_back(self, kept: Mapping[str, Shard]) -> None:
        """As it was; only the numbers go on."""
        self.shards = {name: Shard(list(shard.records), shard.taken) for name, shard in kept.items()}

    def lose(self) -> None:
        """All records are gone, delivered or not."""
        self.shards = {name: Shard() for name in SHARDS}

    def hand_out(self, handler: Handler, batch: int = BATCH) -> bool:
        """One batch of each shard that has something; whether there was anything. Raises what the function raises."""
        found = [shard for shard in self.shards.items() if len(shard[1].records) > shard[1].taken]
        for name, shard in found:
            part = shard.records[shard.taken : shard.taken + batch]
            failed = handler(event_of(name, part), None)["batchItemFailures"]
            numbers = [record["dynamodb"]["SequenceNumber"] for record in part]
            shard.taken += numbers.index(failed[0]["itemIdentifier"]) if failed else len(part)
        return bool(found)

    def hand_out_again(self, handler: Handler, batch: int = BATCH) -> None:
        """Everything that was taken, from the beginning, as nobody expects it and everybody must bear it."""
        for name, shard in self.shards.items():
            for start in range(0, shard.taken, batch):
                handler(event_of(name, shard.records[start : min(start + batch, shard.taken)]), None)


def event_of(shard: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """What Lambda hands to a function with a tumbling window."""
    return {
        "Records": json.loads(json.dumps(records, default=_base64)),
        "window": {"start": "2026-11-23T08:15:00Z", "end": "2026-11-23T08:30:00Z"},
        "state": {},
        "shardId": shard,
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/crm/stream/2026",
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def _written(call: Call, table: str) -> Iterator[dict[str, Any]]:
    """Keys of the table's items that a call may change."""
    match call.operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            actions = [call.body]
        case "TransactWriteItems":
            actions = [
                action for each in call.body["TransactItems"] for kind, action in each.items() if kind in _CHANGING
            ]
        case "BatchWriteItem":
            actions = [
                {"TableName": name, **action}
                for name, requests in call.body["RequestItems"].items()
                for each in requests
                for action in each.values()
            ]
        case _:
            return
    for action in actions:
        if action["TableName"] == table:
            yield touched(action)[1]


_CHANGING = frozenset({"Put", "Update", "Delete"})


def _is_lead(key: Image) -> bool:
    """The filter of infra/functions.yaml."""
    return key["sk"]["S"] == "~" and key["pk"]["S"].startswith("L#")


def _base64(value: bytes) -> str:
    import base64

    return base64.b64encode(value).decode()
