"""Business hours: when a missed call should have been answered; over nights, weekends, holidays and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.business_time import Hours, due

BERLIN = Hours.parse([0, 1, 2, 3, 4], "09:00", "17:00", "Europe/Berlin", ["2026-12-25", "2027-01-01"])


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        pytest.param("2026-11-23T09:00+00:00", "2026-11-23T10:00+00:00", id="on a Monday morning"),
        pytest.param("2026-11-23T16:00+01:00", "2026-11-23T17:00+01:00", id="an hour before closing"),
        pytest.param("2026-11-23T16:00:01+01:00", "2026-11-24T09:00:01+01:00", id="a second later"),
        pytest.param("2026-11-23T16:40+01:00", "2026-11-24T09:40+01:00", id="twenty minutes today, forty tomorrow"),
        pytest.param("2026-11-23T17:00+01:00", "2026-11-24T10:00+01:00", id="at closing time"),
        pytest.param("2026-11-23T22:15+01:00", "2026-11-24T10:00+01:00", id="in the evening"),
        pytest.param("2026-11-24T03:00+01:00", "2026-11-24T10:00+01:00", id="at night"),
        pytest.param("2026-11-24T00:30+02:00", "2026-11-24T10:00+01:00", id="still yesterday in Berlin"),
        pytest.param("2026-11-20T16:30+01:00", "2026-11-23T09:30+01:00", id="on a Friday, over the weekend"),
        pytest.param("2026-11-21T12:00+01:00", "2026-11-23T10:00+01:00", id="on a Saturday"),
        pytest.param("2026-12-24T16:30+01:00", "2026-12-28T09:30+01:00", id="over Christmas and the weekend"),
        pytest.param("2027-01-01T12:00+01:00", "2027-01-04T10:00+01:00", id="on New Year's Day"),
        pytest.param("2026-10-23T16:30+02:00", "2026-10-26T09:30+01:00", id="over the end of summer time"),
        pytest.param("2027-03-26T16:30+01:00", "2027-03-29T09:30+02:00", id="over the beginning of summer time"),
    ],
)
def test_a_call_is_to_be_answered_within_an_hour_of_business(missed: str, expected: str) -> None:
    assert due(datetime.fromisoformat(missed), BERLIN) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        # the clock goes from 2 to 3: between 1:30 and 4:30 lie two hours
        pytest.param("2027-03-28T01:30+01:00", "2027-03-28T04:30+02:00", id="the hour that is missing"),
        # it goes from 3 back to 2: between 1:30 and 2:30 (the second) lie two hours
        pytest.param("2026-10-25T01:30+02:00", "2026-10-25T02:30+01:00", id="the hour that comes twice"),
    ],
)
def test_an_hour_is_an_hour_also_in_the_night_the_clock_is_changed(missed: str, expected: str) -> None:
    always = Hours.parse(range(7), "00:00", "23:59", "Europe/Berlin")

    assert due(datetime.fromisoformat(missed), always, timedelta(hours=2)) == datetime.fromisoformat(expected)


def test_the_answer_is_in_utc() -> None:
    assert due(datetime.fromisoformat("2026-11-23T10:00+05:30"), BERLIN).tzinfo is UTC


def test_half_an_hour_of_business_a_day_takes_two_days() -> None:
    short = Hours.parse([0, 1], "09:00", "09:30", "Europe/Berlin")

    assert due(datetime(2026, 11, 23, 7, 0, tzinfo=UTC), short) == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "hours",
    [
        Hours.parse([], "09:00", "17:00", "Europe/Berlin"),
        Hours.parse([0], "17:00", "09:00", "Europe/Berlin"),
        Hours.parse([6], "09:00", "17:00", "UTC", [f"2026-{m:02}-{d:02}" for m in range(1, 13) for d in range(1, 29)]),
    ],
    ids=["no day", "closes before it opens", "mostly holidays"],
)
def test_hours_in_which_nobody_is_ever_there_hold_up_nothing(hours: Hours) -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    assert at < due(at, hours) <= at + timedelta(days=366)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)))
def test_whenever_it_was_it_is_due_later_within_business_hours(at: datetime) -> None:
    found = due(at, BERLIN)

    local = found.astimezone(BERLIN.zone)
    assert at + timedelta(hours=1) <= found <= at + timedelta(days=5)
    assert local.weekday() in BERLIN.days
    assert local.date() not in BERLIN.holidays
    assert BERLIN.opens < local.time() <= BERLIN.closes
