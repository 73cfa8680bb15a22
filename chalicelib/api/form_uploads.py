"""Larger files of website forms, uploaded before the post."""

from __future__ import annotations

import msgspec

from chalicelib.api import bodies
from chalicelib.api.http import PUBLIC, Answer, Door, Request, check_size
from chalicelib.domain.errors import NotFound
from chalicelib.services import workspace

door = Door()


class NewUpload(msgspec.Struct, forbid_unknown_fields=True):
    """A file that is going to be uploaded; what it is will be told by its content.

    Attributes:
        size: bytes.
    """

    name: str
    size: int
    content_type: str | None = None


@door.post("/f/{form_id}/uploads", scope=PUBLIC, query=None, raw=True)
def begin(request: Request, form_id: str) -> Answer:
    """How to upload a file that is too large for the post.

    JSON, also as `text/plain`, so that a page of another host needs no preflight.
    """
    from chalicelib.api import form_intake
    from chalicelib.services import form_guard, form_uploads

    check_size(request.body, bodies.MAX_BYTES)
    sent = request.json(NewUpload)
    form = workspace.form(form_id, request.now)
    if form is None:
        raise NotFound("There is no such form")
    form_intake.is_over_the_limit(form, form_guard.address_hash(request.ip, request.now), request.now)
    begun = form_uploads.begin(form, sent.name, sent.size, request.now)
    return Answer(begun, 201, location=str(begun["upload"]["url"]))
