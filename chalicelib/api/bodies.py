"""JSON bodies: read strictly, every fault named with its place, and never a way to make us fail."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec

from chalicelib.domain.errors import BadRequest, Invalid, Problem
from chalicelib.domain.paths import pointer, written
from chalicelib.domain.problems import problem
from chalicelib.domain.times import FIRST_YEAR, LAST_YEAR

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_KEYS = 1_000
#: DynamoDB keeps 38 digits, orjson writes 64 bits: what is beyond could be read and never given back.
MAX_INTEGER = 2**63 - 1

#: Of one name; no field has a longer one.
MAX_NAME = 255

#: Told at once; a body of 256 KB could hold a hundred times as many.
_MAX_PROBLEMS = 1_000
#: Characters of a value that a problem shows.
_SHOWN = 200
_DIGITS = 19
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)', re.DOTALL)
#: msgspec's place within the value: ` - at `$.phones[1]``.
_PLACE = re.compile(r" - at `(?:key in )?\$(?P<steps>[^`]*)`$")
_PLACE_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")

_Path = tuple[str | int, ...]
_Struct = TypeVar("_Struct", bound=msgspec.Struct)


class _Repeated(dict[str, Any]):
    """An object in which a name stands twice; `names` are those."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        super().__init__(value)
        self.names: dict[str, None] = {}


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        BadRequest: it is not JSON (`broken_json`, with the position) or not UTF-8 (`invalid_utf8`).
        Invalid: JSON that cannot be used: not an object, a name twice, too deep, too many names, a number beyond
            64 bits, text that is no text (lone surrogates, NUL); all of them.
    """
    try:
        value = _parse(_decode(body))
    except RecursionError:
        raise Invalid([_too_deep(())]) from None
    problems = list(islice(_faults(value, ()), _MAX_PROBLEMS))
    keys = _count_keys(value) if not any(problem.code == "too_deep" for problem in problems) else 0
    if keys > MAX_KEYS:
        problems.append(Problem("", "too_many_keys", f"The body has {keys} names; {MAX_KEYS} are the limit"))
    if not isinstance(value, dict):
        problems.append(Problem("", "invalid_type", f"The body is {_kind(value)}; it must be an object"))
    if problems:
        raise Invalid(problems)
    return dict(value)


def read_struct(value: Mapping[str, Any], struct: type[_Struct]) -> _Struct:
    """A body of fixed shape. Raises Invalid with all problems: unknown, missing and wrong fields, nested ones too."""
    problems = list(islice(_struct_problems(value, struct, ()), _MAX_PROBLEMS))
    if problems:
        raise Invalid(problems)
    try:
        return msgspec.convert(value, struct)
    except msgspec.ValidationError as error:
        # what a struct checks across its fields, in __post_init__
        raise Invalid([_from_msgspec(error, value, ())]) from None


def timely(at: datetime, name: str) -> datetime:
    """A time of a body. Raises Invalid for one without an offset, or beyond what is ever received here."""
    if at.tzinfo is None:
        raise Invalid([problem(name, "invalid_datetime", at.isoformat())])
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        years = f"the years {FIRST_YEAR} to {LAST_YEAR}"
        raise Invalid([problem(name, "out_of_range", at.isoformat(), range=years)])
    return at


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"The body is not UTF-8: byte {error.start} is 0x{body[error.start]:02X}", code="invalid_utf8"
        ) from None


def _parse(text: str) -> Any:
    if not text.strip():
        raise BadRequest("The body is empty; it must be a JSON object", code="broken_json")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_Constant)
    except json.JSONDecodeError as error:
        raise _broken(text, error.pos, error.msg) from None
    constant = next((match.start() for match in _CONSTANT.finditer(text) if match.group(1)), None)
    if constant is not None:
        raise _broken(text, constant, "NaN and Infinity are not JSON", next(_constants(value, ()), None))
    return value


class _Constant(float):
    """NaN or an infinity, by which its place is found."""


def _constants(value: Any, path: _Path) -> Iterator[_Path]:
    """Where they are, as far as a body may be nested."""
    if isinstance(value, _Constant):
        yield path
    elif isinstance(value, dict | list) and len(path) < MAX_DEPTH:
        for step, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _constants(each, (*path, step))


def _integer(digits: str) -> int | float:
    # longer ones cost quadratic time, and are out of range anyhow; reported with their place once that is known
    return int(digits) if len(digits.lstrip("-")) <= _DIGITS else math.inf


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    repeated = _Repeated(value)
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            repeated.names[name] = None
        seen.add(name)
    return repeated


def _broken(text: str, position: int, reason: str, path: _Path | None = None) -> BadRequest:
    line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
    extra: dict[str, object] = {"line": line, "column": column, "position": position}
    if path is not None:
        field = written(path)
        extra["errors"] = [{"field": field, "pointer": pointer(field), "code": "broken_json", "detail": reason}]
    return BadRequest(f"The body is not JSON: {reason}, line {line}, column {column}", code="broken_json", extra=extra)


def _faults(value: Any, path: _Path) -> Iterator[Problem]:
    """What makes a value unusable wherever it goes."""
    if isinstance(value, dict | list):
        if len(path) >= MAX_DEPTH:
            yield _too_deep(path)
            return
        yield from _container_faults(value, path)
    elif isinstance(value, str):
        if not _is_text(value):
            yield Problem(written(path), "invalid_text", "This text holds a NUL or half a surrogate pair")
    elif (isinstance(value, int) and abs(value) > MAX_INTEGER) or (isinstance(value, float) and math.isinf(value)):
        yield Problem(written(path), "number_out_of_range", "A number beyond 64 bits; send it as text")


def _container_faults(value: dict[str, Any] | list[Any], path: _Path) -> Iterator[Problem]:
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from _faults(item, (*path, position))
        return
    if isinstance(value, _Repeated):
        for name in value.names:
            yield Problem(written((*path, name[:MAX_NAME])), "duplicate_key", "This name stands twice in one object")
    for name, item in value.items():
        if len(name) > MAX_NAME:
            yield Problem(
                written((*path, name[:MAX_NAME])), "name_too_long", f"A name has at most {MAX_NAME} characters"
            )
            continue
        if not _is_text(name):
            yield Problem(written((*path, name)), "invalid_text", "This name holds a NUL or half a surrogate pair")
        yield from _faults(item, (*path, name))


def _too_deep(path: _Path) -> Problem:
    return Problem(written(path), "too_deep", f"Nested deeper than {MAX_DEPTH} levels")


def _is_text(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _count_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_count_keys(item) for item in value.values() if isinstance(item, dict | list))
    if isinstance(value, list):
        return sum(_count_keys(item) for item in value if isinstance(item, dict | list))
    return 0


def _struct_problems(value: Any, struct: type[msgspec.Struct], path: _Path) -> Iterator[Problem]:
    fields = _fields(struct)
    for name in value:
        if name not in fields:
            yield Problem(written((*path, name)), "unknown_field", f"There is no field '{name[:_SHOWN]}' here")
    for name, field in fields.items():
        if name in value:
            yield from _value_problems(value[name], field.type, (*path, name))
        elif field.required:
            yield Problem(written((*path, name)), "required", f"'{name}' is missing")


@cache
def _fields(struct: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(struct)}


def _value_problems(value: Any, kind: Any, path: _Path) -> Iterator[Problem]:
    # msgspec stops at the first fault: structs and lists are taken apart, so that all are told at once
    if get_origin(kind) is Annotated and (inner := list(_value_problems(value, get_args(kind)[0], path))):
        yield from inner  # what holds of the whole is looked at when its parts are as they should be
        return
    struct = _struct_in(kind)
    if struct and isinstance(value, dict):
        yield from _struct_problems(value, struct, path)
    elif get_origin(kind) in (list, tuple) and isinstance(value, list) and len(set(get_args(kind)) - {...}) == 1:
        for position, item in enumerate(value):
            yield from _value_problems(item, get_args(kind)[0], (*path, position))
    else:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            wrong, choices = _from_msgspec(error, value, path), ", ".join(_choices(kind))
            is_none_of_them = choices and wrong.code == "invalid_value"
            yield problem(wrong.field, "invalid_choice", value, choices=choices) if is_none_of_them else wrong


def _choices(kind: Any) -> list[str]:
    """The texts of a Literal, be it one that may be null; empty for all else."""
    if get_origin(kind) is Literal:
        return [each for each in get_args(kind) if isinstance(each, str)]
    options = [option for option in get_args(kind) if option is not type(None)]
    return _choices(options[0]) if len(options) == 1 else []


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    """The struct of `Struct` or `Struct | None`."""
    options = [option for option in (get_args(kind) or (kind,)) if option is not type(None)]
    only = options[0] if len(options) == 1 and get_origin(kind) not in (list, tuple, dict) else None
    return only if isinstance(only, type) and issubclass(only, msgspec.Struct) else None


def _from_msgspec(error: msgspec.ValidationError, value: Any, path: _Path) -> Problem:
    text = str(error)
    place = _PLACE.search(text)
    steps = _PLACE_STEP.findall(place["steps"]) if place else []
    detail = _PLACE.sub("", text)
    code = "invalid_type" if re.match(r"Expected `[^`]+`, got `", detail) else "invalid_value"
    detail = _TYPE_NAMES.sub(_in_words, detail)
    at = (*path, *(name or int(position) for name, position in steps))
    return Problem(written(at), code, detail, "" if isinstance(value, dict | list) else str(value)[:_SHOWN])


#: msgspec's names of types, alone or as in `str | null`.
_TYPE_NAMES = re.compile(r"`((?:\w+)(?: \| \w+)*)`")
_WORDS = {"str": "a text", "bool": "true or false", "int": "a whole number", "float": "a number", "null": "null",
          "array": "a list", "object": "an object"}  # fmt: skip


def _in_words(found: re.Match[str]) -> str:
    return " or ".join(_WORDS.get(name, name) for name in found[1].split(" | "))


def _kind(value: Any) -> str:
    names = {list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
