"""Query parameters: declared ones are read, everything else is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.api.parameters import (
    CURSOR,
    FLAG,
    LIMIT,
    MOMENT,
    NAMES,
    TEXT,
    TEXTS,
    Parameter,
    choice,
    limit,
    read_query,
)
from chalicelib.domain.errors import BadRequest


def refused(parameter: Parameter, *values: str) -> bool:
    try:
        read_query({"it": values}, {"it": parameter})
    except BadRequest as error:
        return error.code == "invalid_parameter" and "'it'" in error.detail
    return False


def test_defaults_stand_where_nothing_was_sent() -> None:
    known = {"limit": LIMIT, "cursor": CURSOR, "status": TEXTS, "dry_run": FLAG, "fields": NAMES, "since": MOMENT}

    assert read_query({}, known) == {
        "limit": 50,
        "cursor": None,
        "status": (),
        "dry_run": False,
        "fields": None,
        "since": None,
    }


@pytest.mark.parametrize(
    ("parameter", "values", "expected"),
    [
        (LIMIT, ["1"], 1),
        (LIMIT, ["200"], 200),
        (limit(20), [], 20),
        (CURSOR, [""], None),
        (CURSOR, ["abc"], "abc"),
        (TEXT, ["Köln"], "Köln"),
        (TEXTS, ["new", "junk"], ("new", "junk")),
        (FLAG, ["true"], True),
        (FLAG, ["false"], False),
        (NAMES, ["id, name"], ("id", "name")),
        (MOMENT, ["2026-11-23T09:15:00+01:00"], datetime(2026, 11, 23, 8, 15, tzinfo=UTC)),
        (MOMENT, ["2026-11-23"], datetime(2026, 11, 23, tzinfo=UTC)),
        (choice("newest", "oldest", default="newest"), [], "newest"),
        (choice("newest", "oldest"), ["oldest"], "oldest"),
    ],
)
def test_values_are_read(parameter: Parameter, values: list[str], expected: Any) -> None:
    assert read_query({"it": values} if values else {}, {"it": parameter}) == {"it": expected}


def test_the_first_year_is_the_one_that_is_written() -> None:
    """`2000-01-01T01:00:00+02:00` is still 1999 in UTC, and as good as any other time of that day."""
    assert read_query({"since": ["2000-01-01T01:00:00+02:00"]}, {"since": MOMENT}) == {
        "since": datetime(1999, 12, 31, 23, tzinfo=UTC)
    }


@pytest.mark.parametrize("text", ["0", "201", "-1", "+5", "1_0", " 5", "", "5.0", "1e2", "٥", "²", "9" * 5_000])
def test_a_limit_is_a_whole_number_from_1_to_200(text: str) -> None:
    assert refused(LIMIT, text)


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        (LIMIT, ["5", "5"]),
        (TEXT, ["a", "b"]),
        (FLAG, ["yes"]),
        (FLAG, [""]),
        (MOMENT, ["yesterday"]),
        (MOMENT, ["2026-11-23T09:15:00"]),
        (MOMENT, ["2026-W48-1"]),
        (MOMENT, ["2026-02-30"]),
        (MOMENT, ["0001-01-01T00:00:00+05:00"]),
        (choice("newest"), ["worst"]),
        (TEXT, ["\ud800"]),
        (TEXT, ["a\0"]),
        (TEXTS, ["good", "a\0"]),
    ],
)
def test_what_is_not_as_expected_is_refused(parameter: Parameter, values: list[str]) -> None:
    assert refused(parameter, *values)
