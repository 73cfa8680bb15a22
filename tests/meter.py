"""What an operation costs at DynamoDB: requests, write units, read units. Counted, not timed.

The emulators' own figures are constants, so the units are worked out from the items before and after each call, by the
rules of the DynamoDB Developer Guide ("Capacity unit consumption", "Item sizes and formats", "Projected attributes"):

- a write costs 1 unit per started KB of the larger of the item before and after, and at least 1; in a transaction twice
  that, a condition check too; a cancelled transaction and a failed condition are charged all the same (the former is
  an assumption);
- an index entry that comes, goes or changes costs 1 unit per started KB; one whose key changes is deleted and put;
  one that did not change costs nothing; a transaction does not double it;
- a read costs half a unit per started 4 KB, 1 when consistent, 2 in a transaction; a query rounds up the sum of what it
  evaluated, a batch each item by itself.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests import wire
from tests.wire import Call, Image, Reply


def item_size(item: Image) -> int:
    """Bytes of an item in wire form: names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:
    """Bytes of one attribute value in wire form."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "B":
            return len(content if isinstance(content, bytes) else base64.b64decode(content))
        case "BOOL" | "NULL":
            return 1
        case "SS" | "NS" | "BS":
            return sum(value_size({kind[0]: member}) for member in content)
        case "L":
            return 3 + sum(1 + value_size(member) for member in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_size(member) for name, member in content.items())
    raise ValueError(f"DynamoDB has no type {kind!r}")


def _number_size(text: str) -> int:
    """One byte per two significant digits, one more, and one for a sign; at most 21."""
    digits = text.lstrip("+-").lower().partition("e")[0].replace(".", "").strip("0")
    return min(21, math.ceil(len(digits) / 2) + 1 + text.startswith("-"))


def write_units(before: Image, after: Image, indexes: Iterable[wire.Index], *, factor: int = 1) -> int:
    """Units of one write that turned `before` into `after` (empty: no item). Factor 2: in a transaction."""
    return base_units(before, after, factor=factor) + sum(index_units(before, after, index) for index in indexes)


def base_units(before: Image, after: Image, *, factor: int = 1) -> int:
    """The base table's part."""
    return factor * _kilobytes(max(item_size(before), item_size(after)))


def index_units(before: Image, after: Image, index: wire.Index) -> int:
    """One index's part."""
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old and new and all(old[key] == new[key] for key in index.keys):
        return _kilobytes(max(item_size(old), item_size(new)))
    return sum(_kilobytes(item_size(entry)) for entry in (old, new) if entry)


def read_units(size: int, *, consistent: bool = False, transaction: bool = False) -> float:
    """Units of reading `size` bytes in one piece."""
    return max(1, math.ceil(size / 4096)) * (2.0 if transaction else 1.0 if consistent else 0.5)


def _kilobytes(size: int) -> int:
    return max(1, math.ceil(size / 1024))


@dataclass
class Meter:
    """What passed the wire while it ran. A layer for `tests.wire`.

    Attributes:
        calls: (service, operation, write units, read units), in order, attempts included.
    """

    calls: list[tuple[str, str, int, float]] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Requests to DynamoDB."""
        return sum(service == "dynamodb" for service, *_ in self.calls)

    @property
    def other_requests(self) -> Counter[str]:
        """Requests to other services, by service."""
        return Counter(service for service, *_ in self.calls if service != "dynamodb")

    @property
    def write_units(self) -> int:
        return sum(units for _, _, units, _ in self.calls)

    @property
    def read_units(self) -> float:
        return sum(units for *_, units in self.calls)

    def __call__(self, call: Call, go: Callable[[], Reply]) -> Reply:
        if call.service != "dynamodb":
            self.calls.append((call.service, call.operation, 0, 0))
            return go()
        count = _COUNTED.get(call.operation)
        if count is None:
            raise NotImplementedError(f"the meter does not know what {call.operation} costs")
        reply, writes, reads = count(call, go)
        self.calls.append(("dynamodb", call.operation, writes, reads))
        return reply


@contextlib.contextmanager
def metered() -> Iterator[Meter]:
    """Count everything that crosses the wire inside the block."""
    meter = Meter()
    with wire.standing_at_the_wire(meter):
        yield meter


Counted = tuple[Reply, int, float]


def _written(actions: list[tuple[str, Mapping[str, Any]]], go: Callable[[], Reply], factor: int) -> Counted:
    """`actions`: (table, key). What came back decides nothing: a refused write left its item as it was."""
    before = [wire.stored(table, key) for table, key in actions]
    reply = go()
    after = [wire.stored(table, key) for table, key in actions]
    units = sum(
        write_units(old, new, wire.shape(table).indexes, factor=factor)
        for (table, _), old, new in zip(actions, before, after, strict=True)
    )
    return reply, units, 0


def _write_one(call: Call, go: Callable[[], Reply]) -> Counted:
    return _written([touched(call.body)], go, 1)


def _write_transaction(call: Call, go: Callable[[], Reply]) -> Counted:
    actions = [touched(action) for item in call.body["TransactItems"] for action in item.values()]
    reply, units, _ = _written(actions, go, 2)
    if refused(reply):
        units = max(units, sum(_intended(item) for item in call.body["TransactItems"]))
    return reply, units, 0


def _intended(item: Mapping[str, Any]) -> int:
    """Base units a cancelled action would have cost: of what lies there and what was to be put there."""
    ((_, action),) = item.items()
    return base_units(wire.stored(*touched(action)), action.get("Item", {}), factor=2)


def _write_batch(call: Call, go: Callable[[], Reply]) -> Counted:
    actions = [
        touched({"TableName": table, **action})
        for table, requests in call.body["RequestItems"].items()
        for request in requests
        for action in request.values()
    ]
    return _written(actions, go, 1)


def _read_one(call: Call, go: Callable[[], Reply]) -> Counted:
    size = item_size(wire.stored(call.body["TableName"], call.body["Key"]))
    return go(), 0, read_units(size, consistent=call.body.get("ConsistentRead", False))


def _read_transaction(call: Call, go: Callable[[], Reply]) -> Counted:
    sizes = [item_size(wire.stored(*touched(item["Get"]))) for item in call.body["TransactItems"]]
    return go(), 0, sum(read_units(size, transaction=True) for size in sizes)


def _read_batch(call: Call, go: Callable[[], Reply]) -> Counted:
    units = sum(
        read_units(item_size(wire.stored(table, key)), consistent=keys.get("ConsistentRead", False))
        for table, keys in call.body["RequestItems"].items()
        for key in keys["Keys"]
    )
    return go(), 0, units


def _read_pages(call: Call, go: Callable[[], Reply]) -> Counted:
    """Query and Scan: everything evaluated counts, also what a filter took away again."""
    table, index_name = call.body["TableName"], call.body.get("IndexName")
    index = next((index for index in wire.shape(table).indexes if index.name == index_name), None)
    size = 0
    for item in _evaluated(call):
        whole = wire.stored(table, wire.shape(table).key(item))
        size += item_size(index.entry(whole) if index else whole)
    return go(), 0, read_units(size, consistent=call.body.get("ConsistentRead", False))


def _evaluated(call: Call) -> list[Image]:
    """The items the same page evaluates: the same request without filter and projection, past the layers."""
    plain = {name: value for name, value in call.body.items() if name not in _NARROWING}
    used = json.dumps([plain.get("KeyConditionExpression"), plain.get("ExclusiveStartKey")])
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        plain[kind] = {name: value for name, value in plain.pop(kind, {}).items() if _mentions(used, name)}
        if not plain[kind]:
            del plain[kind]
    original = call.request.body
    call.request.body = json.dumps(plain).encode()
    try:
        success, error = call.send()
    finally:
        call.request.body = original
    if success is None or success[0].status_code != 200:
        raise AssertionError(f"the meter could not repeat the {call.operation}: {success or error}")
    return success[1]["Items"]


#: What takes away from a page after it was evaluated.
_NARROWING = ("FilterExpression", "ProjectionExpression", "Select")


def _mentions(text: str, name: str) -> bool:
    rest = text
    while name in rest:
        rest = rest.partition(name)[2]
        if not (rest[:1].isalnum() or rest[:1] == "_"):
            return True
    return False


def touched(action: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(table, key) of a Put, Update, Delete, Get or ConditionCheck."""
    table = action["TableName"]
    return table, dict(action["Key"]) if "Key" in action else wire.shape(table).key(action["Item"])


def refused(reply: Reply) -> bool:
    """Did the service say no (or nothing)?"""
    success, _ = reply
    return success is None or success[0].status_code != 200


_COUNTED: dict[str, Callable[[Call, Callable[[], Reply]], Counted]] = {
    "PutItem": _write_one,
    "UpdateItem": _write_one,
    "DeleteItem": _write_one,
    "TransactWriteItems": _write_transaction,
    "BatchWriteItem": _write_batch,
    "GetItem": _read_one,
    "TransactGetItems": _read_transaction,
    "BatchGetItem": _read_batch,
    "Query": _read_pages,
    "Scan": _read_pages,
}
