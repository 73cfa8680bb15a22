"""Lists of leads over HTTP: every filter and order that an index serves, and the refusal of what none serves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk


def names(desk: Desk, query: str) -> list[str]:
    """All pages of a list, as names."""
    return [lead["name"] for lead in walked(desk, query)]


def walked(desk: Desk, query: str, limit: int = 3) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        page = desk.get(f"/v1/leads?limit={limit}{query}{cursor}")
        found += page["data"]
        assert len(page["data"]) <= limit
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.fixture
def seven(desk: Desk) -> dict[str, dict[str, Any]]:
    """Seven leads, one a minute: A is the oldest; B and E are in process, C is junk."""
    leads = {}
    for number, name in enumerate("ABCDEFG"):
        source = "manual" if name in "AD" else "api"
        leads[name] = desk.created(
            name=name, email=f"{name.lower()}@example.de", source=source, tags=["Messe"] if number % 2 else []
        )
        desk.wait(60)
    for name, move in (("E", {"status": "in_process"}), ("B", {"status": "in_process"}),
                       ("C", {"status": "junk", "lost_reason": "spam"})):  # fmt: skip
        desk.client.patch(f"/v1/leads/{leads[name]['id']}", json=move)
        desk.wait(60)
    return leads


def test_newest_first_and_oldest_first(desk: Desk, seven: dict[str, Any]) -> None:
    assert names(desk, "") == [*"GFEDCBA"]
    assert names(desk, "&sort=created_at") == [*"ABCDEFG"]
    assert names(desk, "&sort=-created_at") == [*"GFEDCBA"]


def test_by_status_in_the_order_of_arrival_there(desk: Desk, seven: dict[str, Any]) -> None:
    assert names(desk, "&status=in_process") == [*"BE"]
    assert names(desk, "&status=in_process&status=new") == [*"BEGFDA"]
    assert names(desk, "&kind=open") == [*"BEGFDA"]
    assert names(desk, "&kind=junk") == ["C"]
    assert names(desk, "&kind=open&sort=-created_at") == [*"GFEDBA"]
    assert names(desk, "&status=in_process&sort=created_at") == [*"BE"]


def test_by_owner(desk: Desk, seven: dict[str, Any]) -> None:
    assert names(desk, "&owner_id=none") == [*"GFEDCBA"]
    assert names(desk, "&owner_id=none&status=in_process") == [*"BE"]
    assert names(desk, "&owner_id=none&kind=open") == [*"BEGFDA"]
    jo = desk.client.post("/v1/users", json={"name": "Jo Jung"}).json["id"]
    assert names(desk, f"&owner_id={jo}") == []


def test_by_source_tag_and_repeat(desk: Desk, seven: dict[str, Any]) -> None:
    assert names(desk, "&source=manual") == [*"DA"]
    assert names(desk, "&tag=messe") == [*"FDB"]
    assert names(desk, "&tag=messe&kind=open") == [*"BFD"]
    assert names(desk, "&repeat=true") == []
    assert names(desk, "&repeat=false&source=manual&sort=created_at") == [*"AD"]


def test_by_time_of_creation(desk: Desk, seven: dict[str, Any]) -> None:
    since, until = seven["C"]["created_at"], seven["F"]["created_at"]

    assert names(desk, f"&created_since={since}") == [*"GFEDC"]
    assert names(desk, f"&created_until={until}") == [*"EDCBA"]
    assert names(desk, f"&created_since={since}&created_until={until}&sort=created_at") == [*"CDE"]
    assert names(desk, f"&created_since={since}&owner_id=none") == [*"GFEDC"]
    assert names(desk, f"&created_until={until}&status=in_process") == [*"BE"]


def test_by_person(desk: Desk, seven: dict[str, Any]) -> None:
    desk.created(name="H", phone="0176 04069012", email="A@Example.de", external_ids={"crm": "x:1"})

    assert names(desk, "&email=a@example.de") == [*"HA"]
    desk.world.catch_up()
    assert names(desk, "&email=c@example.de") == ["C"]
    assert names(desk, "&phone=%2B49 176 04069012") == ["H"]
    assert names(desk, "&phone=0176/04069012&status=junk") == []
    assert names(desk, "&external_id=crm:x:1") == ["H"]
    assert names(desk, "&external_id=crm:y") == []
    assert names(desk, "&contact_id=con_00000000000") == []


def test_by_import(desk: Desk) -> None:
    desk.created(name="Vorher", email="vorher@example.de")
    desk.drop("liste.csv", "Name;E-Mail\nEins;eins@example.de\nZwei;zwei@example.de\nX;vorher@example.de\n;kein\n")
    desk.created(name="Nachher", email="nachher@example.de")
    job = desk.job()

    assert sorted(names(desk, f"&import_id={job['id']}")) == ["Eins", "Vorher", "Zwei"]
    assert names(desk, "&import_id=imp_00000000000") == []


def test_deleted_leads_are_on_no_list(desk: Desk, seven: dict[str, Any]) -> None:
    for name in "BG":
        desk.client.delete(f"/v1/leads/{seven[name]['id']}")

    assert names(desk, "") == [*"FEDCA"]
    assert names(desk, "&status=in_process") == ["E"]
    assert names(desk, "&owner_id=none") == [*"FEDCA"]
    assert names(desk, "&email=g@example.de") == []


def test_fields_say_what_is_shown(desk: Desk) -> None:
    lead = desk.created(name="Änne", email="aenne@example.de", comment="Dach")

    assert desk.get("/v1/leads?fields=id,name")["data"] == [{"id": lead["id"], "name": "Änne"}]
    assert desk.get("/v1/leads?fields=comment,version")["data"] == [{"comment": "Dach", "version": 1}]
    assert desk.get(f"/v1/leads/{lead['id']}?fields=name") == {"name": "Änne"}
    refused = desk.client.get("/v1/leads?fields=name,geheim")
    assert (refused.status, refused.json["code"]) == (400, "unknown_field")
    assert desk.client.get(f"/v1/leads/{lead['id']}?fields=x").status == 400


def test_by_words(desk: Desk) -> None:
    desk.created(name="Änne Müller", company="Öztürk GmbH", phone="0176 04069012")
    desk.created(name="Jörg Mueller", source="manual")
    desk.created(name="Zoë Maier")
    desk.world.catch_up()

    assert names(desk, "&q=muller") == ["Änne Müller"]
    for spelling in ("mueller", "Müller", "MÜLL"):
        assert sorted(names(desk, f"&q={spelling}")) == ["Jörg Mueller", "Änne Müller"]
    assert names(desk, "&q=mueller oeztuerk") == ["Änne Müller"]
    assert names(desk, "&q=4069012") == ["Änne Müller"]
    assert names(desk, "&q=mueller&source=manual") == ["Jörg Mueller"]


def test_closed_leads_are_found_by_person_too(desk: Desk) -> None:
    for number in range(3):
        lead = desk.created(name=f"Anfrage {number}", email="aenne@example.de", phone="0176 04069012")
        junk = {"status": "junk", "lost_reason": "no_interest"}
        desk.client.patch(f"/v1/leads/{lead['id']}", json=junk)
    desk.world.catch_up()

    assert names(desk, "&email=aenne@example.de") == ["Anfrage 2", "Anfrage 1", "Anfrage 0"]
    assert names(desk, "&phone=0176 04069012") == ["Anfrage 2", "Anfrage 1", "Anfrage 0"]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("q=a&sort=created_at", ["sort"]),
        ("q=aenne&email=a@example.de", ["email"]),
        ("email=a@example.de&phone=030", ["email"]),
        ("external_id=a:b&import_id=imp_1", ["import_id"]),
        ("sort=-status_changed_at", ["sort"]),
        ("sort=-status_changed_at&email=a@example.de&status=new", ["sort"]),
        ("status=nope&status=new", ["status"]),
        ("email=kein", ["email"]),
        ("phone=zwölf", ["phone"]),
        ("external_id=ohne", ["external_id"]),
    ],
)
def test_what_no_index_serves_is_refused(desk: Desk, query: str, fields: list[str]) -> None:
    reply = desk.client.get(f"/v1/leads?{query}")

    assert reply.status == 422
    assert [each["field"] for each in reply.json["errors"]] == fields


def test_a_cursor_goes_with_its_filters(desk: Desk, seven: dict[str, Any]) -> None:
    cursor = desk.get("/v1/leads?limit=2&kind=open")["next_cursor"]

    reply = desk.client.get(f"/v1/leads?limit=2&kind=junk&cursor={cursor}")

    assert (reply.status, reply.json["code"]) == (400, "invalid_cursor")


def test_a_walk_sees_each_once_while_others_are_created(desk: Desk) -> None:
    made = {desk.created(name=f"Nummer {number}")["id"] for number in range(60)}
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = desk.get(f"/v1/leads?limit=7{cursor and f'&cursor={cursor}'}")
        seen += [lead["id"] for lead in page["data"]]
        cursor = page["next_cursor"]
        desk.created(name="Später")

    assert len(seen) == len(set(seen))
    assert made <= set(seen)
