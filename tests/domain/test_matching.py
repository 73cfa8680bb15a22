"""Who is it: what the claims say about a newcomer, as a table."""

from __future__ import annotations

from itertools import permutations

import pytest

from chalicelib.domain.matching import SHARED_AT, Claim, Identity, Match, identities, match

MAIL, PHONE = Identity("email", "aenne@example.de"), Identity("phone", "+4917604069012")
OTHER_MAIL = Identity("email", "buero@example.de")
CROWD = tuple(f"{number:02}" for number in range(SHARED_AT))


def held_by(*leads: str, **more: object) -> Claim:
    return Claim(open_leads=frozenset(leads), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param({}, Match(), id="nobody is known"),
        pytest.param({MAIL: Claim()}, Match(), id="a claim that holds nothing"),
        pytest.param({PHONE: held_by("A")}, Match("A", PHONE), id="known by phone"),
        pytest.param({MAIL: held_by("A")}, Match("A", MAIL), id="known by mail"),
        pytest.param({MAIL: held_by("A"), PHONE: held_by("A")}, Match("A", MAIL), id="known by both"),
        pytest.param({MAIL: held_by("B"), PHONE: held_by("A")}, Match("B", MAIL, others=("A",)), id="the mail decides"),
        pytest.param({MAIL: held_by("C", "B", "D")}, Match("B", MAIL, others=("C", "D")), id="the oldest of several"),
        pytest.param({MAIL: held_by("B"), PHONE: held_by("A", "B")}, Match("B", MAIL, others=("A",)), id="named once"),
        pytest.param({MAIL: held_by("A", shared=True)}, Match(), id="too many share it"),
        pytest.param(
            {MAIL: held_by("A", shared=True), PHONE: held_by("B")}, Match("B", PHONE), id="a shared one decides nothing"
        ),
        pytest.param({PHONE: held_by(*CROWD[:-1])}, Match(CROWD[0], PHONE, others=CROWD[1:-1]), id="49 hold it"),
        pytest.param({PHONE: held_by(*CROWD)}, Match(), id="50 hold it, and nobody has marked it yet"),
        pytest.param({MAIL: held_by(*CROWD), PHONE: held_by("B")}, Match("B", PHONE), id="50 decide nothing"),
        pytest.param({MAIL: Claim(contact="C#1")}, Match(contact="C#1", by=MAIL), id="a contact"),
        pytest.param(
            {MAIL: Claim(contact="C#1"), PHONE: held_by("A")}, Match("A", PHONE), id="an open lead before a contact"
        ),
        pytest.param({MAIL: held_by("A", contact="C#1")}, Match("A", MAIL), id="the open lead of a contact"),
        pytest.param({MAIL: Claim(contact="C#1", shared=True)}, Match(), id="a contact's switchboard"),
        pytest.param({MAIL: Claim(last_lead="A")}, Match(), id="closed before"),
        pytest.param({OTHER_MAIL: held_by("A")}, Match(), id="somebody else"),
    ],
)
def test_what_the_claims_say(seen: dict[Identity, Claim], expected: Match) -> None:
    assert match((MAIL, PHONE), seen) == expected


def test_the_order_in_which_claims_were_seen_decides_nothing() -> None:
    claims = [(MAIL, held_by("B")), (PHONE, held_by("A")), (OTHER_MAIL, held_by("C"))]

    found = {match((MAIL, OTHER_MAIL, PHONE), dict(order)) for order in permutations(claims)}

    assert found == {Match("B", MAIL, others=("A", "C"))}


def test_addresses_weigh_more_than_phones_and_each_counts_once() -> None:
    values = {
        "name": "Änne Öztürk",
        "phones": [{"e164": "+4917604069012"}, {"e164": "+493012345678"}, {"e164": "+4917604069012"}],
        "emails": [{"address": "Aenne@Example.DE"}, {"address": "aenne@example.de"}],
    }

    assert identities(values) == (
        Identity("email", "aenne@example.de"),
        Identity("phone", "+4917604069012"),
        Identity("phone", "+493012345678"),
    )


def test_who_gives_neither_is_nobody() -> None:
    assert identities({"name": "Änne Öztürk", "phones": [], "emails": None}) == ()
