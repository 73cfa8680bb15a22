"""Import jobs in the table. A row's effect and the job's cursor move in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import ids
from chalicelib.domain.job import DONE, ROW_OUTCOMES, RUNNING, Job, JobRow
from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import keys, transport
from chalicelib.store.transport import Mismatch, Put, Update

BULK_IDS = ("CFG", "BULK_IDS")
PLAIN = ("receipt", "object_key", "object_version", "status", "total", "first_millisecond", "cursor", "encoding",
         "delimiter", "columns", "options", "begun_at", "begins", "problems")  # fmt: skip


@dataclass(frozen=True)
class Jobs:
    """A page of jobs and where to go on."""

    jobs: list[Job]
    next: dict[str, Any] | None


def create(job: Job) -> Put:
    """Write a new job. Refused under `import`."""
    return Put("import", item_of(job))


def advance(job_id: str, position: int, outcome: str, at: datetime) -> Update:
    """Row `position` has its outcome, and it is the next one's turn. Refused under `job` if it had one already."""
    return Update(
        "job",
        keys.job(job_id),
        f"SET #cursor = :next, #updated_at = :at, #{outcome}_rows = if_not_exists(#{outcome}_rows, :none) + :one",
        "#status = :running AND #cursor = :seen",
        {":next": position + 1, ":seen": position, ":at": rfc3339(at), ":none": 0, ":one": 1, ":running": RUNNING},
    )


def note_row(job_id: str, row: JobRow) -> Put:
    """Keep what became of a row. Refused under `row`."""
    pk, sk = keys.job_row(job_id, row.position)
    item = {"pk": pk, "sk": sk, "type": "job_row", "number": row.number, "outcome": row.outcome, "lead": row.lead}
    rest = {"code": row.code, "sentence": row.sentence, "cells": row.cells, "problems": row.problems}
    return Put("row", item | rest)


def begin(job: Job) -> int:
    """Note that a worker begins at the cursor; returns the how-manieth there it is."""
    begins = job.begins + 1 if job.begun_at == job.cursor else 1
    transport.update(
        keys.job(job.id),
        "SET #begun_at = :cursor, #begins = :begins",
        "attribute_exists(pk)",
        {":cursor": job.cursor, ":begins": begins},
    )
    return begins


def take_back_begin(job: Job) -> None:
    """The worker came back alive: what stopped it was not the row. Another one may have begun elsewhere since."""
    try:
        transport.update(
            keys.job(job.id), "SET #begins = :begins", "#begun_at = :cursor", {":begins": 0, ":cursor": job.cursor}
        )
    except Mismatch:
        return


def finish(job: Job, at: datetime) -> None:
    """All rows have their outcome and the report is written. Repeatable.

    Args:
        job: as it stands behind the last row. Rows that were counted at first and never read stay in the total.
    """
    try:
        transport.update(
            keys.job(job.id),
            "SET #status = :done, #updated_at = :at, #total = :total",
            "#status = :running",
            {":done": DONE, ":running": RUNNING, ":at": rfc3339(at), ":total": max(job.total, job.cursor)},
        )
    except Mismatch:
        return


def reserve_ids(rows: int, at: datetime) -> int:
    """A range of ids for so many rows, nobody else's: its first millisecond. A range that is not used is lost."""
    wanted = -(-rows // ids.PER_MILLISECOND)
    while True:
        item = transport.get(BULK_IDS)
        last = item["last_millisecond"] if item else -1
        first = max(last + 1, ids.milliseconds(at))
        condition = "#last_millisecond = :seen" if item else "attribute_not_exists(pk)"
        values = {":last": first + wanted, ":type": "bulk_ids", **({":seen": last} if item else {})}
        try:
            transport.update(BULK_IDS, "SET #last_millisecond = :last, #type = :type", condition, values)
        except Mismatch:
            continue
        return first


def get(job_id: str) -> Job | None:
    """The job, read consistently; none for one that is no import."""
    item = transport.get(keys.job(job_id))
    return job_of(item) if item and item["type"] == "import" else None


def rows(job_id: str) -> Iterator[JobRow]:
    """The rows that were noted, in the order of the file."""
    pk, _ = keys.job(job_id)
    condition = "#pk = :pk AND begins_with(#sk, :row)"
    for page in transport.pages(condition, {":pk": pk, ":row": "R#"}, consistent=True):
        yield from (row_of(item) for item in page)


def newest(limit: int, start: Mapping[str, Any] | None = None) -> Jobs:
    """Jobs, newest first."""
    found = transport.query(
        "#feed_pk = :feed", {":feed": keys.JOB_FEED}, index="feed", descending=True, limit=limit, start=start
    )
    return Jobs(_stored(found.items), found.next)


def started(since: datetime, until: datetime) -> Iterator[Job]:
    """The jobs begun in `[since, until)`."""
    first = ids.encode(ids.milliseconds(since) << (ids.LOW_BITS + 1))
    last = ids.encode(ids.milliseconds(until - timedelta(milliseconds=1)) + 1 << (ids.LOW_BITS + 1))
    condition = "#feed_pk = :feed AND #feed_sk BETWEEN :first AND :last"
    values = {":feed": keys.JOB_FEED, ":first": first, ":last": last}
    for page in transport.pages(condition, values, index="feed"):
        yield from _stored(page)


def item_of(job: Job) -> dict[str, Any]:
    """The job as an item."""
    pk, sk = keys.job(job.id)
    return {
        "pk": pk,
        "sk": sk,
        "type": "import",
        **{name: getattr(job, name) for name in PLAIN},
        **{f"{outcome}_rows": number for outcome, number in job.counts.items()},
        "updated_at": rfc3339(job.updated_at),
        "feed_pk": keys.JOB_FEED,
        "feed_sk": job.id,
    }


def job_of(item: Mapping[str, Any]) -> Job:
    """The job that an item holds."""
    known = {name: item[name] for name in PLAIN if name in item}
    known["problems"] = tuple(known.get("problems", ()))
    return Job(
        id=item["pk"].removeprefix("J#"),
        counts={outcome: item[f"{outcome}_rows"] for outcome in ROW_OUTCOMES if f"{outcome}_rows" in item},
        updated_at=parse(item["updated_at"]),
        **{"object_version": "", **known},
    )


def _stored(listed: list[dict[str, Any]]) -> list[Job]:
    found = transport.batch_get(((item["pk"], item["sk"]) for item in listed), consistent=True)
    return [job_of(found[item["pk"], item["sk"]]) for item in listed if (item["pk"], item["sk"]) in found]


def row_of(item: Mapping[str, Any]) -> JobRow:
    """The noted row that an item holds."""
    return JobRow(
        position=int(item["sk"].removeprefix("R#")),
        number=item["number"],
        outcome=item["outcome"],
        lead=item.get("lead"),
        code=item.get("code", ""),
        sentence=item.get("sentence", ""),
        cells=tuple(item.get("cells", ())),
        problems=tuple(item.get("problems", ())),
    )
