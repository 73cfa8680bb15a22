"""What the door of forms makes of a post before it is taken in: what is missing, and the form shown again with it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.api import pages
from chalicelib.api.http import Answer, Request, page
from chalicelib.api.pages import Hidden
from chalicelib.domain import form_captcha
from chalicelib.domain.errors import Busy, Gone, Invalid, Problem
from chalicelib.domain.fields import Field
from chalicelib.domain.form import Form
from chalicelib.services import own_fields, workspace

if TYPE_CHECKING:
    from chalicelib.domain.form_answers import Answers
    from chalicelib.domain.form_view import FormView
    from chalicelib.domain.inbound import Raw
    from chalicelib.sources.web_form import FormPost

#: Control fields of a post that its form, shown again, sends along once more.
KEPT = ("_key", "_next", "_page", "_referrer", "_landing", "_t")
LONGEST_ADDRESS = 2_000


@dataclass(frozen=True)
class Checked:
    """A post held against its form.

    Attributes:
        problems: everything that is missing or unusable.
        rest: fields with a value that the form does not ask for: they are sent along once more.
    """

    answers: Answers
    problems: tuple[Problem, ...] = ()
    rest: Hidden = ()

    @property
    def missing(self) -> str:
        """Names of fields that were not sent at all, with blanks between.

        What cannot be used, and which consents were not given, is told whenever the post is read.
        """
        fields = (each.field for each in self.problems if each.code == "required")
        return " ".join(name for name in fields if not name.startswith("_"))


def check(request: Request, form: Form, post: FormPost, raw: Raw) -> Checked:
    """What a form requires and the post lacks. Nothing where that cannot be told now: then it is taken in as it is.

    Nor of a post that could not be read whole: nobody would know what it lacks.
    """
    from chalicelib.domain import form_answers

    nothing = Checked(form_answers.Answers())
    if not form.active or post.unreadable or post.problems or not _requires_anything(form):
        return nothing
    try:
        answers, rest = _understood(request, form, post, raw)
        reading = workspace.reading(raw, request.now)
        way = form_answers.Way(
            custom=_custom(form, request),
            region=reading.default_region,
            currency=workspace.settings(request.now)["currency"],
            time_zone=reading.time_zone,
        )
    except Busy as error:
        log.failure("form_not_checked", error, form=form.id)
        return nothing
    return Checked(answers, form_answers.lacking(form, answers, way), rest)


def sees_the_answer(request: Request) -> bool:
    """Whether who posts can be told: a beacon and a fetch without CORS cannot read what they are answered."""
    return request.headers.get("sec-fetch-mode", "").strip().lower() != "no-cors"


def refused(request: Request, form: Form, post: FormPost, raw: Raw, checked: Checked) -> Answer:
    """The form with the visitor's values and all that is wrong: a page for browsers. Raises Invalid for scripts."""
    from chalicelib.domain import form_view

    asked_for = post.controls.get("_lang", "")
    language = language_of(request, form, asked_for)
    answers, rest = checked.answers, checked.rest
    if not answers.values:
        answers, rest = _understood(request, form, post, raw)
    view = form_view.view(form, language, _custom(form, request), answers=answers, problems=checked.problems)
    if not request.wants_html:
        raise _in_their_words(view, checked.problems)
    came_from = {"_page": request.headers["referer"][:LONGEST_ADDRESS]} if "referer" in request.headers else {}
    # `_t` stays, when the form was shown first: who corrects something is quick
    kept = came_from | {name: post.controls[name] for name in KEPT if name in post.controls}
    captcha = form_captcha.view(form, language)
    uploaded = [("_upload", each) for each in post.uploads]
    html = pages.form_page(view, [*_hidden(request, form, language, kept), *uploaded, *rest], captcha)
    return page(html, 422, headers=pages.headers(form.hosts, captcha))


def form_page(request: Request, form: Form) -> Answer:
    """The form as a page of its own, or with `fragment` for the embed script. Raises Gone."""
    from chalicelib.domain import form_view

    language = language_of(request, form)
    in_other_page = "fragment" in request.query
    if not form.active:
        if not in_other_page:
            raise Gone("This form is switched off", code="form_off")
        return page(pages.closed_fragment(language), 410, headers=pages.headers(form.hosts))
    view = form_view.view(form, language, _custom(form, request))
    if in_other_page:
        captcha = form_captcha.view(form, language, request.base_url)
        sent_along = _hidden(request, form, language, {})
        html = pages.fragment(view, sent_along, form_view.thanks(form, language), captcha)
        return page(html, headers=pages.headers(form.hosts))
    # who follows a link to this page, or sees it in a frame, came from there
    came_from = request.headers.get("referer", "")[:LONGEST_ADDRESS]
    captcha = form_captcha.view(form, language)
    sent_along = _hidden(request, form, language, {"_referrer": came_from} if came_from else {})
    return page(pages.form_page(view, sent_along, captcha), headers=pages.headers(form.hosts, captcha))


def _hidden(request: Request, form: Form, language: str, kept: Mapping[str, str]) -> Hidden:
    """What every form that is shown sends along: a key that makes a double click one submission, when, the language."""
    shown_at = {"_key": secrets.token_urlsafe(12), **_shown_at(form, request)}
    return list({**shown_at, **kept, "_lang": language}.items())


def _shown_at(form: Form, request: Request) -> dict[str, str]:
    """`_t`; nothing where it cannot be signed now."""
    from chalicelib.services import form_times

    try:
        return {"_t": form_times.stamp(form.id, request.now)}
    except Busy:
        return {}


def language_of(request: Request, form: Form, asked_for: str = "") -> str:
    """The language asked for, else the browser's first that the form can be shown in."""
    from chalicelib.domain.form_view import languages_of

    asked = asked_for or (request.query.get("lang") or [""])[0]
    return pages.language([asked, *request.headers.get("accept-language", "").split(",")], languages_of(form))


def _custom(form: Form, request: Request) -> Mapping[str, Field]:
    """The workspace's own fields, where the form asks for any: else it can be shown while settings cannot be read."""
    asks = any(each.field.startswith("custom.") for each in form.asked)
    return own_fields.by_name(request.now) if asks else {}


def _requires_anything(form: Form) -> bool:
    return any(each.required for each in form.asked) or any(each.required for each in form.consents)


def _understood(request: Request, form: Form, post: FormPost, raw: Raw) -> tuple[Answers, Hidden]:
    """What was said, by our names and by those of the form's fields, and the rest as it was sent."""
    from chalicelib.domain.form_answers import Answers
    from chalicelib.domain.form_kinds import long_name
    from chalicelib.sources import web_form

    found = web_form.understood(post, workspace.reading(raw, request.now))
    answers = Answers(found.values, found.names, frozenset(post.consents), bool(post.files or post.uploads))
    asked = {long_name(each.field) for each in form.asked}
    if "name" in asked and "name" not in found.values:
        asked |= {"given_name", "middle_name", "family_name"}
    return answers, [pair for field, pair in found.pairs if field not in asked]


def _in_their_words(view: FormView, problems: Sequence[Problem]) -> Invalid:
    """The problems with sentences that a script can show to a visitor as they are."""
    told = {complaint.field: complaint.text for complaint in view.complaints}
    return Invalid(
        [replace(each, detail=told.get(each.field, each.detail)) for each in problems], view.words["summary"]
    )
