"""Imports: a dropped file becomes a job, its rows become leads, each exactly once.

A row's effect and the job's cursor commit together, so a worker may die anywhere and another one may be at it.
"""

from __future__ import annotations

import itertools
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import IO, Any, Protocol

import orjson

from chalicelib import log
from chalicelib.domain import fields, ids
from chalicelib.domain.errors import Busy, Invalid, NotFound, Problem
from chalicelib.domain.inbound import Inbound, Raw, Reading, Verdict
from chalicelib.domain.job import DONE, FAILED, RUNNING, Job, JobRow, shown
from chalicelib.domain.problems import problem
from chalicelib.domain.receipt import MOST_ATTEMPTS, PENDING, Receipt
from chalicelib.domain.totals import LAST_ROWS, is_totals_row
from chalicelib.services import assignment, enquiries, own_fields, row_values, workspace
from chalicelib.services.enquiries import Enquiry
from chalicelib.services.intake import give_up
from chalicelib.services.settle import Known, Plan, Stuck, id_source, settle
from chalicelib.store import files, jobs, queues, receipts
from chalicelib.store.transport import Action

#: Bytes read at once from an object into the function's temporary storage.
BLOCK = 1024 * 1024
#: A job that moved this lately has a worker.
AT_WORK = timedelta(minutes=1)
#: Characters of a refused row, all cells together, that the errors file gives back.
MOST_NOTED = 60_000
#: Options for a file, in a file beside it.
OPTIONS_FILE = ".options.json"
_NOT_READ_YET = "Options in a file beside the list are not read yet; give them as metadata of the object."
#: Characters of a file's name on receipts and timelines.
LONGEST_NAME = 255
#: Bytes of column names that an import shows.
MOST_NAME_BYTES = 200_000
#: Outcomes of a file that made nothing: the same content put there once more is tried anew.
AGAIN = frozenset({"needs_attention", "rejected"})
#: Rows named in a report.
MOST_REPORTED = 1_000


class TableReader(Protocol):
    """What reads files: `sources.csv_file`. A service does not import it, doors hand it in."""

    def content_digest(self, stream: IO[bytes]) -> str: ...
    def file_identity(self, digest: str) -> str: ...
    def open_table(
        self, stream: IO[bytes], *, options: Mapping[str, str], custom: Mapping[str, fields.Field]
    ) -> Any: ...
    def count_rows(self, table: Any) -> int: ...
    def rows(self, table: Any, start: int = 0) -> Iterator[Any]: ...
    def inbound_of(self, row: Any, raw: Raw) -> Inbound: ...
    def errors_csv(self, table: Any, rejected: Iterable[tuple[int, Any, str, str]]) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Found:
    """An object under `incoming/`, as a message or the sweep names it.

    Attributes:
        version: where the bucket keeps versions: as the message says, else the one that was opened; else empty.
        swept: it has been lying about: a job that moved lately has a worker, and is left to it.
    """

    key: str
    version: str = ""
    swept: bool = False


@dataclass(frozen=True)
class Worker:
    """What a worker brings along.

    Attributes:
        reader: what reads the file.
        now: its clock.
        in_time: whether there is time for a further row; at the end of it the job goes back to the queue.
    """

    reader: TableReader
    now: Callable[[], datetime]
    in_time: Callable[[], bool]


def import_object(found: Found, worker: Worker) -> None:
    """Import an object, or go on with it; nothing where there is no such object any more: it has its outcome.

    Raises:
        Busy: the message has to come again.
    """
    try:
        answer = files.open_object("imports", found.key, found.version)
    except NotFound:
        return
    # what is put under the same name from now on is another file: neither read nor moved away here
    found = replace(found, version=found.version or answer.get("VersionId", ""))
    with tempfile.TemporaryFile() as stream:
        for block in answer["Body"].iter_chunks(BLOCK):
            stream.write(block)
        receipt = _receipt(found, stream, answer, worker)
        if _work(receipt, found, stream, answer.get("Metadata", {}), worker):
            _keep(found, receipt)


def _receipt(found: Found, stream: IO[bytes], answer: Mapping[str, Any], worker: Worker) -> Receipt:
    """The file's receipt. The same content is the same file, whatever its name."""
    identity = worker.reader.file_identity(worker.reader.content_digest(stream))
    received_at = answer.get("LastModified", worker.now())
    name = found.key.rsplit("/", 1)[-1]
    meta = {"object": f"imports:{found.key}", "file_name": name}
    receipt, known_before = receipts.open_new(Raw("csv", name[:LONGEST_NAME], identity, received_at, meta=meta))
    if not known_before or _is_of(receipt, found, received_at):
        return receipt
    receipts.count_delivery(receipt.id)
    if receipt.outcome in AGAIN:
        receipt = receipts.begin_anew(receipt, ("imports", found.key), received_at)
    return receipt


def _is_of(receipt: Receipt, found: Found, received_at: datetime) -> bool:
    """Whether the receipt is of this very object; of one that is kept the time is another, it was put there by us."""
    same_time = files.is_kept(found.key) or receipt.received_at == received_at
    return receipt.body_object == ("imports", found.key) and same_time


def _work(receipt: Receipt, found: Found, stream: IO[bytes], options: Mapping[str, str], worker: Worker) -> bool:
    """Do what is left to do; True if nothing is left then."""
    job = _job(receipt)
    if job and job.status == FAILED:
        _report_failure(job)
    if receipt.outcome not in {PENDING, "accepted"}:
        return True
    if found.key.lower().endswith(OPTIONS_FILE):
        give_up(receipt, worker.now(), Verdict("ignored", "options_file", _NOT_READ_YET))
        return True
    if job and job.status != RUNNING:
        return True
    if job and found.swept and worker.now() - job.updated_at < AT_WORK:
        if files.is_kept(found.key):
            # no sweep finds it there: only this message does, should the one who is at it die
            raise Busy("Somebody is at this file")
        return False
    job = job or _accepted(receipt, found, stream, options, worker)
    if job is None:
        return _is_settled(receipt.id)
    # the cursor counts rows as the first worker read them, whatever this object's options say
    table = worker.reader.open_table(stream, options=job.options, custom=own_fields.current(worker.now()))
    job = _past_what_kills(job, table, worker)
    if not _import_rows(job, receipt, table, worker):
        jobs.take_back_begin(job)
        queues.send_import(found.key, found.version)
        return False
    _finish(job.id, table, worker)
    return True


def _past_what_kills(job: Job, table: Any, worker: Worker) -> Job:
    """The job as a worker begins on it. A row at which three workers died is refused unread."""
    if not job.rows_left() or jobs.begin(job) <= MOST_ATTEMPTS:
        return job
    log.event("row_kills", job=job.id, position=job.cursor)
    why = problem("", "not_stored")
    noted = JobRow(job.cursor, table.first_row + job.cursor, "rejected", code=why.code, sentence=why.detail)
    settle(
        lambda _: Plan(
            [jobs.advance(job.id, job.cursor, "rejected", worker.now()), jobs.note_row(job.id, noted)], True
        ),
        lambda: _is_past(job.id, job.cursor),
        Known(worker.now()),
    )
    return jobs.get(job.id) or job


def _is_past(job_id: str, position: int) -> bool | None:
    current = jobs.get(job_id)
    return True if current and current.cursor > position else None


def _accepted(
    receipt: Receipt, found: Found, stream: IO[bytes], options: Mapping[str, str], worker: Worker
) -> Job | None:
    """The job of a file that has none yet; None if it makes none, or someone else is at it.

    Attempts on a file that was left lying are counted: one that kills its worker must not do so for ever. Those that
    come back do not count: an outage must not spoil a good file. Raises Busy.
    """
    by = secrets.token_hex(8)
    if found.swept and receipt.attempts >= MOST_ATTEMPTS:
        give_up(receipt, worker.now(), Verdict("needs_attention", "replays_failed", "Three attempts to read it died."))
        return None
    if found.swept and not receipts.begin_attempt(receipt, by):
        return None
    try:
        table = worker.reader.open_table(stream, options=options, custom=own_fields.current(worker.now()))
        return _accept(receipt, found, table, worker)
    except Invalid as error:
        _refuse(receipt, found, error.problems, worker.now())
    except Stuck:
        raise
    except Busy:
        if found.swept:
            receipts.take_back_attempt(receipt, by)
        raise
    except Exception as error:
        log.failure("file_not_taken", error, receipt=receipt.id)
        give_up(receipt, worker.now(), Verdict("needs_attention", "not_stored", "It could not be read or stored."))
    return None


def _is_settled(receipt_id: str) -> bool:
    """Whether the file has an outcome that makes no rows. Otherwise somebody needs the object yet."""
    current = receipts.get(receipt_id)
    return current is not None and current.outcome not in {PENDING, "accepted"}


def _keep(found: Found, receipt: Receipt) -> None:
    """Move the object out of the way; what goes wrong is left to the sweep."""
    if files.is_kept(found.key):
        return
    try:
        files.keep("imports", found.key, receipt.id, receipt.received_at, found.version)
    except Exception as error:
        log.failure("object_not_kept", error, receipt=receipt.id)


def _job(receipt: Receipt) -> Job | None:
    return jobs.get(receipt.job) if receipt.job else None


def _refuse(receipt: Receipt, found: Found, problems: Sequence[Problem], at: datetime) -> None:
    """Nothing of the file can be imported: a job that has failed, for who dropped it, and the receipt's outcome."""
    why = problems[0]
    job = Job(
        id=id_source().next(at),
        receipt=receipt.id,
        object_key=found.key,
        object_version=found.version,
        status=FAILED,
        total=0,
        first_millisecond=0,
        updated_at=at,
        problems=tuple({"field": each.field, "code": each.code, "detail": each.detail} for each in problems),
    )

    def decide(known: Known) -> Plan[bool]:
        done = receipts.finish(
            receipt, "rejected", job=job.id, reason=why.code, explanation=why.detail, problems=problems
        )
        return Plan([jobs.create(job), done], True)

    settle(decide, lambda: _has_outcome(receipt), Known(at))
    current = receipts.get(receipt.id)
    refused = _job(current) if current else None
    if refused and refused.status == FAILED:
        _report_failure(refused)


def _has_outcome(receipt: Receipt) -> bool | None:
    current = receipts.get(receipt.id)
    return True if current and current.outcome != PENDING else None


def _report_failure(job: Job) -> None:
    """The report of a file that was refused; written again, by whoever comes after a crash, it is the same."""
    _write_report(job.id, {**shown(job), "noted_rows": []})


def _accept(receipt: Receipt, found: Found, table: Any, worker: Worker) -> Job:
    """The job and the receipt's outcome, in one transaction."""
    at, total = worker.now(), worker.reader.count_rows(table)
    job = Job(
        id=id_source().next(at),
        receipt=receipt.id,
        object_key=found.key,
        object_version=found.version,
        status=RUNNING,
        total=total,
        first_millisecond=jobs.reserve_ids(total, at),
        updated_at=at,
        encoding=table.encoding,
        delimiter=table.delimiter,
        columns=_shown_columns(table.columns),
        options=dict(table.options),
    )

    def decide(known: Known) -> Plan[Job]:
        return Plan([jobs.create(job), receipts.finish(receipt, "accepted", job=job.id)], job)

    def own() -> Job | None:
        current = receipts.get(receipt.id)
        return _job(current) if current else None

    return settle(decide, own, Known(at))


def _shown_columns(columns: Mapping[str, str | None]) -> dict[str, str | None]:
    """The columns as far as an item has room for their names; the file itself is read by its options."""
    shown_columns, room = {}, MOST_NAME_BYTES
    for name, field in columns.items():
        room -= len(name.encode())
        if room < 0:
            break
        shown_columns[name] = field
    return shown_columns


def _import_rows(job: Job, receipt: Receipt, table: Any, worker: Worker) -> bool:
    """Settle the rows from the cursor on; False if the time is up."""
    raw = Raw("csv", f"imp_{job.id}", "", receipt.received_at)
    settings = workspace.settings(worker.now())
    reading = workspace.reading(raw, worker.now())
    for position, row in enumerate(worker.reader.rows(table, job.cursor), job.cursor):
        if not worker.in_time():
            return False
        _import_row(job, position, row, raw, reading, settings, worker)
    return True


def _import_row(
    job: Job, position: int, row: Any, raw: Raw, reading: Reading, settings: Mapping[str, Any], worker: Worker
) -> None:
    """Settle one row; a row that cannot be settled never costs its neighbours. Raises Busy."""
    at = worker.now()

    def own() -> bool | None:
        return _is_past(job.id, position)

    try:
        inbound = worker.reader.inbound_of(row, raw)
        whence = {"import_id": f"imp_{job.id}", "file_name": job.file_name[:LONGEST_NAME]}
        inbound = replace(inbound, entry={**inbound.entry, **whence})
        with assignment.choice(raw.source, at) as choice:
            settle(_decide(job, position, row, inbound, reading, settings, choice, at), own, Known(at))
    except Busy:
        jobs.take_back_begin(job)
        raise
    except Exception as error:
        log.failure("row_not_stored", error, job=job.id, row=row.number)
        settle(lambda _: _refusal(job, position, row, problem("", "not_stored"), at), own, Known(at))


def _decide(
    job: Job,
    position: int,
    row: Any,
    inbound: Inbound,
    reading: Reading,
    settings: Mapping[str, Any],
    choice: assignment.Choice,
    at: datetime,
) -> Callable[[Known], Plan[bool]]:
    values, problems, standing = row_values.cleaned(inbound, reading, settings, at)
    refused = _why_refused(row, values, position >= job.total - LAST_ROWS)
    enquiry = Enquiry(
        inbound=inbound,
        values=values,
        problems=problems,
        origin=f"imp_{job.id}/{position}",
        policy=str(settings["on_duplicate"].get("csv", "attach")),
        statuses=workspace.statuses(at),
        lead_id=ids.bulk_id(job.first_millisecond, position),
        standing=standing,
        assign=choice,
    )

    def decide(known: Known) -> Plan[bool]:
        if refused:
            return _refusal(job, position, row, refused, at, problems)
        effect = enquiries.decide(enquiry, known)
        choice.kept = effect.outcome == "created"
        actions: list[Action] = [*effect.actions, jobs.advance(job.id, position, effect.outcome, at)]
        if problems or effect.outcome != "created":
            noted = JobRow(position, row.number, effect.outcome, lead=effect.lead, problems=_told_problems(problems))
            actions.append(jobs.note_row(job.id, noted))
        return Plan(actions, True, joined=effect.joined)

    return decide


def _refusal(
    job: Job, position: int, row: Any, why: Problem, at: datetime, problems: Sequence[Problem] = ()
) -> Plan[bool]:
    """A row that makes no lead: why, and what was wrong with its values."""
    room, cells = MOST_NOTED, []
    for cell in row.cells:
        cells.append(cell[:room])
        room -= len(cells[-1])
    sentence = " ".join(dict.fromkeys([why.detail, *(each.detail for each in problems)]))
    noted = JobRow(
        position, row.number, "rejected", code=why.code, sentence=sentence, cells=tuple(cells),
        problems=_told_problems(problems),
    )  # fmt: skip
    return Plan([jobs.advance(job.id, position, "rejected", at), jobs.note_row(job.id, noted)], True)


def _told_problems(problems: Iterable[Problem]) -> tuple[dict[str, str], ...]:
    return tuple({"field": each.field, "code": each.code, "value": each.value[:200]} for each in problems)


def _why_refused(row: Any, values: Mapping[str, Any], is_last: bool) -> Problem | None:
    """Why a row makes no lead: its quoting is damaged, it says nothing that would, or it is one of totals."""
    if row.problems:
        first: Problem = row.problems[0]
        return first
    if is_last and is_totals_row(row.cells) and not (values.get("phones") or values.get("emails")):
        return problem("", "totals_row")
    return None if fields.says_enough(values) else problem("", "says_nothing")


def _finish(job_id: str, table: Any, worker: Worker) -> None:
    """Report, and close the job; rows that were counted at first and never read are told, not forgotten."""
    job = jobs.get(job_id)
    assert job is not None
    if job.rows_left():
        log.event("import_rows_differ", job=job.id, counted=job.total, settled=job.cursor)
    _report(replace(job, total=max(job.total, job.cursor)), table, worker.reader)
    jobs.finish(job, worker.now())
    log.event("import_done", job=job.id, rows=job.cursor)


def _report(job: Job, table: Any, reader: TableReader) -> None:
    """`results/{imp_id}/report.json` and, if rows were refused, `errors.csv`; written again, they are the same."""
    place = f"results/imp_{job.id}/"
    if job.counts.get("rejected"):
        rejected = (row for row in jobs.rows(job.id) if row.outcome == "rejected")
        with tempfile.TemporaryFile() as stream:
            stream.writelines(
                reader.errors_csv(table, ((row.number, row.cells, row.code, row.sentence) for row in rejected))
            )
            files.write("imports", place + "errors.csv", stream, "text/csv")
    noted = [_told(row) for row in itertools.islice(jobs.rows(job.id), MOST_REPORTED)]
    report = {**shown(job), "status": DONE, "noted_rows": noted}
    _write_report(job.id, report)


def _write_report(job_id: str, report: Mapping[str, Any]) -> None:
    body = orjson.dumps(report, option=orjson.OPT_INDENT_2)
    files.write("imports", f"results/imp_{job_id}/report.json", body, "application/json")


def _told(row: JobRow) -> dict[str, Any]:
    return {
        "row": row.number,
        "outcome": row.outcome,
        "lead_id": f"lead_{row.lead}" if row.lead else None,
        "code": row.code or None,
        "detail": row.sentence or None,
        "problems": list(row.problems),
    }
