"""What a post to a form lacks: which fields are shown, and which of the required ones are empty or cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from chalicelib.domain.errors import Problem
from chalicelib.domain.fields import Field, clean_values, derive_name
from chalicelib.domain.form import CONSENT, FILES, Form, FormField
from chalicelib.domain.form_kinds import choices_in, is_true, kind_of, long_name
from chalicelib.domain.paths import written
from chalicelib.domain.problems import problem


@dataclass(frozen=True)
class Answers:
    """What was posted, in our own words.

    Attributes:
        values: lead field → texts as sent; `emails`, `custom.roof_area`, `address.city`.
        names: the same field → name of the input it came from, where that is another.
        consents: ids of those that were ticked.
        has_files: any file came along.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    consents: Set[str] = frozenset()
    has_files: bool = False


@dataclass(frozen=True)
class Way:
    """How values are read.

    Attributes:
        custom: the workspace's own fields by name.
        region: ISO 3166 alpha-2, for phones.
        currency: ISO 4217.
        time_zone: IANA name.
    """

    custom: Mapping[str, Field] = field(default_factory=dict)
    region: str = "DE"
    currency: str = "EUR"
    time_zone: str = ""


def shown(form: Form, answers: Answers, custom: Mapping[str, Field]) -> frozenset[str]:
    """The visible fields that a visitor with these answers sees: those without a condition, and whose condition holds.

    A field that depends on one that is not shown is not shown.
    """
    by_name = {each.field: each for each in form.asked}

    def holds(one: FormField, above: tuple[str, ...]) -> bool:
        if one.show_if is None:
            return True
        other = by_name.get(one.show_if.field)
        if other is None or other.field in above or not holds(other, (*above, other.field)):
            return False
        return says(other, one.show_if.equals, answers, custom)

    return frozenset(name for name, each in by_name.items() if not each.hidden and holds(each, (name,)))


def says(one: FormField, equals: str, answers: Answers, custom: Mapping[str, Field]) -> bool:
    """Whether a field has a value, by id or by its words; no tick is no."""
    texts = [one.preset] if one.hidden and one.preset else answers.values.get(long_name(one.field), ())
    kind = kind_of(one.field, custom)
    if kind and kind.input == "checkbox":
        return is_true(texts) == is_true([equals])
    if kind and kind.choices:
        return bool(set(choices_in(kind, [equals])) & set(choices_in(kind, texts)))
    return any(text.strip().casefold() == equals.strip().casefold() for text in texts)


def lacking(form: Form, answers: Answers, way: Way) -> tuple[Problem, ...]:
    """A problem for each shown field that is required and is empty or unusable, and for each consent that is needed.

    The field of a problem is the input's name as sent, or as the form calls it where it was not sent. A consent's is
    `_consent.<id>`.
    """
    visible = shown(form, answers, way.custom)
    needed = (each.field for each in form.asked if each.required and each.field in visible)
    missing = (
        problem(written((CONSENT, each.id)), "required")
        for each in form.consents
        if each.required and each.id not in answers.consents
    )
    return (*(found for name in needed for found in _of_field(name, answers, way)), *missing)


def _of_field(name: str, answers: Answers, way: Way) -> Iterator[Problem]:
    if kind_of(name, way.custom) is None:
        return  # deleted since: nobody can fill it in
    if name == FILES:
        if not answers.has_files:
            yield problem(name, "required")
        return
    field = long_name(name)
    texts = tuple(text for text in answers.values.get(field, ()) if text.strip())
    if not texts:
        if not (field == "name" and derive_name({part: _first(answers, part) for part in _PARTS})):
            yield problem(name, "required")
        return
    values, problems = clean_values(
        {field: texts},
        region=way.region,
        lenient=True,
        currency=way.currency,
        time_zone=way.time_zone,
        custom=way.custom,
    )
    if not values or _is_no(name, texts, way):
        code = problems[0].code if problems else "required"
        yield Problem(answers.names.get(field, name), code, problems[0].detail if problems else "", texts[0])


def _is_no(name: str, texts: Sequence[str], way: Way) -> bool:
    """Whether a tick that must be there was sent as none."""
    kind = kind_of(name, way.custom)
    return kind is not None and kind.input == "checkbox" and not is_true(texts)


def _first(answers: Answers, field: str) -> str:
    return next((text.strip() for text in answers.values.get(field, ()) if text.strip()), "")


_PARTS = ("given_name", "middle_name", "family_name")
