"""Receipts in the table: the ledger."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from chalicelib.domain import ids
from chalicelib.domain.errors import Problem
from chalicelib.domain.inbound import Raw
from chalicelib.domain.receipt import PENDING, WAITING, Receipt
from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import files, keys, transport
from chalicelib.store.transport import Mismatch, Put, Update

#: Compressed bytes that a receipt holds itself; larger raws lie in the files bucket.
INLINE = 4 * 1024
#: If the files bucket cannot be written, this much is kept in the item all the same.
INLINE_AT_MOST = 300 * 1024
#: Receipts that one list looks at, and that one read takes in where many may be left out.
MOST_EVALUATED = 2_000
FILTERED_READ = 200
PLAIN = ("source", "detail", "external_id", "outcome", "lead", "job", "reason", "explanation", "deliveries",
         "attempts", "attempt_by", "content_type", "meta")  # fmt: skip


@dataclass(frozen=True)
class Receipts:
    """A page of receipts and where to go on."""

    receipts: list[Receipt]
    next: dict[str, Any] | None


def open_new(raw: Raw) -> tuple[Receipt, bool]:
    """Write the receipt of something received, outcome `pending`, with the raw.

    Returns:
        the receipt as it now stands, and whether it had been there before.
    Raises:
        Unavailable: the table cannot be written now.
    """
    receipt = new(raw)
    item = item_of(placed(receipt))
    try:
        transport.put(item)
    except Mismatch as mismatch:
        return receipt_of(mismatch.found or item), True
    return receipt, False


def new(raw: Raw, **known: Any) -> Receipt:
    """The receipt of something received; its id follows from source and external id."""
    place = raw.meta.get("object")
    bucket, _, key = place.partition(":") if place else ("", "", "")
    return Receipt(
        id=ids.receipt_id(raw.source, raw.external_id),
        source=raw.source,
        detail=raw.detail,
        external_id=raw.external_id,
        received_at=raw.received_at,
        content_type=raw.content_type,
        meta=dict(raw.meta),
        body=None if place else raw.body,
        body_object=(bucket, key) if place else None,
        **known,
    )


def put_finished(receipt: Receipt) -> Put:
    """Write a receipt that has its outcome already. Refused under `receipt`, with the one that is there."""
    return Put("receipt", item_of(receipt))


def finish(
    receipt: Receipt,
    outcome: str,
    *,
    lead: str | None = None,
    job: str | None = None,
    reason: str | None = None,
    explanation: str | None = None,
    problems: Sequence[Problem] = (),
) -> Update:
    """Give a receipt its outcome, if it still has the one it was read with. Refused under `receipt`."""
    pk_sk = keys.receipt(receipt.id)
    sets: dict[str, Any] = {"outcome": outcome, "lead": lead, "job": job}
    sets |= {"reason": reason, "explanation": explanation, "problems": [_problem(each) for each in problems]}
    sets |= _index_keys(receipt.id, receipt.received_at, outcome)
    present = {name: value for name, value in sets.items() if value}
    absent = [name for name in (*sets, "board_pk", "board_sk") if name not in present]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in present)
    if absent:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in absent)
    values = {":seen": receipt.outcome, **{f":{name}": value for name, value in present.items()}}
    return Update("receipt", pk_sk, expression, "#outcome = :seen", values)


def get(receipt_id: str) -> Receipt | None:
    """The receipt, read consistently."""
    item = transport.get(keys.receipt(receipt_id))
    return receipt_of(item) if item else None


def count_delivery(receipt_id: str) -> None:
    """One more delivery of the same thing. A number for people; nothing depends on it."""
    transport.update(keys.receipt(receipt_id), "ADD #deliveries :one", "attribute_exists(pk)", {":one": 1})


def begin_attempt(receipt: Receipt, by: str) -> bool:
    """Note that a replay begins; False if someone else is at it.

    Args:
        by: names this replay, so that an answer that got lost is recognised as our own.
    """
    try:
        transport.update(
            keys.receipt(receipt.id),
            "SET #attempts = :next, #attempt_by = :by",
            "#outcome = :outcome AND #attempts = :seen",
            {":next": receipt.attempts + 1, ":by": by, ":outcome": receipt.outcome, ":seen": receipt.attempts},
        )
    except Mismatch as mismatch:
        return bool(mismatch.found and mismatch.found.get("attempt_by") == by)
    return True


def take_back_attempt(receipt: Receipt, by: str) -> None:
    """The replay came back alive without a result: it does not count."""
    try:
        transport.update(
            keys.receipt(receipt.id),
            "SET #attempts = :seen",
            "#attempt_by = :by AND #outcome = :outcome",
            {":seen": receipt.attempts, ":by": by, ":outcome": receipt.outcome},
        )
    except Mismatch:
        return


def begin_anew(receipt: Receipt, place: tuple[str, str], received_at: datetime) -> Receipt:
    """Make a receipt that came to nothing pending again, with all its attempts; returns it as it now stands.

    Args:
        place: where its object lies now.
        received_at: of that object.
    """
    sets = {"outcome": PENDING, "body_object": list(place), "received_at": rfc3339(received_at), "attempts": 0}
    sets |= _index_keys(receipt.id, received_at, PENDING)
    gone = ("job", "reason", "explanation", "problems", "attempt_by", "feed_pk", "feed_sk")
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
    expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    values = {":seen": receipt.outcome, **{f":{name}": value for name, value in sets.items()}}
    try:
        transport.update(keys.receipt(receipt.id), expression, "#outcome = :seen", values)
    except Mismatch as mismatch:
        return receipt_of(mismatch.found) if mismatch.found else receipt
    return replace(
        receipt, outcome=PENDING, body_object=place, received_at=received_at, attempts=0, attempt_by=None,
        job=None, reason=None, explanation=None, problems=(),
    )  # fmt: skip


def waiting(outcome: str, before: datetime | None = None) -> Iterator[Receipt]:
    """Receipts that need somebody, oldest first, read from the index and then themselves."""
    condition, values = "#board_pk = :waiting", {":waiting": keys.waiting(outcome)}
    if before:
        condition += " AND #board_sk < :before"
        values[":before"] = ids.sortable(before)
    for page in transport.pages(condition, values, index="board", limit=100):
        stored = transport.batch_get(((item["pk"], item["sk"]) for item in page), consistent=True)
        for item in page:
            receipt = receipt_of(stored[item["pk"], item["sk"]]) if (item["pk"], item["sk"]) in stored else None
            if receipt and receipt.outcome == outcome:
                yield receipt


def count_waiting(outcome: str, since: datetime, until: datetime) -> dict[str, int]:
    """How many receipts received in the period wait in this outcome, by source."""
    condition = "#board_pk = :waiting AND #board_sk BETWEEN :since AND :until"
    values = {":waiting": keys.waiting(outcome), **_period(since, until)}
    counts: dict[str, int] = {}
    for item in chain.from_iterable(transport.pages(condition, values, index="board")):
        counts[item["source"]] = counts.get(item["source"], 0) + 1
    return counts


def count_finished(since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """How many receipts received in the period have each outcome: (source, outcome) → count. Files are left out."""
    condition = "#feed_pk = :feed AND #feed_sk BETWEEN :since AND :until"
    values = {":feed": keys.RECEIPT_FEED, **_period(since, until)}
    counts: dict[tuple[str, str], int] = {}
    for item in chain.from_iterable(transport.pages(condition, values, index="feed")):
        key = (item["source"], item["outcome"])
        counts[key] = counts.get(key, 0) + 1
    return counts


def newest(
    since: datetime,
    until: datetime,
    *,
    outcome: str | None = None,
    source: str | None = None,
    limit: int,
    start: Mapping[str, Any] | None = None,
) -> Receipts:
    """Receipts newest first; pending ones only where `outcome` asks for them. Looks at 2,000 at most."""
    index = "board" if outcome in WAITING else "feed"
    values = {":kind": keys.waiting(outcome) if outcome in WAITING else keys.RECEIPT_FEED, **_period(since, until)}
    condition = f"#{index}_pk = :kind AND #{index}_sk BETWEEN :since AND :until"
    wanted = {name: value for name, value in (("outcome", outcome), ("source", source)) if value}
    # the board does not show the outcome: it is in its key
    filtered = {name: value for name, value in wanted.items() if index == "feed" or name != "outcome"}
    size = max(limit, FILTERED_READ) if filtered else limit
    matching: list[tuple[str, str]] = []
    behind = None
    for evaluated, (item, after) in enumerate(_each(condition, values, index, size, start), 1):
        if _is(item, filtered):
            matching.append((item["pk"], item["sk"]))
        if len(matching) == limit or evaluated == MOST_EVALUATED:
            behind = after
            break
    stored = transport.batch_get(matching)
    listed = [stored[key] for key in matching if key in stored and _is(stored[key], wanted)]
    return Receipts([receipt_of(item) for item in listed], behind)


def _each(
    condition: str, values: Mapping[str, Any], index: str, size: int, start: Mapping[str, Any] | None
) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """(item, where to go on behind it; None behind the last), read page by page as far as somebody asks for more."""
    while True:
        found = transport.query(condition, values, index=index, descending=True, limit=size, start=start)
        start = found.next
        for number, item in enumerate(found.items, 1):
            place = {name: item[name] for name in ("pk", "sk", f"{index}_pk", f"{index}_sk")}
            yield item, start if number == len(found.items) else place
        if not start:
            return


def _is(item: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    return all(item.get(name) == value for name, value in wanted.items())


def raw_of(receipt: Receipt) -> Raw:
    """What was received, as it was. Raises NotFound where its object is gone, Unavailable."""
    body = receipt.body
    if body is None:
        place = receipt.body_object
        body = files.read_received(*place, receipt.id, receipt.received_at) if place else b""
    return Raw(
        source=receipt.source,
        detail=receipt.detail,
        external_id=receipt.external_id,
        received_at=receipt.received_at,
        body=body,
        content_type=receipt.content_type,
        meta=receipt.meta,
    )


def item_of(receipt: Receipt) -> dict[str, Any]:
    """The receipt as an item, index keys included."""
    pk, sk = keys.receipt(receipt.id)
    return {
        "pk": pk,
        "sk": sk,
        "type": "receipt",
        "received_at": rfc3339(receipt.received_at),
        **{name: getattr(receipt, name) for name in PLAIN},
        "problems": [dict(problem) for problem in receipt.problems],
        "body": zlib.compress(receipt.body, 6) if receipt.body else None,
        "body_object": list(receipt.body_object) if receipt.body_object else None,
        **_index_keys(receipt.id, receipt.received_at, receipt.outcome),
    }


def receipt_of(item: Mapping[str, Any]) -> Receipt:
    """The receipt that an item holds."""
    place = item.get("body_object")
    return Receipt(
        id=item["pk"].removeprefix("R#"),
        received_at=parse(item["received_at"]),
        problems=tuple(item.get("problems", ())),
        body=zlib.decompress(item["body"]) if "body" in item else None,
        body_object=(place[0], place[1]) if place else None,
        **{"external_id": "", "detail": "", **{name: item[name] for name in PLAIN if name in item}},
    )


def placed(receipt: Receipt) -> Receipt:
    """The receipt with its raw where it belongs: in the item if small, else in the files bucket.

    In the item, too, if that bucket cannot be written. Raises if neither will do.
    """
    if receipt.body is None or len(receipt.body) <= INLINE:
        return receipt
    packed = zlib.compress(receipt.body, 6)
    if len(packed) <= INLINE:
        return receipt
    place = ("files", f"raw/{receipt.received_at:%Y/%m/%d}/{receipt.id}")
    try:
        files.write_hastily(*place, receipt.body)
    except Exception:
        if len(packed) > INLINE_AT_MOST:
            raise
        return receipt
    return replace(receipt, body=None, body_object=place)


def _index_keys(receipt_id: str, received_at: datetime, outcome: str) -> dict[str, str]:
    order = ids.sortable(received_at) + receipt_id
    waits = {"board_pk": keys.waiting(outcome), "board_sk": order} if outcome in WAITING else {}
    listed = {"feed_pk": keys.RECEIPT_FEED, "feed_sk": order} if outcome != PENDING else {}
    return waits | listed


def _period(since: datetime, until: datetime) -> dict[str, str]:
    """`until` is exclusive: its own millisecond sorts before any key of it."""
    return {":since": ids.sortable(since), ":until": ids.sortable(until - timedelta(milliseconds=1)) + "~"}


def _problem(problem: Problem) -> dict[str, str]:
    return {"field": problem.field, "code": problem.code, "detail": problem.detail, "value": problem.value}
