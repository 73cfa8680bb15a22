"""Jobs that are no imports, in the table. Every change is conditioned on the version that was read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from chalicelib.domain.times import parse, rfc3339
from chalicelib.domain.work import CANCELLED, QUEUED, RUNNING, Reason, Work
from chalicelib.store import keys, transport
from chalicelib.store.transport import Action, Put, Update

PLAIN = ("kind", "status", "origin", "created_by", "version", "cursor", "total", "counts", "state", "failure", "holder",
         "begun_at", "begins")  # fmt: skip
TIMES = ("updated_at", "held_until", "started_at", "finished_at")


@dataclass(frozen=True)
class Works:
    """A page of jobs and where to go on."""

    works: list[Work]
    next: dict[str, Any] | None


def create(work: Work, parameters: Mapping[str, Any]) -> list[Action]:
    """Write a new job. Refused under `job`.

    What was asked for is an item of its own: it may be long, and the job is written again with every lead.
    """
    pk, sk = keys.work_parameters(work.id)
    packed = zlib.compress(orjson.dumps(parameters))
    return [
        Put("job", item_of(work)),
        Put("job_parameters", {"pk": pk, "sk": sk, "type": "job_parameters", "packed": packed}),
    ]


def change(before: Work, after: Work) -> Update:
    """Write what differs, if the job is still as it was read. Refused under `job`."""
    old, new = item_of(before), item_of(after)
    changed = {name: value for name, value in new.items() if not _absent(value) and old.get(name) != value}
    gone = [name for name in old if not _absent(old[name]) and _absent(new.get(name))]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
    if gone:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    values = {":seen_version": before.version, **{f":{name}": value for name, value in changed.items()}}
    return Update("job", keys.work(before.id), expression, "#version = :seen_version", values)


def cancel(work: Work, at: datetime) -> Update:
    """Nobody shall go on with an unfinished job, however far it has come since it was read. Refused under `job`."""
    return Update(
        "job",
        keys.work(work.id),
        "SET #status = :cancelled, #version = #version + :one, #begins = :none, #updated_at = :at, #finished_at = :at"
        " REMOVE #holder, #held_until, #board_pk, #board_sk",
        "#status IN (:queued, :running)",
        {
            ":cancelled": CANCELLED,
            ":queued": QUEUED,
            ":running": RUNNING,
            ":one": 1,
            ":none": 0,
            ":at": rfc3339(at),
        },
    )


def note_reason(job_id: str, reason: Reason) -> Put:
    """Keep why a lead was refused; a later reason replaces it."""
    pk, sk = keys.work_reason(job_id, reason.lead)
    item = {"pk": pk, "sk": sk, "type": "job_reason", "code": reason.code, "detail": reason.detail}
    return Put("reason", item, condition="")


def get(job_id: str) -> Work | None:
    """The job, read consistently; none for an import."""
    item = transport.get(keys.work(job_id))
    return work_of(item) if item and item["type"] == "job" else None


def parameters(job_id: str) -> dict[str, Any]:
    """What the job was asked to do."""
    item = transport.get(keys.work_parameters(job_id))
    return dict(orjson.loads(zlib.decompress(item["packed"]))) if item else {}


def page(job_id: str) -> tuple[Work | None, list[Reason]]:
    """The job and its reasons, in one request."""
    pk, _ = keys.work(job_id)
    found = transport.query("#pk = :pk AND #sk >= :first", {":pk": pk, ":first": "R#"}, consistent=True)
    work = next((work_of(item) for item in found.items if item["type"] == "job"), None)
    return work, [reason_of(item) for item in found.items if item["type"] == "job_reason"]


def newest(limit: int, start: Mapping[str, Any] | None = None) -> Works:
    """Jobs, newest first."""
    found = transport.query(
        "#feed_pk = :feed", {":feed": keys.WORK_FEED}, index="feed", descending=True, limit=limit, start=start
    )
    return Works(_stored(found.items), found.next)


def left_before(at: datetime) -> Iterator[Work]:
    """Unfinished jobs that nobody has gone on with since a time."""
    for items in transport.pages("#board_pk = :unfinished", {":unfinished": keys.UNFINISHED_WORK}, index="board"):
        yield from (work for work in _stored(items) if work.is_unfinished and work.updated_at < at)


def item_of(work: Work) -> dict[str, Any]:
    """The job as an item; an unfinished one with its place among those."""
    pk, sk = keys.work(work.id)
    plain = {name: getattr(work, name) for name in PLAIN}
    times = {name: _text(getattr(work, name)) for name in TIMES}
    item = {"pk": pk, "sk": sk, "type": "job", **plain, **times, "feed_pk": keys.WORK_FEED, "feed_sk": work.id}
    if work.is_unfinished:
        item |= {"board_pk": keys.UNFINISHED_WORK, "board_sk": work.id}
    return item


def work_of(item: Mapping[str, Any]) -> Work:
    """The job that an item holds."""
    known: dict[str, Any] = {name: item[name] for name in PLAIN if name in item}
    known |= {name: parse(item[name]) for name in TIMES if name in item}
    return Work(id=item["pk"].removeprefix("J#"), **known)


def reason_of(item: Mapping[str, Any]) -> Reason:
    """The reason that an item holds."""
    return Reason(item["sk"].removeprefix("R#"), item["code"], item["detail"])


def _stored(listed: list[dict[str, Any]]) -> list[Work]:
    found = transport.batch_get(((item["pk"], item["sk"]) for item in listed), consistent=True)
    return [work_of(found[item["pk"], item["sk"]]) for item in listed if (item["pk"], item["sk"]) in found]


def _text(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None


def _absent(value: Any) -> bool:
    return value is None or value in ("", [], {})
