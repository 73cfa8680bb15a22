"""Website forms: made, changed, removed. What was posted stays, whatever becomes of a form."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from chalicelib.domain import forms as rules
from chalicelib.domain import ids
from chalicelib.domain.cleaning import Way
from chalicelib.domain.errors import NotFound
from chalicelib.domain.form_fields import Surroundings
from chalicelib.domain.times import rfc3339
from chalicelib.domain.write import Write
from chalicelib.services import answering, own_fields, workspace
from chalicelib.services.answering import Written, written
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import forms as stored
from chalicelib.store.forms import FIRST, StoredForm

#: Nobody guesses an address: 80 random bits, in 16 characters.
BITS, WIDTH = 80, 16


def create(body: Mapping[str, Any], write: Write, base_url: str) -> Written:
    """One more. Raises Invalid with all problems, TooLarge, KeyReused, Busy."""
    answered = answering.before(write)
    if answered:
        return answered
    record = rules.new(body, _around(write))
    times = {"created_at": rfc3339(write.at), "updated_at": rfc3339(write.at)}
    form_id = f"frm_{ids.encode(secrets.randbits(BITS), WIDTH)}"
    form = StoredForm(form_id, FIRST, {**record, **times}, (write.origin,))
    made = written(201, rules.shown(form.form, base_url), version=FIRST, location=f"/v1/forms/{form.id}")

    def decide(known: Known) -> Plan[Written]:
        return Plan([*stored.add(form), *answering.keep(write, made)], made)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        return made if stored.get(form.id) else None

    return settle(decide, own, Known(write.at))


def change(form_id: str, patch: Mapping[str, Any], write: Write, base_url: str) -> Written:
    """Apply a merge patch. Raises NotFound, PreconditionFailed, Invalid (with all), TooLarge, KeyReused, Busy."""
    answered = answering.before(write)
    if answered:
        return answered
    around = _around(write)

    def decide(known: Known) -> Plan[Written]:
        before = get(form_id)
        shown = rules.shown(before.form, base_url)
        write.check_version(before.version, shown)
        record = rules.changed(before.record, patch, shown, around)
        if record == before.record:
            answer = written(200, shown, version=before.version)
            return Plan([stored.unchanged(before), *answering.keep(write, answer)], answer)
        after = stored.changed(before, {**record, "updated_at": rfc3339(write.at)}, write.origin)
        answer = _shown(after, base_url)
        return Plan([*stored.write(before, after), *answering.keep(write, answer)], answer)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        current = stored.get(form_id)
        return _shown(current, base_url) if current and write.origin in current.origins else None

    try:
        return settle(decide, own, Known(write.at))
    finally:
        workspace.forget_form(form_id)


def remove(form_id: str, write: Write, base_url: str) -> Written:
    """It takes no posts any more; what came by it stays. Raises NotFound, PreconditionFailed, KeyReused, Busy."""
    answered = answering.before(write)
    if answered:
        return answered
    gone = written(204)

    def decide(known: Known) -> Plan[Written]:
        before = get(form_id)
        write.check_version(before.version, rules.shown(before.form, base_url))
        return Plan([*stored.remove(before), *answering.keep(write, gone)], gone)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        return gone if stored.get(form_id) is None else None

    try:
        return settle(decide, own, Known(write.at))
    finally:
        workspace.forget_form(form_id)


def get(form_id: str) -> StoredForm:
    """One form. Raises NotFound, Unavailable."""
    form = stored.get(form_id)
    if form is None:
        raise NotFound("There is no such form")
    return form


def _shown(form: StoredForm, base_url: str) -> Written:
    return written(200, rules.shown(form.form, base_url), version=form.version)


def _around(write: Write) -> Surroundings:
    at = write.at
    settings = workspace.settings(at)
    return Surroundings(
        custom=lambda name: own_fields.by_name(at, {name: ""}).get(name),
        is_user=lambda user: workspace.user_exists(user, at),
        is_source=lambda source: workspace.source_exists(source, at),
        status=lambda status: workspace.status(status, at),
        statuses=workspace.statuses(at),
        languages=settings["languages"],
        way=Way(region=settings["default_region"], currency=settings["currency"]),
        new_secret=secrets.token_hex(32),
    )
