"""What all types of fields clean with: the way, texts made sound, and problems told where they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from chalicelib.domain.errors import Problem
from chalicelib.domain.paths import written
from chalicelib.domain.problems import as_text, problem
from chalicelib.domain.times import is_same_time

SHORT = 255
LONG = 20_000


@dataclass(frozen=True)
class Way:
    """How a value is to be cleaned.

    Attributes:
        region: ISO 3166 alpha-2, for phones without country code and for ambiguous dates.
        lenient: forgive form, cut what is too long.
        currency: ISO 4217, for amounts that name none.
        limit: characters, for texts.
        choices: id → what people call it, for choices.
        time_zone: IANA name, for times without an offset; empty: there are none.
        kept: the list that the record shows in this place: a value among them stays, whatever it is worth by now.
    """

    region: str = "DE"
    lenient: bool = False
    currency: str = "EUR"
    limit: int = SHORT
    choices: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = ""
    kept: Sequence[Any] = ()


#: A cleaned value (None = absent) and what was wrong with it; a problem's field is relative: ``, `[0]`, `.city`.
Cleaned = tuple[Any, list[Problem]]
#: A member's name or an item's position.
Place = TypeVar("Place", str, int)


class FieldType:
    """One type of field.

    Attributes:
        name: as in API.md section 4.
        schema: JSON Schema of what may be sent to the API; null goes without saying, it clears every field.
        kept: JSON Schema of what is stored and answered, where that differs.
    """

    name = ""
    schema: Mapping[str, Any] = {}
    kept: Mapping[str, Any] | None = None

    @property
    def answered(self) -> Mapping[str, Any]:
        """JSON Schema of what is answered."""
        return self.kept or self.schema

    def clean(self, value: object, way: Way) -> Cleaned:
        """The value to store, None when it is absent or unusable, and its problems."""
        raise NotImplementedError


def json_schema(kind: str, **members: Any) -> Mapping[str, Any]:
    """The JSON Schema of a `kind` of value."""
    return {"type": kind, **members}


def or_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON Schema of a value that may be null, too; one of several types already says whether it may."""
    if not isinstance(schema.get("type"), str):
        return schema
    choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **choices, "type": [schema["type"], "null"]}


def object_schema(members: Mapping[str, Mapping[str, Any]], *, required: Sequence[str] = ()) -> Mapping[str, Any]:
    """The JSON Schema of an object of known members, each of which may be null."""
    needed = {"required": list(required)} if required else {}
    properties = {name: or_null(schema) for name, schema in members.items()}
    return json_schema("object", properties=properties, additionalProperties=False, **needed)


def sound(text: str) -> str:
    """A text without control characters and half surrogates, composed (NFC): as JSON can carry and people read it."""
    return unicodedata.normalize("NFC", without_controls(text))


def without_controls(text: str) -> str:
    """A text without control characters and half surrogates, its letters as they were sent."""
    return _UNSOUND.sub("", text)


def one_line(text: str) -> str:
    """A text as a field of one line is stored: every stretch of blanks, tabs and line breaks is one blank."""
    return " ".join(text.split())


def read_text(value: object, way: Way, glue: str = " ") -> tuple[str | None, list[Problem]]:
    """A sound text, None when there is none; strictly an unsound one is refused, and so is all but a text.

    Args:
        glue: what stands between the texts of a list, which only the lenient way takes.
    """
    if value is None:
        return None, []
    if way.lenient and not isinstance(value, Mapping):
        several = isinstance(value, list | tuple)
        return sound(glue.join(as_word(one) for one in as_tuple(value)) if several else as_word(value)), []
    if not isinstance(value, str):
        return None, [wrong_type(value, "a text")]
    if _UNSOUND.search(value):
        return None, [problem("", "invalid_text", value)]
    return unicodedata.normalize("NFC", value), []


def read_object(value: object, way: Way, expected: str = "an object") -> tuple[Mapping[Any, Any] | None, list[Problem]]:
    """An object that holds something, None when there is none."""
    if is_absent(value, way, Mapping):
        return None, []
    return (value, []) if isinstance(value, Mapping) else (None, [wrong_type(value, expected)])


def read_list(
    value: object, way: Way, expected: str = "a list", *, alone: tuple[type, ...] = (str, Mapping)
) -> tuple[list[Any] | tuple[Any, ...] | None, list[Problem]]:
    """A list that holds something, None when there is none; leniently one thing of the types `alone` is a list."""
    if is_absent(value, way, list | tuple):
        return None, []
    if way.lenient and isinstance(value, alone):
        return (value,), []
    return (value, []) if isinstance(value, list | tuple) else (None, [wrong_type(value, expected)])


def gathered(parts: Iterable[tuple[Place, Cleaned]]) -> tuple[list[tuple[Place, Any]], list[Problem]]:
    """The cleaned parts of a whole that are not absent, by place, and the problems of all, below their places."""
    found: list[tuple[Place, Any]] = []
    problems: list[Problem] = []
    for place, (cleaned, wrong) in parts:
        problems.extend(below(step(place), wrong))
        if cleaned is not None:
            found.append((place, cleaned))
    return found, problems


def each_cleaned(
    items: Iterable[Any], way: Way, clean: Callable[[Any, Way], Cleaned]
) -> tuple[list[tuple[int, Any]], list[Problem]]:
    """The things of a list, each by `clean` but for those that the record has already; as `gathered`."""
    parts = ((place, (one, []) if _is_kept(one, way) else clean(one, way)) for place, one in enumerate(items))
    return gathered(parts)


def _is_kept(one: Any, way: Way) -> bool:
    return not isinstance(one, bool) and one in way.kept


def below(place: str, problems: Iterable[Problem]) -> list[Problem]:
    """The problems of a part as problems of the whole; `place` is the part's in it."""
    return [replace(one, field=f"{place}{one.field}") for one in problems]


def inside(place: str, problems: Iterable[Problem]) -> list[Problem]:
    """The problems of an object or a list, named from its own members on, as problems of what it stands in."""
    return [
        replace(one, field=f"{place}{'.' if one.field and not one.field.startswith('[') else ''}{one.field}")
        for one in problems
    ]


def unknown_members(value: Mapping[Any, Any], known: Iterable[str]) -> list[Problem]:
    """A problem for each member of an object that it should not have."""
    return [
        problem(step(as_text(member)), "unknown_field", inner) for member, inner in value.items() if member not in known
    ]


def step(place: str | int) -> str:
    """How a field goes on from a whole to a part of it: `.city`, `[0]`, and `["a.b"]` where a name would be misread."""
    return written(("_", place)).removeprefix("_")


def wrong_type(value: object, expected: str) -> Problem:
    """The problem of a value of another JSON type; `expected` as in `a text`."""
    return problem("", "invalid_type", value, expected=expected)


def is_same(sent: object, shown: object) -> bool:
    """Whether a JSON value comes back as it was shown: true is not 1."""
    return sent == shown and isinstance(sent, bool) == isinstance(shown, bool)


def comes_back(sent: object, shown: object) -> bool:
    """As `is_same`, for what only Leadger writes: a time may be spelt in another way."""
    return is_same(sent, shown) or is_same_time(sent, shown)


def is_empty(value: object) -> bool:
    """Whether it is null, or a text, list or object without anything in it."""
    return value is None or (isinstance(value, str | list | tuple | dict) and not value)


def is_absent(value: object, way: Way, kind: Any = None) -> bool:
    """Whether it says nothing: null, or empty; strictly only what is of the `kind` that belongs here can be empty."""
    return value is None or (is_empty(value) and (way.lenient or (kind is not None and isinstance(value, kind))))


def as_tuple(value: object) -> tuple[Any, ...]:
    """The things of a list, one thing alone, or nothing."""
    if isinstance(value, list | tuple):
        return tuple(value)
    return () if is_empty(value) else (value,)


def as_word(value: object) -> str:
    """A text as it is, anything else as text for people."""
    return value if isinstance(value, str) else as_text(value)


#: Controls but tab, LF, CR; the delete character and C1 controls; halves of surrogate pairs, which no UTF-8 can hold.
_UNSOUND = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
