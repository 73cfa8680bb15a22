"""Problems in the document: their schema, which ones an operation can have, an example of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chalicelib.api import auth, problems
from chalicelib.api.http import PUBLIC, Operation
from chalicelib.api.problem_codes import CODES
from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Made
from chalicelib.domain.errors import Invalid, LeadgerError
from chalicelib.domain.problems import problem

WRITING = ("POST", "PUT", "PATCH", "DELETE")
WITH_BODY = ("POST", "PUT", "PATCH")


class FieldError(msgspec.Struct):
    """What is wrong with one field, or with one parameter of the query."""

    field: Annotated[str, Meta(description="As it was sent.", examples=["phones[0]"])]
    code: v.Code
    detail: v.Sentence
    pointer: Annotated[str | UnsetType, Meta(description="JSON pointer into the body.", examples=["/phones/0"])] = UNSET
    parameter: Annotated[str | UnsetType, Meta(description="Of the query.")] = UNSET


class Problem(Made):
    """Why a request was refused (RFC 9457). Some codes bring further members; `type` leads to their explanation."""

    uses = (FieldError,)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        errors = {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}}
        omitted = {"type": "integer", "minimum": 1, "description": "Errors beyond those listed."}
        text = {"type": "string"}
        members = {
            "type": {**text, "format": "uri-reference", "description": "Relative to the address of the API."},
            "title": text,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {**text, "description": "For people; may change."},
            "code": {**text, "description": "For machines; stable."},
            "instance": {**text, "format": "uri-reference"},
            "request_id": text,
        }
        return {
            "type": "object",
            "properties": {**members, "errors": errors, "errors_omitted": omitted},
            "required": list(members),
            "additionalProperties": True,
            "examples": [example(422, "validation_failed")],
        }


def of(operation: Operation, described: Described) -> dict[int, tuple[str, ...]]:
    """Status → codes: what every operation of its sort can be refused with, and what this one adds."""
    found = _usual(operation)
    if described.versioned and operation.method in WRITING:
        found[412] = ["version_mismatch"]
    if described.creates_only:
        found[412] = ["version_mismatch", "lead_exists"]
    for status, codes in described.problems.items():
        found.setdefault(status, []).extend(code for code in codes if code not in found.get(status, ()))
    return {status: tuple(codes) for status, codes in sorted(found.items())}


def _usual(operation: Operation) -> dict[int, list[str]]:
    reads_json = operation.method in WITH_BODY and not operation.raw
    conditions = {
        400: {
            "bad_request": True,
            "unknown_parameter": operation.query is not None,
            "invalid_parameter": bool(operation.query),
            "unknown_field": "fields" in (operation.query or {}),
            "invalid_cursor": "cursor" in (operation.query or {}),
            "broken_json": reads_json,
            "invalid_utf8": reads_json,
            "invalid_header": operation.method in WRITING,
        },
        401: {"unauthenticated": operation.scope != PUBLIC},
        403: {"scope_missing": operation.scope not in (PUBLIC, auth.ANY_KEY)},
        404: {"not_found": "{" in operation.path},
        413: {"body_too_large": operation.method in WITH_BODY},
        415: {"unsupported_media_type": reads_json},
        422: {
            "validation_failed": reads_json,
            "idempotency_key_reused": operation.method in WRITING and operation.scope != PUBLIC,
        },
        500: {"internal_error": True},
        503: {"busy": True},
    }
    chosen = {status: [code for code, is_so in codes.items() if is_so] for status, codes in conditions.items()}
    return {status: codes for status, codes in chosen.items() if codes}


def response(status: int, codes: Iterable[str]) -> dict[str, Any]:
    """The response object of a status, with an example of each code."""
    headers = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    for name in problems.HEADERS.get(status, {}):
        headers[name] = {"$ref": f"#/components/headers/{name}"}
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {
        "description": " · ".join(CODES[code].title for code in codes),
        "headers": headers,
        "content": {problems.MEDIA_TYPE: content},
    }


def example(status: int, code: str) -> dict[str, Any]:
    """A problem document of this code, as it would be sent."""
    explanation = CODES[code]
    if code == "validation_failed":
        error: LeadgerError = Invalid([problem("phones[0]", "invalid_phone")])
    else:
        error = _error_of(status)(explanation.title, code=code)
    document = problems.refusal(error, instance="/v1/leads", request_id="13cd6fd1-750b-4ce7-a6a1-3d37eb61cc02").document
    return dict(document)


def _error_of(status: int) -> type[LeadgerError]:
    """A class with one code that is answered with this status; what is none of them is a 500."""
    families = (family for family, answered in problems.STATUS.items() if answered == status and family is not Invalid)
    return next(families, LeadgerError)


def examples(used: Mapping[str, int]) -> dict[str, Any]:
    """`components/examples` of codes, each with a status it comes with."""
    return {code: {"summary": CODES[code].title, "value": example(status, code)} for code, status in used.items()}
