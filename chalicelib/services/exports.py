"""Exports: the leads that pass filters as a file, written part by part, so that memory stays flat.

What is not yet a part when a worker's time is up lies in an object beside the file. The job names the parts and that
object in the same write that moves its place on, so whatever a worker that died had written besides is not in the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from chalicelib.domain import ids, lead_csv, work
from chalicelib.domain.errors import Invalid
from chalicelib.domain.fields import LEAD_FIELDS, Field
from chalicelib.domain.filters import filters_of
from chalicelib.domain.lead import Lead, shown
from chalicelib.domain.problems import problem
from chalicelib.domain.times import rfc3339
from chalicelib.domain.work import DONE, Work
from chalicelib.domain.write import Write
from chalicelib.services import lead_walks, own_fields, workspace
from chalicelib.services import work as jobs
from chalicelib.services.answering import Written
from chalicelib.services.work import Held
from chalicelib.store import files, lead_lists, uploads
from chalicelib.store.leads import Cards

#: Leads read at once.
PAGE = 100
#: How long a file can be had (infra/buckets.yaml), and a link to it.
KEPT_FOR, LINKED_FOR = timedelta(days=7), timedelta(minutes=15)
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
#: The last phase: all parts are written.
CLOSING = "close/"


def start(filters: Mapping[str, Any], form: str, names: Sequence[str] | None, language: str, write: Write) -> Written:
    """Have a file made. Raises Invalid, KeyReused, Busy.

    Args:
        form: `csv` or `jsonl`.
        names: fields of a lead; None for all that make sense in this form.
        language: of the headers of a CSV file.
    """
    wanted = lead_walks.checked(filters, write.caller, write.at)
    unknown = [(place, name) for place, name in enumerate(names or ()) if name not in LEAD_FIELDS]
    if unknown:
        raise Invalid([problem(f"fields[{place}]", "unknown_field", name) for place, name in unknown])
    chosen = list(dict.fromkeys(names)) if names else list(lead_csv.DEFAULT) if form == "csv" else None
    if form == "csv" and chosen:
        # a field made or deleted meanwhile moves no column
        chosen = lead_csv.single(chosen, own_fields.current(write.at))
    parameters = {"filters": wanted, "fields": chosen, "language": language}
    return jobs.start("export", parameters, write, state={"form": form}, answer=told)


def told(job: Work) -> dict[str, Any]:
    """The export as the API shows it, without a link."""
    progress = work.shown(job)
    kept = ("status", "total", "done", "eta_seconds", "failure", "created_by", "created_at", "finished_at")
    return {
        "id": f"exp_{job.id}",
        "job_id": progress["id"],
        "format": job.state["form"],
        **{name: progress[name] for name in kept},
        "bytes": job.state.get("bytes"),
        "kept_until": rfc3339(job.finished_at + KEPT_FOR) if job.status == DONE and job.finished_at else None,
        "url": None,
        "url_expires_at": None,
    }


def with_link(job: Work, at: datetime) -> dict[str, Any]:
    """The export as the API shows it, with a link that expires, as long as the file is kept."""
    answer = told(job)
    if job.status != DONE or job.finished_at is None or at >= job.finished_at + KEPT_FOR:
        return answer
    form = job.state["form"]
    name = f"leads-{ids.created_at(job.id):%Y-%m-%d}.{form}"
    seconds = int(LINKED_FOR.total_seconds())
    url = files.link("files", _key(job), seconds, name=name, content_type=CONTENT_TYPES[form])
    return {**answer, "url": url, "url_expires_at": rfc3339(at + LINKED_FOR)}


def step(held: Held) -> None:
    """Count a page of leads, write a part of the file, or close it."""
    filters = filters_of(held.parameters["filters"])
    phase, after = lead_walks.place(held)
    if phase == lead_walks.COUNTING:
        lead_walks.count(held, filters, after)
    elif held.work.cursor == CLOSING:
        _close(held)
    else:
        _write(held)


def _write(held: Held) -> None:
    """Gather leads until they make a part, the time is up or there are no more; then put them away."""
    content, exported = bytearray(_begun(held)), 0
    _, after = lead_walks.place(held)
    while True:
        found, leads = _read(held, after)
        content += _rendered(leads, held)
        exported += len(leads)
        if found.next is None:
            _end(held, bytes(content), exported)
            return
        after = found.next["after"]
        if len(content) >= uploads.PART_BYTES:
            _put_part(held, bytes(content), exported, lead_walks.at_lead(after))
            return
        if not held.worker.in_time():
            _put_aside(held, bytes(content), exported, lead_walks.at_lead(after))
            return


def _begun(held: Held) -> bytes:
    """What the last worker had gathered, or the beginning of the file."""
    state = held.work.state
    if "rest" in state:
        return files.read("files", state["rest"])
    if "parts" in state or state["form"] != "csv":
        return b""
    return lead_csv.header(held.parameters["fields"], _own(held), held.parameters["language"])


def _read(held: Held, after: str) -> tuple[Cards, list[Lead]]:
    filters, at = filters_of(held.parameters["filters"]), held.worker.now()
    found = lead_walks.page(filters, held.work, after, PAGE, at)
    return found, [lead for lead in lead_lists.whole(found.cards) if lead_walks.passes(filters, lead, at)]


def _rendered(leads: Sequence[Lead], held: Held) -> bytes:
    names, at = held.parameters["fields"], held.worker.now()
    if held.work.state["form"] == "csv":
        return lead_csv.rows(map(shown, leads), names, _own(held), held.parameters["language"])
    records = (workspace.shown(lead, at) for lead in leads)
    chosen = ({name: record[name] for name in names} if names else record for record in records)
    return b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in chosen)


def _own(held: Held) -> dict[str, Field]:
    """The own fields that are wanted, as far as there are any of their names."""
    wanted = [name.removeprefix("custom.") for name in held.parameters["fields"] if name.startswith("custom.")]
    return own_fields.by_name(held.worker.now(), dict.fromkeys(wanted))


def _put_aside(held: Held, content: bytes, exported: int, cursor: str) -> None:
    # a name of its own for each run: what a run that died had put aside is never taken for it
    key = f"exports/{held.work.id}/rest-{held.work.holder}"
    files.write("files", key, content)
    held.save(_with(held, exported, cursor, rest=key))


def _put_part(held: Held, content: bytes, exported: int, cursor: str) -> None:
    state = held.work.state
    upload = state.get("upload") or uploads.begin("files", _key(held.work), CONTENT_TYPES[state["form"]])
    etags = list(state.get("parts", []))
    etags.append(uploads.write_part("files", _key(held.work), upload, len(etags) + 1, content))
    size = state.get("bytes", 0) + len(content)
    held.save(_with(held, exported, cursor, upload=upload, parts=etags, bytes=size))


def _end(held: Held, content: bytes, exported: int) -> None:
    """The last part; or the whole file, where all of it is less than one."""
    if "parts" in held.work.state:
        _put_part(held, content, exported, CLOSING)
        return
    files.write("files", _key(held.work), content, CONTENT_TYPES[held.work.state["form"]])
    held.note(CLOSING, exported=exported)
    held.finish(state=_state(held, bytes=len(content)))


def _close(held: Held) -> None:
    uploads.complete("files", _key(held.work), held.work.state["upload"], held.work.state["parts"])
    held.finish()


def _with(held: Held, exported: int, cursor: str, **state: Any) -> Work:
    """The job with so many leads more, at its next place; what was put aside before is in the file by now."""
    counts = work.counted(held.work, exported=exported)
    return work.changed(held.work, held.worker.now(), cursor=cursor, counts=counts, state=_state(held, **state))


def _state(held: Held, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in held.work.state.items() if name != "rest"} | more


def _key(job: Work) -> str:
    return f"exports/{job.id}/leads.{job.state['form']}"
