"""DynamoDB on the wire: one client, transactions with their cancellation reasons, pages, and patience.

Botocore's own retries are off: a cancelled transaction needs a decision, not a repetition, and every attempt is to be
counted. Errors are told apart by whether the write may have happened.
"""

from __future__ import annotations

import functools
import hashlib
import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib import deadline, settings
from chalicelib.domain.errors import Busy, TooLarge
from chalicelib.store import items
from chalicelib.store.answer_parser import AnswerParsers

#: Seconds. `deadline` ends the repetitions while the gateway still waits.
CONNECT_TIMEOUT, READ_TIMEOUT = 1, 2
MOST_ATTEMPTS = 4
#: DynamoDB's limit is 400 KB; what is near it is refused before the call.
MOST_ITEM_BYTES = 350 * 1024
#: DynamoDB's limit of a batch of writes.
BATCH = 25

THROTTLED = frozenset(
    {
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "TransactionInProgressException",
        "LimitExceededException",
    }
)
CONTENDED_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
NOTHING_THERE = "attribute_not_exists(pk)"


@dataclass(frozen=True)
class Put:
    """Write a new item; by default only where none is.

    Attributes:
        name: under which a failure of the condition is reported, e.g. `lead`, `receipt`.
        values: of the condition, `{":seen": …}`.
        table: name of the table; here and below, empty is the one that is the truth.
    """

    name: str
    item: Mapping[str, Any]
    condition: str = NOTHING_THERE
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str = ""


@dataclass(frozen=True)
class Update:
    """Change an item. Attribute names in the expressions are written `#name` and aliased by themselves.

    Attributes:
        raced: it is refused where somebody else has changed the item since it was read, and read anew it can succeed.
    """

    name: str
    key: tuple[str, str]
    expression: str
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str = ""
    raced: bool = False


@dataclass(frozen=True)
class Delete:
    """Remove an item."""

    name: str
    key: tuple[str, str]
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str = ""


@dataclass(frozen=True)
class Check:
    """Nothing is written; the transaction depends on it."""

    name: str
    key: tuple[str, str]
    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str = ""


Action = Put | Update | Delete | Check


@dataclass(frozen=True)
class Committed:
    """It is written."""


@dataclass(frozen=True)
class Refused:
    """Conditions did not hold: name of the action → the item as it is, None where there is none."""

    found: Mapping[str, Mapping[str, Any] | None]


@dataclass(frozen=True)
class Contended:
    """A conflict or a throttle: nothing was written, again after a pause.

    Attributes:
        raced: others were writing the same items at this moment, and nothing else was in the way.
    """

    raced: bool = False


@dataclass(frozen=True)
class Unanswered:
    """It may or may not be written."""


Result = Committed | Refused | Contended | Unanswered


class Unavailable(Busy):
    """The table did not answer, or only with refusals, for as long as we may wait."""


class Unprocessable(Exception):
    """DynamoDB says the request itself is wrong; trying again cannot help."""


class Mismatch(Exception):
    """A condition of a single write did not hold. `found` is the item as it is."""

    def __init__(self, found: Mapping[str, Any] | None) -> None:
        super().__init__("the item is not as expected")
        self.found = found


@functools.cache
def session() -> Any:
    """The botocore session of this container; its answers of pages are read by our own parser."""
    import botocore.session

    made = botocore.session.get_session()
    made.register_component("response_parser_factory", AnswerParsers(made.get_component("response_parser_factory")))
    return made


@functools.cache
def client() -> Any:
    """The one DynamoDB client of this container, shared with the PynamoDB models."""
    return session().create_client("dynamodb", config=client_config())


def client_config(read_timeout: int = READ_TIMEOUT, **more: Any) -> Any:
    """Time-outs and no retries of its own; the pool fits a busy container."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=32,
        parameter_validation=False,
        **more,
    )


def pause(attempt: int) -> None:
    """Wait before attempt `attempt` + 1: full jitter, at most 50, 100, 200 … ms."""
    time.sleep(random.uniform(0, 0.05 * 2**attempt))


def transact(actions: Sequence[Action]) -> Result:
    """Commit all actions or none, in one attempt.

    The token is made from the content: the same actions sent again are the same transaction.

    Raises:
        TooLarge: an item is over 350 KB.
        Unprocessable: DynamoDB refuses the request as such.
    """
    from botocore.exceptions import ClientError

    if not actions:
        return Committed()
    wire = [_wire_action(action) for action in actions]
    token = hashlib.blake2b(
        json.dumps(wire, sort_keys=True, default=_bytes_as_text).encode(), digest_size=16
    ).hexdigest()
    try:
        client().transact_write_items(TransactItems=wire, ClientRequestToken=token)
    except ClientError as error:
        return _judged(error, actions)
    except _no_answer():
        return Unanswered()
    return Committed()


def put(
    item: Mapping[str, Any],
    condition: str = NOTHING_THERE,
    values: Mapping[str, Any] | None = None,
    *,
    table: str = "",
) -> None:
    """Write one item. Raises Mismatch, Unavailable, TooLarge."""
    wire = _wire_action(Put("item", item, condition, values or {}, table))["Put"]
    _single("put_item", wire)


def update(
    key: tuple[str, str],
    expression: str,
    condition: str = "",
    values: Mapping[str, Any] | None = None,
    *,
    table: str = "",
) -> None:
    """Change one item. Raises Mismatch, Unavailable."""
    _single("update_item", _wire_action(Update("item", key, expression, condition, values or {}, table))["Update"])


def delete(key: tuple[str, str], *, table: str = "") -> None:
    """Remove one item, if it is there. Raises Unavailable."""
    _single("delete_item", _wire_action(Delete("item", key, table=table))["Delete"])


def get(key: tuple[str, str], consistent: bool = True, *, table: str = "") -> dict[str, Any] | None:
    """One item, or None. Raises Unavailable."""
    answer = call("get_item", TableName=table or settings.table(), Key=_wire_key(key), ConsistentRead=consistent)
    return items.decode(answer["Item"]) if "Item" in answer else None


class Patience:
    """With what a batch leaves over: as long as it gets less, it is sent again; at a standstill four times."""

    def __init__(self) -> None:
        self._left, self._attempt = BATCH * MOST_ATTEMPTS + 1, 0

    def spend(self, left: int) -> None:
        """Wait, if anything is left. Raises Unavailable."""
        if not left:
            return
        self._attempt = self._attempt + 1 if left >= self._left else 0
        self._left = left
        if self._attempt == MOST_ATTEMPTS - 1 or deadline.passed():
            raise Unavailable("the table did not take everything in time")
        pause(self._attempt)


def batch_get(
    keys: Iterable[tuple[str, str]], consistent: bool = False, *, table: str = ""
) -> dict[tuple[str, str], dict[str, Any]]:
    """The items that exist among `keys`, 100 a request; unprocessed keys are asked for again."""
    table = table or settings.table()
    wanted = list(dict.fromkeys(keys))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for start in range(0, len(wanted), 100):
        asked = [_wire_key(key) for key in wanted[start : start + 100]]
        patience = Patience()
        while asked:
            request = {table: {"Keys": asked, "ConsistentRead": consistent}}
            answer = call("batch_get_item", RequestItems=request)
            for wire in answer["Responses"].get(table, []):
                item = items.decode(wire)
                found[item["pk"], item["sk"]] = item
            asked = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            patience.spend(len(asked))
    return found


def batch_put(puts: Iterable[Mapping[str, Any]], *, table: str = "") -> None:
    """Write items whole, unconditionally, 25 a request; what was left unprocessed is sent again. Raises Unavailable."""
    table = table or settings.table()
    waiting = [{"PutRequest": {"Item": items.encode(item)}} for item in puts]
    for start in range(0, len(waiting), BATCH):
        left = waiting[start : start + BATCH]
        patience = Patience()
        while left:
            answer = call("batch_write_item", RequestItems={table: left})
            left = answer.get("UnprocessedItems", {}).get(table, [])
            patience.spend(len(left))


@dataclass(frozen=True)
class Page:
    """Some items of a query, in its order, and the key to go on from (None at the end)."""

    items: list[dict[str, Any]]
    next: dict[str, Any] | None


def query(
    condition: str,
    values: Mapping[str, Any],
    *,
    index: str | None = None,
    descending: bool = False,
    limit: int | None = None,
    start: Mapping[str, Any] | None = None,
    consistent: bool = False,
    table: str = "",
) -> Page:
    """One page of a query. `condition` writes attribute names as `#name`. Raises Unavailable."""
    request: dict[str, Any] = {
        "TableName": table or settings.table(),
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": aliases(condition),
        "ExpressionAttributeValues": {name: items.typed(value) for name, value in values.items()},
        "ScanIndexForward": not descending,
    }
    if index:
        request["IndexName"] = index
    else:
        request["ConsistentRead"] = consistent
    if limit:
        request["Limit"] = limit
    if start:
        request["ExclusiveStartKey"] = items.encode(start)
    answer = call("query", **request)
    last = answer.get("LastEvaluatedKey")
    return Page([items.decode(item) for item in answer["Items"]], items.decode(last) if last else None)


def pages(condition: str, values: Mapping[str, Any], **options: Any) -> Iterator[list[dict[str, Any]]]:
    """All pages of a query, one after the other; options as of `query`. Raises Unavailable."""
    start: Mapping[str, Any] | None = None
    while True:
        found = query(condition, values, start=start, **options)
        yield found.items
        start = found.next
        if not start:
            return


def scan(*, table: str = "") -> Iterable[dict[str, Any]]:
    """Every item, read consistently. Only doctor, recount, erasure and export may do this."""
    for page in scan_pages(table=table):
        yield from page


def scan_pages(*, table: str = "") -> Iterator[list[dict[str, Any]]]:
    """As `scan`, page by page."""
    start: Mapping[str, Any] | None = None
    while True:
        more = {"ExclusiveStartKey": start} if start else {}
        answer = call("scan", TableName=table or settings.table(), ConsistentRead=True, **more)
        yield [items.decode(item) for item in answer["Items"]]
        start = answer.get("LastEvaluatedKey")
        if not start:
            return


def call(operation: str, **request: Any) -> dict[str, Any]:
    """A request that may be repeated, up to four times with pauses. Raises Unavailable, Unprocessable, ClientError."""
    return patiently(getattr(client(), operation), **request)


def patiently(operation: Any, **request: Any) -> dict[str, Any]:
    """Call any client's operation, again where it was throttled or got no answer. Raises Unavailable."""
    from botocore.exceptions import ClientError

    for attempt in range(MOST_ATTEMPTS):
        if attempt:
            pause(attempt)
        if attempt and deadline.passed():
            break
        try:
            return dict(operation(**request))
        except (ClientError, *_no_answer()) as error:
            if not worth_repeating(error):
                raise
    raise Unavailable("the store did not answer in time")


def _single(operation: str, wire: dict[str, Any]) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    try:
        return call(operation, **wire)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            found = error.response.get("Item")
            raise Mismatch(items.decode(found) if found else None) from error
        if code == "ValidationException":
            raise Unprocessable(error.response["Error"].get("Message", "")) from error
        raise


def _judged(error: Any, actions: Sequence[Action]) -> Result:
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        return _cancelled(error, actions)
    if worth_repeating(error):
        return Contended() if code in THROTTLED else Unanswered()
    if code == "ValidationException":
        raise Unprocessable(error.response["Error"].get("Message", "")) from error
    raise error


def _cancelled(error: Any, actions: Sequence[Action]) -> Result:
    reasons = error.response.get("CancellationReasons", [])
    codes = {reason["Code"] for reason in reasons} - {"None"}
    found = {
        action.name: items.decode(reason["Item"]) if reason.get("Item") else None
        for action, reason in zip(actions, reasons, strict=False)
        if reason["Code"] == "ConditionalCheckFailed"
    }
    if found:
        return Refused(found)
    if codes & CONTENDED_REASONS:
        return Contended(raced=not codes - {"TransactionConflict"})
    raise Unprocessable(error.response["Error"].get("Message", "")) from error


def worth_repeating(error: Any) -> bool:
    """Whether an error of botocore may pass by itself."""
    if isinstance(error, _no_answer()):
        return True
    if not hasattr(error, "response"):
        return False
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code in THROTTLED or code in {"SlowDown", "RequestTimeout", "RequestThrottled"} or status >= 500


@functools.cache
def _no_answer() -> tuple[type[Exception], ...]:
    from botocore import exceptions

    return (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.IncompleteReadError)


def _wire_action(action: Action) -> dict[str, Any]:
    wire: dict[str, Any] = {"TableName": action.table or settings.table()}
    expressions = ""
    if isinstance(action, Put):
        wire["Item"] = items.encode(action.item)
        if _size(wire["Item"]) > MOST_ITEM_BYTES:
            raise TooLarge("the record is over 350 KB", code="record_too_large")
    else:
        wire["Key"] = _wire_key(action.key)
    if isinstance(action, Update):
        wire["UpdateExpression"] = action.expression
        expressions = action.expression
    if action.condition:
        wire["ConditionExpression"] = action.condition
        wire["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        expressions += " " + action.condition
    names = aliases(expressions)
    if names:
        wire["ExpressionAttributeNames"] = names
    if action.values:
        wire["ExpressionAttributeValues"] = {name: items.typed(value) for name, value in action.values.items()}
    return {"ConditionCheck" if isinstance(action, Check) else type(action).__name__: wire}


def aliases(expression: str) -> dict[str, str]:
    """`#name` → `name` for every alias in an expression."""
    words = expression.replace(".", " ").replace("(", " ").replace(")", " ").replace(",", " ").split()
    return {word: word[1:] for word in words if word.startswith("#")}


def _wire_key(key: tuple[str, str]) -> dict[str, dict[str, str]]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _size(item: Mapping[str, Any]) -> int:
    """Bytes, counted on the wire form: a little more than DynamoDB counts."""
    wire = json.dumps(item, ensure_ascii=False, default=lambda value: "0" * len(value))
    return len(wire.encode("utf-8", "surrogatepass"))


def _bytes_as_text(value: bytes) -> str:
    return value.hex()
