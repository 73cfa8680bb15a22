"""Notes, activities and tasks that people add, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Reply
from tests.desk import Desk


@pytest.fixture
def lead(desk: Desk) -> dict[str, Any]:
    return desk.created(name="Änne Öztürk", email="aenne@example.de")


def add(desk: Desk, lead: dict[str, Any], what: str, body: dict[str, Any], **headers: str) -> Reply:
    return desk.client.post(f"/v1/leads/{lead['id']}/{what}", json=body, headers=headers)


def test_a_note_is_on_the_timeline_and_the_lead_stays_at_its_version(desk: Desk, lead: dict[str, Any]) -> None:
    desk.wait(90)

    reply = add(desk, lead, "notes", {"text": "Ruft am Dienstag zurück"})

    assert reply.status == 201
    assert desk.timeline(lead["id"])[0] == reply.json
    assert (reply.json["type"], reply.json["data"]) == ("note", {"text": "Ruft am Dienstag zurück"})
    after = desk.lead(lead["id"])
    assert (after["version"], after["first_response_at"]) == (1, None)
    assert after["last_activity_at"] > lead["last_activity_at"]


def test_the_first_outgoing_activity_is_the_first_response(desk: Desk, lead: dict[str, Any]) -> None:
    desk.it_is("2026-11-30T12:00:00Z")
    add(desk, lead, "activities", {"type": "call", "direction": "in", "at": "2026-11-30T09:00:00Z"})
    add(
        desk, lead, "activities", {"type": "email", "direction": "out", "at": "2026-11-30T10:00:00+01:00", "text": "Hi"}
    )
    add(desk, lead, "activities", {"type": "meeting", "direction": "out", "at": "2026-11-30T11:00:00Z"})

    assert desk.lead(lead["id"])["first_response_at"] == "2026-11-30T09:00:00.000Z"
    entry = desk.timeline(lead["id"])[1]
    assert entry["data"] == {"direction": "out", "text": "Hi", "occurred_at": "2026-11-30T09:00:00.000Z"}


@pytest.mark.parametrize("what", ["notes", "activities", "tasks"])
def test_under_one_key_it_is_added_once(desk: Desk, lead: dict[str, Any], what: str) -> None:
    body = {
        "notes": {"text": "x"},
        "activities": {"type": "call", "at": "2026-11-20T10:00:00Z"},
        "tasks": {"title": "x", "due_at": "2026-11-30T10:00:00Z"},
    }[what]
    first = add(desk, lead, what, body, **{"Idempotency-Key": "k"})

    again = add(desk, lead, what, body, **{"Idempotency-Key": "k"})

    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert len(desk.timeline(lead["id"])) == 2


def test_a_task_is_made_changed_done_and_opened_again(desk: Desk, lead: dict[str, Any]) -> None:
    made = add(desk, lead, "tasks", {"title": "Angebot schicken", "due_at": "2026-11-30T10:00:00+01:00"})
    path = f"/v1/tasks/{made.json['id']}"

    assert made.status == 201
    assert made.headers["Location"] == path
    assert desk.tasks() == [made.json]
    assert (made.json["due_at"], made.json["owner_id"]) == ("2026-11-30T09:00:00.000Z", None)
    later = desk.client.patch(path, json={"due_at": "2026-12-01T09:00:00Z", "title": "Angebot"}).json
    assert (later["title"], later["due_at"]) == ("Angebot", "2026-12-01T09:00:00.000Z")
    assert desk.client.patch(path, json={"done": True}).json["done"]
    assert desk.tasks() == []
    assert desk.client.patch(path, json={"done": False}).json["done_at"] is None
    assert [task["id"] for task in desk.tasks()] == [made.json["id"]]


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("notes", {"text": "  "}, "text"),
        ("notes", {"text": "x" * 20_001}, "text"),
        ("activities", {"type": "fax", "at": "2026-11-20T10:00:00Z"}, "type"),
        ("activities", {"type": "call", "at": "2026-11-20T10:00:00"}, "at"),
        ("tasks", {"title": "x", "due_at": "9999-01-01T00:00:00Z"}, "due_at"),
        ("tasks", {"title": "", "due_at": "2026-11-20T10:00:00Z"}, "title"),
        ("tasks", {"title": "x", "due_at": "2026-11-20T10:00:00Z", "owner_id": "usr_x"}, "owner_id"),
    ],
)
def test_what_cannot_be_added_is_named(desk: Desk, lead: dict[str, Any], what: str, body: Any, field: str) -> None:
    reply = add(desk, lead, what, body)

    assert reply.status == 422
    assert [each["field"] for each in reply.json["errors"]] == [field]
    assert len(desk.timeline(lead["id"])) == 1


@pytest.mark.parametrize("what", ["notes", "activities", "tasks"])
def test_nothing_is_added_to_a_deleted_lead(desk: Desk, lead: dict[str, Any], what: str) -> None:
    desk.client.delete(f"/v1/leads/{lead['id']}")
    body = {
        "notes": {"text": "x"},
        "activities": {"type": "call", "at": "2026-11-20T10:00:00Z"},
        "tasks": {"title": "x", "due_at": "2026-11-30T10:00:00Z"},
    }[what]

    reply = add(desk, lead, what, body)

    assert (reply.status, reply.json["code"]) == (404, "lead_deleted")


@pytest.mark.parametrize(
    ("at", "code"), [("1999-12-31T00:00:00Z", "out_of_range"), ("2026-01-01T00:00:00", "invalid_datetime")]
)
def test_a_time_that_cannot_be_is_refused_for_what_is_wrong_with_it(desk: Desk, at: str, code: str) -> None:
    lead = desk.created(name="Änne")

    reply = desk.client.post(f"/v1/leads/{lead['id']}/activities", json={"type": "call", "at": at})

    (error,) = reply.json["errors"]
    assert (reply.status, error["field"], error["code"]) == (422, "at", code)
    assert code != "out_of_range" or error["detail"] == "Outside of the years 2000 to 2088."


def test_words_that_there_are_not_have_one_code_everywhere(desk: Desk) -> None:
    lead = desk.created(name="Änne")
    replies = [
        desk.client.post(f"/v1/leads/{lead['id']}/activities", json={"type": "fax", "at": "2026-11-23T09:00:00Z"}),
        desk.client.post("/v1/exports", json={"filters": {}, "format": "xlsx"}),
        desk.client.post("/v1/statuses", json={"name": "Vor Ort", "kind": "lost"}),
    ]

    assert [[(each["field"], each["code"]) for each in reply.json["errors"]] for reply in replies] == [
        [("type", "invalid_choice")], [("format", "invalid_choice")], [("kind", "invalid_choice")],
    ]  # fmt: skip
