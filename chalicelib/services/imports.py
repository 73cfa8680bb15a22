"""Imports: a dropped file becomes a job, its rows become leads, each exactly once.

A row's effect and the job's cursor commit together, so a worker may die anywhere and another one may be at it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Protocol

import orjson

from chalicelib import log
from chalicelib.domain import fields, ids
from chalicelib.domain.errors import Invalid, NotFound, Problem, TooLarge
from chalicelib.domain.inbound import Inbound, Raw, Reading
from chalicelib.domain.job import RUNNING, Job, JobRow, shown
from chalicelib.domain.problems import problem
from chalicelib.domain.receipt import PENDING, Receipt
from chalicelib.services import enquiries, workspace
from chalicelib.services.enquiries import Enquiry
from chalicelib.services.settle import Known, Plan, id_source, settle
from chalicelib.store import files, jobs, queues, receipts
from chalicelib.store.transport import Action, Unprocessable

#: In memory up to here, then in the function's own temporary storage.
SPOOLED = 16 * 1024 * 1024
#: A job that moved this lately has a worker.
AT_WORK = timedelta(minutes=1)
#: Characters of a refused row's cell that the errors file gives back.
LONGEST_NOTED_CELL = 20_000
#: Rows named in a report.
MOST_REPORTED = 1_000


class TableReader(Protocol):
    """What reads files: `sources.csv_file`. A service does not import it, doors hand it in."""

    def content_digest(self, stream: BinaryIO) -> str: ...
    def file_identity(self, digest: str) -> str: ...
    def open_table(self, stream: BinaryIO, *, options: Mapping[str, str]) -> Any: ...
    def count_rows(self, table: Any) -> int: ...
    def rows(self, table: Any, start: int = 0) -> Iterator[Any]: ...
    def inbound_of(self, row: Any, raw: Raw) -> Inbound: ...
    def errors_csv(self, table: Any, rejected: Iterable[tuple[int, Any, str, str]]) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Imported:
    """What became of an object.

    Attributes:
        receipt: the file's, as it is now.
        finished: nothing is left to do.
    """

    receipt: Receipt
    outcome: str
    job: str | None
    finished: bool


def import_object(
    key: str, reader: TableReader, at: datetime, in_time: Callable[[], bool], *, sweeping: bool = False
) -> Imported | None:
    """Import the object under `key`, or go on with it; None where there is no such object any more.

    Args:
        in_time: whether there is time for a further row; at the end of it the job goes back to the queue.
        sweeping: leave a job alone that another worker is at.
    Raises:
        Busy: the message has to come again.
    """
    try:
        answer = files.open_object("imports", key)
    except NotFound:
        return None
    with tempfile.SpooledTemporaryFile(SPOOLED) as stream:
        for block in answer["Body"].iter_chunks(1024 * 1024):
            stream.write(block)
        receipt = _receipt(key, stream, answer, reader, at)  # type: ignore[arg-type]
        return _work(receipt, stream, answer.get("Metadata", {}), reader, at, in_time, sweeping)  # type: ignore[arg-type]


def _receipt(key: str, stream: BinaryIO, answer: Mapping[str, Any], reader: TableReader, at: datetime) -> Receipt:
    """The file's receipt. The same content is the same file, whatever its name."""
    identity = reader.file_identity(reader.content_digest(stream))
    received_at = answer.get("LastModified", at)
    raw = Raw("csv", "", identity, received_at, meta={"object": f"imports:{key}", "file_name": key.rsplit("/", 1)[-1]})
    receipt, known_before = receipts.open_new(raw)
    if known_before and receipt.body_object != ("imports", key):
        receipts.count_delivery(receipt.id)
    return receipt


def _work(
    receipt: Receipt,
    stream: BinaryIO,
    options: Mapping[str, str],
    reader: TableReader,
    at: datetime,
    in_time: Callable[[], bool],
    sweeping: bool,
) -> Imported:
    if receipt.outcome not in {PENDING, "accepted"}:
        return Imported(receipt, receipt.outcome, None, True)
    job = _job(receipt)
    if job and (job.status != RUNNING or (sweeping and at - job.updated_at < AT_WORK)):
        return Imported(receipt, receipt.outcome, job.id, job.status != RUNNING)
    try:
        table = reader.open_table(stream, options=options)
    except Invalid as error:
        _refuse(receipt, error, at)
        return Imported(receipt, "rejected", None, True)
    if job is None:
        job = _accept(receipt, table, reader, at)
    if not _import_rows(job, table, reader, at, in_time):
        queues.send_import(job.object_key)
        return Imported(receipt, "accepted", job.id, False)
    _report(job.id, table, reader)
    jobs.finish(job.id, at)
    log.event("import_done", job=job.id, rows=job.total)
    return Imported(receipt, "accepted", job.id, True)


def _job(receipt: Receipt) -> Job | None:
    return jobs.get(receipt.job) if receipt.job else None


def _refuse(receipt: Receipt, error: Invalid, at: datetime) -> None:
    def decide(known: Known) -> Plan[bool]:
        first = error.problems[0]
        done = receipts.finish(
            receipt, "rejected", reason=first.code, explanation=first.detail, problems=error.problems
        )
        return Plan([done], True)

    def own() -> bool | None:
        current = receipts.get(receipt.id)
        return True if current and current.outcome != PENDING else None

    settle(decide, own, Known(at))


def _accept(receipt: Receipt, table: Any, reader: TableReader, at: datetime) -> Job:
    """The job and the receipt's outcome, in one transaction."""
    total = reader.count_rows(table)
    job = Job(
        id=id_source().next(at),
        receipt=receipt.id,
        object_key=receipt.body_object[1] if receipt.body_object else "",
        status=RUNNING,
        total=total,
        first_millisecond=jobs.reserve_ids(total, at),
        updated_at=at,
        encoding=table.form.encoding,
        delimiter=table.delimiter,
        columns=dict(zip(table.names, table.fields, strict=False)),
    )

    def decide(known: Known) -> Plan[Job]:
        return Plan([jobs.create(job), receipts.finish(receipt, "accepted", job=job.id)], job)

    def own() -> Job | None:
        current = receipts.get(receipt.id)
        return _job(current) if current else None

    return settle(decide, own, Known(at))


def _import_rows(job: Job, table: Any, reader: TableReader, at: datetime, in_time: Callable[[], bool]) -> bool:
    """Settle the rows from the cursor on; False if the time is up."""
    raw = Raw("csv", f"imp_{job.id}", "", _received_at(job))
    reading = workspace.reading(raw, at)
    for position, row in enumerate(reader.rows(table, job.cursor), job.cursor):
        if not in_time():
            return False
        _import_row(job, position, row, reader.inbound_of(row, raw), reading, at)
    return True


def _received_at(job: Job) -> datetime:
    receipt = receipts.get(job.receipt)
    return receipt.received_at if receipt else job.updated_at


def _import_row(job: Job, position: int, row: Any, inbound: Inbound, reading: Reading, at: datetime) -> None:
    values, problems = enquiries.cleaned(inbound, reading, workspace.settings(at)["currency"])
    refused = _why_refused(row, values)

    def decide(known: Known) -> Plan[bool]:
        if refused:
            return _refusal(job, position, row, refused, at)
        effect = enquiries.decide(_enquiry(job, position, inbound, values, problems, at), known)
        actions: list[Action] = [*effect.actions, jobs.advance(job.id, position, effect.outcome, at)]
        if problems or effect.outcome != "created":
            told = tuple({"field": each.field, "code": each.code, "value": each.value[:200]} for each in problems)
            noted = JobRow(position, row.number, effect.outcome, lead=effect.lead, problems=told)
            actions.append(jobs.note_row(job.id, noted))
        return Plan(actions, True, joined=effect.joined)

    def own() -> bool | None:
        current = jobs.get(job.id)
        return True if current and current.cursor > position else None

    try:
        settle(decide, own, Known(at))
    except (Unprocessable, TooLarge) as error:
        log.failure("row_not_stored", error, job=job.id, row=row.number)
        settle(lambda _: _refusal(job, position, row, problem("", "not_stored"), at), own, Known(at))


def _refusal(job: Job, position: int, row: Any, why: Problem, at: datetime) -> Plan[bool]:
    cells = tuple(cell[:LONGEST_NOTED_CELL] for cell in row.cells)
    noted = JobRow(position, row.number, "rejected", code=why.code, sentence=why.detail, cells=cells)
    return Plan([jobs.advance(job.id, position, "rejected", at), jobs.note_row(job.id, noted)], True)


def _enquiry(
    job: Job, position: int, inbound: Inbound, values: Mapping[str, Any], problems: tuple[Problem, ...], at: datetime
) -> Enquiry:
    return Enquiry(
        inbound=inbound,
        values=values,
        problems=problems,
        origin=f"imp_{job.id}/{position}",
        policy=str(workspace.settings(at)["on_duplicate"].get("csv", "attach")),
        statuses=workspace.statuses(),
        lead_id=ids.bulk_id(job.first_millisecond, position),
    )


def _why_refused(row: Any, values: Mapping[str, Any]) -> Problem | None:
    """Why a row makes no lead: its quoting is damaged, or it says nothing that would."""
    if row.problems:
        first: Problem = row.problems[0]
        return first
    return None if fields.says_enough(values) else problem("", "says_nothing")


def _report(job_id: str, table: Any, reader: TableReader) -> None:
    """`results/{imp_id}/report.json` and, if rows were refused, `errors.csv`; written again, they are the same."""
    job = jobs.get(job_id)
    assert job is not None
    place = f"results/imp_{job.id}/"
    noted = list(jobs.rows(job.id))
    rejected = [row for row in noted if row.outcome == "rejected"]
    told = [
        {
            "row": row.number,
            "outcome": row.outcome,
            "lead_id": f"lead_{row.lead}" if row.lead else None,
            "code": row.code or None,
            "detail": row.sentence or None,
            "problems": list(row.problems),
        }
        for row in noted[:MOST_REPORTED]
    ]
    report = {**shown(job), "status": "done", "noted_rows": told, "noted_rows_left_out": len(noted) - len(told)}
    if rejected:
        wrong = reader.errors_csv(table, ((row.number, row.cells, row.code, row.sentence) for row in rejected))
        files.write("imports", place + "errors.csv", b"".join(wrong), "text/csv")
    files.write("imports", place + "report.json", orjson.dumps(report, option=orjson.OPT_INDENT_2), "application/json")
