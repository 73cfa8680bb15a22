"""Posts a minute of one address."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.form_limits import MINUTE, Buckets, Decision, decide

NOW = 1_795_421_700_000


def courses(times: list[int], per_minute: int = 10, at_most: int = 60) -> list[str]:
    """What becomes of posts at these milliseconds."""
    seen, found = Buckets(), []
    for at in times:
        decision = decide(seen, NOW + at, per_minute, at_most)
        seen = decision.after
        found.append(decision.course)
    return found


def test_the_first_ten_are_taken_the_next_fifty_queued_and_the_rest_refused() -> None:
    assert courses([0] * 70) == ["taken"] * 10 + ["queued"] * 50 + ["refused"] * 10


@pytest.mark.parametrize("limit", [1, 7, 10, 59])
def test_at_the_limit_is_taken_and_one_more_is_not(limit: int) -> None:
    assert courses([0] * (limit + 1), per_minute=limit) == ["taken"] * limit + ["queued"]
    assert courses([0] * (limit + 1), per_minute=limit, at_most=limit) == ["taken"] * limit + ["refused"]


def test_who_sends_slowly_is_never_over_it() -> None:
    assert set(courses([6_000 * number for number in range(100)])) == {"taken"}


def test_thirty_a_minute_for_an_hour_are_queued_but_never_refused() -> None:
    counted = Counter(courses([2_000 * number for number in range(1_800)]))

    assert set(counted) == {"taken", "queued"}
    assert counted["taken"] == pytest.approx(610, abs=10)


def test_who_is_refused_is_told_when_to_come_again() -> None:
    full = Buckets(NOW + MINUTE, NOW + MINUTE)

    refused = decide(full, NOW, 10, 60)

    assert refused == Decision("refused", full, 1)
    assert decide(full, NOW + 1_000 * refused.wait, 10, 60).course == "queued"
    assert decide(full, NOW, 10, 2).wait == 30


@given(st.lists(st.integers(0, 5 * MINUTE), max_size=200).map(sorted), st.integers(1, 20), st.integers(1, 80))
def test_no_minute_takes_more_than_a_bucket_and_what_flows_in(times: list[int], per_minute: int, at_most: int) -> None:
    found = list(zip(times, courses(times, per_minute, at_most), strict=True))

    for begin in times:
        within = Counter(course for at, course in found if begin <= at < begin + MINUTE)
        assert within["taken"] <= 2 * per_minute
        assert within["taken"] + within["queued"] <= 2 * at_most
