"""Website forms: one URL that any form may post to, and a page of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.api import pages
from chalicelib.api.http import PUBLIC, Answer, Door, Request, page, see_other
from chalicelib.domain import redirects
from chalicelib.domain.errors import Busy, Invalid, NotFound
from chalicelib.domain.form import Form
from chalicelib.domain.inbound import Raw
from chalicelib.domain.problems import problem
from chalicelib.services import workspace

if TYPE_CHECKING:
    from chalicelib.services.intake import Settled

door = Door()

#: Evidence that comes with a post, kept with the raw.
EVIDENCE = {"referer": "page", "user-agent": "user_agent", "accept-language": "accept_language"}
LONGEST_EVIDENCE = 500


@door.post("/f/{form_id}", scope=PUBLIC, query=None, raw=True)
def receive(request: Request, form_id: str) -> Answer:
    """303 to a thank-you page for browsers, 200 with JSON for scripts; whatever was said is kept.

    Where nothing at all was said, 422: the form's page for browsers, a problem for scripts.
    """
    # imported with the first post: a cold start for another door does not pay for it
    from chalicelib.sources import web_form

    raw = Raw(
        source="web_form",
        detail=form_id,
        external_id="",
        received_at=request.now,
        body=request.body,
        content_type=request.headers.get("content-type", ""),
        meta={name: request.headers[header][:LONGEST_EVIDENCE] for header, name in EVIDENCE.items()
              if header in request.headers},
    )  # fmt: skip
    post = web_form.read_form(raw)
    form = _form(form_id, request) or Form(form_id)
    if web_form.is_empty(post):
        return _said_nothing(request, form, post.controls)
    settled = _receive(raw, web_form.identity(form_id, post, request.now), request)
    return _thanks(request, form, post.controls, settled)


@door.get("/f/{form_id}", scope=PUBLIC, query=None)
def show(request: Request, form_id: str) -> Answer:
    """The form as a page of its own."""
    form = workspace.form(form_id, request.now)
    if form is None:
        raise NotFound("There is no such form")
    return _form_page(request, form, {})


@door.get("/f/{form_id}/thanks", scope=PUBLIC, query=None)
def show_thanks(request: Request, form_id: str) -> Answer:
    """Where a browser lands after a post."""
    _form(form_id, request)
    return page(pages.thanks_page(_language(request, {})), headers=pages.HEADERS)


def _form_page(request: Request, form: Form, controls: Mapping[str, str], *, error: bool = False) -> Answer:
    """The form's own page; where it takes the place of a page that was posted from, `_page` and `_next` are kept."""
    kept = {name: controls[name] for name in ("_next", "_page") if name in controls}
    sent_along = {"_key": secrets.token_urlsafe(12), **kept}
    html = pages.form_page(form.name, _language(request, controls), sent_along, error=error)
    return page(html, 422 if error else 200, headers=pages.HEADERS)


def _said_nothing(request: Request, form: Form, controls: Mapping[str, str]) -> Answer:
    if not request.wants_html:
        raise Invalid([problem("", "says_nothing")])
    came_from = {"_page": request.headers["referer"][:LONGEST_EVIDENCE]} if "referer" in request.headers else {}
    return _form_page(request, form, came_from | dict(controls), error=True)


def _form(form_id: str, request: Request) -> Form | None:
    """The form's definition; None where settings cannot be read now: the post is taken in all the same."""
    try:
        form = workspace.form(form_id, request.now)
    except Busy:
        return None
    if form is None:
        raise NotFound("There is no such form")
    return form


def _receive(raw: Raw, external_ids: tuple[str, ...], request: Request) -> Settled:
    """Receive it once: the same values a window earlier are the same submission."""
    from chalicelib.services import intake
    from chalicelib.sources import read

    for earlier in external_ids[1:]:
        try:
            settled = intake.received_before(replace(raw, external_id=earlier), read, request.now)
        except Busy:
            settled = None
        if settled:
            return settled
    return intake.receive(replace(raw, external_id=external_ids[0]), read, request.now)


def _thanks(request: Request, form: Form, controls: Mapping[str, str], settled: Settled) -> Answer:
    target = redirects.allowed(controls.get("_next", ""), form.hosts) or form.redirect_url
    if request.wants_html:
        return see_other(target or f"/f/{form.id}/thanks?lang={_language(request, controls)}")
    message = pages.TEXTS[_language(request, controls)]["thanks"]
    receipt_id = f"rcp_{settled.receipt}"
    return Answer({"message": message, "redirect_url": target or None, "receipt_id": receipt_id})


def _language(request: Request, controls: Mapping[str, str]) -> str:
    """`de` or `en`: asked for, else the browser's first of the two."""
    asked = controls.get("_lang") or (request.query.get("lang") or [""])[0]
    return pages.language([asked, *request.headers.get("accept-language", "").split(",")])
