"""Bodies of fixed shape, read member by member: every member by its rule, all problems at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.domain.cleaning import Cleaned, Way, below, comes_back, inside, is_same, read_text, wrong_type
from chalicelib.domain.errors import Problem
from chalicelib.domain.paths import written
from chalicelib.domain.problems import problem
from chalicelib.domain.times import FIRST_YEAR, LAST_YEAR

#: Sent value → value to keep (None: absent) and its problems, relative to the member.
Rule = Callable[[object], Cleaned]

SHORT_NAME = 100


def clean(
    body: Mapping[str, object],
    rules: Mapping[str, Rule],
    *,
    needed: Iterable[str] = (),
    kept: Mapping[str, object] | None = None,
) -> tuple[dict[str, Any], list[Problem]]:
    """The members of a body by their rules; what was sent as null or empty is None, what was not sent is absent.

    Args:
        needed: members that may not be null, and not be absent where `kept` is not given.
        kept: the record as it is shown, if there is one: members that come back unchanged are passed over, whatever
            their rules say by now; others without a rule are read-only.
    """
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in body.items():
        if kept is not None and name in kept and (is_same if name in rules else comes_back)(value, kept[name]):
            continue
        if name in rules:
            found[name], wrong = rules[name](value)
            if found[name] is None and not wrong and name in needed:
                wrong = [problem("", "required")]
        elif kept is not None and name in kept:
            wrong = [problem("", "read_only", value)]
        else:
            wrong = [problem("", "unknown_field", value)]
        problems += below(written([name]), wrong)
    missing = [name for name in needed if kept is None and name not in body]
    return found, problems + [problem(name, "required") for name in missing]


def text(limit: int = SHORT_NAME) -> Rule:
    """One line of text."""

    def rule(value: object) -> Cleaned:
        # whoever only reads what was set does without the types of fields: they are a third of a cold start
        from chalicelib.domain.field_types import TEXT

        return TEXT.clean(value, Way(limit=limit))

    return rule


def moment(value: object) -> Cleaned:
    """A time, RFC 3339."""
    from chalicelib.domain.field_types import DATE_TIME

    return DATE_TIME.clean(value, Way())


def timely(value: object) -> Cleaned:
    """A time, RFC 3339, in years in which something can be received or planned here."""
    found, problems = moment(value)
    if found and not FIRST_YEAR <= int(found[:4]) <= LAST_YEAR:
        return None, [problem("", "out_of_range", value, range=f"the years {FIRST_YEAR} to {LAST_YEAR}")]
    return found, problems


def email(value: object) -> Cleaned:
    """An e-mail address."""
    from chalicelib.domain.field_types import Email

    return Email().clean(value, Way())


def matching(pattern: str, code: str = "invalid_name") -> Rule:
    """A text that the whole pattern matches; `code` is the problem of another one."""
    known = re.compile(pattern)

    def rule(value: object) -> Cleaned:
        read, problems = read_text(value, Way())
        if not read:
            return None, problems
        return (read, []) if known.fullmatch(read) else (None, [problem("", code, value)])

    return rule


def one_of(*choices: str) -> Rule:
    """One of some words."""

    def rule(value: object) -> Cleaned:
        if value is None or (isinstance(value, str) and value in choices):
            return value, []
        return None, [problem("", "invalid_choice", value, choices=", ".join(choices))]

    return rule


def flag(value: object) -> Cleaned:
    """True or false."""
    return (value, []) if value is None or isinstance(value, bool) else (None, [wrong_type(value, "true or false")])


def whole(first: int, last: int) -> Rule:
    """A whole number between two, both included."""

    def rule(value: object) -> Cleaned:
        if value is None:
            return None, []
        if isinstance(value, bool) or not isinstance(value, int):
            return None, [wrong_type(value, "a whole number")]
        if first <= value <= last:
            return value, []
        return None, [problem("", "out_of_range", value, range=f"{first} to {last}")]

    return rule


def listed(rule: Rule, most: int, *, unique: str | None = None, shortest: int = 0) -> Rule:
    """A list of values that each keep the rule.

    Args:
        unique: member of the values by which two are the same; empty for the values themselves.
        shortest: the number of values it needs; an empty list is the value `[]`, not absent.
    """

    def clean_list(value: object) -> Cleaned:
        if value is None:
            return None, []
        if not isinstance(value, list):
            return None, [wrong_type(value, "a list")]
        if len(value) > most:
            return None, [problem("", "too_many", value, limit=most)]
        found: list[Any] = []
        problems: list[Problem] = []
        for position, each in enumerate(value):
            one, wrong = rule(each)
            wrong = [problem("", "required")] if one is None and not wrong else wrong
            if not wrong and unique is not None and _key(one, unique) in [_key(other, unique) for other in found]:
                wrong = [problem(f".{unique}" if unique else "", "repeated", each)]
            problems += below(f"[{position}]", wrong)
            found.append(one)
        if len(value) < shortest:
            problems.append(problem("", "required"))
        return (None, problems) if problems else (found, [])

    return clean_list


def shaped(rules: Mapping[str, Rule], needed: Iterable[str] = ()) -> Rule:
    """An object whose members keep their rules; absent ones stay away."""
    wanted = tuple(needed)

    def clean_object(value: object) -> Cleaned:
        if value is None:
            return None, []
        if not isinstance(value, Mapping):
            return None, [wrong_type(value, "an object")]
        found, problems = clean(value, rules, needed=wanted)
        inner = inside("", problems)
        return (None, inner) if inner else ({name: each for name, each in found.items() if each is not None}, [])

    return clean_object


def merged(current: object, patch: object) -> Any:
    """A JSON merge patch (RFC 7396) applied: null removes a member, objects are merged, all else is replaced."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(current) if isinstance(current, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _key(value: Any, member: str) -> Any:
    return value.get(member) if member and isinstance(value, Mapping) else value
