"""A status as a column: which leads are in it and how many; bounded, and as far behind as the index is."""

from __future__ import annotations

from typing import Any

from chalicelib import settings
from chalicelib.store import items, keys, transport


def count(status: str, most: int) -> int:
    """Leads in a status; counting stops at `most`. Raises Unavailable."""
    return _count("board", "#board_pk = :partition", {":partition": keys.board(status)}, most)


def count_of_owner(owner: str, status: str, most: int) -> int:
    """An owner's leads in a status; counting stops at `most`. Raises Unavailable."""
    values = {":partition": keys.owned(owner), ":status": f"{status}#"}
    return _count("owner", "#owner_pk = :partition AND begins_with(#owner_sk, :status)", values, most)


def _count(index: str, condition: str, values: dict[str, str], most: int) -> int:
    request: dict[str, Any] = {
        "TableName": settings.table(),
        "IndexName": index,
        "Select": "COUNT",
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": transport.aliases(condition),
        "ExpressionAttributeValues": {name: items.typed(value) for name, value in values.items()},
    }
    counted = 0
    while True:
        answer = transport.call("query", **request, Limit=most - counted)
        counted += answer["Count"]
        last = answer.get("LastEvaluatedKey")
        if counted >= most or not last:
            return counted
        request["ExclusiveStartKey"] = last
