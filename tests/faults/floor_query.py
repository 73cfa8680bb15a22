"""Queries as the stores ask them, answered from moto's tables: one partition, in the order of its sort key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests import wire
from tests.meter import item_size

#: What these queries may say; anything else is left to moto.
KNOWN = {
    "TableName", "IndexName", "KeyConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues",
    "ScanIndexForward", "ConsistentRead", "Limit", "ExclusiveStartKey",
}  # fmt: skip
#: Of one page; what is more is left to moto.
MOST_BYTES = 500_000
_CONDITION = re.compile(
    r"(?P<hash>#\w+) = (?P<value>:\w+)"
    r"(?: AND (?:begins_with\((?P<prefixed>#\w+), (?P<prefix>:\w+)\)"
    r"|(?P<ranged>#\w+) BETWEEN (?P<first>:\w+) AND (?P<last>:\w+)"
    r"|(?P<compared>#\w+) (?P<sign><|<=|>|>=) (?P<bound>:\w+)))?"
)
_SIGNS: Mapping[str, Callable[[str, str], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def answer(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer's document; None if moto has to say it."""
    asked = _CONDITION.fullmatch(body.get("KeyConditionExpression", ""))
    if asked is None or set(body) - KNOWN:
        return None
    shape = wire.shape(body["TableName"])
    index = next((each for each in shape.indexes if each.name == body.get("IndexName")), None)
    hash_key, sort_key = index.keys if index else shape.keys
    if _named(asked["hash"], body) != hash_key:
        return None
    fits = _sort_condition(asked, body)
    found = []
    for item in _partition(body["TableName"], hash_key, _value(asked["value"], body)):
        entry = index.entry(item) if index else item
        if entry and fits(entry[sort_key]["S"]):
            found.append(entry)
    found.sort(key=lambda entry: _place(entry, sort_key), reverse=not body.get("ScanIndexForward", True))
    if sum(map(item_size, found)) > MOST_BYTES:
        return None
    return _page(found, {*shape.keys, hash_key, sort_key}, sort_key, body)


def _page(found: list[Any], keys: set[str], sort_key: str, body: Mapping[str, Any]) -> dict[str, Any]:
    start, limit = body.get("ExclusiveStartKey"), body.get("Limit")
    if start:
        behind, forward = _place(start, sort_key), body.get("ScanIndexForward", True)
        found = [
            entry
            for entry in found
            if (_place(entry, sort_key) > behind if forward else _place(entry, sort_key) < behind)
        ]
    page = found[:limit] if limit else found
    more = {"LastEvaluatedKey": {key: page[-1][key] for key in keys}} if limit and len(found) > limit else {}
    return {"Items": page, "Count": len(page), "ScannedCount": len(page), **more}


def _place(entry: Mapping[str, Any], sort_key: str) -> tuple[str, str, str]:
    return entry[sort_key]["S"], entry["pk"]["S"], entry["sk"]["S"]


def _partition(table: str, hash_key: str, value: str) -> list[dict[str, Any]]:
    items = wire.backend("dynamodb").get_table(table).all_items()
    wanted = (item for item in items if hash_key in item.attrs and item.attrs[hash_key].value == value)
    return [item.to_json()["Attributes"] for item in wanted]


def _sort_condition(asked: re.Match[str], body: Mapping[str, Any]) -> Callable[[str], bool]:
    if asked["prefixed"]:
        prefix = _value(asked["prefix"], body)
        return lambda text: text.startswith(prefix)
    if asked["ranged"]:
        first, last = _value(asked["first"], body), _value(asked["last"], body)
        return lambda text: first <= text <= last
    if asked["compared"]:
        holds, bound = _SIGNS[asked["sign"]], _value(asked["bound"], body)
        return lambda text: holds(text, bound)
    return lambda text: True


def _named(alias: str, body: Mapping[str, Any]) -> str:
    return str(body["ExpressionAttributeNames"][alias])


def _value(name: str, body: Mapping[str, Any]) -> str:
    return str(body["ExpressionAttributeValues"][name]["S"])
