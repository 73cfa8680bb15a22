"""The intake over all doors: who is the same person by whatever way, who is not, and what a lead takes over."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from chalicelib.services import workspace
from chalicelib.store import records
from tests.desk import Desk, letter

PHONE, MAIL = "0176 04069012", "aenne@example.de"
#: An enquiry of the same person by each way, with her phone or her address or both.
BY: dict[str, Callable[[Desk], Any]] = {
    "api": lambda desk: desk.created("?on_duplicate=attach", name="Änne Öztürk", phone=PHONE, email=MAIL),
    "form": lambda desk: desk.post({"name": "Änne Öztürk", "telefon": PHONE, "e-mail": MAIL}),
    "file": lambda desk: desk.drop("liste.csv", f"Name;Telefon;E-Mail\nÄnne Öztürk;{PHONE};{MAIL}\n"),
    "call": lambda desk: desk.call("answered", PHONE),
    "mail": lambda desk: desk.mail(letter(address=MAIL)),
}
WAYS_WITH_BOTH = ("api", "form", "file")


def counted(desk: Desk) -> dict[str, int]:
    return {name: number for name, number in desk.reconciliation()["outcomes"].items() if number}


#: Of a caller only the phone is known, of a writer only the address.
PAIRS = [pair for pair in permutations(BY, 2) if set(pair) != {"call", "mail"}]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[" then ".join(pair) for pair in PAIRS])
def test_a_second_enquiry_by_another_way_is_attached_not_doubled(desk: Desk, first: str, second: str) -> None:
    BY[first](desk)
    BY[second](desk)

    (lead,) = desk.leads()
    assert counted(desk) == {"attached": 1, "created": 1}
    assert lead["source"] == {"form": "web_form", "file": "csv", "mail": "email"}.get(first, first)
    assert len(desk.timeline(lead["id"])) == 2


@pytest.mark.parametrize(("first", "second"), [("call", "mail"), ("mail", "call")])
def test_nothing_says_that_a_caller_and_a_writer_are_one_until_somebody_names_both(
    desk: Desk, first: str, second: str
) -> None:
    BY[first](desk)
    BY[second](desk)
    assert len(desk.leads()) == 2

    BY["form"](desk)

    assert len(desk.leads()) == 2
    by_mail = next(lead for lead in desk.leads() if lead["source"] == "email")
    newest = desk.timeline(by_mail["id"])[0]
    assert newest["type"] == "form_submission"
    (other,) = newest["data"]["other_leads"]
    assert desk.lead(other)["source"] == "call"


def test_five_ways_of_one_person_are_one_lead_with_five_entries(desk: Desk) -> None:
    for way in ("form", "call", "mail", "file", "api"):
        BY[way](desk)

    (lead,) = desk.leads()
    assert counted(desk) == {"attached": 4, "created": 1}
    assert [entry["source"] for entry in desk.timeline(lead["id"])] == ["api", "csv", "email", "call", "web_form"]
    assert desk.reconciliation()["received"] == 5


@pytest.mark.parametrize("way", WAYS_WITH_BOTH)
def test_a_lead_takes_over_what_it_did_not_know(desk: Desk, way: str) -> None:
    lead = desk.created(name="Änne Öztürk", phone=PHONE)

    BY[way](desk)

    after = desk.lead(lead["id"])
    assert (after["version"], [email["address"] for email in after["emails"]]) == (2, [MAIL])
    assert [phone["id"] for phone in after["phones"]] == [1]


def test_a_lead_takes_over_nothing_that_another_holds(desk: Desk) -> None:
    office = desk.created(name="Büro", phone="030 12345678")
    lead = desk.created(name="Änne Öztürk", email=MAIL)

    desk.post({"name": "Änne Öztürk", "telefon": "030 12345678", "e-mail": MAIL})

    assert (desk.lead(lead["id"])["phones"], desk.lead(lead["id"])["version"]) == ([], 1)
    assert desk.timeline(lead["id"])[0]["data"]["other_leads"] == [office["id"]]


def test_no_more_than_twenty_numbers_are_taken_over(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", email=MAIL, phones=[f"+49 30 12345{number:03}" for number in range(20)])

    desk.post({"name": "Änne Öztürk", "telefon": PHONE, "e-mail": MAIL})

    after = desk.lead(lead["id"])
    assert (len(after["phones"]), after["version"]) == (20, 1)
    assert desk.timeline(lead["id"])[0]["data"]["raw"]["phones"] == [PHONE]


def test_the_workspace_decides_what_a_form_does_with_a_known_person(desk: Desk) -> None:
    records.put("CFG", "settings", {"on_duplicate": {"web_form": "create"}})
    workspace.forget()
    first = desk.created(name="Änne Öztürk", phone=PHONE)

    BY["form"](desk)

    assert [lead["duplicate_of"] for lead in desk.leads()] == [None, first["id"]]


def test_a_person_with_two_leads_is_attached_to_the_older_one(desk: Desk) -> None:
    first = desk.created(name="Änne Öztürk", phone=PHONE)
    second = desk.created(name="Änne Öztürk", phone=PHONE)

    outcome = desk.call("missed", PHONE)

    assert outcome["lead_id"] == first["id"]
    assert desk.timeline(first["id"])[0]["data"].get("other_leads", [second["id"]]) == [second["id"]]


def test_a_number_that_fifty_leads_share_says_nothing_any_more(desk: Desk) -> None:
    for number in range(49):
        desk.created(name=f"Mitarbeiter {number}", phone="030 12345678")
    last_but_one = desk.call("answered", "030 12345678", "c-1")
    desk.created(name="Mitarbeiter 49", phone="030 12345678")

    call = desk.call("missed", "030 12345678", "c-2")
    post = desk.post({"name": "Jörg Müßig", "telefon": "030 12345678"})

    assert (last_but_one["outcome"], call["outcome"]) == ("attached", "created")
    assert desk.lead(call["lead_id"])["duplicate_of"] is None
    assert desk.receipt(post.json["receipt_id"])["outcome"] == "created"


@pytest.mark.parametrize(
    "text", ["x" * 300_000, "ä" * 150_000, "\U0001f600" * 60_000], ids=["ASCII", "umlauts", "emoji"]
)
def test_a_text_of_any_length_makes_a_lead(desk: Desk, text: str) -> None:
    reply = desk.post({"name": text, "e-mail": MAIL, "nachricht": text, "Sonstiges": text})

    assert reply.status == 200
    (lead,) = desk.leads()
    assert (len(lead["name"]), lead["emails"][0]["address"]) == (255, MAIL)
    assert len(lead["comment"]) <= 20_000
    problems = {problem["field"]: problem["code"] for problem in desk.receipt(reply.json["receipt_id"])["problems"]}
    assert problems["name"] == problems["comment"] == "cut"


def test_a_form_with_hundreds_of_numbers_keeps_twenty_and_the_raw(desk: Desk) -> None:
    body = "&".join(f"telefon=030+12345{number:03}" for number in range(300)) + "&name=Callcenter"

    desk.post(body.encode())

    (lead,) = desk.leads()
    assert len(lead["phones"]) == 20
    assert desk.discrepancies() == []
