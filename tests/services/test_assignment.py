"""Assignment through every door: the owner, the reason on the timeline, and fair shares under real concurrency."""

from __future__ import annotations

import statistics
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.inbound import Inbound, Raw
from chalicelib.domain.pipeline import DEFAULT_STATUSES
from chalicelib.services import assignment, enquiries, settle
from chalicelib.services.enquiries import Enquiry
from chalicelib.services.settle import Known
from tests import wire
from tests.desk import Desk, letter
from tests.faults.entries import over_http
from tests.faults.harness import Injector
from tests.faults.interleave import at_once

LEADS, WRITERS, PEOPLE, TOLERANCE = 1_000, 32, 5, 20


def people(desk: Desk, count: int = 2) -> list[str]:
    names = ["Kim", "Jo", "Toni", "Sascha", "Robin"][:count]
    return [desk.client.post("/v1/users", json={"name": f"{name} Käfer"}).json["id"] for name in names]


def rule(desk: Desk, mode: str, users: list[str], **more: Any) -> None:
    reply = desk.client.patch("/v1/settings", json={"assignment": {"mode": mode, "users": users, **more}})
    assert reply.status == 200, reply.text


def by_every_door(desk: Desk) -> None:
    desk.created(name="Änne Öztürk")
    desk.post({"name": "Jörg Müller", "email": "joerg@example.de"})
    desk.call("missed", "0176 04069012")
    desk.mail(letter())
    desk.drop("leads.csv", "Name;E-Mail\nGörkem Şahin;goerkem@example.de\n")


def test_a_lead_of_every_door_gets_an_owner_and_says_why(desk: Desk) -> None:
    (kim,) = people(desk, 1)
    rule(desk, "fixed", [kim])

    by_every_door(desk)

    leads = desk.leads()
    assert {lead["source"]: lead["owner_id"] for lead in leads} == dict.fromkeys(
        ("api", "web_form", "call", "email", "csv"), kim
    )
    for lead in leads:
        assigned, created = desk.timeline(lead["id"])[-2:]
        assert assigned == {
            "id": assigned["id"], "type": "assigned", "at": lead["created_at"], "by": None, "source": lead["source"],
            "data": {"owner_id": kim, "mode": "fixed", "reason": "fixed: one of 1"},
        }  # fmt: skip
        assert (created["type"], "assigned" in created["data"]) == ("created", False)
    assert [task["owner_id"] for task in desk.get(f"/v1/tasks?owner_id={kim}")["data"]] == [kim]
    assert desk.tasks() == []


def test_without_a_rule_a_lead_has_no_owner(desk: Desk) -> None:
    by_every_door(desk)

    assert [lead["owner_id"] for lead in desk.leads()] == [None] * 5
    for lead in desk.leads():
        assert "assigned" not in [entry["type"] for entry in desk.timeline(lead["id"])]


def test_who_says_an_owner_is_heeded_and_junk_is_nobodys(desk: Desk) -> None:
    kim, jo = people(desk)
    rule(desk, "fixed", [kim])

    said = desk.created(name="Änne", owner_id=jo)
    junk = desk.created(name="Jörg", status="junk", lost_reason="spam")

    assert (said["owner_id"], junk["owner_id"]) == (jo, None)
    assert [entry["type"] for entry in desk.timeline(said["id"])] == ["created"]


@pytest.mark.parametrize("notes", [0, 1, 2, 24, 25])
def test_the_timeline_has_each_entry_once_however_it_is_paged(desk: Desk, notes: int) -> None:
    """Two of them are read off the lead: they come last, each on whatever page has room, under ids of their own."""
    rule(desk, "fixed", people(desk, 1))
    desk.call("missed", "0176 04069012")
    (lead,) = (each["id"] for each in desk.leads())
    for number in range(notes):
        desk.client.post(f"/v1/leads/{lead}/notes", json={"text": f"Notiz {number}"})

    whole = desk.timeline(lead)

    assert [entry["type"] for entry in whole] == ["note"] * notes + ["task", "assigned", "created"]
    assert len({entry["id"] for entry in whole}) == len(whole)
    assert [entry["at"] for entry in whole] == sorted((entry["at"] for entry in whole), reverse=True)
    for limit in (1, 2, 3, notes + 1, notes + 2, notes + 3):
        pages, cursor = [], ""
        while cursor is not None:
            page = desk.get(f"/v1/leads/{lead}/timeline?limit={limit}{cursor}")
            pages.append(page["data"])
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        assert [entry for page in pages for entry in page] == whole
        assert max(map(len, pages)) <= limit
    assert desk.get(f"/v1/leads/{lead}?include=timeline")["timeline"] == whole[:25]


def test_an_enquiry_that_joins_a_lead_changes_nobody_and_takes_nobodys_turn(desk: Desk) -> None:
    kim, jo = people(desk)
    rule(desk, "in_turn", [kim, jo])
    first = desk.created(name="Änne", email="aenne@example.de")["owner_id"]

    for number in range(3):
        desk.post({"name": "Änne", "email": "aenne@example.de", "message": f"Nachricht {number}"})
    second = desk.created(name="Jörg")["owner_id"]

    assert {first, second} == {kim, jo}
    assert [lead["owner_id"] for lead in desk.leads()] == [first, second]


def test_a_rule_for_a_source_comes_before_the_one_for_all(desk: Desk) -> None:
    kim, jo = people(desk)
    rule(desk, "fixed", [kim], by_source={"call": jo})

    by_every_door(desk)

    assert {lead["source"] for lead in desk.leads() if lead["owner_id"] == jo} == {"call"}


def test_who_is_away_gets_nothing_until_they_are_back(desk: Desk) -> None:
    kim, jo = people(desk)
    rule(desk, "fixed", [kim, jo])
    desk.client.patch(f"/v1/users/{kim}", json={"absent_until": "2026-11-23T09:00:00Z"})

    away = desk.created(name="Änne")["owner_id"]
    desk.it_is("2026-11-23T09:00:01Z")

    assert (away, desk.created(name="Jörg")["owner_id"]) == (jo, kim)


def test_least_busy_counts_open_leads_and_what_it_gave_away_since(desk: Desk) -> None:
    kim, jo = people(desk)
    for name in "ABC":
        desk.created(name=name, owner_id=kim)
    desk.created(name="D", owner_id=jo, status="junk", lost_reason="spam")
    rule(desk, "least_busy", [kim, jo])

    owners = [desk.created(name=name)["owner_id"] for name in "EFGH"]

    assert owners[:3] == [jo, jo, jo]
    told = desk.timeline(desk.leads()[4]["id"])[-2]["data"]
    assert told == {"owner_id": jo, "mode": "least_busy", "reason": "least_busy: one of 2 with 0 open leads"}


def test_loads_that_cannot_be_counted_cost_no_enquiry(desk: Desk) -> None:
    rule(desk, "least_busy", people(desk))
    desk.get("/v1/me")

    with wire.standing_at_the_wire(Injector(dict.fromkeys(range(1, 5), "throttle"))):
        lead = desk.create(name="Änne")

    assert lead.status == 201
    assert lead.json["owner_id"]


# ── fair shares ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_thousand_leads_of_32_threads_are_dealt_out_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    """One container: the turn as the enquiries take it, with real threads."""
    users = deal_among(monkeypatch)

    with ThreadPoolExecutor(WRITERS) as pool:
        owners = Counter(pool.map(lambda number: opened(), range(LEADS)))

    print(f"one container, {WRITERS} threads: {sorted(owners.values())}")
    assert set(owners) == set(users)
    assert set(owners.values()) == {LEADS // PEOPLE}


def test_a_thousand_leads_of_32_containers_are_dealt_out_within_twenty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each writer a container of its own, with turns of its own; in equal and in ragged shares."""
    deal_among(monkeypatch)
    furthest = []
    for play in range(100):
        owners: Counter[str] = Counter()
        for writer in range(WRITERS):
            assignment.forget()
            # in every other play some writers are busier
            share = LEADS // WRITERS + (writer < LEADS % WRITERS) + (play % 2) * (15 if writer % 2 else -15)
            owners.update(turn() for _ in range(share))
        furthest.append(max(abs(count - LEADS / PEOPLE) for count in owners.values()))

    print(f"{WRITERS} containers: furthest from {LEADS // PEOPLE} in {len(furthest)} plays {max(furthest)}, "
          f"median {statistics.median(furthest)}")  # fmt: skip
    assert max(furthest) <= TOLERANCE


def test_leads_over_http_32_at_once_are_dealt_out_evenly(desk: Desk) -> None:
    """Through the door and into the table, as many as moto bears."""
    count = 200
    users = people(desk, PEOPLE)
    rule(desk, "in_turn", users)

    def create(number: int) -> str:
        return str(over_http("POST", "/v1/leads", json={"name": f"Lead {number}"})["body"]["owner_id"])

    leads = [partial(create, number) for number in range(count)]
    owners = Counter(
        owner for first in range(0, count, WRITERS) for owner in at_once(leads[first : first + WRITERS], first)
    )

    print(f"over HTTP: {sorted(owners.values())}")
    assert owners == dict.fromkeys(users, count // PEOPLE)
    assert Counter(lead["owner"] for lead in desk.world.of_type("lead")) == owners


NOW = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
RAW = Raw("api", "", "k/1", NOW, b"{}", "application/json")


def deal_among(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Five people in turn, known without a table."""
    from chalicelib.domain.user import User
    from chalicelib.services import workspace

    users = [User(f"usr_0J5Q2M8T00{number}", f"Person {number}") for number in range(PEOPLE)]
    setting = {"assignment": {"mode": "in_turn", "users": [user.id for user in users]}}
    monkeypatch.setattr(workspace, "settings", lambda at: setting)
    monkeypatch.setattr(workspace, "users", lambda at, *needed: tuple(users))
    settle.id_source.cache_clear()
    assignment.forget()
    return [user.id for user in users]


def turn() -> str:
    """Who gets the next lead."""
    with assignment.choice("api", NOW) as choice:
        assigned = choice("0J5Q2M8T3XA")
        choice.kept = True
    assert assigned
    return assigned.owner


def opened() -> str | None:
    """A lead that nobody holds yet is opened; its owner. As in life, the first of two plans may be refused."""
    with assignment.choice("api", NOW) as choice:
        enquiry = Enquiry(
            inbound=Inbound(RAW, values={}, entry_type="form_submission"),
            values={"name": "Änne"},
            problems=(),
            origin="rcp_1",
            policy="create",
            statuses=DEFAULT_STATUSES,
            assign=choice,
        )
        plans = [enquiries.decide(enquiry, Known(NOW)) for _ in range(2)]
        choice.kept = True
    owners = {plan.record.owner for plan in plans if plan.record}
    assert len(owners) == 1
    return owners.pop()
