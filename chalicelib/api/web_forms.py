"""Website forms: one URL that any form may post to, and a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.api import form_posts, pages
from chalicelib.api.http import PUBLIC, Answer, Door, Request, page, see_other
from chalicelib.domain import redirects
from chalicelib.domain.errors import Busy, NotFound
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

    Where nothing at all was said, or not all that the form requires, 422: for browsers the form's page with what was
    entered, for scripts a problem. Who cannot read the answer (a beacon) is not refused for what is missing.
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
    checked = form_posts.check(request, form, post, raw)
    if web_form.is_empty(post, form):
        says_nothing = checked.problems or (problem("", "says_nothing"),)
        return form_posts.refused(request, form, post, raw, replace(checked, problems=says_nothing))
    if checked.problems and form_posts.sees_the_answer(request):
        return form_posts.refused(request, form, post, raw, checked)
    if checked.missing:
        raw = replace(raw, meta={**raw.meta, web_form.MISSING: checked.missing})
    settled = form_intake.take_in(request, known, post, raw)
    return _thanks(request, form, post.controls, settled)


@door.get("/f/{form_id}", scope=PUBLIC, query=None)
def show(request: Request, form_id: str) -> Answer:
    """The form as a page of its own; with `fragment` as the embed script puts it into somebody's page.

    410 while it is switched off.
    """
    form = workspace.form(form_id, request.now)
    if form is None:
        raise NotFound("There is no such form")
    return form_posts.form_page(request, form)


@door.get("/f/{form_id}/thanks", scope=PUBLIC, query=None)
def show_thanks(request: Request, form_id: str) -> Answer:
    """Where a browser lands after a post."""
    from chalicelib.domain.form_view import thanks

    form = _form(form_id, request) or Form(form_id)
    language = form_posts.language_of(request, form)
    return page(pages.thanks_page(language, thanks(form, language)), headers=pages.headers(form.hosts))


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
    from chalicelib.domain.form_view import thanks

    target = redirects.allowed(controls.get("_next", ""), form.hosts) or form.redirect_url
    language = form_posts.language_of(request, form, controls.get("_lang", ""))
    if request.wants_html:
        return see_other(target or f"/f/{form.id}/thanks?lang={language}")
    receipt_id = f"rcp_{settled.receipt}"
    return Answer({"message": thanks(form, language).text, "redirect_url": target or None, "receipt_id": receipt_id})
