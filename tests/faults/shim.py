"""What AWS refuses and moto accepts, and what AWS does and moto never: a layer in front of moto's DynamoDB.

Refused here: transactions over 100 actions or 4 MB, two actions on one item, paths of an update that overlap, names and
values an expression does not use, words that are reserved, keys that are empty or of the wrong type (also an index's),
numbers that are no numbers, empty sets, items over 400 KB. Added: ClientRequestToken, unprocessed items, indexes that
lag behind their table.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import moto.dynamodb

from tests import wire
from tests.meter import item_size, refused, touched
from tests.wire import Call, Image, Reply

MOST_ACTIONS = 100
MOST_TRANSACTION_BYTES = 4 * 1024 * 1024
MOST_ITEM_BYTES = 400 * 1024
MOST_KEY_BYTES = {0: 2048, 1: 1024}
TOKEN_LIVES = timedelta(minutes=10)
SINGLE_WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
_EXPRESSIONS = (
    "UpdateExpression", "ConditionExpression", "KeyConditionExpression", "FilterExpression", "ProjectionExpression",
)  # fmt: skip
_RESERVED = frozenset(
    (Path(moto.dynamodb.__file__).parent / "parsing" / "reserved_keywords.txt").read_text().upper().split()
)
#: Words of the expression language itself, which are all reserved too.
_LANGUAGE = frozenset(["AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE"])
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


class Refusal(Exception):
    """AWS would not take it."""

    def __init__(self, message: str, code: str = "ValidationException") -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Shim:
    """A layer for `tests.wire`, to stand nearest to moto.

    Attributes:
        now: the clock that tokens expire by.
        unprocessed: share of a batch's items that is left over, 0…1.
        lagging: indexes show the table as it was before the last write.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    unprocessed: float = 0.0
    lagging: bool = False
    random: Random = field(default_factory=lambda: Random(7))
    _answered: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    _before: dict[str, Any] = field(default_factory=dict)

    def __call__(self, call: Call, go: Callable[[], Reply]) -> Reply:
        if call.service != "dynamodb":
            return go()
        try:
            for expressions in _with_expressions(call):
                check_expressions(expressions)
            if call.operation == "TransactWriteItems":
                return self._transaction(call, go)
            if call.operation in SINGLE_WRITES:
                return self._single(call, go)
            if call.operation.startswith("Batch"):
                return self._batch(call, go)
            if call.operation == "Query" and self.lagging and "IndexName" in call.body:
                return self._behind(call, go)
        except Refusal as refusal:
            return call.refuse(refusal.code, str(refusal))
        return go()

    def forget(self) -> None:
        """A new store: no tokens, no earlier state of its indexes."""
        self._answered.clear()
        self._before.clear()

    # ── writes ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _transaction(self, call: Call, go: Callable[[], Reply]) -> Reply:
        items = call.body["TransactItems"]
        check_transaction(items)
        token, content = call.body.get("ClientRequestToken", ""), json.dumps(items, sort_keys=True)
        if token in self._answered:
            at, before = self._answered[token]
            if self.now() - at < TOKEN_LIVES:
                if before != content:
                    raise Refusal("the token was used with other content", "IdempotentParameterMismatchException")
                return call.answer(200, b"{}")
        actions = [touched(action) for item in items for action in item.values()]
        reply = self._checked_afterwards(call, go, actions, transaction=True)
        if token and not refused(reply):
            self._answered[token] = self.now(), content
        return reply

    def _single(self, call: Call, go: Callable[[], Reply]) -> Reply:
        check_action(SINGLE_WRITES[call.operation], call.body)
        return self._checked_afterwards(call, go, [touched(call.body)], transaction=False)

    def _checked_afterwards(
        self, call: Call, go: Callable[[], Reply], actions: list[tuple[str, Image]], *, transaction: bool
    ) -> Reply:
        """Let it through, look at what became of the items, and take it back if AWS had refused the result."""
        before = [wire.stored(table, key) for table, key in actions]
        if self.lagging:
            self._before.update({table: _items_of(table) for table, _ in actions})
        reply = go()
        if refused(reply):
            return reply
        faults = [_fault(table, wire.stored(table, key)) for table, key in actions]
        if any(faults):
            for (table, key), item in zip(actions, before, strict=True):
                wire.put_back(table, key, item)
            if transaction:
                return call.refuse(
                    "TransactionCanceledException",
                    "Transaction cancelled",
                    CancellationReasons=[
                        {"Code": "ValidationError", "Message": fault} if fault else {"Code": "None"} for fault in faults
                    ],
                )
            raise Refusal(next(filter(None, faults)))
        return reply

    # ── batches and indexes ───────────────────────────────────────────────────────────────────────────────────────

    def _batch(self, call: Call, go: Callable[[], Reply]) -> Reply:
        reading = call.operation == "BatchGetItem"
        _check_batch(call.body["RequestItems"], reading)
        if not self.unprocessed:
            return go()
        taken, left = self._divided(call.body["RequestItems"], reading)
        original = call.request.body
        call.request.body = json.dumps({**call.body, "RequestItems": taken}).encode()
        try:
            reply = go() if taken else call.answer(200, b'{"Responses": {}}' if reading else b"{}")
        finally:
            call.request.body = original
        success, error = reply
        if success is None or refused(reply):
            return reply
        response, parsed = success
        parsed["UnprocessedKeys" if reading else "UnprocessedItems"] = left
        return (response, parsed), error

    def _divided(self, requests: Mapping[str, Any], reading: bool) -> tuple[dict, dict]:
        taken: dict[str, Any] = {}
        left: dict[str, Any] = {}
        for table, request in requests.items():
            members = request["Keys"] if reading else request
            late = [self.random.random() < self.unprocessed for _ in members]
            for side, wanted in ((taken, False), (left, True)):
                chosen = [member for member, is_late in zip(members, late, strict=True) if is_late is wanted]
                if chosen:
                    side[table] = {**request, "Keys": chosen} if reading else chosen
        return taken, left

    def _behind(self, call: Call, go: Callable[[], Reply]) -> Reply:
        table = wire.backend("dynamodb").get_table(call.body["TableName"])
        present = table.items
        table.items = self._before.get(call.body["TableName"], present)
        try:
            return go()
        finally:
            table.items = present


# ── what AWS says about requests ──────────────────────────────────────────────────────────────────────────────────


def check_transaction(items: list[Mapping[str, Any]]) -> None:
    """Raises Refusal for a transaction AWS would not begin."""
    if not 1 <= len(items) <= MOST_ACTIONS:
        raise Refusal("Member must have length less than or equal to 100")
    seen: set[str] = set()
    for item in items:
        ((kind, action),) = item.items()
        check_action(kind, action)
        name = json.dumps(touched(action), sort_keys=True)
        if name in seen:
            raise Refusal("Transaction request cannot include multiple operations on one item")
        seen.add(name)
    if len(json.dumps(items, ensure_ascii=False).encode()) > MOST_TRANSACTION_BYTES:
        raise Refusal("Transaction request cannot be larger than 4 MB")


def check_action(kind: str, action: Mapping[str, Any]) -> None:
    """Raises Refusal for one Put, Update, Delete or ConditionCheck AWS would not take."""
    shape = wire.shape(action["TableName"])
    if kind == "Put":
        check_item(action["TableName"], action["Item"])
    else:
        _check_key(shape, action["Key"], whole=True)
    for value in action.get("ExpressionAttributeValues", {}).values():
        _check_value(value)
    if kind == "Update" and "UpdateExpression" in action:
        check_paths(action["UpdateExpression"], action.get("ExpressionAttributeNames", {}), shape.keys)
    if kind == "ConditionCheck" and not action.get("ConditionExpression"):
        raise Refusal("ConditionExpression is required")


def check_expressions(request: Mapping[str, Any]) -> None:
    """Raises Refusal for names and values that are not used or not given, and for reserved words written bare."""
    text = " ".join(request[name] for name in _EXPRESSIONS if name in request)
    for kind, sign in (("ExpressionAttributeNames", "#"), ("ExpressionAttributeValues", ":")):
        used, given = set(re.findall(rf"{sign}\w+", text)), set(request.get(kind, {}))
        if request.get(kind) == {}:
            raise Refusal(f"{kind} must not be empty")
        if given - used:
            raise Refusal(f"Value provided in {kind} unused in expressions: keys: {sorted(given - used)}")
        if used - given:
            raise Refusal(f"An expression uses names or values that are not defined: {sorted(used - given)}")
    for word in re.findall(r"(?<![#:\w])[A-Za-z_]\w*(?!\w*\s*\()", text):
        if word.upper() in _RESERVED and word.upper() not in _LANGUAGE:
            raise Refusal(f"Attribute name is a reserved keyword; reserved keyword: {word}")


def check_paths(expression: str, names: Mapping[str, str], keys: tuple[str, ...] = ()) -> None:
    """Raises Refusal where two paths of an update overlap, a clause comes twice, or a key is to be changed."""
    clauses = re.split(r"(?<![#:.\w])(SET|REMOVE|ADD|DELETE)(?![\w.])", expression, flags=re.IGNORECASE)[1:]
    kinds = [kind.upper() for kind in clauses[::2]]
    if len(set(kinds)) < len(kinds):
        raise Refusal("a section can only be used once in an update expression")
    paths = [_path(part, names) for text in clauses[1::2] for part in _parts(text)]
    for number, path in enumerate(paths):
        if path[0] in keys:
            raise Refusal(f"Cannot update attribute {path[0]}. This attribute is part of the key")
        for other in paths[number + 1 :]:
            shorter = min(len(path), len(other))
            if path[:shorter] == other[:shorter]:
                raise Refusal("Two document paths overlap with each other; must remove or rewrite one of these paths")


def _parts(text: str) -> Iterator[str]:
    """A clause cut at its commas, but those inside a function."""
    depth, part = 0, ""
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            yield part
            part = ""
        else:
            part += character
    yield part


def _path(part: str, names: Mapping[str, str]) -> tuple[str, ...]:
    target = re.match(r"\s*([\w#.\[\]-]+)", part)
    if not target:
        raise Refusal("Syntax error in UpdateExpression")
    steps = target[1].replace("[", ".[").split(".")
    return tuple(names.get(step, step) for step in steps)


def _with_expressions(call: Call) -> list[Mapping[str, Any]]:
    if call.operation.startswith("Transact"):
        return [action for item in call.body["TransactItems"] for action in item.values()]
    return [call.body]


def _check_batch(requests: Mapping[str, Any], reading: bool) -> None:
    most, members = (100, [keys["Keys"] for keys in requests.values()]) if reading else (25, list(requests.values()))
    if sum(map(len, members)) > most:
        raise Refusal(f"Member must have length less than or equal to {most}")
    for table, request in requests.items():
        if reading:
            touched_items = [json.dumps(key, sort_keys=True) for key in request["Keys"]]
        else:
            actions = [action for member in request for action in member.values()]
            touched_items = [
                json.dumps(touched({"TableName": table, **action})[1], sort_keys=True) for action in actions
            ]
            for action in actions:
                if "Item" in action:
                    check_item(table, action["Item"])
        if len(set(touched_items)) < len(touched_items):
            raise Refusal("Provided list of item keys contains duplicates")


# ── what AWS says about items ─────────────────────────────────────────────────────────────────────────────────────


def check_item(table: str, item: Image) -> None:
    """Raises Refusal for an item AWS would not hold."""
    shape = wire.shape(table)
    _check_key(shape, shape.key(item), whole=True)
    for index in shape.indexes:
        _check_key(shape, {name: item[name] for name in index.keys if name in item}, whole=False)
    for value in item.values():
        _check_value(value)
    if item_size(item) > MOST_ITEM_BYTES:
        raise Refusal("Item size has exceeded the maximum allowed size")


def _fault(table: str, item: Image) -> str:
    """What is wrong with an item that lies in the table; empty if nothing is, or it is not there."""
    try:
        if item:
            check_item(table, item)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _check_key(shape: wire.Shape, key: Image, *, whole: bool) -> None:
    if whole and set(key) != set(shape.keys):
        raise Refusal("The provided key element does not match the schema")
    for name, value in key.items():
        ((kind, content),) = value.items()
        if kind != shape.types[name]:
            raise Refusal(f"Type mismatch for key {name} expected: {shape.types[name]} actual: {kind}")
        if not content:
            raise Refusal(f"The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}")
        place = shape.keys.index(name) if name in shape.keys else 1
        if len(content.encode()) > MOST_KEY_BYTES[place]:
            raise Refusal(f"Size of key {name} has exceeded the maximum size limit")


def _check_value(value: Any, depth: int = 0) -> None:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise Refusal("Supplied AttributeValue must contain exactly one of the supported datatypes")
    if depth > 32:
        raise Refusal("Nesting Levels have exceeded supported limits")
    ((kind, content),) = value.items()
    if kind in ("N", "NS"):
        for number in [content] if kind == "N" else content:
            _check_number(number)
    if kind in ("SS", "NS", "BS") and (not content or len(set(content)) < len(content)):
        raise Refusal("An string set may not be empty" if not content else "Input collection contains duplicates")
    if kind in ("L", "M"):
        for member in content if kind == "L" else content.values():
            _check_value(member, depth + 1)


def _check_number(number: Any) -> None:
    if not isinstance(number, str):
        raise Refusal("NUMBER_VALUE cannot be converted to String", "SerializationException")
    if not _NUMBER.fullmatch(number):
        raise Refusal(f"The parameter cannot be converted to a numeric value: {number}")
    if len(number.lower().partition("e")[0].lstrip("+-").replace(".", "").strip("0")) > 38:
        raise Refusal("Attempting to store more than 38 significant digits in a Number")


def _items_of(table: str) -> Any:
    """A table's items, apart from the table: moto changes items in place."""
    return copy.deepcopy(wire.backend("dynamodb").get_table(table).items)
