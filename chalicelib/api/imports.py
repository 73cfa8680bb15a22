"""Imports over HTTP: what became of the files that were dropped."""

from __future__ import annotations

from chalicelib.api import cursors
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import PAGE
from chalicelib.domain import ids, job
from chalicelib.domain.errors import NotFound
from chalicelib.services import workspace
from chalicelib.store import files, jobs, receipts

door = Door()


@door.get("/v1/imports", scope="imports:write", query=PAGE)
def newest(request: Request) -> Answer:
    """Imports, newest first."""
    secret = workspace.cursor_secret(request.now)
    found = jobs.newest(request.params["limit"], cursors.start_of(request, secret))
    listed = [job.shown(each) for each in found.jobs]
    return Answer({"data": listed, "next_cursor": cursors.next_of(request, found.next, secret)})


@door.get("/v1/imports/{import_id}", scope="imports:write")
def show(request: Request, import_id: str) -> Answer:
    """Progress and result of one import, with how often its file was delivered."""
    found = _job(import_id)
    receipt = receipts.get(found.receipt)
    return Answer({**job.shown(found), "deliveries": receipt.deliveries if receipt else 1})


@door.get("/v1/imports/{import_id}/errors", scope="imports:write", selects=False)
def errors(request: Request, import_id: str) -> Answer:
    """The refused rows in the file's own shape, ready to be corrected and dropped again: 303 to a link."""
    found = _job(import_id)
    key = f"results/imp_{found.id}/errors.csv"
    if files.describe("imports", key) is None:
        raise NotFound("No row of this import was refused, or it is still running", code="no_errors_file")
    return Answer(status=303, location=files.link("imports", key))


def _job(import_id: str) -> job.Job:
    text = ids.strip(import_id, "imp")
    found = jobs.get(text) if text else None
    if found is None:
        raise NotFound("There is no such import")
    return found
