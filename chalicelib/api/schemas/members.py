"""Bodies that are read member by member (`domain.members`), as JSON Schema.

Whatever a schema here refuses is refused by its rule as well. A rule may refuse more: what a number, a user or a
status is, no schema can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.domain.cleaning import or_null
from chalicelib.domain.members import SHORT_NAME

Schema = dict[str, Any]
#: A read-only member of a record that is changed.
KEPT: Schema = {"description": "Sent back as it is."}
DATE: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time", "examples": ["2027-01-01T00:00:00Z"]}
FLAG: Schema = {"type": "boolean"}


def text(example: str) -> Schema:
    """One line of text."""
    return {"type": "string", "maxLength": SHORT_NAME, "examples": [example]}


def matching(pattern: str, example: str) -> Schema:
    """A text that the whole pattern matches, or an empty one, which is as good as absent."""
    return {"type": "string", "pattern": f"^(?:{pattern})?$", "examples": [example]}


def one_of(words: Iterable[str]) -> Schema:
    """One of some words."""
    return {"type": "string", "enum": list(words)}


def whole(first: int, last: int) -> Schema:
    """A whole number between two, both included."""
    return {"type": "integer", "minimum": first, "maximum": last}


def listed(schema: Schema, most: int, *, shortest: int = 0, unique: bool = False) -> Schema:
    """A list of such values."""
    return {
        "type": "array",
        "items": schema,
        "maxItems": most,
        **({"minItems": shortest} if shortest else {}),
        **({"uniqueItems": True} if unique else {}),
    }


def shaped(properties: Mapping[str, Schema], needed: Iterable[str] = ()) -> Schema:
    """An object of these members and no others."""
    required = list(needed)
    needs = {"required": required} if required else {}
    return {"type": "object", "properties": dict(properties), "additionalProperties": False, **needs}


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    return dict(or_null(schema))


def kept(*names: str) -> dict[str, Schema]:
    """Read-only members of a record that is changed."""
    return dict.fromkeys(names, KEPT)


def described(schema: Schema, sentence: str) -> Schema:
    """The same with a sentence."""
    return {**schema, "description": sentence}
