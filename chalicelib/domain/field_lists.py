"""Types of fields that hold several values: objects of members, and lists of phones, e-mails, websites, tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from chalicelib.domain import external_ids
from chalicelib.domain.cleaning import (
    LONG,
    SHORT,
    Cleaned,
    FieldType,
    Way,
    as_word,
    each_cleaned,
    gathered,
    is_absent,
    json_schema,
    object_schema,
    or_null,
    read_list,
    read_object,
    read_text,
    unknown_members,
    without_controls,
    wrong_type,
)
from chalicelib.domain.emails import EMAIL_TYPES, clean_email, email_key, split_emails
from chalicelib.domain.errors import Problem
from chalicelib.domain.field_types import TEXT, URL, Choice, read_phone
from chalicelib.domain.phones import PHONE_TYPES, phone_key, split_phones
from chalicelib.domain.problems import as_text, problem

MOST_VALUES = 20
MOST_TAGS = 50
LONGEST_TAG = 100
LONGEST_RAW = 200
LONGEST_SERVICE = 40
#: Further values of one list are not even looked at: a field of a million commas must not cost a minute.
MOST_LOOKED_AT = 100

Thing = TypeVar("Thing")

_PHONE_TYPE = Choice(PHONE_TYPES)
_EMAIL_TYPE = Choice(EMAIL_TYPES)


class Struct(FieldType):
    """An object of known members, each with its own type; they share a limit."""

    def __init__(self, name: str, members: Mapping[str, FieldType], limit: int = SHORT) -> None:
        self.name = name
        self.members = members
        self.limit = limit
        self.schema = object_schema({member: kind.schema for member, kind in members.items()})
        self.kept = json_schema("object", properties={member: kind.answered for member, kind in members.items()})

    def clean(self, value: object, way: Way) -> Cleaned:
        given, problems = read_object(value, way)
        if given is None:
            return None, problems
        way = replace(way, limit=self.limit)
        found, wrong = gathered((member, kind.clean(given.get(member), way)) for member, kind in self.members.items())
        return dict(found) or None, unknown_members(given, self.members) + wrong


class Address(Struct):
    """A postal address; leniently a text is its street."""

    def clean(self, value: object, way: Way) -> Cleaned:
        if way.lenient and isinstance(value, str):
            value = {"street": value}
        return super().clean(value, way)


class Names(FieldType):
    """An object of free names with texts: click ids."""

    def __init__(self, name: str, pattern: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        self._pattern = re.compile(pattern)
        self.schema = json_schema(
            "object",
            additionalProperties={"type": ["string", "integer", "null"], "maxLength": limit},
            propertyNames={"pattern": f"^{pattern}$"},
        )
        self.kept = json_schema("object", additionalProperties=json_schema("string"))

    def clean(self, value: object, way: Way) -> Cleaned:
        given, problems = read_object(value, way, "an object of texts")
        if given is None:
            return None, problems
        way = replace(way, limit=self.limit)
        found, wrong = gathered((as_text(name), self._clean_one(name, text, way)) for name, text in given.items())
        kept, further = _at_most(MOST_VALUES, found, way, [name for name, _ in found[MOST_VALUES:]])
        return dict(kept) or None, wrong + further

    def _clean_one(self, name: object, value: object, way: Way) -> Cleaned:
        if not isinstance(name, str) or not self._pattern.fullmatch(name):
            return None, [problem("", "invalid_name", value)]
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return TEXT.clean(as_text(value) if is_number else value, way)


class ExternalIds(Names):
    """Ids of other systems by system; strictly, blanks are no id, and nothing is not meant by them."""

    def __init__(self) -> None:
        super().__init__("external_ids", external_ids.SYSTEM, external_ids.LONGEST)

    def _clean_one(self, name: object, value: object, way: Way) -> Cleaned:
        text, problems = super()._clean_one(name, value, way)
        if text is None and value and not problems and not way.lenient:
            problems = [problem("", "required", value)]
        return text, problems


class Structs(FieldType):
    """A list of objects of one shape (consent); leniently a text is the `text` of one."""

    def __init__(self, name: str, member: Struct) -> None:
        self.name = name
        self.member = member
        self.schema = json_schema("array", items=or_null(member.schema), maxItems=MOST_VALUES)
        self.kept = json_schema("array", items=member.answered)

    def clean(self, value: object, way: Way) -> Cleaned:
        items, problems = read_list(value, way, "a list of objects")
        if items is None:
            return None, problems
        if len(items) > MOST_VALUES:
            return None, [problem("", "too_many", limit=MOST_VALUES)]
        if way.lenient:
            items = [{"text": item} if isinstance(item, str) else item for item in items]
        found, wrong = each_cleaned(items, way, self.member.clean)
        return [struct for _, struct in found] or None, wrong


class Tags(FieldType):
    """A list of short texts, each once; leniently one text with commas or semicolons between."""

    name = "tags"
    #: Without a number of items: how many are too many is decided when each is there once.
    schema = json_schema("array", items=or_null(json_schema("string", maxLength=LONGEST_TAG)))
    kept = json_schema("array", items=json_schema("string"), maxItems=MOST_TAGS)

    def clean(self, value: object, way: Way) -> Cleaned:
        if way.lenient and isinstance(value, str):
            value = re.split(r"[,;|\n]", value[:LONG])[:MOST_LOOKED_AT]
        items, problems = read_list(value, way, "a list of texts", alone=())
        if items is None:
            return None, problems
        way = replace(way, limit=LONGEST_TAG)
        found, wrong = each_cleaned(items, way, TEXT.clean)
        tags = _each_once((tag.casefold(), tag) for _, tag in found)
        kept, further = _at_most(MOST_TAGS, list(tags.values()), way, list(tags.values())[MOST_TAGS:])
        return kept or None, wrong + further


class Things(FieldType):
    """A list of things of one sort, kept once each. A text stands for a thing; leniently it may hold several.

    Attributes:
        members: what a thing may be sent with besides its id; a text stands for the first of them.
    """

    members: tuple[str, ...] = ()

    def clean(self, value: object, way: Way) -> Cleaned:
        items, problems = read_list(value, way)
        if items is None:
            return None, problems
        parts = islice(self._parts(items, way), MOST_LOOKED_AT)
        found, wrong = gathered((position, self._clean_one(part, way)) for position, part in parts)
        things = _each_once((self.key(thing), thing) for _, thing in found)
        kept, further = _at_most(MOST_VALUES, list(things.values()), way, ", ".join(list(things)[MOST_VALUES:]))
        return kept or None, wrong + further

    def split(self, text: str) -> list[str]:
        """The parts of a text that stand for a thing each."""
        return [text] if text.strip() else []

    def read(self, given: Mapping[str, Any], sent: object, way: Way) -> Cleaned:
        """The thing to store, from its members or from what a text stood for; problems show what was `sent`."""
        raise NotImplementedError

    def key(self, thing: Mapping[str, Any]) -> str:
        """What makes two things the same."""
        raise NotImplementedError

    def _parts(self, items: Iterable[object], way: Way) -> Iterable[tuple[int, object]]:
        for position, item in enumerate(items):
            if item == "":
                continue
            if way.lenient and isinstance(item, str):
                for part in self.split(without_controls(item[:LONG])):
                    yield position, part
            else:
                yield position, item

    def _clean_one(self, value: object, way: Way) -> Cleaned:
        if value in way.kept and isinstance(value, Mapping):
            return {name: member for name, member in value.items() if name != "id"}, []
        given, problems = self._members_of(value, way)
        if not given:
            return None, problems
        thing, wrong = self.read(given, value, way)
        problems += wrong
        if given.get("id") is not None and not _of_its_id(given, way) and not way.lenient:
            problems.append(problem(".id", "read_only", given["id"]))
        if thing is None and not problems:
            problems = [problem(f".{self.members[0]}", "required", value)]
        return (None, problems) if problems and not way.lenient else (thing, problems)

    def _members_of(self, value: object, way: Way) -> tuple[dict[str, Any], list[Problem]]:
        if isinstance(value, Mapping) and value:
            return dict(value), unknown_members(value, ("id", *self.members))
        if isinstance(value, str) or (way.lenient and value is not None):
            return {self.members[0]: as_word(value)}, []
        return {}, [wrong_type(value, "a text or an object")]


def _of_its_id(given: Mapping[str, Any], way: Way) -> list[Mapping[str, Any]]:
    """The thing of the record that is meant, by its id; without one it may be any of them."""
    return [thing for thing in way.kept if given.get("id") in (None, thing["id"])]


def _things_schema(members: Mapping[str, Mapping[str, Any]], read_only: Iterable[str] = ()) -> Mapping[str, Any]:
    """What may be sent for a list of things: texts, or objects. Without a number of items: see `Tags.schema`."""
    as_answered = {name: {"description": "Kept by Leadger; may be sent back."} for name in ("id", *read_only)}
    thing = object_schema({**members, **as_answered})
    return json_schema("array", items={"anyOf": [json_schema("string"), thing]})


def _things_kept(members: Mapping[str, Mapping[str, Any]], required: Iterable[str]) -> Mapping[str, Any]:
    """A list of things as it is answered, each with its id in the record."""
    properties = {"id": json_schema("integer", minimum=1, examples=[1]), **members}
    thing = json_schema("object", properties=properties, required=["id", *required])
    return json_schema("array", items=thing, maxItems=MOST_VALUES)


class Phones(Things):
    """Phone numbers: `{"e164", "raw", "type", "valid"}`. `raw`, what was typed, decides; alone, `e164` was typed."""

    name = "phones"
    members = ("raw", "e164", "type", "valid")
    schema = _things_schema(
        {
            "raw": json_schema("string", maxLength=LONGEST_RAW),
            "e164": json_schema("string"),
            "type": _PHONE_TYPE.schema,
        },
        read_only=["valid"],
    )
    kept = _things_kept(
        {
            "e164": json_schema("string", examples=["+4917604069012"]),
            "raw": json_schema("string", examples=["0176 04069012"]),
            "type": _PHONE_TYPE.schema,
            "valid": json_schema("boolean"),
        },
        required=("e164", "raw", "type", "valid"),
    )

    def split(self, text: str) -> list[str]:
        return split_phones(text)

    def read(self, given: Mapping[str, Any], sent: object, way: Way) -> Cleaned:
        typed = "e164" if is_absent(given.get("raw"), way, str) else "raw"
        text, wrong = read_text(given.get(typed), way)
        if wrong or not text:
            return None, wrong or [problem("", "invalid_phone", sent)]
        meant = _of_its_id(given, way)
        # it may have been typed where another region is the default
        phone = next((thing for thing in meant if thing[typed] == text), None) or read_phone(text, way)
        if phone is None:
            return None, [problem("", "invalid_phone", text)]
        raw = TEXT.clean(given.get("raw"), replace(way, limit=LONGEST_RAW))
        found, wrong = gathered((("raw", raw), ("type", _PHONE_TYPE.clean(given.get("type"), way))))
        for name in {"e164", "valid"} - {typed}:
            if given.get(name) not in (None, phone[name], *(thing[name] for thing in meant)):
                wrong.append(problem(f".{name}", "read_only", given[name]))
        return {**{name: value for name, value in phone.items() if name != "id"}, **dict(found)}, wrong

    def key(self, thing: Mapping[str, Any]) -> str:
        return phone_key(thing)


class Emails(Things):
    """E-mail addresses: `{"address", "type"}`."""

    name = "emails"
    members = ("address", "type")
    schema = _things_schema({"address": json_schema("string"), "type": _EMAIL_TYPE.schema})
    kept = _things_kept(
        {"address": json_schema("string", examples=["aenne@example.de"]), "type": _EMAIL_TYPE.schema},
        required=("address", "type"),
    )

    def split(self, text: str) -> list[str]:
        return split_emails(text)

    def read(self, given: Mapping[str, Any], sent: object, way: Way) -> Cleaned:
        text, wrong = read_text(given.get("address"), way)
        if wrong or not text:
            return None, wrong or [problem("", "invalid_email", sent)]
        email = clean_email(text)
        if email is None:
            return None, [problem("", "invalid_email", text)]
        found, wrong = gathered([("type", _EMAIL_TYPE.clean(given.get("type"), way))])
        return {**email, **dict(found)}, wrong

    def key(self, thing: Mapping[str, Any]) -> str:
        return email_key(thing["address"])


class Websites(Things):
    """Web addresses: `{"url", "type"}`."""

    name = "websites"
    members = ("url", "type")
    schema = _things_schema({"url": URL.schema, "type": _EMAIL_TYPE.schema})
    kept = _things_kept({"url": URL.answered, "type": _EMAIL_TYPE.schema}, required=("url", "type"))

    def split(self, text: str) -> list[str]:
        return text.split()

    def read(self, given: Mapping[str, Any], sent: object, way: Way) -> Cleaned:
        url, wrong = URL.clean(given.get("url"), way)
        if url is None:
            return None, wrong or [problem("", "invalid_url", sent)]
        found, wrong = gathered([("type", _EMAIL_TYPE.clean(given.get("type"), way))])
        return {"url": url, "type": "work", **dict(found)}, wrong

    def key(self, thing: Mapping[str, Any]) -> str:
        return str(thing["url"]).lower()


class Messengers(Things):
    """Names at messengers: `{"service", "handle"}`."""

    name = "messengers"
    members = ("handle", "service")
    schema = _things_schema(
        {
            "handle": json_schema("string", maxLength=SHORT),
            "service": json_schema("string", maxLength=LONGEST_SERVICE),
        }
    )
    kept = _things_kept(
        {
            "service": json_schema("string", examples=["telegram"]),
            "handle": json_schema("string", examples=["@aenne"]),
        },
        required=("service", "handle"),
    )

    def read(self, given: Mapping[str, Any], sent: object, way: Way) -> Cleaned:
        service = TEXT.clean(given.get("service"), replace(way, limit=LONGEST_SERVICE))
        found, wrong = gathered((("handle", TEXT.clean(given.get("handle"), way)), ("service", service)))
        texts = dict(found)
        if "handle" not in texts:
            return None, wrong
        return {"service": texts.get("service", "other").lower(), "handle": texts["handle"]}, wrong

    def key(self, thing: Mapping[str, Any]) -> str:
        return f"{thing['service']} {thing['handle'].lower()}"


def _each_once(things: Iterable[tuple[str, Thing]]) -> dict[str, Thing]:
    """The first thing of each key."""
    first: dict[str, Thing] = {}
    for key, thing in things:
        first.setdefault(key, thing)
    return first


def _at_most(most: int, things: list[Thing], way: Way, further: object) -> tuple[list[Thing], list[Problem]]:
    """As many things as a field may hold; strictly none where there are more. `further` is what the problem shows."""
    if len(things) <= most:
        return things, []
    return things[:most] if way.lenient else [], [problem("", "too_many", further, limit=most)]
