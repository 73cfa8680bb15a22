"""Rows of totals below a list."""

import pytest

from chalicelib.domain.totals import is_totals_row


@pytest.mark.parametrize(
    "row",
    ["Summe;;", "Gesamt:;;12.500,00", "TOTAL;3;1,250.00 EUR", "Grand total;;€ 12", "Anzahl =;17;", " Summen ;-3,5 %;"],
)
def test_a_word_for_a_total_and_numbers_are_a_row_of_totals(row):
    assert is_totals_row(row.split(";"))


@pytest.mark.parametrize(
    "row", ["Total;info@total.example;", "Summer;;", "Totals & Co;;3", "Änne;;12", ";;12", "", "Summe;siehe oben"]
)
def test_what_says_more_is_none(row):
    assert not is_totals_row(row.split(";"))
