"""The document at `/openapi.json`: OpenAPI 3.1, made of the doors and of what `api/schemas` says about them.

It is made with the first request for it and imports all there is; nothing else imports this module.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from chalicelib import api
from chalicelib.api.http import PUBLIC, Operation
from chalicelib.api.schemas import parts, problems
from chalicelib.api.schemas.components import components
from chalicelib.api.schemas.description import Described, Form, Model, Text
from chalicelib.api.schemas.problems import Problem
from chalicelib.api.schemas.selection import with_selection
from chalicelib.domain.caller import SCOPES

INFO = {
    "title": "Leadger",
    "version": "1",
    "summary": "A lead desk where every enquiry is accounted for.",
    "description": "JSON, UTF-8. Times are RFC 3339 in UTC with milliseconds, dates `YYYY-MM-DD`, money is text, "
    "phones are E.164. Unknown fields are refused with 422, unknown parameters with 400, both by name. In answers, "
    "lists of words may grow, and so may objects: ignore what you do not know.",
    "license": {"name": "MIT", "identifier": "MIT"},
}
_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"
_PAGE = {"text/html": {"schema": {"type": "string"}}}


@dataclass(frozen=True)
class Entry:
    """An operation with what is said about it, and the door it belongs to."""

    door: str
    operation: Operation
    described: Described

    @property
    def key(self) -> str:
        """`POST /v1/leads`."""
        return self.operation.key

    @property
    def selects(self) -> bool:
        """Whether `fields` decides what its answer shows, and the answer's model does not say so itself."""
        return "fields" in (self.operation.query or {}) and not self.described.shows


def entries() -> list[Entry]:
    """Every operation.

    Raises:
        LookupError: some have no description, or there are descriptions of none; all of them, each with its place.
    """
    found: list[Entry] = []
    wrong: list[str] = []
    for door in api.DOORS:
        described = _described(door)
        for operation in api.door_of(door).operations:
            key = operation.key
            if key in described:
                found.append(Entry(door, operation, described.pop(key)))
            else:
                wrong.append(f"{key} is not described; {_home(door)}.OPERATIONS is where")
        wrong += [f"{_home(door)} describes what there is not: {key}" for key in described]
    ids = [entry.described.id for entry in found]
    wrong += [f"two operations have the id {each}" for each in sorted(set(ids)) if ids.count(each) > 1]
    if wrong:
        raise LookupError("\n".join(wrong))
    return found


def _home(door: str) -> str:
    return f"chalicelib.api.schemas.{door}"


def _described(door: str) -> dict[str, Described]:
    if importlib.util.find_spec(_home(door)) is None:
        return {}
    return dict(importlib.import_module(_home(door)).OPERATIONS)


@functools.cache
def document() -> dict[str, Any]:
    """The whole document, JSON values. Raises LookupError where something is not described."""
    found = entries()
    schemas = _Schemas(found)
    refusals = {entry.key: problems.of(entry.operation, entry.described) for entry in found}
    statuses = {code: status for each in refusals.values() for status, codes in each.items() for code in codes}
    paths: dict[str, dict[str, Any]] = {}
    for entry in found:
        described = _operation(entry, schemas, refusals[entry.key], found)
        paths.setdefault(entry.operation.path, {})[entry.operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "."}],
        "tags": [{"name": name, "description": _first_line(_module(name))} for name in api.DOORS],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.named.items())),
            "responses": {
                _response_name(status, codes): problems.response(status, codes)
                for each in refusals.values()
                for status, codes in each.items()
            },
            "headers": dict(parts.HEADERS),
            "examples": problems.examples(statuses),
            "securitySchemes": {"key": _key()},
        },
    }


class _Schemas:
    """Schemas of all models: where each is used by reference, the whole under its name."""

    def __init__(self, found: list[Entry]) -> None:
        models: list[Model] = [Problem]
        for entry in found:
            said = (entry.described.body, *entry.described.answers.values())
            models += [model for model in said if model is not None and not isinstance(model, Text | Form)]
        used, self.named = components(models)
        self._used = [(model, schema) for model, schema in zip(models, used, strict=True)]
        selecting = [entry.described.answers[200] for entry in found if entry.selects]
        self._partly = [(model, with_selection(self.of(model), self.named)) for model in selecting]

    def of(self, model: Model, *, partly: bool = False) -> dict[str, Any]:
        """The schema of a model as it is referred to.

        Args:
            partly: where `fields` may have it show some of its members only.
        """
        return dict(next(schema for known, schema in (self._partly if partly else self._used) if known == model))


def _operation(
    entry: Entry, schemas: _Schemas, refusals: dict[int, tuple[str, ...]], found: list[Entry]
) -> dict[str, Any]:
    operation, described = entry.operation, entry.described
    summary, _, rest = inspect.cleandoc(operation.view.__doc__ or "").partition("\n\n")
    scope = "" if operation.scope == PUBLIC else f"Scope: `{operation.scope}`."
    responses = {
        str(status): _answer(entry, status, model, schemas, found) for status, model in _answers(entry).items()
    }
    for status, codes in refusals.items():
        responses[str(status)] = {"$ref": f"#/components/responses/{_response_name(status, codes)}"}
        if status in described.pages:
            refusal = problems.response(status, codes)
            responses[str(status)] = {**refusal, "content": {**refusal["content"], **_PAGE}}
    body = {} if described.body is None else {"requestBody": _body(entry, schemas)}
    return {
        "operationId": described.id,
        "tags": [entry.door],
        "summary": " ".join(summary.split()).rstrip("."),
        "description": " ".join(part for part in (" ".join(rest.split()), scope) if part),
        "security": [] if operation.scope == PUBLIC else [{"key": _scopes(operation)}],
        "parameters": parts.parameters(operation, described),
        **body,
        "responses": responses,
    }


def _answers(entry: Entry) -> dict[int, Any]:
    unchanged = {304: None} if parts.is_tagged(entry.operation, entry.described) else {}
    return {**entry.described.answers, **unchanged}


def _answer(entry: Entry, status: int, model: Any, schemas: _Schemas, found: list[Entry]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "headers": parts.answer_headers(entry.operation, entry.described, status),
    }
    if isinstance(model, Text):
        answer["content"] = {kind: {"schema": {"type": "string"}} for kind in model.media_types}
    elif model is not None:
        answer["content"] = {_JSON: {"schema": schemas.of(model, partly=entry.selects)}}
    if links := _links(entry, status, found):
        answer["links"] = links
    return answer


def _links(entry: Entry, status: int, found: list[Entry]) -> dict[str, Any]:
    """From what was created, and from the first of a list, to what can be done with it."""
    path, method = entry.operation.path, entry.operation.method
    record = "data/0/" if method == "GET" and "cursor" in (entry.operation.query or {}) else ""
    if status != 201 and not record:
        return {}
    below = re.compile(re.escape(path) + r"/\{(\w+)\}(?:/[a-z-]+)?")
    return {
        other.described.id: {
            "operationId": other.described.id,
            "parameters": {match[1]: f"$response.body#/{record}{_member(match[1])}"},
        }
        for other in found
        if (match := below.fullmatch(other.operation.path))
    }


def _member(variable: str) -> str:
    """The member of a record that a variable of a path names: `id` for `{lead_id}`, `name` for `{field_name}`."""
    return variable.rpartition("_")[2]


def _body(entry: Entry, schemas: _Schemas) -> dict[str, Any]:
    model, example = entry.described.body, entry.described.example
    if not isinstance(model, Form):
        content = {"schema": schemas.of(model), "example": example}
        media_types = (_JSON, _MERGE_PATCH) if entry.operation.method == "PATCH" else (_JSON,)
        return {"required": True, "content": dict.fromkeys(media_types, content)}
    # whatever is sent is taken, also what is no object
    free = {_JSON: {"schema": {}, "example": example}, "text/plain": {"schema": {"type": "string"}}}
    fields = {"schema": {"type": "object", "additionalProperties": True}, "example": example}
    return {"required": False, "content": {kind: free.get(kind, fields) for kind in model.media_types}}


def _scopes(operation: Operation) -> list[str]:
    return [operation.scope] if operation.scope in SCOPES else []


def _key() -> dict[str, Any]:
    scopes = " ".join(f"`{scope}`" for scope in SCOPES)
    return {
        "type": "http",
        "scheme": "bearer",
        "description": f"An API key, `lk_…`; its scopes are of {scopes}.",
    }


def _response_name(status: int, codes: tuple[str, ...]) -> str:
    return ".".join((str(status), *codes))


def _module(name: str) -> str:
    return importlib.import_module(f"chalicelib.api.{name}").__doc__ or ""


def _first_line(text: str) -> str:
    return inspect.cleandoc(text).partition("\n")[0]
