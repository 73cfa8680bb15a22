"""Tasks over HTTP: open ones by due date, done once, and what is refused."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests import moves, wire
from tests.api.client import Reply
from tests.desk import Desk
from tests.faults.harness import Injector
from tests.faults.interleave import at_once

DUE = "2026-11-30T09:00:00Z"


def missed(desk: Desk, number: int, hour: int) -> str:
    """A missed call of a number at an hour (UTC); the id of its task."""
    desk.call("missed", f"+49 30 12345{number:03}", f"c-{number}", at=f"2026-11-23T{hour:02}:00:00Z")
    return next(task["id"] for task in desk.tasks() if task["title"].endswith(f"{number:03}"))


def test_open_tasks_come_by_due_date(desk: Desk) -> None:
    late, early, later = missed(desk, 1, 14), missed(desk, 2, 9), missed(desk, 3, 15)

    assert [task["id"] for task in desk.tasks()] == [early, late, later]


def test_a_task_shows_what_is_to_be_done_for_whom_and_until_when(desk: Desk) -> None:
    outcome = desk.call("missed", "0176 04069012", at="2026-11-23T09:00:00Z")

    (task,) = desk.tasks()

    lead = outcome["lead_id"].removeprefix("lead_")
    assert task["id"].startswith(f"tsk_L{lead}")
    assert len(task["id"]) == len("tsk_") + 23
    assert {**task, "id": "", "created_at": ""} == {
        "id": "",
        "version": 1,
        "lead_id": outcome["lead_id"],
        "title": "Call back 0176 04069012",
        "due_at": "2026-11-23T10:00:00.000Z",
        "done": False,
        "done_at": None,
        "owner_id": None,
        "created_at": "",
    }


def test_tasks_due_until_a_time_are_those_of_today(desk: Desk) -> None:
    early = missed(desk, 1, 9)
    missed(desk, 2, 15)

    found = desk.get("/v1/tasks?owner_id=none&due_until=2026-11-23T10:00:00Z")

    assert [task["id"] for task in found["data"]] == [early]


def test_tasks_are_paged(desk: Desk) -> None:
    made = [missed(desk, number, 9) for number in range(3)]

    first = desk.get("/v1/tasks?owner_id=none&limit=2")
    second = desk.get(f"/v1/tasks?owner_id=none&limit=2&cursor={first['next_cursor']}")

    assert [task["id"] for task in first["data"] + second["data"]] == made


def test_a_done_task_leaves_the_list_and_stays_on_the_timeline(desk: Desk) -> None:
    task_id = missed(desk, 1, 9)
    (task,) = desk.tasks()

    reply = desk.client.patch(f"/v1/tasks/{task_id}", json={"done": True})

    assert (reply.status, reply.json["done"], reply.json["id"]) == (200, True, task_id)
    assert desk.tasks() == []
    shown = next(entry for entry in desk.timeline(task["lead_id"]) if entry["type"] == "task")
    assert (shown["data"]["done"], shown["data"]["id"]) == (True, task_id)


def test_done_again_it_stays_as_it_was(desk: Desk) -> None:
    task_id = missed(desk, 1, 9)
    first = desk.client.patch(f"/v1/tasks/{task_id}", json={"done": True})
    desk.wait(60)

    again = desk.client.patch(f"/v1/tasks/{task_id}", json={"done": True})

    assert (again.status, again.json) == (200, first.json)


@pytest.mark.parametrize(
    ("method", "url", "body", "status", "code"),
    [
        ("GET", "/v1/tasks", None, 422, "validation_failed"),
        ("GET", "/v1/tasks?owner_id=none&due_until=morgen", None, 400, "invalid_parameter"),
        ("PATCH", "/v1/tasks/tsk_L0SARQYMNHMY0SARQYMNHMZ", {"done": True}, 404, "not_found"),
        ("PATCH", "/v1/tasks/lead_0SARQYMNHMY", {"done": True}, 404, "not_found"),
        ("GET", "/v1/tasks/tsk_L0SARQYMNHMY0SARQYMNHMZ", None, 404, "not_found"),
        ("GET", "/v1/tasks/lead_0SARQYMNHMY", None, 404, "not_found"),
    ],
)
def test_what_cannot_be_done_is_a_problem(
    desk: Desk, method: str, url: str, body: object, status: int, code: str
) -> None:
    reply = desk.client.request(method, url, json=body)

    assert (reply.status, reply.json["code"]) == (status, code)


def test_an_entry_that_is_no_task_cannot_be_done(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", email="aenne@example.de")
    desk.create("?on_duplicate=attach", email="aenne@example.de", comment="Noch eine Frage")
    entry = desk.timeline(lead["id"])[0]
    name = f"tsk_L{lead['id'].removeprefix('lead_')}{entry['id'].removeprefix('evt_')}"

    assert desk.client.patch(f"/v1/tasks/{name}", json={"done": True}).status == 404


def planned(desk: Desk, **lead: object) -> dict[str, Any]:
    """A task of a new lead."""
    made = desk.created(name="Änne Öztürk", **lead)
    reply = desk.client.post(f"/v1/leads/{made['id']}/tasks", json={"title": "Anrufen", "due_at": DUE})
    assert (reply.status, reply.headers["ETag"]) == (201, '"1"')
    return dict(reply.json)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"due_at": "morgen"}, [("due_at", "invalid_datetime")]),
        ({"due_at": "1999-01-01T00:00:00Z"}, [("due_at", "out_of_range")]),
        ({"due_at": None, "title": " "}, [("due_at", "required"), ("title", "required")]),
        ({"title": "x" * 256}, [("title", "too_long")]),
        ({"done": "ja", "fertig": True}, [("done", "invalid_type"), ("fertig", "unknown_field")]),
        ({"owner_id": "usr_00000000000", "title": 7}, [("title", "invalid_type"), ("owner_id", "unknown_user")]),
        ({"version": 7, "lead_id": "lead_0SARQYMNHMY"}, [("version", "read_only"), ("lead_id", "read_only")]),
    ],
)
def test_all_that_is_wrong_with_a_change_is_told_at_once(
    desk: Desk, body: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    task = planned(desk)

    reply = desk.client.patch(f"/v1/tasks/{task['id']}", json=body)

    assert (reply.status, [(each["field"], each["code"]) for each in reply.json["errors"]]) == (422, errors)
    assert desk.get(f"/v1/tasks/{task['id']}") == task


def test_what_is_wrong_with_a_new_task_is_told_at_once(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk")

    reply = desk.client.post(f"/v1/leads/{lead['id']}/tasks", json={"due_at": "2090-01-01T00:00:00Z", "done": True})

    assert [(each["field"], each["code"]) for each in reply.json["errors"]] == [
        ("due_at", "out_of_range"), ("done", "unknown_field"), ("title", "required"),
    ]  # fmt: skip
    assert reply.json["errors"][0]["detail"] == "Outside of the years 2000 to 2088."


def test_a_task_is_shown_with_its_version_and_not_again_where_it_is_known(desk: Desk) -> None:
    task = planned(desk)
    url = f"/v1/tasks/{task['id']}"

    shown = desk.client.get(url)
    again = desk.client.get(url, headers={"If-None-Match": shown.headers["ETag"]})

    assert (shown.json, shown.headers["ETag"]) == (task, '"1"')
    assert (again.status, again.body) == (304, b"")


def test_each_change_is_one_version_and_what_is_so_already_none(desk: Desk) -> None:
    url = f"/v1/tasks/{planned(desk)['id']}"

    replies = [desk.client.patch(url, json=body) for body in ({"title": "Mail"}, {"title": "Mail"}, {"done": True})]

    assert [(reply.json["version"], reply.headers["ETag"]) for reply in replies] == [(2, '"2"'), (2, '"2"'), (3, '"3"')]
    assert desk.get(url) == replies[-1].json


def test_a_change_of_a_version_that_is_no_more_is_refused_with_the_task_as_it_is(desk: Desk) -> None:
    url = f"/v1/tasks/{planned(desk)['id']}"
    changed = desk.client.patch(url, json={"title": "Mail"}, headers={"If-Match": '"1"'})

    stale = desk.client.patch(url, json={"title": "Brief"}, headers={"If-Match": '"1"'})
    right = desk.client.patch(url, json={"title": "Brief"}, headers={"If-Match": '"2"'})

    assert (stale.status, stale.json["code"], stale.json["current"]) == (412, "version_mismatch", changed.json)
    assert (right.status, right.json["title"]) == (200, "Brief")


def test_of_two_who_change_one_version_one_is_refused(desk: Desk) -> None:
    url = f"/v1/tasks/{planned(desk)['id']}"

    def change(title: str) -> Reply:
        return desk.client.patch(url, json={"title": title}, headers={"If-Match": '"1"'})

    replies = at_once([partial(change, title) for title in ("Mail", "Brief")])

    assert sorted(reply.status for reply in replies) == [200, 412]
    assert desk.get(url)["version"] == 2


def test_the_last_answer_may_be_sent_back_as_it_is(desk: Desk) -> None:
    url = f"/v1/tasks/{planned(desk)['id']}"
    done = desk.client.patch(url, json={"done": True}).json

    assert desk.client.patch(url, json=done).json == done
    reopened = desk.client.patch(url, json={**done, "done": False})
    assert (reopened.status, reopened.json["done_at"], reopened.json["version"]) == (200, None, 3)


def test_tasks_of_a_deleted_lead_are_gone_until_it_is_back(desk: Desk) -> None:
    task, other = planned(desk), planned(desk)
    lead, url = f"/v1/leads/{task['lead_id']}", f"/v1/tasks/{task['id']}"
    desk.client.delete(lead)

    listed = desk.tasks()
    shown, changed = desk.client.get(url), desk.client.patch(url, json={"done": True})
    desk.client.post(f"{lead}/restore")

    assert listed == [other]
    assert [(reply.status, reply.json["code"]) for reply in (shown, changed)] == [(404, "lead_deleted")] * 2
    assert "restorable_until" in changed.json
    assert desk.tasks() == [task, other]


def test_tasks_of_a_merged_lead_are_gone(desk: Desk) -> None:
    task, other = planned(desk), planned(desk)
    moves.merge_into(task["lead_id"], other["lead_id"], desk.world.clock.now())

    listed = desk.tasks()
    refused = desk.client.patch(f"/v1/tasks/{task['id']}", json={"done": True})

    assert listed == [other]
    assert (refused.status, refused.json["code"], refused.json["merged_into"]) == (404, "lead_merged", other["lead_id"])


def test_a_page_of_tasks_costs_one_look_at_them_and_their_leads(desk: Desk) -> None:
    for _ in range(3):
        planned(desk)
    desk.tasks()
    counted = Injector()

    with wire.standing_at_the_wire(counted):
        desk.tasks()

    assert counted.operations == ["Query", "BatchGetItem"]
