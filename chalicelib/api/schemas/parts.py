"""Parameters and headers in the document: the ones that many operations share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.api.docs import ASSETS
from chalicelib.api.http import PUBLIC, Operation
from chalicelib.api.parameters import Parameter
from chalicelib.api.schemas.description import Described
from chalicelib.api.schemas.problems import WRITING
from chalicelib.api.schemas.selection import names_of

_TEXT = {"type": "string"}
_ID = "[0-9A-HJKMNP-TV-Z]"

#: Headers of answers.
HEADERS: Mapping[str, dict[str, Any]] = {
    "X-Request-Id": {"description": "Names the request, also in the log.", "schema": _TEXT},
    "ETag": {
        "description": 'The version of the record, in quotation marks: `"7"`; of one without versions, its content\'s.',
        "schema": _TEXT,
    },
    "Location": {"description": "Where the record is, or where to go on.", "schema": _TEXT},
    "Link": {"description": 'An open lead of the same person: `</v1/leads/lead_…>; rel="duplicate"`.', "schema": _TEXT},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
    "WWW-Authenticate": {"description": "Behind API Gateway: `x-amzn-Remapped-WWW-Authenticate`.", "schema": _TEXT},
    "Idempotent-Replayed": {
        "description": "This is the stored answer of an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
#: Headers of requests.
REQUEST_HEADERS: Mapping[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "description": "Names the request for 48 hours: the same again gets the stored answer.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "example": "order-4711",
    },
    "If-Match": {
        "description": "The ETag of the version that is meant; any other is refused with 412.",
        "schema": _TEXT,
        "example": '"7"',
    },
    "If-None-Match": {"description": "The ETag of what is known already.", "schema": _TEXT, "example": '"7"'},
}
#: Parameters that mean the same wherever they are.
SENTENCES: Mapping[str, str] = {
    "limit": "How many records a page has at most; it may have fewer, and still a cursor.",
    "cursor": "`next_cursor` of the page before; goes with the same filters and the same key.",
    "fields": "Only these fields, names with commas between.",
}
#: What a variable without a line below may be, and what is not made by us.
_ANYTHING = "^[^/]{1,200}$"
#: Variables of paths: pattern and an example.
VARIABLES: Mapping[str, tuple[str, str]] = {
    "lead_id": (f"^lead_{_ID}{{11}}$", "lead_0J5Q2M8T3XA"),
    "task_id": (f"^tsk_[A-Z]{_ID}{{22}}$", "tsk_L0J5Q2M8T3XA0J5Q2M8T3XC"),
    "import_id": (f"^imp_{_ID}{{11}}$", "imp_0J5Q2M8T3XD"),
    "job_id": (f"^job_{_ID}{{11}}$", "job_0J5Q2M8T3XF"),
    "export_id": (f"^exp_{_ID}{{11}}$", "exp_0J5Q2M8T3XF"),
    "receipt_id": (f"^rcp_{_ID}{{16}}$", "rcp_4Z7Q2M8T3XA0J5Q2"),
    "status_id": ("^[A-Za-z0-9_-]{1,21}$", "in_process"),
    "source_id": ("^[A-Za-z0-9_-]{1,40}$", "web_form"),
    "field_name": ("^[a-z][a-z0-9_]{0,39}$", "phones"),
    "user_id": (f"^usr_{_ID}{{11}}$", "usr_0J5Q2M8T3XE"),
    "key_id": ("^key_[0-9a-f]{16}$", "key_0f9a3c5d7e1b2a4c"),
    "form_id": (_ANYTHING, "frm_demo"),
    "channel_id": (_ANYTHING, "chn_demo"),
    "provider": (_ANYTHING, "generic"),
    "asset": (f"^({'|'.join(map(re.escape, ASSETS))})$", "start.js"),
}
_PATH_VARIABLE = re.compile(r"\{(\w+)\}")


def parameters(operation: Operation, described: Described) -> list[dict[str, Any]]:
    """Everything that an operation takes beside its body.

    Raises:
        LookupError: a parameter of the query has no sentence.
    """
    found = [_variable(name) for name in _PATH_VARIABLE.findall(operation.path)]
    # of a door that refuses none and nothing, those that it looks at
    known = dict.fromkeys(described.query, Parameter(schema=_TEXT)) if operation.query is None else operation.query
    for name, parameter in known.items():
        schema = dict(parameter.schema)
        if name == "fields":
            schema["items"] = {"type": "string", "enum": list(names_of(described))}
        said = _query(name, parameter, schema, {**SENTENCES, **described.query}[name])
        needed = {"required": True, "example": described.needed[name]} if name in described.needed else {}
        found.append({**said, **needed})
    found += [{"name": name, "in": "header", **REQUEST_HEADERS[name]} for name in _headers(operation, described)]
    return found


def _variable(name: str) -> dict[str, Any]:
    pattern, example = VARIABLES.get(name, (_ANYTHING, ""))
    described = {"example": example} if example else {}
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}, **described}


def _query(name: str, parameter: Parameter, schema: dict[str, Any], sentence: str) -> dict[str, Any]:
    if parameter.many:
        return {"name": name, "in": "query", "description": sentence, "schema": {"type": "array", "items": schema}}
    between_commas = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return {"name": name, "in": "query", "description": sentence, "schema": schema, **between_commas}


def _headers(operation: Operation, described: Described) -> list[str]:
    names = []
    if operation.method in WRITING and operation.scope != PUBLIC:
        names.append("Idempotency-Key")
    if described.versioned and operation.method in ("PUT", "PATCH", "DELETE"):
        names.append("If-Match")
    if described.creates_only or is_tagged(operation, described):
        names.append("If-None-Match")
    return names


def is_tagged(operation: Operation, described: Described) -> bool:
    """Whether what it reads has an ETag."""
    return operation.method == "GET" and (described.versioned or operation.shows_a_record)


def answer_headers(operation: Operation, described: Described, status: int) -> dict[str, Any]:
    """Headers of a good answer."""
    names = ["X-Request-Id", *described.headers]
    if status in (201, 202, 303):
        names.append("Location")
    if is_tagged(operation, described) or (described.versioned and status in (200, 201)):
        names.append("ETag")
    if operation.method in WRITING and operation.scope != PUBLIC and status < 300:
        names.append("Idempotent-Replayed")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in dict.fromkeys(names)}
