"""Filters of leads as a JSON object: of bulk changes and exports, under the names of the list's parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.domain.cleaning import is_empty, wrong_type
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.listing import OLDEST, Filters
from chalicelib.domain.pipeline import CONVERTED, JUNK, OPEN
from chalicelib.domain.problems import as_text, problem
from chalicelib.domain.times import FIRST_YEAR, LAST_YEAR, parse

KINDS = (OPEN, CONVERTED, JUNK)
#: Filters of the list that know no order of creation, so that nobody could go on behind a lead.
UNORDERED = frozenset({"q"})
#: Characters; an external id has at most 1,000, and its system 40.
LONGEST = 1_100

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def filters_of(body: Mapping[str, Any]) -> Filters:
    """The filters of a JSON object, in the order of creation, which no change of a lead touches.

    Args:
        body: `{"status": "new" | ["new", …], "kind", "owner_id", …}`; null is no filter.
    Raises:
        Invalid: all problems at once.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in body.items():
        read = _READ.get(name)
        if name in UNORDERED:
            problems += [] if is_empty(value) else [problem(name, "unsupported_filter", as_text(value))]
        elif read is None:
            problems.append(problem(as_text(name), "unknown_field", value))
        elif not is_empty(value):
            values[name], wrong = read(name, value)
            problems += wrong
    if problems:
        raise Invalid(problems)
    return Filters(**values, sort=OLDEST)


_Read = tuple[Any, list[Problem]]


def _texts(name: str, value: object) -> _Read:
    texts = value if isinstance(value, list) else [value]
    wrong = [problem for each in texts for problem in _text(name, each)[1]]
    return tuple(texts), wrong


def _text(name: str, value: object) -> _Read:
    if not isinstance(value, str):
        return None, _at(name, wrong_type(value, "a text"))
    return (value, []) if len(value) <= LONGEST else (None, [problem(name, "too_long", value, limit=LONGEST)])


def _kind(name: str, value: object) -> _Read:
    if value in KINDS:
        return value, []
    return None, [problem(name, "invalid_choice", value, choices=", ".join(KINDS))]


def _flag(name: str, value: object) -> _Read:
    return (value, []) if isinstance(value, bool) else (None, _at(name, wrong_type(value, "true or false")))


def _moment(name: str, value: object) -> _Read:
    try:
        text = str(value)
        if _DATE.fullmatch(text):
            moment = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        else:
            moment = parse(text)
    except ValueError:
        return None, [problem(name, "invalid_datetime", value)]
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None, [problem(name, "out_of_range", value, range=f"the years {FIRST_YEAR} to {LAST_YEAR}")]
    return moment, []


def _at(name: str, wrong: Problem) -> list[Problem]:
    return [Problem(name, wrong.code, wrong.detail, wrong.value)]


_READ: Mapping[str, Callable[[str, object], _Read]] = {
    "status": _texts,
    "kind": _kind,
    "owner_id": _text,
    "source": _text,
    "created_since": _moment,
    "created_until": _moment,
    "email": _text,
    "phone": _text,
    "external_id": _text,
    "contact_id": _text,
    "company_id": _text,
    "import_id": _text,
    "repeat": _flag,
    "tag": _text,
}
#: What can be asked for.
NAMES = tuple(_READ)
