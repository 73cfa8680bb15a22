"""What is read can be sent back: members that are as the record shows them change nothing, whatever became of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk

AENNE = {"name": "Änne Öztürk", "phone": "0176 04069012", "email": "aenne@example.de"}
CHOICES = [{"id": "flat", "label": "Flachdach"}, {"id": "gable", "label": "Satteldach"}]


def made(desk: Desk, path: str, **body: Any) -> dict[str, Any]:
    reply = desk.client.post(path, json=body)
    assert reply.status == 201, reply.text
    return dict(reply.json)


def patched(desk: Desk, path: str, body: Any) -> dict[str, Any]:
    reply = desk.client.patch(path, json=body)
    assert reply.status == 200, reply.text
    return dict(reply.json)


def refused(desk: Desk, path: str, body: Any) -> list[tuple[str, str]]:
    reply = desk.client.patch(path, json=body)
    assert reply.status == 422, reply.text
    return [(each["pointer"], each["code"]) for each in reply.json["errors"]]


def outdated(desk: Desk) -> dict[str, Any]:
    """A lead most of whose values nobody could send any more."""
    made(desk, "/v1/statuses", id="lost", name="Verloren", kind="junk")
    made(desk, "/v1/sources", id="messe", name="Messe")
    for name, kind in (("roof", "choice"), ("roofs", "multi_choice")):
        made(desk, "/v1/fields", name=name, type=kind, label=name, choices=CHOICES)
    custom = {"roof": "flat", "roofs": ["flat", "gable"]}
    lead = desk.created(
        **AENNE, source="messe", status="lost", lost_reason="spam", custom=custom,
        address={"city": "Köln"}, amount={"amount": "5", "currency": "CHF"}, tags=["a"],
    )  # fmt: skip
    for name in custom:
        patched(desk, f"/v1/fields/{name}", {"choices": CHOICES[1:]})
    patched(desk, "/v1/settings", {"lost_reasons": [{"id": "other", "name": "Anderes"}]})
    assert desk.client.delete("/v1/sources/messe").status == 204
    assert desk.client.delete("/v1/statuses/lost?move_to=junk").status == 202
    return desk.lead(lead["id"])


def test_a_whole_lead_sent_back_changes_nothing_though_its_status_source_reason_and_choices_are_gone(
    desk: Desk,
) -> None:
    lead = outdated(desk)
    path = f"/v1/leads/{lead['id']}"

    assert patched(desk, path, lead) == {**lead, "outcome": "unchanged"}
    assert patched(desk, path, {**lead, "comment": "Neu"})["comment"] == "Neu"
    assert refused(desk, path, {"source": "messe2", "custom": {"roof": "round"}}) == [
        ("/custom/roof", "invalid_choice"), ("/source", "unknown_source"),
    ]  # fmt: skip


def test_a_list_keeps_what_it_has_and_asks_of_the_rest(desk: Desk) -> None:
    lead = outdated(desk)
    path = f"/v1/leads/{lead['id']}"
    patched(desk, "/v1/fields/roofs", {"choices": [*CHOICES[1:], {"id": "hip", "label": "Walmdach"}]})

    assert patched(desk, path, {"custom": {"roofs": ["hip", "flat"]}})["custom"]["roofs"] == ["hip", "flat"]
    assert refused(desk, path, {"custom": {"roofs": ["flat", "gable", "round"]}}) == [
        ("/custom/roofs/2", "invalid_choice"),
    ]  # fmt: skip


def test_only_what_differs_of_an_object_is_taken(desk: Desk) -> None:
    lead = desk.created(**AENNE, address={"city": "Köln"}, amount={"amount": "5", "currency": "CHF"})
    path = f"/v1/leads/{lead['id']}"

    patched(desk, path, {"address": {"city": "Köln", "postal_code": "50667"}})
    changed = patched(desk, path, {"amount": {"amount": "7.00", "currency": "CHF"}, "address": {"city": " "}})

    assert changed["address"] == {"postal_code": "50667"}
    assert changed["amount"] == {"amount": "7.00", "currency": "CHF"}
    assert desk.timeline(lead["id"])[1]["data"]["changes"]["address"] == {
        "before": {"city": "Köln"}, "after": {"city": "Köln", "postal_code": "50667"},
    }  # fmt: skip


def test_a_junk_lead_read_and_reopened_needs_no_reason_taken_out(desk: Desk) -> None:
    lead = desk.created(**AENNE, status="junk", lost_reason="spam")

    reopened = patched(desk, f"/v1/leads/{lead['id']}", {**desk.lead(lead["id"]), "status": "new"})

    assert (reopened["status"], reopened["lost_reason"]) == ("new", None)


def test_what_answers_have_beside_the_lead_means_nothing(desk: Desk) -> None:
    lead = desk.created(**AENNE, external_ids={"crm": "7"})
    path = f"/v1/leads/{lead['id']}"
    written = {**lead, "timeline": [], "external_ids_taken": {}}
    assert {"outcome", "receipt_id"} <= lead.keys()

    assert patched(desk, path, written)["outcome"] == "unchanged"
    assert patched(desk, path, {"outcome": "created", "comment": "Neu"})["comment"] == "Neu"
    assert desk.client.put("/v1/leads/external/crm/7", json=desk.lead(lead["id"]) | {"outcome": "x"}).status == 200
    shown = desk.get(f"{path}?include=timeline")
    assert patched(desk, path, shown)["outcome"] == "unchanged"


def test_a_card_sent_back_changes_nothing(desk: Desk) -> None:
    phones = [{"raw": "0176 04069012", "type": "work"}, "030 901820"]
    lead = desk.created(name="Änne Öztürk", phones=phones, emails=[{"address": "aenne@example.de", "type": "home"}])
    (card,) = desk.get("/v1/leads")["data"]

    same = patched(desk, f"/v1/leads/{lead['id']}", card)

    assert (card["phone"], card["email"]) == ("+4917604069012", "aenne@example.de")
    assert (same["outcome"], same["version"], same["phones"], same["emails"]) == (
        "unchanged", 1, lead["phones"], lead["emails"],
    )  # fmt: skip
    bare = desk.created(name="Ohne alles")
    assert patched(desk, f"/v1/leads/{bare['id']}", {"phone": None, "email": None})["version"] == 1


def test_a_time_may_come_back_in_another_spelling(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    path = f"/v1/leads/{lead['id']}"
    at = lead["created_at"]

    for spelling in (at.replace("Z", "+00:00"), at.replace("Z", "000Z"), at.replace("T", "t")):
        assert patched(desk, path, {"created_at": spelling})["outcome"] == "unchanged"
    assert refused(desk, path, {"created_at": at.replace("Z", "+01:00")}) == [("/created_at", "read_only")]
    user = made(desk, "/v1/users", name="Kim Käfer")
    path = f"/v1/users/{user['id']}"
    assert patched(desk, path, {"created_at": user["created_at"].replace("Z", "+00:00")}) == user


def test_definitions_and_settings_sent_back_ask_for_nothing_that_is_gone(desk: Desk) -> None:
    made(desk, "/v1/statuses", id="visit", name="Vor Ort", kind="open")
    made(desk, "/v1/sources", id="messe", name="Messe")
    user = made(desk, "/v1/users", name="Kim Käfer")["id"]
    patched(desk, "/v1/settings", {
        "sections": [{"id": "person", "name": "Person"}],
        "assignment": {"mode": "fixed", "users": [user], "by_source": {"messe": {"mode": "random", "users": [user]}}},
    })  # fmt: skip
    patched(desk, "/v1/fields/company", {"required": {"from_status": "visit"}, "section": "person"})
    patched(desk, "/v1/settings", {"sections": []})
    assert desk.client.delete("/v1/sources/messe").status == 204
    assert desk.client.delete("/v1/statuses/visit").status == 204

    for path in ("/v1/fields/company", "/v1/settings", "/v1/statuses/new", "/v1/sources/api", f"/v1/users/{user}"):
        shown = desk.get(path)
        assert patched(desk, path, shown) == shown
    assert patched(desk, "/v1/fields/company", desk.get("/v1/fields/company") | {"label": "Betrieb"})["section"]
    assert refused(desk, "/v1/fields/phones", {"section": "person"}) == [("/section", "unknown_section")]


def test_a_task_sent_back_changes_nothing(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    task = made(desk, f"/v1/leads/{lead['id']}/tasks", title="Anrufen", due_at="2026-11-30T09:00:00Z")
    path = f"/v1/tasks/{task['id']}"

    assert patched(desk, path, task) == task
    done = patched(desk, path, {**task, "done": True, "title": "Zurückrufen"})
    assert (done["done"], done["title"], done["due_at"]) == (True, "Zurückrufen", task["due_at"])
    assert refused(desk, path, {"lead_id": "lead_00000000000", "fertig": 1, "due_at": "morgen"}) == [
        ("/lead_id", "read_only"), ("/fertig", "unknown_field"), ("/due_at", "invalid_datetime"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("patch", "problem"),
    [
        ({"title": " "}, ("/title", "required")),
        ({"title": "ä" * 256}, ("/title", "too_long")),
        ({"done": "ja"}, ("/done", "invalid_type")),
        ({"done": None}, ("/done", "required")),
        ({"due_at": None}, ("/due_at", "required")),
        ({"due_at": "1969-01-01T00:00:00Z"}, ("/due_at", "out_of_range")),
        ({"due_at": "2026-11-30T09:00:00"}, ("/due_at", "invalid_datetime")),
        ({"owner_id": "usr_niemand"}, ("/owner_id", "unknown_user")),
    ],
)
def test_what_a_task_cannot_be_is_named(desk: Desk, patch: Any, problem: tuple[str, str]) -> None:
    lead = desk.created(**AENNE)
    task = made(desk, f"/v1/leads/{lead['id']}/tasks", title="Anrufen", due_at="2026-11-30T09:00:00Z")

    assert refused(desk, f"/v1/tasks/{task['id']}", patch) == [problem]
