"""What `fields=` may name of an answer, and the answer in which only that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.api.schemas.components import REF, components
from chalicelib.api.schemas.description import Described
from chalicelib.api.selecting import LISTS

Schema = Mapping[str, Any]


def names_of(described: Described) -> tuple[str, ...]:
    """Members of the records that an operation answers with."""
    if described.shows:
        return tuple(described.shows)
    (answer,), named = components([described.answers[200]])
    return tuple(_resolved(_record(answer, named), named).get("properties", ()))


def with_selection(answer: Schema, named: dict[str, Any]) -> Schema:
    """The schema of an answer whose records may show some of their members only; adds what it refers to.

    Args:
        answer: a reference to one of `named`.
        named: `components/schemas`.
    """
    whole = _record(answer, named)
    either = {"anyOf": [whole, _partly(whole, named)]}
    listing = _listing(_resolved(answer, named))
    if listing is None:
        return either
    _resolved(answer, named)["properties"][listing]["items"] = either
    return answer


def _record(answer: Schema, named: Mapping[str, Any]) -> Schema:
    """The schema of one record: of the items of a list, or of the answer itself."""
    whole = _resolved(answer, named)
    listing = _listing(whole)
    if listing is None:
        return answer
    items: Schema = whole["properties"][listing]["items"]
    return items["anyOf"][0] if "anyOf" in items else items


def _partly(whole: Schema, named: dict[str, Any]) -> Schema:
    name = whole["$ref"].rpartition("/")[2]
    # generators name their classes by the title
    schema = {each: value for each, value in named[name].items() if each not in ("required", "title")}
    named[f"{name}Fields"] = {**schema, "description": f"The members of {name} that `fields=` asks for."}
    return {"$ref": REF.format(name=f"{name}Fields")}


def _listing(whole: Schema) -> str | None:
    properties = whole.get("properties", {})
    return next((name for name in LISTS if properties.get(name, {}).get("type") == "array"), None)


def _resolved(schema: Schema, named: Mapping[str, Any]) -> dict[str, Any]:
    return dict(schema) if "$ref" not in schema else named[schema["$ref"].rpartition("/")[2]]
