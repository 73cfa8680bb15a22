"""`q`: found by the beginning of a word, by last digits, all words at once, each lead once, at a fixed cost."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.errors import BadRequest
from chalicelib.services import search
from tests import moves
from tests.desk import Desk
from tests.meter import metered


def found(query: str, limit: int = 20) -> list[str]:
    """Names of all leads found, over as many pages as it takes."""
    return [card["name"] for page in pages(query, limit) for card in page]


def pages(query: str, limit: int) -> list[list[dict[str, Any]]]:
    start, found = None, []
    while True:
        cards = search.find(query, limit, start)
        assert len(cards.cards) <= limit
        found.append(cards.cards)
        if cards.next is None:
            return found
        start = cards.next


@pytest.fixture
def people(desk: Desk) -> Desk:
    """Four leads."""
    desk.created(name="Änne Müller", company="Solar Süd GmbH", email="aenne@example.de", phone="0176 04069012")
    desk.created(name="Jörg Mueller", email="joerg@example.org", phone="+49 30 1234567")
    desk.created(name="Zoë Muller", title="Wärmepumpe 2026", phone="+49 30 901820")
    desk.created(name="Görkem Şahin", company="Müller & Şahin", email="gorkem.sahin@mueller.example.de")
    desk.world.catch_up()
    return desk


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("mueller", ["Änne Müller", "Jörg Mueller", "Görkem Şahin"]),
        ("muller", ["Änne Müller", "Zoë Muller", "Görkem Şahin"]),
        ("Müller", ["Änne Müller", "Jörg Mueller", "Görkem Şahin", "Zoë Muller"]),
        ("MÜL", ["Änne Müller", "Jörg Mueller", "Görkem Şahin", "Zoë Muller"]),
        ("sahin", ["Görkem Şahin"]),
        ("müller solar", ["Änne Müller"]),
        ("solar müller 9012", ["Änne Müller"]),
        ("waerme", ["Zoë Muller"]),
        ("2026", ["Zoë Muller"]),
        ("0176 040 690 12", ["Änne Müller"]),
        ("234567", ["Jörg Mueller"]),
        ("aenne@example.de", ["Änne Müller"]),
        ("gorkem.sahin", ["Görkem Şahin"]),
        ("example.de", ["Änne Müller"]),
        ("müller zoll", []),
        ("ller", []),
    ],
)
def test_leads_are_found(people: Desk, query: str, names: list[str]) -> None:
    for limit in (20, 1, 3):
        assert sorted(found(query, limit)) == sorted(names), limit


def test_texts_of_own_fields_lead_to_a_lead_as_long_as_it_has_them(desk: Desk) -> None:
    for name, kind in (("customer", "text"), ("second", "email"), ("mobile", "phone")):
        body = {"name": name, "type": kind, "label": name, "multiple": kind == "phone"}
        assert desk.client.post("/v1/fields", json=body).status == 201
    own = {"customer": "K-4711", "second": "zwei@example.org", "mobile": ["+43 660 1234567", "0176 04069012"]}
    lead = desk.created(name="Zoë", custom=own)
    desk.world.catch_up()

    queries = ("k-4711", "zoe 4711", "zwei@", "069012")
    assert [found(query) for query in queries] == [["Zoë"]] * 4
    desk.client.patch(
        f"/v1/leads/{lead['id']}", json={"custom": {"customer": "K-4712", "second": None, "mobile": None}}
    )
    desk.world.catch_up()
    assert [found(query) for query in queries] == [[]] * 4
    assert found("4712") == ["Zoë"]


def test_a_card_is_the_one_that_lists_show(people: Desk) -> None:
    listed = {card["id"]: card for card in people.get("/v1/leads")["data"]}

    (card,) = search.find("zoe", 20).cards

    assert card == listed[card["id"]]


@pytest.mark.parametrize("query", ["", " ", "-", "@", "x" * 301])
def test_a_query_without_a_word_or_with_too_much_is_refused(desk: Desk, query: str) -> None:
    with pytest.raises(BadRequest) as refused:
        search.find(query, 20)

    assert refused.value.code == "invalid_parameter"


def test_a_lead_that_lost_the_word_is_not_shown_even_before_its_token_is_gone(people: Desk) -> None:
    lead = next(card["id"] for card in people.get("/v1/leads")["data"] if card["name"] == "Zoë Muller")
    moves.revalue(lead, people.world.clock.now(), name="Zoë Weiß")
    assert sorted(found("muller")) == ["Görkem Şahin", "Änne Müller"]

    people.world.catch_up()

    assert found("weiss") == ["Zoë Weiß"]


def test_deleted_and_merged_leads_are_not_found(people: Desk) -> None:
    cards = {card["name"]: card["id"] for card in people.get("/v1/leads")["data"]}
    moves.delete(cards["Zoë Muller"], people.world.clock.now())
    moves.merge_into(cards["Jörg Mueller"], cards["Änne Müller"], people.world.clock.now())
    for _ in range(2):  # before and after derived data caught up
        assert sorted(found("müller")) == ["Görkem Şahin", "Änne Müller"]
        people.world.catch_up()
    moves.restore(cards["Zoë Muller"], people.world.clock.now())
    people.world.catch_up()
    assert found("zoe") == ["Zoë Muller"]


def test_every_lead_is_found_once_whatever_the_size_of_a_page(desk: Desk) -> None:
    """Several words of each lead begin alike: name, address, whole address."""
    for number in range(23):
        desk.created(name=f"Anna Annabell {number}", email=f"anna.annegret{number}@annaberg.example.de")
    desk.world.catch_up()

    for limit in (1, 2, 7, 20, 200):
        names = found("ann", limit)
        assert (len(names), len(set(names))) == (23, 23), limit


def test_a_word_that_fits_too_much_gives_a_short_page_and_a_place_to_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_EVALUATED", 12)
    monkeypatch.setattr(search, "PAGE", 5)
    for number in range(30):
        desk.created(name=f"Musterfrau {number}", company="Gesucht" if number == 29 else "Andere")
    desk.world.catch_up()
    with metered() as meter:
        first = search.find("musterfrau gesucht", 20)

    sizes = [len(page) for page in pages("musterfrau gesucht", 20)]

    assert (first.cards, first.next is None) == ([], False)
    assert meter.requests == 6  # three pages of tokens, and the leads of each
    assert sum(sizes) == 1
    assert len(sizes) > 1


def test_one_word_and_twenty_hits_cost_two_requests_and_eleven_units(desk: Desk) -> None:
    for number in range(25):
        desk.created(
            name=f"Änne Öztürk {number}", email=f"aenne.{number}@example.de", company="Öztürk Solartechnik GmbH",
            phone=f"+49 30 12345{number:02}", title="Photovoltaik Einfamilienhaus",
        )  # fmt: skip
    desk.world.catch_up()

    for query in ("oeztuerk", "Öztürk", "photovoltaik", "aenne", "gmbh"):
        with metered() as meter:
            cards = search.find(query, 20)
        print(f"search '{query}': {meter.requests} requests, {meter.read_units} read units")
        assert len(cards.cards) == 20
        assert meter.requests == 2
        assert meter.read_units <= 11
    with metered() as meter:
        assert [card["name"] for card in search.find("1234507", 20).cards] == ["Änne Öztürk 7"]
    assert meter.requests <= 3
