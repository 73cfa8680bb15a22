"""Lines of JSON, one lead each, and what is wrong with a line before anybody is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

#: Bytes. The API takes 256 KB; a line beyond it is not read whole.
MOST = 256 * 1024


@dataclass(frozen=True)
class Line:
    """A line of the input.

    Attributes:
        number: from 1, blank lines counted.
        size: in bytes.
        data: of the lead; None where `problem` says why there is none.
    """

    number: int
    size: int
    data: Mapping[str, Any] | None = None
    problem: Mapping[str, Any] | None = None


class _Repeated(ValueError):
    """A name stands twice in one object."""


def read_lines(stream: IO[bytes]) -> Iterator[Line]:
    """Every line that is not blank; a byte-order mark and Windows line ends do no harm."""
    number = 0
    while raw := stream.readline(MOST + 1):
        number += 1
        size = len(raw)
        if size > MOST and not raw.endswith(b"\n"):
            while (rest := stream.readline(MOST)) and not rest.endswith(b"\n"):
                size += len(rest)
            yield Line(number, size + len(rest), problem=_problem("too_large", f"A line has at most {MOST} bytes"))
        elif raw.strip(b"\xef\xbb\xbf \t\r\n"):
            yield _read(number, raw)


def _read(number: int, raw: bytes) -> Line:
    try:
        data = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as error:
        return Line(number, len(raw), problem=_problem("invalid_utf8", f"Not UTF-8: byte {error.start + 1}"))
    except _Repeated as error:
        return Line(number, len(raw), problem=_problem("duplicate_key", str(error)))
    except json.JSONDecodeError as error:
        return Line(number, len(raw), problem=_problem("broken_json", f"{error.msg}, column {error.colno}"))
    except (ValueError, RecursionError) as error:
        return Line(number, len(raw), problem=_problem("broken_json", str(error)))
    if not isinstance(data, dict):
        return Line(number, len(raw), problem=_problem("invalid_type", 'A line is an object: {"name": …}'))
    return Line(number, len(raw), data)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _Repeated("A name stands twice in one object")
    return value


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _problem(code: str, detail: str) -> dict[str, str]:
    return {"code": code, "detail": detail}
