"""What takes long, and who keeps a copy: the board, changes, bulk changes, exports, jobs; see `stories`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.desk import Desk


def show_board(desk: Desk) -> None:
    """More leads in a column than it shows, with amounts; of everybody, of nobody, of an owner."""
    user = desk.client.post("/v1/users", json={"name": "Kim Käfer"}).json["id"]
    for name in ("Änne", "Jörg"):
        desk.created(name=name, amount={"amount": "12500", "currency": "EUR"}, owner_id=user)
    desk.world.catch_up()
    for query in ("", "&order=oldest", "&owner_id=none", f"&owner_id={user}"):
        desk.get(f"/v1/board?limit=1{query}")


def keep_a_copy(desk: Desk) -> None:
    """A page, and the next; one lead is gone by then."""
    gone = desk.created(name="Änne")["id"]
    desk.created(name="Jörg")
    desk.client.delete(f"/v1/leads/{gone}")
    desk.world.catch_up()
    first = desk.get("/v1/changes?limit=1")
    desk.get(f"/v1/changes?since={first['next_since']}")


def change_leads(desk: Desk) -> None:
    """Two leads of which one cannot be changed; asked for twice with one Idempotency-Key."""
    desk.created(name="Änne", external_ids={"crm": "7"})
    desk.created(name="Jörg")
    ask(desk, "/v1/leads/bulk", filters={"kind": "open"}, set={"external_ids": {"crm": "7"}})


def export_leads(desk: Desk) -> None:
    """Asked for, shown at once and when it is done."""
    desk.created(name="Änne")
    export = ask(desk, "/v1/exports", filters={"status": ["new"]}, format="csv", fields=["name"], language="en")
    look_twice(desk, f"/v1/exports/{export['id']}")
    desk.work_off("work")
    desk.get(f"/v1/exports/{export['id']}")


def see_to_jobs(desk: Desk) -> None:
    """One of each kind, listed and shown before and after it is done; and one that is stopped, twice."""
    change_leads(desk)
    export_leads(desk)
    jobs = [job["id"] for job in desk.get("/v1/jobs?limit=1")["data"] + desk.get("/v1/jobs")["data"]]
    for job in jobs:
        look_twice(desk, f"/v1/jobs/{job}")
    page = desk.get("/v1/jobs?limit=1")
    while page["next_cursor"]:
        page = desk.get(f"/v1/jobs?limit=1&cursor={page['next_cursor']}")
    stopped = desk.client.post("/v1/exports", json={"filters": {}, "format": "jsonl"}).json["job_id"]
    desk.get(f"/v1/jobs/{stopped}")
    for _ in range(2):
        desk.client.post(f"/v1/jobs/{stopped}/cancel")


def look_twice(desk: Desk, url: str) -> None:
    """A record, and nothing where it is known already."""
    desk.client.get(url, headers={"If-None-Match": desk.client.get(url).headers["ETag"]})


def ask(desk: Desk, path: str, **body: Any) -> dict[str, Any]:
    """Long work is asked for, and again with the same Idempotency-Key."""
    replies = [
        desk.client.post(path, json=body, headers={"Idempotency-Key": path.rpartition("/")[2]}) for _ in range(2)
    ]
    assert [reply.status for reply in replies] == [202, 202], replies[0].text
    return dict(replies[0].json)


WORK_STORIES: Mapping[str, Callable[[Desk], None]] = {
    "GET /v1/board": show_board,
    "GET /v1/changes": keep_a_copy,
    "POST /v1/leads/bulk": change_leads,
    "POST /v1/exports": export_leads,
    "GET /v1/exports/{export_id}": export_leads,
    "GET /v1/jobs": see_to_jobs,
    "GET /v1/jobs/{job_id}": see_to_jobs,
    "POST /v1/jobs/{job_id}/cancel": see_to_jobs,
}
