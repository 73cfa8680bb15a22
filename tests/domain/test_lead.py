"""A lead: what it holds, how its values are numbered, what it takes over from a further enquiry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.domain.lead import Lead, adopted, held, numbered, shown
from chalicelib.domain.matching import Identity

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MOBILE = {"e164": "+4917604069012", "raw": "0176 04069012", "type": "mobile", "valid": True}
OFFICE = {"e164": "+493012345678", "raw": "030 12345678", "type": "landline", "valid": True}
MAIL = {"address": "Aenne@Example.de", "type": "work"}
HELD = {Identity("phone", "+4917604069012"), Identity("email", "aenne@example.de")}
LEAD = Lead(
    id="0SARQYMNHMY",
    version=1,
    origin="rcp_QJQC178AGVTEF275",
    status="new",
    kind="open",
    status_changed_at=NOON,
    source="web_form",
    received_at=NOON,
    updated_at=NOON,
    values={"name": "Änne Öztürk", "phones": [{"id": 1, **MOBILE}], "emails": [{"id": 2, **MAIL}]},
    next_value_id=3,
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, HELD, id="open"),
        pytest.param({"kind": "junk"}, set(), id="junk"),
        pytest.param({"kind": "converted"}, set(), id="converted"),
        pytest.param({"deleted_at": NOON}, set(), id="deleted"),
        pytest.param({"merged_into": "0SARQYMNHMZ"}, set(), id="merged"),
        pytest.param({"values": {"name": "Änne Öztürk"}}, set(), id="without phone and address"),
    ],
)
def test_a_lead_holds_its_phones_and_addresses_while_it_is_open(changes: dict, expected: set[Identity]) -> None:
    assert held(replace(LEAD, **changes)) == expected


def test_no_lead_holds_nothing() -> None:
    assert held(None) == frozenset()


def test_every_value_of_a_list_gets_a_number_and_keeps_it() -> None:
    values, next_id = numbered({"name": "Änne", "phones": [MOBILE, OFFICE], "emails": [MAIL], "tags": ["a"]}, 1)

    assert values == {
        "name": "Änne",
        "phones": [{"id": 1, **MOBILE}, {"id": 2, **OFFICE}],
        "emails": [{"id": 3, **MAIL}],
        "tags": ["a"],
    }
    assert next_id == 4
    assert numbered(values, next_id) == (values, next_id)


def test_a_number_is_never_given_twice() -> None:
    values = {"phones": [{"id": 7, **MOBILE}, OFFICE]}

    assert numbered(values, 8) == ({"phones": [{"id": 7, **MOBILE}, {"id": 8, **OFFICE}]}, 9)


def test_a_further_enquiry_brings_what_nobody_holds() -> None:
    further = {"phones": [OFFICE, MOBILE], "emails": [{"address": "buero@example.de", "type": "work"}]}
    free = [Identity("phone", "+493012345678"), Identity("email", "buero@example.de")]

    assert adopted(LEAD, further, free) == {
        "phones": [{"id": 1, **MOBILE}, {"id": 4, **OFFICE}],
        "emails": [{"id": 2, **MAIL}, {"id": 3, "address": "buero@example.de", "type": "work"}],
        "next_value_id": 5,
    }


@pytest.mark.parametrize(
    ("further", "free"),
    [
        pytest.param({"phones": [OFFICE]}, [], id="somebody holds it"),
        pytest.param({"phones": [MOBILE]}, [Identity("phone", "+4917604069012")], id="it is its own"),
        pytest.param({"emails": [{"address": "AENNE@example.de"}]}, [Identity("email", "aenne@example.de")], id="case"),
        pytest.param({}, [Identity("phone", "+493012345678")], id="it was not sent"),
    ],
)
def test_what_is_held_or_known_is_not_taken_over(further: dict, free: list[Identity]) -> None:
    assert adopted(LEAD, further, free) == {}


def test_the_same_value_twice_is_taken_over_once() -> None:
    gained = adopted(LEAD, {"phones": [OFFICE, OFFICE]}, [Identity("phone", "+493012345678")])

    assert [phone["e164"] for phone in gained["phones"]] == ["+4917604069012", "+493012345678"]


def test_a_lead_is_shown_with_every_field_and_prefixed_ids() -> None:
    lead = shown(replace(LEAD, duplicate_of="0SARQYMNHMX", version=3))

    assert (lead["id"], lead["duplicate_of"], lead["version"]) == ("lead_0SARQYMNHMY", "lead_0SARQYMNHMX", 3)
    assert (lead["company"], lead["websites"], lead["address"], lead["custom"]) == (None, [], {}, {})
    assert (lead["received_at"], lead["last_activity_at"]) == ("2026-11-23T12:00:00.000Z", "2026-11-23T12:00:00.000Z")
    assert "origin" not in lead
    assert "opening" not in lead
