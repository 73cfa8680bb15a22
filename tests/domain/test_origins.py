"""Hosts as they are entered and as browsers send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import origins
from chalicelib.domain.origins import Place

ENTRIES = ("kaefer.example", "*.shop.example", "müller.example", "localhost:3000")


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Kaefer.Example", "kaefer.example"),
        ("kaefer.example.", "kaefer.example"),
        ("müller.example", "xn--mller-kva.example"),
        ("MÜLLER.example", "xn--mller-kva.example"),
        ("mu\u0308ller.example", "xn--mller-kva.example"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("my_shop.example", "my_shop.example"),
        *((name, "") for name in ("", ".", "kaefer..example", "-a.example", "a-.example", "kaefer%2eexample", "a b")),
        *((name, "") for name in ("127.1", "2130706433", "0x7f.0.0.1", "127.0.0.01", "[::1]", "1.2.3.4.5")),
        *((name, "") for name in ("kaefer。example", "ｋaefer.example", "kae\u00adfer.de", "kae\u200dfer.de")),
        ("a" * 64 + ".example", ""),
        (".".join(["a" * 60] * 5), ""),
    ],
)  # fmt: skip
def test_a_host_has_one_spelling_to_be_compared_by(written: str, compared: str) -> None:
    assert origins.normal(written) == compared


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://kaefer.example", Place("https", "kaefer.example", 443)),
        ("HTTPS://Kaefer.Example:443/x", Place("https", "kaefer.example", 443)),
        ("http://kaefer.example:/", Place("http", "kaefer.example", 80)),
        ("http://localhost:3000?x", Place("http", "localhost", 3000)),
        *((address, None) for address in ("null", "", "file://", "https:kaefer.example", "//kaefer.example")),
        *((address, None) for address in ("https://a@kaefer.example", "https://kaefer.example:99999", "android-app://x")),
    ],
)  # fmt: skip
def test_an_origin_says_where_a_page_stands(address: str, place: Place | None) -> None:
    assert origins.place(address) == place


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        ("https://kaefer.example", True),
        ("http://kaefer.example", True),
        ("https://www.kaefer.example", False),
        ("https://kaefer.example:8443", True),
        ("https://a.shop.example", True),
        ("https://a.b.shop.example", True),
        ("https://shop.example", False),
        ("https://evilshop.example", False),
        ("https://xn--mller-kva.example", True),
        ("http://localhost:3000", True),
        ("http://localhost", False),
        ("https://localhost:3001", False),
        ("https://kaefer.example.evil.example", False),
    ],
)
def test_an_entry_means_one_host_or_all_below_one(origin: str, known: bool) -> None:
    place = origins.place(origin)

    assert place
    assert origins.is_among(place, ENTRIES) is known


def test_without_a_port_only_the_name_counts() -> None:
    assert [origins.is_named(name, ENTRIES) for name in ("LOCALHOST", "a.shop.example", "shop.example", "", "。")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_entries_are_sources_of_a_policy_and_what_is_no_host_is_left_out() -> None:
    assert origins.sources((*ENTRIES, "a; script-src *", "x y", "")) == [
        "http://kaefer.example:*",
        "http://*.shop.example:*",
        "http://xn--mller-kva.example:*",
        "http://localhost:3000",
    ]


@given(st.text(max_size=40))
def test_whatever_is_sent_is_a_plain_name_or_none(text: str) -> None:
    name = origins.normal(text)

    assert name.isascii()
    assert origins.normal(name) == name
    origins.place(text)
    origins.sources([text])
