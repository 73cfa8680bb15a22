"""Errors as problem details (RFC 9457): the one table error → status, and the document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from chalicelib.api.problem_codes import CODES
from chalicelib.domain import errors
from chalicelib.domain.errors import LeadgerError, Problem
from chalicelib.domain.paths import pointer

MEDIA_TYPE = "application/problem+json"

#: Characters of all field errors together: below what Lambda may answer, even if each needs six bytes.
_ERRORS_TEXT = 400_000
_DETAIL_TEXT = 2_000


class MethodNotAllowed(LeadgerError):
    """The path is known, the method not. Only HTTP has this."""

    code = "method_not_allowed"


#: The nearest class in an error's family decides; what is in none of them is our mistake.
STATUS: Mapping[type[LeadgerError], int] = {
    errors.BadRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.Invalid: 422,
    errors.KeyReused: 422,
    errors.TooMany: 429,
    errors.Busy: 503,
}

#: status → headers that belong to it.
HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": 'Bearer realm="leadger"'},
    429: {"Retry-After": "1"},
    503: {"Retry-After": "1"},
}


@dataclass(frozen=True)
class Refusal:
    """A problem, ready to be sent.

    Attributes:
        document: JSON values.
        headers: without those that every answer has.
    """

    status: int
    document: Mapping[str, Any]
    headers: Mapping[str, str]


def status_of(error: Exception) -> int:
    """The status an error is answered with; 500 for what no caller can act on."""
    return next((STATUS[family] for family in type(error).__mro__ if family in STATUS), 500)


def refusal(error: Exception, *, instance: str, request_id: str) -> Refusal:
    """The problem document of an error.

    `retry_after` (seconds) and `allow` in an error's extra members become headers.

    Args:
        instance: path of the request, percent-encoded.
    """
    status = status_of(error)
    known = error if status != 500 and isinstance(error, LeadgerError) else LeadgerError(code="internal_error")
    title = CODES[known.code].title if known.code in CODES else HTTPStatus(status).phrase
    document: dict[str, Any] = {
        "type": f"/docs/problems#{known.code}",
        "title": title,
        "status": status,
        "detail": known.detail[:_DETAIL_TEXT] or title,
        "code": known.code,
        "instance": instance,
        "request_id": request_id,
    }
    if isinstance(known, errors.Invalid):
        document |= _field_errors(known.problems)
    extra = dict(known.extra)
    headers = dict(HEADERS.get(status, {}))
    if "retry_after" in extra:
        headers["Retry-After"] = str(extra["retry_after"])
    if "allow" in extra:
        headers["Allow"] = str(extra.pop("allow"))
    # a member of the standard is never overwritten by one of ours
    document |= {name: value for name, value in extra.items() if name not in document}
    return Refusal(status, _encodable(document), headers)


def _field_errors(problems: Iterable[Problem]) -> dict[str, Any]:
    shown: list[dict[str, str]] = []
    room, omitted = _ERRORS_TEXT, 0
    for problem in problems:
        entry = {
            "field": problem.field,
            "pointer": pointer(problem.field),
            "code": problem.code,
            "detail": problem.detail[:_DETAIL_TEXT],
        }
        room -= sum(map(len, entry.values()))
        if room < 0:
            omitted += 1
        else:
            shown.append(entry)
    return {"errors": shown, "errors_omitted": omitted} if omitted else {"errors": shown}


def _encodable(value: Any) -> Any:
    """The value with half surrogate pairs, which a request may hold and no answer can, replaced by `?`."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_encodable(name): _encodable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value
