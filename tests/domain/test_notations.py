"""Numbers, days, currencies and countries as people write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.codes import country_code, currency_in
from chalicelib.domain.notations import parse_date, parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("10000,00", "10000.00"),
        ("1'234.50", "1234.50"),
        ("1 234,5", "1234.5"),
        ("1\u202f234,5", "1234.5"),
        ("1.234", "1234"),
        ("1,234", "1234"),
        ("1.234.567", "1234567"),
        ("0.123", "0.123"),
        ("1,5", "1.5"),
        ("12,75", "12.75"),
        ("-3", "-3"),
        ("-1.234,5", "-1234.5"),
        (",5", "0.5"),
        ("5.", "5"),
        ("0", "0"),
    ],
)
def test_the_sign_that_parts_is_found(text, number):
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "abc", "1e5", "1-2", "--1", ".", ",", "NaN", "Infinity", "0x10", "1.234,50 Stück"]
)
def test_what_is_no_number_is_none(text):
    assert parse_number(text) is None


def test_a_known_decimal_sign_settles_the_doubtful():
    assert parse_number("1,234", ",") == Decimal("1.234")
    assert parse_number("1,234", ".") == Decimal("1234")


@pytest.mark.parametrize(
    ("text", "region", "day"),
    [
        ("2026-12-31", "DE", date(2026, 12, 31)),
        ("2026-12-31T10:00:00Z", "DE", date(2026, 12, 31)),
        ("31.12.2026", "DE", date(2026, 12, 31)),
        ("1.2.26", "DE", date(2026, 2, 1)),
        ("31.12.1980 00:00", "DE", date(1980, 12, 31)),
        ("12/31/2026", "DE", date(2026, 12, 31)),
        ("31/12/2026", "US", date(2026, 12, 31)),
        ("03/04/2026", "US", date(2026, 3, 4)),
        ("03/04/2026", "GB", date(2026, 4, 3)),
        ("31.02.2026", "DE", None),
        ("99/99/9999", "US", None),
        ("gestern", "DE", None),
        ("20261231", "DE", None),
    ],
)
def test_days_are_read_as_written(text, region, day):
    assert parse_date(text, region) == day


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.234,50 €", "EUR"), ("$5", "USD"), ("5 CHF", "CHF"), ("chf 5", "CHF"), ("12 Euro", "EUR"), ("12", None)],
)
def test_a_currency_is_known_by_sign_code_or_name(text, currency):
    assert currency_in(text) == currency


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Deutschland", "DE"),
        ("ÖSTERREICH", "AT"),
        ("ch", "CH"),
        (" United Kingdom ", "GB"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_code_or_name(text, code):
    assert country_code(text) == code


@given(st.text(max_size=200))
def test_nothing_raises(text):
    parse_number(text)
    parse_date(text, "US")
    currency_in(text)
    country_code(text)
