"""A shorter way to moto's tables: the calls that doors make most, answered from moto's backend without its HTTP layers.

moto copies the whole table for every transaction and parses each request like a web server; thousands of plays cannot
wait for that. Conditions and updates are evaluated by moto's own code; whatever is not handled here, or goes wrong
here, goes on to moto. tests/faults/test_floor.py compares both.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.dynamodb.comparisons import create_condition_expression_parser

from tests import wire
from tests.faults import floor_query
from tests.meter import item_size, touched
from tests.wire import Call, Image, Reply

Action = Mapping[str, Any]
#: Of one page; what is more is left to moto.
MOST_SCANNED_BYTES = 500_000


def floor(call: Call, go: Callable[[], Reply]) -> Reply:
    """A layer for `tests.wire`, the innermost one."""
    answer = _ANSWERS.get(call.operation) if call.service == "dynamodb" else None
    return (answer(call) if answer else None) or go()


def _get(call: Call) -> Reply | None:
    if "ProjectionExpression" in call.body or "AttributesToGet" in call.body:
        return None
    found = wire.stored(call.body["TableName"], call.body["Key"])
    return _told(call, {"Item": found} if found else {})


def _get_batch(call: Call) -> Reply | None:
    if any(set(keys) - {"Keys", "ConsistentRead"} for keys in call.body["RequestItems"].values()):
        return None
    found = {
        table: [item for key in keys["Keys"] if (item := wire.stored(table, key))]
        for table, keys in call.body["RequestItems"].items()
    }
    return _told(call, {"Responses": found, "UnprocessedKeys": {}})


def _scan(call: Call) -> Reply | None:
    if set(call.body) - {"TableName", "ConsistentRead"}:
        return None
    found = wire.all_stored(call.body["TableName"])
    if sum(map(item_size, found)) > MOST_SCANNED_BYTES:
        return None
    return _told(call, {"Items": found, "Count": len(found), "ScannedCount": len(found)})


def _query(call: Call) -> Reply | None:
    document = floor_query.answer(call.body)
    return None if document is None else _told(call, document)


def _write_one(kind: str) -> Callable[[Call], Reply | None]:
    def write(call: Call) -> Reply | None:
        action = call.body
        if action.get("ReturnValues", "NONE") not in ("NONE", "ALL_NEW") or "Expected" in action:
            return None
        table, key = touched(action)
        before = wire.stored(table, key)
        if not _holds(action, before):
            item = {"Item": before} if before and _asks_for_old(action) else {}
            return call.refuse("ConditionalCheckFailedException", "The conditional request failed", **item)
        if not _all_done([(kind, action)], [before]):
            return None
        return _told(call, {"Attributes": wire.stored(table, key)} if "ReturnValues" in action else {})

    return write


def _write_batch(call: Call) -> Reply | None:
    actions = [
        ("Put" if kind == "PutRequest" else "Delete", {"TableName": table, **action})
        for table, requests in call.body["RequestItems"].items()
        for request in requests
        for kind, action in request.items()
    ]
    before = [wire.stored(*touched(action)) for _, action in actions]
    return _told(call, {"UnprocessedItems": {}}) if _all_done(actions, before) else None


def _write_transaction(call: Call) -> Reply | None:
    actions = [next(iter(item.items())) for item in call.body["TransactItems"]]
    before = [wire.stored(*touched(action)) for _, action in actions]
    held = [_holds(action, item) for (_, action), item in zip(actions, before, strict=True)]
    if all(held):
        return _told(call, {}) if _all_done(actions, before) else None
    reasons = [
        {"Code": "None"} if fine else _reason(action, item)
        for fine, (_, action), item in zip(held, actions, before, strict=True)
    ]
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return call.refuse("TransactionCanceledException", message, CancellationReasons=reasons)


def _reason(action: Action, item: Image) -> dict[str, Any]:
    old = {"Item": item} if item and _asks_for_old(action) else {}
    return {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", **old}


def _holds(action: Action, item: Image) -> bool:
    expression = action.get("ConditionExpression")
    if not expression:
        return True
    names, values = action.get("ExpressionAttributeNames"), _with_bytes(action.get("ExpressionAttributeValues"))
    condition = create_condition_expression_parser(expression, names, values).parse()
    table, key = touched(action)
    return bool(condition.expr(wire.backend("dynamodb").get_item(table, key) if item else None))


def _asks_for_old(action: Action) -> bool:
    return action.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def _all_done(actions: list[tuple[str, Action]], before: list[dict[str, Any]]) -> bool:
    """Carry them out; False, and nothing done, if moto does not like one of them."""
    try:
        for kind, action in actions:
            _carry_out(kind, action)
    except Exception:  # moto says better itself what is wrong
        for (_, action), item in zip(actions, before, strict=True):
            wire.put_back(*touched(action), item)
        return False
    return True


def _carry_out(kind: str, action: Action) -> None:
    backend = wire.backend("dynamodb")
    match kind:
        case "Put":
            backend.get_table(action["TableName"]).put_item(_with_bytes(action["Item"]))
        case "Delete":
            backend.delete_item(action["TableName"], dict(action["Key"]))
        case "Update":
            backend.update_item(
                action["TableName"],
                dict(action["Key"]),
                update_expression=action["UpdateExpression"],
                expression_attribute_names=action.get("ExpressionAttributeNames", {}),
                expression_attribute_values=_with_bytes(action.get("ExpressionAttributeValues", {})),
            )


def _told(call: Call, document: Mapping[str, Any]) -> Reply:
    return call.answer(
        200, json.dumps(document, default=_base64).encode(), {"content-type": "application/x-amz-json-1.0"}
    )


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _with_bytes(value: Any) -> Any:
    """A request's values as moto keeps them: binary ones as bytes."""
    if isinstance(value, Mapping):
        return {
            name: base64.b64decode(each) if name == "B" and isinstance(each, str) else _with_bytes(each)
            for name, each in value.items()
        }
    return [_with_bytes(each) for each in value] if isinstance(value, list) else value


_ANSWERS: Mapping[str, Callable[[Call], Reply | None]] = {
    "GetItem": _get,
    "BatchGetItem": _get_batch,
    "BatchWriteItem": _write_batch,
    "Scan": _scan,
    "Query": _query,
    "PutItem": _write_one("Put"),
    "UpdateItem": _write_one("Update"),
    "DeleteItem": _write_one("Delete"),
    "TransactWriteItems": _write_transaction,
}
