"""Definitions of fields and how they may change: standard ones in label, place and duty, custom ones in more.

The type of a field and whether it holds several values never change: leads store values of it. A deleted field leaves
its name and type behind, so that a new one of that name can only be of the same type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import collection, members
from chalicelib.domain.cleaning import LONG, SHORT, Cleaned, Way, below, step
from chalicelib.domain.collection import Record
from chalicelib.domain.errors import Conflict, Invalid, Problem
from chalicelib.domain.field import shown_values
from chalicelib.domain.fields import LEAD_FIELDS, SHORT_FORMS, Field, clean_as
from chalicelib.domain.pipeline import JUNK, Status
from chalicelib.domain.problems import problem
from chalicelib.domain.required import ALWAYS, NEVER

#: Types that a custom field may have.
CUSTOM_TYPES = (
    "text", "long_text", "integer", "number", "boolean", "date", "datetime", "money", "choice", "multi_choice", "url",
    "email", "phone", "user", "contact", "company",
)  # fmt: skip
WITH_CHOICES = ("choice", "multi_choice")
#: A list already, or nothing that anybody has several of.
NEVER_MULTIPLE = ("multi_choice", "boolean")
MOST_CUSTOM, MOST_CHOICES, MOST_POSITION = 200, 200, 1_000
#: Of own fields; and of their choices.
NAME, CHOICE_ID = "[a-z][a-z0-9_]{0,39}", "[A-Za-z0-9_-]{1,40}"
#: Fields whose being there has rules of its own.
NEVER_REQUIRED = frozenset({"status", "lost_reason", "source", "source_detail", "owner_id"})
_POSITION = members.whole(1, MOST_POSITION)


@dataclass(frozen=True)
class Surroundings:
    """What a definition may refer to.

    Attributes:
        way: for defaults.
        sections: ids of the sections of the lead form.
        is_user: whether there is a user of an id.
    """

    way: Way
    statuses: Sequence[Status]
    sections: Set[str]
    is_user: Callable[[str], bool]


def whole(records: Sequence[Record]) -> list[Record]:
    """The stored definitions, and those of standard fields that are not among them."""
    stored = {record["name"] for record in records}
    missing: list[Record] = [
        {"name": name, "label": dict(field.label), "required": NEVER, "version": 1}
        for name, field in LEAD_FIELDS.items()
        if name not in stored and name != "custom"
    ]
    return [*records, *missing]


def shown(record: Mapping[str, Any], position: int) -> dict[str, Any]:
    """A definition as the API shows it."""
    custom = bool(record.get("custom"))
    standard = None if custom else LEAD_FIELDS[record["name"]]
    return {
        "name": record["name"],
        "type": record["type"] if standard is None else standard.type or None,
        "label": record["label"],
        "required": record["required"],
        "position": position,
        "section": record.get("section"),
        "custom": custom,
        "read_only": standard is not None and standard.read_only,
        "multiple": bool(record.get("multiple")),
        "choices": record.get("choices", []),
        "default": shown_values({"": record.get("default")}, {"": record["type"]})[""] if custom else None,
        "version": record["version"],
    }


def field_of(record: Mapping[str, Any]) -> Field:
    """A custom field for cleaning values."""
    choices = {choice["id"]: choice["label"] for choice in record.get("choices", ())}
    limit = LONG if record["type"] == "long_text" else SHORT
    return Field(record["type"], record["label"], limit, bool(record.get("multiple")), choices)


def added(content: Mapping[str, Any], body: Mapping[str, Any], around: Surroundings) -> tuple[dict[str, Any], str]:
    """The content with one custom field more, and its name. Raises Invalid, Conflict."""
    rules = {
        "name": members.matching(NAME),
        "type": members.one_of(*CUSTOM_TYPES),
        "multiple": members.flag,
        **_rules(around),
    }
    values, problems = members.clean(body, rules, needed=("name", "type", "label"))
    position = values.pop("position", None)
    record: Record = {"required": NEVER, **{name: value for name, value in values.items() if value is not None}}
    record["custom"] = True
    told = {each.field.partition("[")[0] for each in problems}
    problems += [each for each in _contradictions(record, around) if each.field not in told]
    records = list(content["records"])
    if sum(bool(each.get("custom")) for each in records) >= MOST_CUSTOM:
        problems.append(problem("", "too_many", limit=MOST_CUSTOM))
    if problems:
        raise Invalid(problems)
    name = record["name"]
    if name in SHORT_FORMS or name in LEAD_FIELDS or any(each["name"] == name for each in records):
        raise Conflict(f"There is a field '{name}' already", code="already_exists")
    deleted = {each["name"]: each for each in content.get("deleted", ())}
    earlier = deleted.pop(name, None)
    if earlier and _kind(earlier) != _kind(record):
        raise Conflict(
            f"Leads store values of a deleted field '{name}' of the type '{earlier['type']}'", code="field_name_used"
        )
    record["version"] = earlier["version"] if earlier else 0
    after = collection.moved([*records, record], record, position)
    return {**content, "records": after, "deleted": list(deleted.values())}, name


def changed(records: Sequence[Record], place: int, patch: Mapping[str, Any], around: Surroundings) -> list[Record]:
    """With a merge patch applied to one. Raises Invalid."""
    before = records[place]
    custom = bool(before.get("custom"))
    rules = _rules(around, before)
    if not custom:
        rules = {name: rule for name, rule in rules.items() if name not in ("choices", "default")}
    values, problems = members.clean(patch, rules, kept=shown(before, place + 1))
    position = values.pop("position", None)
    if values.get("required", NEVER) is None:
        values["required"] = NEVER
    if values.get("label", {}) is None and not custom:
        values["label"] = dict(LEAD_FIELDS[before["name"]].label)
    elif values.get("label", {}) is None and not any(each.field.startswith("label") for each in problems):
        problems.append(problem("label", "required"))
    record: Record = {**before, **values}
    record = {name: value for name, value in record.items() if value is not None}
    problems += _contradictions(record, around) if not problems else []
    if problems:
        raise Invalid(problems)
    after = [*records[:place], record, *records[place + 1 :]]
    return after if position is None else collection.moved(after, record, position)


def removed(content: Mapping[str, Any], place: int) -> dict[str, Any]:
    """The content without a custom field; leads keep its values unseen. Raises Conflict: it is a standard field."""
    record = content["records"][place]
    if not record.get("custom"):
        raise Conflict(f"'{record['name']}' is a standard field", code="built_in")
    left = {name: record[name] for name in ("name", "type", "multiple", "version") if name in record}
    records = [*content["records"][:place], *content["records"][place + 1 :]]
    return {**content, "records": records, "deleted": [*content.get("deleted", ()), left]}


def _rules(around: Surroundings, before: Mapping[str, Any] | None = None) -> dict[str, members.Rule]:
    """Of the members that any definition has. `before` is the one that is changed."""
    choice = members.shaped({"id": members.matching(CHOICE_ID), "label": members.text()}, needed=("id", "label"))
    return {
        "label": lambda value: _label(value, before),
        "required": lambda value: _required(value, around.statuses),
        "position": _POSITION,
        "section": lambda value: _section(value, around.sections),
        "choices": members.listed(choice, MOST_CHOICES, unique="id"),
        "default": lambda value: (value, []),  # cleaned once the type and the choices are known
    }


def _label(value: object, before: Mapping[str, Any] | None) -> Cleaned:
    if isinstance(value, str):
        text, problems = members.text()(value)
        return ({"de": text, "en": text} if text else None), problems
    if value is None:
        return None, []
    if not isinstance(value, Mapping):
        return None, [problem("", "invalid_type", value, expected="a text, or texts by language")]
    merged = members.merged(before["label"] if before else {}, value)
    found: dict[str, Any] = {}
    problems = []
    for language, text in merged.items():
        known, wrong = members.matching("[a-z]{2}")(language)
        if known:
            found[known], wrong = members.text()(text)
        elif not wrong:
            wrong = [problem("", "invalid_name", language)]
        problems += below(step(language), wrong)
    return ({name: text for name, text in found.items() if text} or None), problems


def _required(value: object, statuses: Sequence[Status]) -> Cleaned:
    if value is None or value in (NEVER, ALWAYS):
        return value, []
    if not isinstance(value, Mapping) or set(value) != {"from_status"}:
        return None, [problem("", "invalid_choice", value, choices='never, always, {"from_status": "…"}')]
    status = next((each for each in statuses if each.id == value["from_status"]), None)
    if status is None:
        return None, [problem(".from_status", "unknown_status", value["from_status"])]
    if status.kind == JUNK:
        return None, [problem(".from_status", "invalid_value", value["from_status"])]
    return {"from_status": status.id}, []


def _section(value: object, sections: Set[str]) -> Cleaned:
    if value is None or (isinstance(value, str) and value in sections):
        return value, []
    return None, [problem("", "unknown_section", value)]


def _contradictions(record: Record, around: Surroundings) -> list[Problem]:
    """What is wrong with a definition as a whole; its default is cleaned on the way."""
    problems = []
    if record["required"] != NEVER and not record.get("custom"):
        field = LEAD_FIELDS[record["name"]]
        if field.read_only or record["name"] in NEVER_REQUIRED:
            problems.append(problem("required", "invalid_value", record["required"]))
    kind = record.get("type")
    if not record.get("custom") or kind is None:
        return problems
    if kind in WITH_CHOICES and not record.get("choices"):
        problems.append(problem("choices", "required"))
    if kind not in WITH_CHOICES and record.get("choices"):
        problems.append(problem("choices", "invalid_value"))
    if kind in NEVER_MULTIPLE and record.get("multiple"):
        problems.append(problem("multiple", "invalid_value", True))
    if "default" in record and not problems and "label" in record:
        problems += _default(record, around)
    return problems


def _default(record: Record, around: Surroundings) -> list[Problem]:
    field = field_of(record)
    way = replace(around.way, limit=field.limit, choices=field.choices)
    cleaned, problems = clean_as(field, record["default"], way)
    if cleaned is not None and field.type == "user":
        problems += unknown_users({record["name"]: field}, {record["name"]: cleaned}, around.is_user)
        problems = [replace(each, field="") for each in problems]
    if cleaned is None:
        del record["default"]
    else:
        record["default"] = cleaned
    return below("default", problems)


def unknown_users(
    fields: Mapping[str, Field], values: Mapping[str, Any], is_user: Callable[[str], bool]
) -> list[Problem]:
    """A problem for each user that cleaned custom values name and that there is not."""
    problems = []
    for name, value in values.items():
        if fields[name].type != "user":
            continue
        for place, user in enumerate(value if isinstance(value, list) else [value]):
            if not is_user(user):
                problems.append(problem(f"{name}[{place}]" if isinstance(value, list) else name, "unknown_user", user))
    return problems


def _kind(record: Mapping[str, Any]) -> tuple[str, bool]:
    return record["type"], bool(record.get("multiple"))
