"""Query parameters: what an operation knows is declared, everything else is refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.domain import times
from chalicelib.domain.errors import BadRequest
from chalicelib.domain.times import FIRST_YEAR, LAST_YEAR

MAX_LIMIT = 200
#: JSON Schema of a text: without NUL.
ANY_TEXT: Mapping[str, Any] = {"type": "string", "pattern": r"^[^\x00]*$"}

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True)
class Parameter:
    """One query parameter.

    Attributes:
        read: text → value; raises ValueError with a sentence.
        default: where it is absent.
        many: may be repeated; the value is a tuple.
        schema: JSON Schema of one value, for the document; that of a list is one of names between commas.
    """

    read: Callable[[str], Any] = str
    default: Any = None
    many: bool = False
    schema: Mapping[str, Any] = field(default_factory=lambda: ANY_TEXT)


def limit(default: int = 50) -> Parameter:
    """How many records a page has at most, 1 to 200."""
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": default}
    return Parameter(read=_limit, default=default, schema=schema)


def choice(*values: str, default: str | None = None) -> Parameter:
    """One of a closed set."""

    def read(text: str) -> str:
        if text not in values:
            raise ValueError(f"one of {', '.join(values)}")
        return text

    schema = {"type": "string", "enum": list(values)} | ({"default": default} if default else {})
    return Parameter(read=read, default=default, schema=schema)


def read_query(query: Mapping[str, Sequence[str]], known: Mapping[str, Parameter]) -> dict[str, Any]:
    """Values by name, with the defaults of what is absent.

    Raises:
        BadRequest: unknown, repeated or unreadable parameters, all of them in `errors`.
    """
    errors, values = [], {}
    for name in query:
        if name not in known:
            errors.append(_error(name, "unknown_parameter", f"There is no parameter '{name}' here"))
    for name, parameter in known.items():
        try:
            values[name] = _value(query.get(name, ()), parameter)
        except ValueError as error:
            errors.append(_error(name, "invalid_parameter", f"'{name}' is not as expected: {error}"))
    if errors:
        detail = "; ".join(str(error["detail"]) for error in errors)
        raise BadRequest(detail, code=str(errors[0]["code"]), extra={"errors": errors})
    return values


def _value(texts: Sequence[str], parameter: Parameter) -> Any:
    for text in texts:
        if "\0" in text or not _is_encodable(text):
            raise ValueError("it holds characters that are no text")
    if parameter.many:
        return tuple(parameter.read(text) for text in texts)
    if len(texts) > 1:
        raise ValueError("it may stand only once")
    return parameter.read(texts[0]) if texts else parameter.default


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _error(name: str, code: str, detail: str) -> dict[str, str]:
    return {"field": name, "parameter": name, "code": code, "detail": detail}


def _limit(text: str) -> int:
    # int() also takes blanks, signs, underscores and digits of other scripts
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT):
        raise ValueError(f"a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"


def _moment(text: str) -> datetime:
    # fromisoformat alone also reads week dates
    if _DATE.fullmatch(text):
        moment = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    else:
        moment = times.parse(text)
    # the year as it is written: elsewhere it may still be the year before
    if not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        raise ValueError(f"a time between {FIRST_YEAR} and {LAST_YEAR}")
    return moment


def _names(text: str) -> tuple[str, ...] | None:
    return tuple(name.strip() for name in text.split(",") if name.strip()) or None


LIMIT = limit()
#: As it was given; empty is absent.
CURSOR = Parameter(read=lambda text: text or None, schema={"type": "string"})
TEXT = Parameter()
TEXTS = Parameter(many=True, default=())
FLAG = Parameter(read=_flag, default=False, schema={"type": "boolean", "default": False})
#: As FLAG; absent is None.
MAYBE = Parameter(read=_flag, schema={"type": "boolean"})
#: An RFC 3339 time, or a date, which is its midnight in UTC; aware UTC.
MOMENT = Parameter(
    read=_moment,
    schema={
        "type": "string",
        "anyOf": [{"format": "date-time"}, {"format": "date"}],
        "pattern": "^20([0-7][0-9]|8[0-8])-",
    },
)
#: `a,b` → ("a", "b"); absent and empty are None.
NAMES = Parameter(read=_names, schema={"type": "array", "items": ANY_TEXT})
#: Of an operation that knows none.
NONE: Mapping[str, Parameter] = {}
#: A list's own two.
PAGE: Mapping[str, Parameter] = {"limit": LIMIT, "cursor": CURSOR}
