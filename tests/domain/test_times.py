"""Times as text: RFC 3339."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.times import parse, rfc3339


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T08:15:00Z", datetime(2026, 11, 23, 8, 15, tzinfo=UTC)),
        ("2026-11-23t08:15:00z", datetime(2026, 11, 23, 8, 15, tzinfo=UTC)),
        ("2026-11-23 09:15:00+01:00", datetime(2026, 11, 23, 8, 15, tzinfo=UTC)),
        ("2026-11-23T08:15:00.5-00:00", datetime(2026, 11, 23, 8, 15, 0, 500_000, tzinfo=UTC)),
        ("2026-11-23T08:15:00.123456789Z", datetime(2026, 11, 23, 8, 15, 0, 123_456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_of_rfc_3339_are_read(text: str, expected: datetime) -> None:
    assert parse(text) == expected
    assert parse(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T08:15:00",
        "2026-11-23T08:15Z",
        "20261123T081500Z",
        "2026-W48-1T08:15:00Z",
        "2026-02-30T08:15:00Z",
        "2026-11-23T25:00:00Z",
        "2026-11-23T08:15:00+0100",
        "2026-11-23T08:15:00+99:00",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:00:00-05:00",
        "٢٠٢٦-11-23T08:15:00Z",
        "2026-11-23T08:15:00Z\n",
    ],
)
def test_everything_else_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_times_are_written_in_utc_cut_to_the_millisecond() -> None:
    berlin = timezone(timedelta(hours=1))

    assert rfc3339(datetime(2026, 11, 23, 9, 15, 0, 999_999, tzinfo=berlin)) == "2026-11-23T08:15:00.999Z"
    assert rfc3339(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000Z"


def test_a_time_without_an_offset_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="offset"):
        rfc3339(datetime(2026, 11, 23))


@given(at=st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_as_the_same_millisecond(at: datetime) -> None:
    assert parse(rfc3339(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)
