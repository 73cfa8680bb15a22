"""Ids of other systems: one spelling of each, by which it is stored, looked up and filtered."""

from __future__ import annotations

import re

from chalicelib.domain.cleaning import Way, below, one_line, read_text
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.problems import problem

#: Of the name of a system; threads of mail and calls are found by their own.
SYSTEM = r"(?!(?:mail|call)$)[A-Za-z0-9._~-]{1,40}"
LONGEST = 1_000
_SYSTEM = re.compile(SYSTEM)


def spelled(system: str, value: str) -> tuple[str, str]:
    """System and id as leads have them. Raises Invalid, about `system` and `external_id`."""
    read, wrong = read_text(value, Way())
    text = one_line(read or "")
    if not text and not wrong:
        wrong = [problem("", "required", value)]
    if len(text) > LONGEST:
        wrong = [problem("", "too_long", value, limit=LONGEST)]
    problems = below("external_id", wrong)
    if not _SYSTEM.fullmatch(system):
        problems.append(problem("system", "invalid_name", system))
    if problems:
        raise Invalid(problems)
    return system, text


def read(text: str) -> tuple[str, str]:
    """As `spelled`, of `system:id`. Raises Invalid, about `external_id`."""
    system, colon, value = text.partition(":")
    if not (system and colon and value):
        raise Invalid([problem("external_id", "invalid_value", text)])
    try:
        return spelled(system, value)
    except Invalid as error:
        raise Invalid([Problem("external_id", each.code, each.detail, text) for each in error.problems]) from None
