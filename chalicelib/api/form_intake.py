"""What happens to a form post between its door and the intake: what only the door can know is noted, then it is kept.

Everything noted stands in `Raw.meta` before the receipt is written, so that a replay decides the same. Nothing that
goes wrong here costs the enquiry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain import origins
from chalicelib.domain.errors import Busy, TooMany
from chalicelib.domain.form import Form
from chalicelib.domain.inbound import Raw
from chalicelib.services import workspace

if TYPE_CHECKING:
    from chalicelib.api.http import Request
    from chalicelib.services.intake import Settled
    from chalicelib.sources.web_form import FormPost

LONGEST_ORIGIN = 100


def take_in(request: Request, form: Form | None, post: FormPost, raw: Raw) -> Settled:
    """Take in a post, once: the same values a window earlier are the same submission.

    Args:
        form: None where its definition cannot be read now: then nothing is looked at that depends on it.
    Raises:
        TooMany: over the limit at which posts of one address are refused.
        Busy: nothing can be stored.
    """
    from chalicelib.services import intake
    from chalicelib.sources import read, web_form

    external_ids = web_form.identity(raw.detail, post, request.now)
    raw = replace(raw, external_id=external_ids[0], meta={**raw.meta, **_evidence(request, post, raw.detail)})
    is_one_of_many = form is not None and is_over_the_limit(form, raw.meta.get("address_hash", ""), request.now)
    # a proof is good once: with a captcha, a retry of what is there already must not be checked
    looked_for = external_ids if form and form.spam.captcha else external_ids[1:]
    if settled := _received_before(looked_for, raw, request):
        return settled
    if form:
        raw = replace(raw, meta={**raw.meta, **_checked(request, form, post, raw, external_ids)})
    if is_one_of_many:
        try:
            return intake.put_off(raw)
        except Busy:
            pass  # no queue: at once, then
    return intake.receive(raw, read, request.now)


def _evidence(request: Request, post: FormPost, form_id: str) -> dict[str, str]:
    """`address_hash`, `origin`, `seconds`, as far as they can be had."""
    found = {"origin": _origin(request)}
    try:
        from chalicelib.services import form_guard, form_times

        found["address_hash"] = form_guard.address_hash(request.ip, request.now)
        if stamped := post.controls.get("_t"):
            found["seconds"] = form_times.seconds_since(stamped, form_id, request.now)
    except Busy:
        pass  # the workspace's secret cannot be read now
    return {name: value for name, value in found.items() if value}


def _origin(request: Request) -> str:
    """Where the page stands that the post was sent from; empty for one of ours, and where the browser does not say."""
    sent = request.headers.get("origin", "").strip()
    address = request.headers.get("referer", "").strip() if sent in ("", "null") else sent
    place, ours = origins.place(address), origins.place(request.base_url)
    if place is None:
        return address[:LONGEST_ORIGIN]
    return "" if ours and place.host == ours.host else f"{place.scheme}://{place}"[:LONGEST_ORIGIN]


def is_over_the_limit(form: Form, address_hash: str, at: datetime) -> bool:
    """Count one more post or upload; whether it had better wait. Raises TooMany."""
    from chalicelib.services import form_guard

    decision = form_guard.count(form, address_hash, at)
    if decision is None:
        return False
    if decision.course == "refused":
        raise TooMany(
            f"More than {form.spam.at_most_per_minute} posts a minute came from this address",
            extra={"retry_after": decision.wait},
        )
    return decision.course == "queued"


def _received_before(external_ids: Sequence[str], raw: Raw, request: Request) -> Settled | None:
    from chalicelib.services import intake
    from chalicelib.sources import read

    for external_id in external_ids:
        try:
            settled = intake.received_before(replace(raw, external_id=external_id), read, request.now)
        except Busy:
            continue
        if settled:
            return settled
    return None


def _checked(request: Request, form: Form, post: FormPost, raw: Raw, external_ids: Sequence[str]) -> dict[str, str]:
    """`captcha` and `repeated_text`, as far as the form asks for them."""
    from chalicelib.sources import form_guard

    found = {}
    if form.spam.captcha:
        found["captcha"] = _against_the_proof(request, form, post, external_ids) or form_guard.PROVEN
    if form.spam.repeated_text and _came_from_others(request, post, raw):
        found["repeated_text"] = form_guard.YES
    return found


def _against_the_proof(request: Request, form: Form, post: FormPost, external_ids: Sequence[str]) -> str:
    captcha, proof = form.spam.captcha, post.controls.get("_captcha", "")
    assert captcha
    if not proof:
        return "captcha_missing"
    try:
        if captcha.provider == "altcha":
            from chalicelib.services import proofs

            return proofs.check(form, proof, external_ids, request.now)
        from chalicelib.outbound import captcha as providers

        return providers.check(captcha, proof, external_ids[0], _hosts(request, form))
    except Exception as error:
        log.failure("captcha_not_checked", error, form=form.id)
        return "captcha_unavailable"


def _hosts(request: Request, form: Form) -> tuple[str, ...]:
    """The form's, and ours, on which its own page stands; none where the form names none."""
    ours = origins.place(request.base_url)
    return (*form.hosts, *([ours.host] if ours else [])) if form.hosts else ()


def _came_from_others(request: Request, post: FormPost, raw: Raw) -> bool:
    from chalicelib.services import form_guard as guard
    from chalicelib.sources import form_guard, web_form

    text = form_guard.repeatable(web_form.texts(post))
    if not text:
        return False
    try:
        values = web_form.read(raw, workspace.reading(raw, request.now)).values
    except Busy:
        return False
    senders = form_guard.senders(values, post.controls.get("_key", ""))
    return guard.came_from_others(raw.detail, text, senders, request.now)
