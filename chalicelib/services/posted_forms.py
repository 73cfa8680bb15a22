"""What a form's definition decides of what is posted to it, beside its values: is it open, where do leads begin."""

from __future__ import annotations

from datetime import datetime

from chalicelib.domain.form import Form
from chalicelib.domain.inbound import Raw, Verdict
from chalicelib.domain.pipeline import OPEN
from chalicelib.domain.source import BUILT_IN
from chalicelib.services import workspace
from chalicelib.services.enquiries import Standing

SOURCE = "web_form"


def verdict(raw: Raw, form: Form | None) -> Verdict | None:
    """A post to a form that is closed; or that came while forms could not be read, to one that does not exist."""
    if raw.source != SOURCE:
        return None
    if form is None:
        return Verdict("quarantined", "unknown_form", "There is no form of this id.")
    return None if form.active else Verdict("quarantined", "form_off", "The form is closed.")


def standing(form: Form, at: datetime) -> Standing:
    """Where its leads begin, as far as what it names is still there. Who gets them: see `assignment`."""
    status = workspace.status(form.status, at) if form.status else None
    is_there = form.source in BUILT_IN or workspace.source_exists(form.source, at)
    return Standing(form.source if is_there else SOURCE, form.id, status if status and status.kind == OPEN else None)
