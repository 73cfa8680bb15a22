"""What a form may ask for, and what it may write into a lead by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import members
from chalicelib.domain.cleaning import SHORT, Cleaned, FieldType, Way, below, read_text, step, wrong_type
from chalicelib.domain.errors import Problem
from chalicelib.domain.field_lists import Struct
from chalicelib.domain.field_types import LONG_TEXT, TEXT
from chalicelib.domain.fields import FIELD_TYPES, LEAD_FIELDS, SHORT_FORMS, Field, clean_values
from chalicelib.domain.form import FILES
from chalicelib.domain.pipeline import Status
from chalicelib.domain.problems import problem

MOST_FIELDS = 100
LONGEST_PRESET, LONGEST_NAME = 1_000, 100
CUSTOM = "custom."
#: What a visitor can say of himself in one input.
_SAID = """
    title honorific name given_name middle_name family_name company position birthdate phone email websites amount
    comment
"""
SAID = frozenset(_SAID.split())
#: Fields whose members have an input each; None: of any name.
WITH_MEMBERS: Mapping[str, frozenset[str] | None] = {
    **{name: frozenset(kind.members) for name in ("address", "utm") if isinstance(kind := FIELD_TYPES[name], Struct)},
    "messengers": None,
    "click_ids": None,
}
#: What the form may write by a hidden preset, and no visitor.
WRITTEN = frozenset({"tags"})
#: Types of own fields that no visitor can know a value of.
REFERENCES = frozenset({"user", "contact", "company"})
#: What stands beside `fields` in the definition.
_ELSEWHERE = {"status": "status", "source": "source", "owner_id": "owner_id", "consent": "consents"}
_PLURALS = {long: short for short, long in SHORT_FORMS.items()}


@dataclass(frozen=True)
class Surroundings:
    """What the definition of a form may refer to.

    Attributes:
        custom: an own field by its name.
        status: by its id.
        languages: of texts, ISO 639-1.
        way: for presets.
        new_secret: for a captcha that needs one and was given none.
    """

    custom: Callable[[str], Field | None]
    is_user: Callable[[str], bool]
    is_source: Callable[[str], bool]
    status: Callable[[str], Status | None]
    statuses: Sequence[Status]
    languages: Sequence[str]
    way: Way
    new_secret: str


def text(languages: Sequence[str], limit: int = SHORT, kind: FieldType = TEXT) -> members.Rule:
    """A text for people: one for all, or one by language; empty ones are absent."""
    way = Way(limit=limit)

    def rule(value: object) -> Cleaned:
        if isinstance(value, str | None):
            return kind.clean(value, way)
        if not isinstance(value, Mapping):
            return None, [wrong_type(value, "a text, or texts by language")]
        found: dict[str, Any] = {}
        problems: list[Problem] = []
        for language, each in value.items():
            if language in languages:
                found[language], wrong = kind.clean(each, way)
            else:
                wrong = [problem("", "invalid_choice", language, choices=", ".join(languages))]
            problems += below(step(language), wrong)
        return (None, problems) if problems else ({name: each for name, each in found.items() if each} or None, [])

    return rule


def target(around: Surroundings) -> members.Rule:
    """A lead field that a form's field can go to, in its shortest form; `tags`, too."""

    def rule(value: object) -> Cleaned:
        name, problems = read_text(value, Way())
        if not name:
            return None, problems
        name = _PLURALS.get(name, name)
        why = "" if name in WRITTEN else _why_not(name, around)
        return (None, [_refused(name, why)]) if why else (name, [])

    return rule


def fields(around: Surroundings) -> members.Rule:
    """The inputs of a form."""
    short = text(around.languages)
    show_if = members.shaped({"field": members.text(SHORT), "equals": members.text(SHORT)}, needed=("field", "equals"))
    shape = members.shaped(
        {
            "field": _name(around),
            "label": short,
            "required": members.flag,
            "hidden": members.flag,
            "preset": _preset_text,
            "placeholder": short,
            "show_if": show_if,
        },
        needed=("field",),
    )
    one = members.listed(lambda value: _whole(shape(value), around), MOST_FIELDS, unique="field")

    def rule(value: object) -> Cleaned:
        found, problems = one(value)
        if isinstance(value, list):
            problems = [*problems, *_conditions(value, around)]
        if problems or not found:
            return None, problems
        for each in found:
            if "show_if" in each:
                each["show_if"]["field"] = _PLURALS.get(each["show_if"]["field"], each["show_if"]["field"])
        return found, []

    return rule


def _name(around: Surroundings) -> members.Rule:
    writable = target(around)

    def rule(value: object) -> Cleaned:
        return (value, []) if value == FILES else writable(value)

    return rule


def _why_not(name: str, around: Surroundings) -> str:
    """Why no form can have this field; empty if it can, a blank if there is no such field at all."""
    outer, dot, inner = name.partition(".")
    if len(name) > LONGEST_NAME:
        return " "
    if name.startswith(CUSTOM):
        return "" if around.custom(name.removeprefix(CUSTOM)) else " "
    if dot and outer in WITH_MEMBERS:
        known = WITH_MEMBERS[outer]
        kept = clean_values({name: "x"}, region="DE", lenient=True)[0] if known is None else known
        return "" if inner and (inner in known if known is not None else kept) else " "
    if name in SAID:
        return ""
    if name in _ELSEWHERE:
        return f"it is the form's own '{_ELSEWHERE[name]}'"
    if name in WITH_MEMBERS:
        return f"it has an input for each part, like '{name}.{_example(name)}'"
    if name in LEAD_FIELDS:
        return "no visitor can say it"
    if around.custom(name):
        return f"own fields are written '{CUSTOM}{name}'"
    return " "


def _example(name: str) -> str:
    return {"address": "city", "utm": "source", "messengers": "whatsapp", "click_ids": "gclid"}[name]


def _refused(name: str, why: str) -> Problem:
    return problem("", "not_in_a_form", name, why=why) if why.strip() else problem("", "unknown_field", name)


def _preset_text(value: object) -> Cleaned:
    return LONG_TEXT.clean(value, Way(limit=LONGEST_PRESET))


def _whole(cleaned: Cleaned, around: Surroundings) -> Cleaned:
    """One input, its members known: whether they go together."""
    found, problems = cleaned
    if problems or not found:
        return found, problems
    name, hidden, preset = found["field"], found.get("hidden"), found.get("preset")
    found = {each: value for each, value in found.items() if value is not False}
    custom = around.custom(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else None
    if name == FILES and (hidden or preset):
        return None, [problem(".preset" if preset else ".hidden", "invalid_value", preset or hidden)]
    if (name in WRITTEN or (custom and custom.type in REFERENCES)) and not (hidden and preset):
        return None, [problem(".field", "not_in_a_form", name, why="only by a hidden preset: no visitor sets it")]
    if preset:
        found["preset"], wrong = _usable(name, preset, custom, around)
        problems = below(".preset", wrong)
    return (None, problems) if problems else (found, [])


def _usable(name: str, preset: str, custom: Field | None, around: Surroundings) -> Cleaned:
    """A preset that its field can have; of a choice its id."""
    own = {name.removeprefix(CUSTOM): custom} if custom else {}
    way = around.way
    values, problems = clean_values({name: preset}, region=way.region, lenient=True, currency=way.currency, custom=own)
    if problems:
        return None, [problem("", "invalid_value", preset)] if problems[0].code == "cut" else [
            Problem("", each.code, each.detail, each.value) for each in problems[:1]
        ]
    if custom and custom.type == "user" and not around.is_user(preset.strip()):
        return None, [problem("", "unknown_user", preset)]
    if custom and custom.type == "choice" and not custom.multiple:
        return values["custom"][name.removeprefix(CUSTOM)], []
    return preset, []


def _conditions(sent: Sequence[object], around: Surroundings) -> list[Problem]:
    """What is wrong with `show_if`: fields that are not there, circles, values that the other can never have."""
    depends: dict[str, str] = {}
    given = [each if isinstance(each, Mapping) else {} for each in sent]
    names = [_PLURALS.get(name, name) if isinstance(name := each.get("field"), str) else "" for each in given]
    for name, each in zip(names, given, strict=True):
        other = _condition(each, "field")
        if name and other:
            depends.setdefault(name, _PLURALS.get(other, other))
    problems = []
    for place, (name, each) in enumerate(zip(names, given, strict=True)):
        other = _condition(each, "field")
        if not other:
            continue
        wrong = _condition_fault(name, _PLURALS.get(other, other), _condition(each, "equals"), names, depends, around)
        problems += below(f"[{place}].show_if", wrong)
    return problems


def _condition(field: Mapping[str, Any], member: str) -> str:
    condition = field.get("show_if")
    value = condition.get(member) if isinstance(condition, Mapping) else None
    return value if isinstance(value, str) else ""


def _condition_fault(
    name: str, other: str, equals: str, names: Sequence[str], depends: Mapping[str, str], around: Surroundings
) -> list[Problem]:
    if other not in names or other == FILES:
        return [problem(".field", "unknown_field", other)]
    path = [name, other]
    while path[-1] in depends and path[-1] != name and len(path) <= len(depends) + 1:
        path.append(depends[path[-1]])
    if path[-1] == name:
        return [problem(".field", "circular", other, path=" → ".join(path))]
    custom = around.custom(other.removeprefix(CUSTOM)) if other.startswith(CUSTOM) else None
    if custom and custom.choices and equals and equals not in custom.choices:
        return [problem(".equals", "invalid_choice", equals, choices=", ".join(custom.choices))]
    return []
