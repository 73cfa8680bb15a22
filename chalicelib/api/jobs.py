"""Long work over HTTP: how far it is, and how to stop it."""

from __future__ import annotations

from chalicelib.api import cursors, http
from chalicelib.api.http import ANY_KEY, Answer, Door, Request
from chalicelib.api.parameters import PAGE
from chalicelib.domain import ids, work
from chalicelib.domain.errors import NotFound
from chalicelib.services import workspace
from chalicelib.store import work as stored

door = Door()


@door.get("/v1/jobs", scope=ANY_KEY, query=PAGE)
def newest(request: Request) -> Answer:
    """Jobs, newest first; imports are listed by themselves."""
    secret = workspace.cursor_secret(request.now)
    found = stored.newest(request.params["limit"], cursors.start_of(request, secret))
    listed = [work.shown(each) for each in found.works]
    return Answer({"data": listed, "next_cursor": cursors.next_of(request, found.next, secret)})


@door.get("/v1/jobs/{job_id}", scope=ANY_KEY)
def show(request: Request, job_id: str) -> Answer:
    """Progress and result of one job."""
    text = ids.strip(job_id, "job")
    found, reasons = stored.page(text) if text else (None, [])
    if found is None:
        raise NotFound("There is no such job")
    return Answer(work.shown(found, reasons))


@door.post("/v1/jobs/{job_id}/cancel", scope=ANY_KEY)
def cancel(request: Request, job_id: str) -> Answer:
    """Stop it; what is done stays done. The key needs the scope that the job was made with."""
    from chalicelib.services import work as service

    return http.of_write(service.cancel(service.own_part(job_id), request.write))
