"""Answers held against the document at `/openapi.json`, more strictly than a client would: nothing undeclared passes.

What the document leaves open for the future (further members, further words of a list) is closed here, so that
neither the document nor the answers change without the other.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from chalicelib.api import openapi
from tests.api.client import Reply

#: Headers that say something of the answer itself; where one is sent, it is declared.
TELLING = ("ETag", "Location", "Link", "Retry-After", "Idempotent-Replayed", "WWW-Authenticate", "Allow")
PROBLEM = "application/problem+json"


class Broken(AssertionError):
    """An answer is not what the document says."""


class Contract:
    """Watches a client.

    Attributes:
        seen: (`POST /v1/leads`, status) of the answers that were held against the document.
    """

    def __init__(self) -> None:
        self.seen: set[tuple[str, int]] = set()

    def __call__(self, method: str, url: str, reply: Reply) -> None:
        """Raise Broken where the answer is none of those that the document has."""
        if not _is_complete():
            # test_openapi says what is missing; here every test would
            return
        found = operation_at("GET" if method == "HEAD" else method, urlsplit(url).path.rstrip("/"))
        if found is None:
            if reply.status != 405:
                raise Broken(f"{method} {url} is in no document, and answered with {reply.status}")
            return
        key, operation = found
        self.seen.add((key, reply.status))
        whole = "fields=" not in urlsplit(url).query
        if wrong := list(_differences(operation, reply, is_head=method == "HEAD", whole=whole)):
            raise Broken(f"{key} → {reply.status}: " + "; ".join(wrong))


def operation_at(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """(`GET /v1/leads/{lead_id}`, operation), fixed steps before variables."""
    fitting = [pattern for pattern, regex in _patterns() if regex.fullmatch(path)]
    if not fitting:
        return None
    pattern = min(fitting, key=lambda each: [step.startswith("{") for step in each.split("/")])
    operation = openapi.document()["paths"][pattern].get(method.lower())
    return (f"{method} {pattern}", operation) if operation else None


@cache
def _is_complete() -> bool:
    try:
        openapi.document()
    except LookupError:
        return False
    return True


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [
        (pattern, re.compile(re.sub(r"\\?\{\w+\\?\}", "[^/]+", re.escape(pattern))))
        for pattern in openapi.document()["paths"]
    ]


def _differences(operation: Mapping[str, Any], reply: Reply, *, is_head: bool, whole: bool) -> Iterator[str]:
    response = _resolved(operation["responses"].get(str(reply.status)))
    if response is None:
        yield f"undeclared status; {reply.text[:300]}"
        return
    for name in TELLING:
        if name in reply.headers and name not in response["headers"]:
            yield f"undeclared header {name}"
    for name in ("X-Request-Id", *(["Location"] if reply.status in (201, 202, 303) else [])):
        if name not in reply.headers:
            yield f"no header {name}"
    if not is_head:
        yield from _of_body(response, reply, whole)


def _of_body(response: Mapping[str, Any], reply: Reply, whole: bool) -> Iterator[str]:
    content = response.get("content", {})
    if not reply.body:
        if content:
            yield "no body"
        return
    media_type = str(reply.headers.get("Content-Type", "")).partition(";")[0]
    if media_type not in content:
        yield f"{media_type or 'a body'} instead of {', '.join(content) or 'none'}"
        return
    if not media_type.endswith("json"):
        return
    yield from faults_of(reply.json, content[media_type]["schema"], whole=whole)
    if media_type == PROBLEM and reply.json.get("code") not in content[media_type]["examples"]:
        yield f"the code {reply.json.get('code')} is not declared"


def faults_of(value: Any, schema: Mapping[str, Any], *, whole: bool = False) -> list[str]:
    """What a value has that the schema, closed, does not allow.

    Args:
        whole: nobody asked for some members of a record only, so all of them are there.
    """
    validator = _validator(json.dumps(schema, sort_keys=True), whole)
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in validator.iter_errors(value)
    ]


@cache
def _validator(schema: str, whole: bool) -> Any:
    complete = {**closed(json.loads(schema), whole), "components": {"schemas": _closed_components(whole)}}
    return jsonschema_rs.Draft202012Validator(complete, validate_formats=True)


@cache
def _closed_components(whole: bool) -> dict[str, Any]:
    return {name: closed(schema, whole) for name, schema in openapi.document()["components"]["schemas"].items()}


def closed(schema: Any, whole: bool = False) -> Any:
    """The schema without room for what is not declared; if `whole`, nor for records of some members only."""
    if isinstance(schema, list):
        return [closed(each, whole) for each in schema if not (whole and _is_selection(each))]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(value, whole) for name, value in copy.deepcopy(schema).items() if name != "examples"}
    if isinstance(result.get("properties"), dict):
        result.setdefault("additionalProperties", False)
    if "x-extensible-enum" in result:
        result["enum"] = [*result["x-extensible-enum"], None]
    return result


def _is_selection(schema: Any) -> bool:
    return isinstance(schema, dict) and str(schema.get("$ref", "")).endswith("Fields")


def _resolved(response: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if response is None or "$ref" not in response:
        return response
    return openapi.document()["components"]["responses"][response["$ref"].removeprefix("#/components/responses/")]
