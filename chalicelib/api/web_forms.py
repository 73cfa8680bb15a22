"""Website forms: one URL that any form may post to, and a page of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.api import pages
from chalicelib.api.http import PUBLIC, Answer, Door, Request, page, see_other
from chalicelib.domain import form_captcha, redirects
from chalicelib.domain.errors import Busy, Invalid, NotFound
from chalicelib.domain.form import Form
from chalicelib.domain.inbound import Raw
from chalicelib.domain.problems import problem
from chalicelib.services import workspace

if TYPE_CHECKING:
    from chalicelib.services.intake import Settled

door = Door()

#: Evidence that comes with a post, kept with the raw.
EVIDENCE = {
    "referer": "page", "user-agent": "user_agent", "accept-language": "accept_language",
    "content-encoding": "content_encoding",
}  # fmt: skip
LONGEST_EVIDENCE = 500


@door.post("/f/{form_id}", scope=PUBLIC, query=None, raw=True)
def receive(request: Request, form_id: str) -> Answer:
    """303 to a thank-you page for browsers, 200 with JSON for scripts; whatever was said is kept.

    Where nothing at all was said, 422: the form's page for browsers, a problem for scripts.
    """
    # imported with the first post: a cold start for another door does not pay for it
    from chalicelib.api import form_intake
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
    known = _form(form_id, request)
    form = known or Form(form_id)
    if web_form.is_empty(post, form):
        return _said_nothing(request, form, post.controls)
    settled = form_intake.take_in(request, known, post, raw)
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
    """The form's own page; where it takes the place of a page that was posted from, `_page` and `_next` are kept.

    So is `_t`, when the form was shown first: who corrects something is quick.
    """
    kept = {name: controls[name] for name in ("_next", "_page", "_t") if name in controls}
    sent_along = {"_key": secrets.token_urlsafe(12), **_shown_at(form, request), **kept}
    language = _language(request, controls)
    captcha = form_captcha.view(form, language)
    html = pages.form_page(form.name, language, sent_along, error=error, captcha=captcha)
    return page(html, 422 if error else 200, headers=pages.headers(captcha))


def _shown_at(form: Form, request: Request) -> dict[str, str]:
    """`_t`; nothing where it cannot be signed now."""
    from chalicelib.services import form_times

    try:
        return {"_t": form_times.stamp(form.id, request.now)}
    except Busy:
        return {}


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
