"""Key strings: two things never share a key, and what belongs together lies together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.matching import Identity
from chalicelib.store import keys

NAMES = st.text(min_size=1, max_size=400)


def test_a_lead_sorts_behind_all_of_its_entries() -> None:
    lead, entry = keys.lead("0SARQYMNHMY"), keys.entry("0SARQYMNHMY", "ZZZZZZZZZZZ")

    assert (lead, entry) == (("L#0SARQYMNHMY", "~"), ("L#0SARQYMNHMY", "T#ZZZZZZZZZZZ"))
    assert lead[1] > entry[1]


def test_claims_are_by_kind_and_value() -> None:
    assert keys.claim(Identity("phone", "+4917604069012")) == ("P#+4917604069012", "#")
    assert keys.claim(Identity("email", "aenne@example.de")) == ("E#aenne@example.de", "#")


def test_rows_of_a_job_sort_in_the_order_of_the_file() -> None:
    rows = [keys.job_row("0SARQYNCWEH", row)[1] for row in (0, 9, 10, 99_999, 100_000, 1_999_999)]

    assert rows == sorted(rows)
    assert all(row < keys.job("0SARQYNCWEH")[1] for row in rows)


@given(NAMES, NAMES)
def test_two_pointers_never_meet(one: str, other: str) -> None:
    same = keys.pointer(f"call#{one}") == keys.pointer(f"call#{other}")

    assert same == (one == other)


@given(NAMES)
def test_a_key_is_never_longer_than_dynamodb_takes(name: str) -> None:
    pk, _ = keys.pointer(f"mail#{name}")

    assert len(pk.encode("utf-8", "surrogatepass")) <= 250


def test_nobodys_leads_have_a_partition_of_their_own() -> None:
    assert (keys.owned(None), keys.open_tasks(None)) == ("L:-#0", "TASK:-")
    assert (keys.owned("usr_1"), keys.open_tasks("usr_1")) == ("L:usr_1#0", "TASK:usr_1")


def test_lanes_are_in_the_keys() -> None:
    assert (keys.board("new"), keys.board("new", "3"), keys.feed("3")) == ("L:new#0", "L:new#3", "L#3")


def test_a_token_is_read_back_whatever_it_holds() -> None:
    for text in ("muller", "a#b@example.de", "~21096", "li", "#"):
        pk, sk = keys.token(text, "0SARTXT7M8X")

        assert keys.token_of(sk) == (text, "0SARTXT7M8X")
        assert (pk, sk.startswith(text)) == (keys.tokens(text, whole=False)[0], True)


def test_changes_sort_by_their_millisecond_within_their_day() -> None:
    at = datetime(2026, 11, 23, 23, 59, 59, 999_000, tzinfo=UTC)
    (day, first), (same, second), (next_day, third) = [
        keys.change(at + timedelta(milliseconds=number), "shardId-1", 9 - number) for number in (-1, 0, 1)
    ]

    assert (day, same, next_day) == ("F#20261123", "F#20261123", "F#20261124")
    assert first < second < third
