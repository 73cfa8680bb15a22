"""What the definition of a form makes of a post: where its fields go, what is preset, what was agreed to. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from chalicelib.domain.errors import Problem
from chalicelib.domain.fields import SHORT_FORMS
from chalicelib.domain.form import CONSENT, FILES, LANGUAGES, Consent, Form, said
from chalicelib.domain.inbound import Raw
from chalicelib.domain.problems import problem
from chalicelib.domain.times import rfc3339


def is_consent(name: str) -> bool:
    """Whether an input is a tick of a consent: `_consent`, or a list of them."""
    return name.partition("[")[0] == CONSENT


def field_of(name: str, form: Form | None) -> str | None:
    """The lead field of an input that the form itself names: `custom.roof`, `address[city]` as JSON has it."""
    asked = _plain(name)
    if form is None or asked == FILES or not any(field.field == asked for field in form.fields):
        return None
    return SHORT_FORMS.get(asked, asked)


def presets(form: Form | None) -> dict[str, str]:
    """Lead field → the value that it has whatever is posted."""
    hidden = [field for field in (form.fields if form else ()) if field.hidden and field.preset]
    return {SHORT_FORMS.get(field.field, field.field): field.preset for field in hidden}


def is_untouched(name: str, value: str, form: Form | None) -> bool:
    """Whether an input has the value that the form began with: nobody said that."""
    asked = _plain(name)
    return any(field.field == asked and field.preset == value for field in (form.fields if form else ()))


def evidence(
    raw: Raw, form: Form | None, ticked: Container[str], *, asked_for: str, page: str
) -> tuple[dict[str, str], ...]:
    """What was agreed to, as a lead keeps it: the text as it was shown, its version, when, on which page.

    Args:
        ticked: ids of consents; those that the form does not have count nothing.
        asked_for: the language that the form was shown in, if it says so.
    """
    agreed = [consent for consent in (form.consents if form else ()) if consent.id in ticked]
    wishes = [asked_for, *raw.meta.get("accept_language", "").split(",")]
    return tuple(
        {
            "text": _shown(consent, wishes),
            "version": str(consent.version),
            "at": rfc3339(raw.received_at),
            **({"page": page[:2_000]} if page else {}),
        }
        for consent in agreed
    )


def missing(form: Form | None, ticked: Container[str]) -> tuple[Problem, ...]:
    """A problem for each consent that is required and was not given."""
    needed = [consent for consent in (form.consents if form else ()) if consent.required]
    return tuple(problem(CONSENT, "required", consent.id) for consent in needed if consent.id not in ticked)


def told(form: Form | None, ticked: Container[str]) -> list[dict[str, object]]:
    """Which consents they are, for the timeline."""
    return [
        {"id": consent.id, "version": consent.version}
        for consent in (form.consents if form else ())
        if consent.id in ticked
    ]


def _plain(name: str) -> str:
    return name.replace("[", ".").replace("]", "").rstrip(".")


def _shown(consent: Consent, wishes: Iterable[str]) -> str:
    texts = consent.text if isinstance(consent.text, Mapping) else {}
    spoken = (wish.strip()[:2].lower() for wish in wishes)
    return said(consent.text, next((each for each in spoken if texts.get(each)), LANGUAGES[0]))
