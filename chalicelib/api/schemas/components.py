"""Models to JSON Schema, each with its description and an example."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from chalicelib.api.schemas.description import Made, Model

REF = "#/components/schemas/{name}"


def components(models: Iterable[Model]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The schema of each model, and `components/schemas` with everything that they refer to.

    Raises:
        ValueError: two different models have one name.
    """
    made: dict[str, type[Made]] = {}

    def refer(model: type) -> dict[str, Any]:
        if not (isinstance(model, type) and issubclass(model, Made)):
            raise NotImplementedError(model)
        if made.setdefault(model.__name__, model) is not model:
            raise ValueError(f"two models are called {model.__name__}")
        return {"$ref": REF.format(name=model.__name__)}

    wanted = list(models)
    schemas, named = _of(wanted, refer)
    seen: set[str] = set()
    while unseen := made.keys() - seen:
        seen |= unseen
        further = [model for name in unseen for model in made[name].uses]
        named |= _of(further, refer)[1]
    named |= {name: {"description": model.__doc__, **model.schema()} for name, model in made.items()}
    for schema in named.values():
        _polish(schema)
    for schema in named.values():
        schema.setdefault("examples", [example_of(schema, named)])
    return list(schemas), dict(sorted(named.items()))


def _of(models: Iterable[Model], refer: Any) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    return msgspec.json.schema_components(models, schema_hook=refer, ref_template=REF)


def _polish(schema: dict[str, Any]) -> None:
    """Of a docstring its first paragraph; and a tag is a text, which msgspec leaves out."""
    if schema.get("description"):
        paragraph = inspect.cleandoc(schema["description"]).partition("\n\n")[0]
        schema["description"] = " ".join(paragraph.split())
    for member in schema.get("properties", {}).values():
        if "enum" in member and "type" not in member and all(isinstance(value, str) for value in member["enum"]):
            member["type"] = "string"


def example_of(schema: Mapping[str, Any], named: Mapping[str, Any]) -> Any:
    """A value of the schema, made of the examples of its parts; null where it may be and none is given."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(named[schema["$ref"].rpartition("/")[2]], named)
    if "enum" in schema:
        return schema["enum"][0]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return _first_example(options, named)
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[-1]
    if kind == "object":
        return {name: example_of(member, named) for name, member in schema.get("properties", {}).items()
                if name in schema.get("required", ())}  # fmt: skip
    if kind == "array":
        return [example_of(schema["items"], named)]
    return {"string": "…", "integer": schema.get("minimum", 0), "number": 0.5, "boolean": False}.get(kind)


def _first_example(options: Iterable[Mapping[str, Any]], named: Mapping[str, Any]) -> Any:
    """Of the first that has one; of what may be null and has none, null."""
    options = list(options)
    nullable = {"type": "null"} in options
    for option in options:
        if option != {"type": "null"} and ("$ref" in option or option.get("examples") or not nullable):
            return example_of(option, named)
    return None
