"""Gauges: what a lead adds to the columns of the board, exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import gauges
from chalicelib.domain.lead import Lead

AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
LEAD = Lead("0SARTXT7M8X", 1, "rcp_1", "new", "open", AT, "api", AT, AT)


def worth(amount: str, currency: str = "EUR", lead: Lead = LEAD) -> Lead:
    return replace(lead, values={"amount": {"amount": amount, "currency": currency}})


def test_a_new_lead_enters_everybodys_column_and_its_owners() -> None:
    lead = replace(worth("1234.50"), owner="usr_1")

    assert gauges.difference(None, lead) == {
        ("ALL", "new"): {"count": 1, "EUR": 12_345_000},
        ("usr_1", "new"): {"count": 1, "EUR": 12_345_000},
    }


def test_a_lead_that_moves_leaves_one_column_for_another() -> None:
    assert gauges.difference(LEAD, replace(LEAD, version=2, status="junk", kind="junk")) == {
        ("ALL", "new"): {"count": -1},
        ("-", "new"): {"count": -1},
        ("ALL", "junk"): {"count": 1},
        ("-", "junk"): {"count": 1},
    }


def test_a_change_of_hands_leaves_everybodys_column_as_it_is() -> None:
    assert gauges.difference(LEAD, replace(LEAD, owner="usr_1")) == {
        ("-", "new"): {"count": -1},
        ("usr_1", "new"): {"count": 1},
    }


def test_another_amount_changes_the_sum_and_another_currency_two_of_them() -> None:
    assert gauges.difference(worth("10.00"), worth("10.05"))["ALL", "new"] == {"EUR": 500}
    assert gauges.difference(worth("10.00"), worth("7", "JPY"))["ALL", "new"] == {"EUR": -100_000, "JPY": 70_000}


def test_what_does_not_show_on_the_board_changes_nothing() -> None:
    assert gauges.difference(worth("10.00"), replace(worth("10"), version=2, source="csv")) == {}


def test_deleted_and_merged_leads_are_in_no_column() -> None:
    deleted = replace(LEAD, deleted_at=AT)

    assert gauges.difference(LEAD, deleted)["ALL", "new"] == {"count": -1}
    assert gauges.difference(deleted, LEAD)["ALL", "new"] == {"count": 1}
    assert gauges.difference(deleted, None) == {}
    assert gauges.difference(LEAD, replace(LEAD, merged_into="0SARTXT7M90"))["-", "new"] == {"count": -1}


def test_sums_are_shown_by_currency_with_the_digits_that_each_has() -> None:
    tally = {"count": 3, "EUR": 12_345_000, "JPY": 70_000, "KWD": 15_000, "CHF": 1, "USD": 0}

    assert gauges.money(tally) == [
        {"amount": "0.0001", "currency": "CHF"},
        {"amount": "1234.50", "currency": "EUR"},
        {"amount": "7", "currency": "JPY"},
        {"amount": "1.500", "currency": "KWD"},
    ]


@given(st.lists(st.decimals("-999999999999.9999", "999999999999.9999", places=4), min_size=1, max_size=30))
def test_any_number_of_additions_is_exact(amounts: list) -> None:
    total: dict = {}
    for amount in amounts:
        gauges.add(total, gauges.counted(worth(str(amount))))

    (shown,) = gauges.money(total["ALL", "new"]) or [{"amount": "0"}]
    assert sum(amounts) == type(amounts[0])(shown["amount"])
