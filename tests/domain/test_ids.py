"""Ids: text order is number order, time order is id order, and the same delivery has the same id."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import ids
from chalicelib.domain.ids import IdSource

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NUMBERS = st.integers(0, 2**53 - 1)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2089, 1, 1), timezones=st.just(UTC))


def source(*low_bits: int) -> IdSource:
    """A source whose random bits are these."""
    left = list(low_bits)
    return IdSource(lambda _: left.pop(0) if left else 0)


@given(NUMBERS)
def test_an_id_is_read_back_as_its_number(number: int) -> None:
    text = ids.encode(number)

    assert len(text) == 11
    assert ids.decode(text) == number


@given(NUMBERS, NUMBERS)
def test_text_order_is_number_order(one: int, other: int) -> None:
    assert (ids.encode(one) < ids.encode(other)) == (one < other)


@given(TIMES, TIMES)
def test_sortable_times_sort_by_time_to_the_millisecond(one: datetime, other: datetime) -> None:
    assert (ids.sortable(one) < ids.sortable(other)) == (ids.milliseconds(one) < ids.milliseconds(other))
    assert len(ids.sortable(one)) == 9


def test_an_id_fits_a_javascript_number_until_2089() -> None:
    latest = ids.EPOCH + timedelta(milliseconds=2**41 - 1)

    made = source(2047).next(latest)

    assert latest.year == 2089
    assert ids.decode(made) <= 2**53 - 1


def test_a_number_that_does_not_fit_is_refused_not_cut() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        ids.encode(32**11)


def test_letters_that_are_read_wrong_do_not_occur() -> None:
    assert set("ILOU") & set(ids.ALPHABET) == set()
    assert len(ids.ALPHABET) == 32


def test_created_at_is_the_ids_millisecond() -> None:
    at = NOON + timedelta(microseconds=123_456)

    assert ids.created_at(source(1234).next(at)) == NOON + timedelta(milliseconds=123)


def test_a_moment_before_our_time_is_its_beginning() -> None:
    assert ids.milliseconds(datetime(1999, 1, 1, tzinfo=UTC)) == 0


# One source


def test_the_first_id_of_a_millisecond_is_random_and_the_next_ones_count() -> None:
    made = source(1000)

    numbers = [ids.decode(made.next(NOON)) % 2048 for _ in range(3)]

    assert numbers == [1000, 1001, 1002]


def test_a_full_millisecond_goes_on_in_the_next_one() -> None:
    made = source(2047)

    last, next_one = made.next(NOON), made.next(NOON)

    assert ids.created_at(last) == NOON
    assert ids.created_at(next_one) == NOON + timedelta(milliseconds=1)
    assert next_one > last


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=300), st.randoms(use_true_random=False))
def test_ids_of_one_source_grow_even_if_the_clock_goes_back(steps: list[int], generator: random.Random) -> None:
    made, at, found = IdSource(generator.getrandbits), NOON, []
    for step in steps:
        at += timedelta(milliseconds=step)
        found.append(made.next(at))

    assert found == sorted(set(found))
    assert not any(ids.decode(text) & ids.BULK_BIT for text in found)


def test_three_thousand_ids_in_one_millisecond_are_all_different() -> None:
    made = IdSource(random.Random(7).getrandbits)

    assert len({made.next(NOON) for _ in range(3_000)}) == 3_000


# Rows of imports


def test_rows_have_ids_in_the_order_of_the_file_and_never_those_of_others() -> None:
    first = ids.milliseconds(NOON)

    rows = [ids.bulk_id(first, position) for position in (0, 1, 2047, 2048, 19_999)]

    assert rows == sorted(rows)
    assert [ids.created_at(row) - NOON for row in rows] == [timedelta(milliseconds=ms) for ms in (0, 0, 0, 1, 9)]
    assert all(ids.decode(row) & ids.BULK_BIT for row in rows)


@given(st.integers(0, 2**41 - 100), st.integers(0, 100_000), st.integers(0, 100_000))
def test_a_row_always_has_the_same_id_and_no_other_row_has_it(first: int, one: int, other: int) -> None:
    assert (ids.bulk_id(first, one) == ids.bulk_id(first, other)) == (one == other)


# Receipts


def test_the_same_delivery_has_the_same_receipt_for_ever() -> None:
    assert ids.receipt_id("web_form", "frm_demo:äöü") == "WVEM229V7ZTV03P7"


@given(st.text(), st.text(), st.text(), st.text())
def test_another_delivery_has_another_receipt(source: str, external: str, source_2: str, external_2: str) -> None:
    same = ids.receipt_id(source, external) == ids.receipt_id(source_2, external_2)

    assert same == (f"{source}\0{external}" == f"{source_2}\0{external_2}")


def test_half_a_surrogate_pair_costs_nobody_the_receipt() -> None:
    assert len(ids.receipt_id("web_form", "\ud800")) == 16


# As the API shows them


@pytest.mark.parametrize(
    ("text", "prefix", "width", "own_part"),
    [
        ("lead_0SARQYMNHMY", "lead", 11, "0SARQYMNHMY"),
        ("rcp_QJQC178AGVTEF275", "rcp", 16, "QJQC178AGVTEF275"),
        ("deal_0SARQYMNHMY", "lead", 11, None),
        ("lead_0SARQYMNHM", "lead", 11, None),
        ("lead_0SARQYMNHMYY", "lead", 11, None),
        ("lead_0sarqymnhmy", "lead", 11, None),
        ("lead_0SARQYMNHMI", "lead", 11, None),
        ("lead_0SARQYMNHMY\n", "lead", 11, None),
        ("lead_０SARQYMNHMY", "lead", 11, None),
        ("0SARQYMNHMY", "lead", 11, None),
        ("", "lead", 11, None),
    ],
)
def test_only_a_whole_id_of_its_kind_is_taken(text: str, prefix: str, width: int, own_part: str | None) -> None:
    assert ids.strip(text, prefix, width) == own_part
