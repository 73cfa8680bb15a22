"""Call webhooks over HTTP: who may call, which events make a lead and a task, and that one call stays one enquiry."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from chalicelib.services import workspace
from chalicelib.store import records
from tests.api.client import Reply
from tests.desk import OUR_NUMBER, Desk
from tests.faults.world import CALL_KEY

NUMBER = "0176 04069012"
#: A Friday afternoon in Berlin, 16:40: twenty minutes of business time are left.
FRIDAY = "2026-11-20T15:40:00Z"


def hook(desk: Desk, path: str, body: Any) -> Reply:
    return desk.visitor.post(path, json=body)


def events_of(entry: dict[str, Any]) -> list[str]:
    return [event["event"] for event in entry["data"]["events"]]


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/generic/chn_demo",
        "/hooks/generic/chn_demo?key=wrong",
        "/hooks/generic/chn_demo?key=",
        f"/hooks/generic/chn_demo?key={CALL_KEY}&key=wrong",
        f"/hooks/generic/chn_demo?key=wrong&key={CALL_KEY}",
        f"/hooks/generic/chn_nobody?key={CALL_KEY}",
        f"/hooks/sipgate/chn_demo?key={CALL_KEY}",
        f"/hooks/nobody/chn_demo?key={CALL_KEY}",
    ],
)
def test_whoever_is_not_the_provider_gets_401_without_a_hint(desk: Desk, path: str) -> None:
    reply = hook(desk, path, {"call_id": "c-1", "event": "missed", "direction": "in", "from": NUMBER})

    assert (reply.status, reply.json["code"]) == (401, "delivery_not_verified")
    assert reply.json["detail"] == "This delivery cannot be verified"
    assert desk.world.of_type("receipt") == []


def test_a_channel_without_a_key_lets_nobody_in(desk: Desk) -> None:
    records.put("CHANNEL", "chn_open", {"kind": "call", "provider": "generic"})

    assert hook(desk, "/hooks/generic/chn_open", {"call_id": "c-1"}).status == 401
    assert hook(desk, "/hooks/generic/chn_open?key=", {"call_id": "c-1"}).status == 401


def test_a_missed_call_of_a_stranger_makes_a_lead_and_a_task(desk: Desk) -> None:
    outcome = desk.call("missed", NUMBER, at="2026-11-23T09:00:00Z")

    (lead,) = desk.leads()
    receipt_id = desk.receipts()[0]["id"]
    assert outcome == {"receipt_id": receipt_id, "outcome": "created", "lead_id": lead["id"], "reason": None}
    assert (lead["source"], lead["source_detail"], lead["title"]) == ("call", "chn_demo", "0176 04069012")
    assert [phone["e164"] for phone in lead["phones"]] == ["+4917604069012"]
    (task,) = desk.tasks()
    assert (task["lead_id"], task["title"], task["done"]) == (lead["id"], "Call back 0176 04069012", False)
    assert task["due_at"] == "2026-11-23T10:00:00.000Z"
    made_task, created = desk.timeline(lead["id"])
    assert (made_task["type"], made_task["data"]["id"], created["type"]) == ("task", task["id"], "created")
    assert created["data"]["result"] == "missed"
    assert events_of(created) == ["missed"]


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (FRIDAY, "2026-11-23T08:40:00.000Z"),
        ("2026-11-21T10:00:00Z", "2026-11-23T09:00:00.000Z"),
        ("2026-11-23T02:00:00+01:00", "2026-11-23T09:00:00.000Z"),
        ("2026-11-23T20:00:00Z", "2026-11-24T09:00:00.000Z"),
    ],
    ids=["Friday 16:40", "Saturday", "at night", "in the evening"],
)
def test_the_task_is_due_within_the_next_business_hour(desk: Desk, at: str, due: str) -> None:
    desk.it_is(at)

    desk.call("missed", NUMBER, at=at)

    assert [task["due_at"] for task in desk.tasks()] == [due]


def test_a_call_we_hear_of_late_is_not_due_before_we_heard_of_it(desk: Desk) -> None:
    desk.it_is("2026-11-25T10:00:00Z")

    desk.call("missed", NUMBER, at=FRIDAY)

    assert [task["due_at"] for task in desk.tasks()] == ["2026-11-25T11:00:00.000Z"]


def test_business_hours_are_those_of_the_workspace(desk: Desk) -> None:
    hours = {"days": [0, 1, 2, 3, 4, 5], "from": "08:00", "until": "12:00"}
    records.put("CFG", "settings", {"business_hours": hours, "holidays": ["2026-11-21"], "time_zone": "Europe/Athens"})
    workspace.forget()
    desk.it_is(FRIDAY)

    desk.call("missed", NUMBER, at=FRIDAY)

    assert [task["due_at"] for task in desk.tasks()] == ["2026-11-23T07:00:00.000Z"]


def test_a_second_missed_call_is_attached_and_makes_no_second_task(desk: Desk) -> None:
    first = desk.call("missed", NUMBER, "c-1")

    second = desk.call("missed", "+4917604069012", "c-2", at="2026-11-23T09:05:00Z")

    assert (second["outcome"], second["lead_id"]) == ("attached", first["lead_id"])
    assert len(desk.leads()) == 1
    assert len(desk.tasks()) == 1
    assert [entry["type"] for entry in desk.timeline(first["lead_id"])] == ["call", "task", "created"]


def test_after_the_task_is_done_a_missed_call_makes_a_new_one(desk: Desk) -> None:
    first = desk.call("missed", NUMBER, "c-1")
    (task,) = desk.tasks()
    desk.client.patch(f"/v1/tasks/{task['id']}", json={"done": True})

    desk.call("missed", NUMBER, "c-2", at="2026-11-23T13:00:00Z")

    (newer,) = desk.tasks()
    assert newer["id"] != task["id"]
    assert (newer["lead_id"], newer["due_at"]) == (first["lead_id"], "2026-11-23T14:00:00.000Z")
    assert len(desk.leads()) == 1


def test_a_missed_call_of_a_known_person_is_attached_with_a_task(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", phone="0176 04069012")

    outcome = desk.call("missed", NUMBER)

    assert (outcome["outcome"], outcome["lead_id"]) == ("attached", lead["id"])
    assert [task["lead_id"] for task in desk.tasks()] == [lead["id"]]
    assert [entry["type"] for entry in desk.timeline(lead["id"])][-1] == "created"
    assert desk.lead(lead["id"])["version"] == 1


def test_the_events_of_one_call_grow_one_entry(desk: Desk) -> None:
    opened = desk.call("answered", NUMBER, at="2026-11-23T09:00:05Z")

    ended = desk.call("ended", NUMBER, at="2026-11-23T09:03:00Z", duration=175)

    assert (ended["outcome"], ended["lead_id"]) == ("attached", opened["lead_id"])
    (entry,) = desk.timeline(opened["lead_id"])
    assert entry["data"]["result"] == "answered"
    assert [(event["event"], event.get("duration")) for event in entry["data"]["events"]] == [
        ("answered", None), ("ended", 175),
    ]  # fmt: skip
    assert desk.tasks() == []


def test_the_events_of_a_known_persons_call_grow_one_entry(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", phone="0176 04069012")
    for event, at in (("answered", "09:00:05"), ("ended", "09:03:00")):
        desk.call(event, NUMBER, at=f"2026-11-23T{at}Z")

    call, created = desk.timeline(lead["id"])

    assert (call["type"], events_of(call), created["type"]) == ("call", ["answered", "ended"], "created")


@pytest.mark.parametrize("order", list(permutations(["ringing", "missed", "ended"])), ids="-".join)
def test_in_whatever_order_the_events_come_it_is_one_lead_one_entry_and_one_task(
    desk: Desk, order: tuple[str, ...]
) -> None:
    for event in order:
        desk.call(event, NUMBER, at=f"2026-11-23T09:00:0{('ringing', 'missed', 'ended').index(event)}Z")

    (lead,) = desk.leads()
    entries = [entry for entry in desk.timeline(lead["id"]) if entry["type"] != "task"]
    assert [sorted(events_of(entry)) for entry in entries] == [["ended", "missed"]]
    assert entries[0]["data"]["result"] == "missed"
    assert len(desk.tasks()) == 1


RING_GROUP = list(permutations(["answered", "missed", "ended"]))


@pytest.mark.parametrize("known", [False, True], ids=["a stranger", "a known person"])
@pytest.mark.parametrize("order", RING_GROUP, ids="-".join)
def test_an_answered_call_leaves_no_open_task_in_whatever_order_its_events_come(
    desk: Desk, order: tuple[str, ...], known: bool
) -> None:
    if known:
        desk.created(name="Änne Öztürk", phone=NUMBER)
    for event in order:
        desk.call(event, NUMBER, at=f"2026-11-23T09:00:0{('answered', 'missed', 'ended').index(event)}Z")

    (lead,) = desk.leads()
    (entry,) = [each for each in desk.timeline(lead["id"]) if "events" in each["data"]]
    assert entry["data"]["result"] == "answered"
    assert desk.tasks() == []


def test_a_task_that_an_answered_call_made_superfluous_is_done_by_nobody_and_says_why(desk: Desk) -> None:
    outcome = desk.call("missed", NUMBER)
    (task,) = desk.tasks()
    desk.call("answered", NUMBER, at="2026-11-23T09:00:10Z")

    done, created = desk.timeline(outcome["lead_id"])

    assert (done["type"], done["by"], done["data"]["done"], done["data"]["reason"]) == ("task", None, True, "answered")
    assert [event.get("task_id") for event in created["data"]["events"]] == [task["id"], None]
    desk.call("missed", NUMBER, "c-2", at="2026-11-23T11:00:00Z")
    assert [each["due_at"] for each in desk.tasks()] == ["2026-11-23T12:00:00.000Z"]


def test_a_call_that_was_answered_leaves_the_task_of_another_call_open(desk: Desk) -> None:
    desk.call("missed", NUMBER, "c-1")
    desk.call("missed", NUMBER, "c-2", at="2026-11-23T09:05:00Z")

    desk.call("answered", NUMBER, "c-2", at="2026-11-23T09:05:10Z")

    assert len(desk.tasks()) == 1


def test_a_task_that_somebody_did_stays_done_when_the_call_was_answered(desk: Desk) -> None:
    desk.call("missed", NUMBER)
    (task,) = desk.tasks()
    desk.client.patch(f"/v1/tasks/{task['id']}", json={"done": True})

    outcome = desk.call("answered", NUMBER, at="2026-11-23T09:00:10Z")

    done = desk.timeline(outcome["lead_id"])[0]
    assert (outcome["outcome"], done["data"]["done"], "reason" in done["data"]) == ("attached", True, False)


def test_a_voicemail_wants_a_call_back_though_the_box_has_answered(desk: Desk) -> None:
    desk.call("answered", NUMBER)

    desk.call("voicemail", NUMBER, at="2026-11-23T09:00:30Z")

    assert len(desk.tasks()) == 1


def test_the_same_delivery_again_is_a_duplicate(desk: Desk) -> None:
    first = desk.call("missed", NUMBER)

    again = desk.call("missed", NUMBER)

    assert again == {**first, "outcome": "duplicate"}
    assert desk.receipts()[0]["deliveries"] == 2
    assert len(desk.timeline(first["lead_id"])) == 2
    assert desk.reconciliation()["outcomes"] == {"created": 1}


@pytest.mark.parametrize(
    ("event", "more", "reason"),
    [
        ("ringing", {}, "ringing"),
        ("transferred", {}, "unknown_event"),
        ("missed", {"direction": "out"}, "outgoing_call"),
        ("answered", {"from": "23"}, "internal_call"),
    ],
)
def test_what_is_no_enquiry_is_ignored_with_the_reason(
    desk: Desk, event: str, more: dict[str, str], reason: str
) -> None:
    outcome = desk.call(event, NUMBER, **more)

    receipt = desk.receipt(outcome["receipt_id"])
    assert (receipt["outcome"], receipt["reason"]) == ("ignored", reason)
    assert desk.leads() == []


def test_a_call_of_one_of_our_own_numbers_is_internal(desk: Desk) -> None:
    records.put("CFG", "settings", {"our_numbers": [OUR_NUMBER]})
    workspace.forget()

    assert desk.call("answered", "030 99999999")["outcome"] == "ignored"


@pytest.mark.parametrize("number", ["anonymous", "Restricted", "", "+266696687"])
def test_a_withheld_number_is_a_lead_without_phone_and_without_task(desk: Desk, number: str) -> None:
    outcome = desk.call("missed", number)

    (lead,) = desk.leads()
    assert outcome["outcome"] == "created"
    assert (lead["title"], lead["phones"]) == ("Anonymous call", [])
    assert desk.tasks() == []


def test_two_withheld_callers_are_two_leads(desk: Desk) -> None:
    desk.call("missed", "anonymous", "c-1")
    desk.call("missed", "anonymous", "c-2")

    assert len(desk.leads()) == 2


def test_a_missed_call_under_an_unreadable_number_still_asks_for_a_call_back(desk: Desk) -> None:
    desk.call("missed", "+49 30 x")

    (lead,) = desk.leads()
    assert (lead["title"], lead["phones"]) == ("Call from +49 30 x", [])
    assert [task["title"] for task in desk.tasks()] == ["Call back +49 30 x"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"kein JSON", "unreadable"), (b"[]", "unreadable"), (b"", "unreadable"), (b'{"event": "moved"}', "no_call_id")],
)
def test_what_cannot_be_read_is_kept_for_a_person_and_answered_with_200(desk: Desk, body: bytes, reason: str) -> None:
    path = f"/hooks/generic/chn_demo?key={CALL_KEY}"

    first, again = desk.visitor.post(path, body=body), desk.visitor.post(path, body=body)

    assert (first.status, first.json["outcomes"][0]["outcome"]) == (200, "needs_attention")
    assert again.json["outcomes"][0]["outcome"] == "duplicate"
    receipt = desk.receipt(first.json["outcomes"][0]["receipt_id"])
    assert (receipt["reason"], receipt["raw"]) == (reason, {"text": body.decode()})


def test_a_missed_call_without_an_id_is_a_lead_and_a_task(desk: Desk) -> None:
    outcome = desk.call("missed", NUMBER, "")

    (lead,) = desk.leads()
    assert (outcome["outcome"], outcome["lead_id"]) == ("created", lead["id"])
    assert [phone["e164"] for phone in lead["phones"]] == ["+4917604069012"]
    assert [task["title"] for task in desk.tasks()] == ["Call back 0176 04069012"]


def test_calls_without_an_id_of_different_days_are_told_apart_and_repeats_are_not(desk: Desk) -> None:
    first, again = (desk.call("missed", NUMBER, "", at="") for _ in range(2))
    desk.wait(86_400)
    next_day = desk.call("missed", NUMBER, "", at="")

    assert (first["outcome"], again["outcome"], next_day["outcome"]) == ("created", "duplicate", "attached")
    assert (len(desk.leads()), len(desk.tasks())) == (1, 1)


def test_calls_without_an_id_of_two_people_are_two_leads(desk: Desk) -> None:
    for number in (NUMBER, "030 12345678"):
        desk.call("ended", number, "")

    assert len(desk.leads()) == 2


def test_a_caller_who_wrote_before_is_the_same_person(desk: Desk) -> None:
    desk.post({"name": "Änne Öztürk", "telefon": "0176 04069012", "nachricht": "Bitte um Angebot"})

    outcome = desk.call("answered", "004917604069012")

    (lead,) = desk.leads()
    assert (outcome["outcome"], outcome["lead_id"], lead["name"]) == ("attached", lead["id"], "Änne Öztürk")
