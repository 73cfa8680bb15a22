"""Tasks over HTTP: open ones by due date, done once, and what is refused."""

from __future__ import annotations

import pytest

from tests.desk import Desk


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
