"""All leads of a deleted status are moved, whatever comes, goes or lags meanwhile; then the status is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain import changes
from chalicelib.services import status_moves
from tests import moves
from tests.desk import Desk


def deleted(desk: Desk, status: str = "new", to: str = "processed", **more: str) -> str:
    """The path of the job that moves everybody out of a status; the minute that it waits has passed."""
    query = "&".join(f"{name}={value}" for name, value in {"move_to": to, **more}.items())
    reply = desk.client.delete(f"/v1/statuses/{status}?{query}")
    assert reply.status == 202, reply.text
    desk.wait(61)
    return str(reply.headers["Location"])


def people(desk: Desk, count: int, **values: Any) -> list[str]:
    made = []
    for number in range(count):
        made.append(desk.created(name=f"Jörg Müßig {number}", **values)["id"])
        desk.wait(0.01)
    return made


def columns(desk: Desk) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for lead in desk.leads():
        found.setdefault(lead["status"], []).append(lead["id"])
    return found


def enters(desk: Desk, lead: str, status: str) -> None:
    """Somebody who has read the old list moves a lead."""
    moves.move(lead, status, desk.world.clock.now())


def can_be_made(desk: Desk, status: str, kind: str) -> bool:
    """Whether a status of another kind may have the id: nobody remembers the old one."""
    return desk.client.post("/v1/statuses", json={"id": status, "name": "Weg", "kind": kind}).status == 201


@pytest.mark.parametrize("looks", [1, 2, 1_000_000])
@pytest.mark.parametrize("page", [2, 200])
def test_every_lead_of_the_status_is_moved_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, looks: int, page: int
) -> None:
    monkeypatch.setattr(status_moves, "PAGE", page)
    ids, other = people(desk, 7), desk.created(name="Änne Öztürk", status="in_process")["id"]

    job = deleted(desk)
    desk.work_off("work", looks)

    told = desk.get(job)
    assert (told["status"], told["total"], told["result"]) == ("done", 7, {"changed": 7})
    assert columns(desk) == {"processed": ids, "in_process": [other]}
    assert [lead["version"] for lead in desk.leads()] == [2] * 7 + [1]
    entry = desk.timeline(ids[0])[0]
    assert (entry["type"], entry["by"], entry["data"]) == (
        "status_changed", told["created_by"], {"from": "new", "to": "processed"},
    )  # fmt: skip
    assert can_be_made(desk, "new", "junk")


def test_nobody_is_moved_before_a_minute_has_passed(desk: Desk) -> None:
    ids = people(desk, 2)

    reply = desk.client.delete("/v1/statuses/new?move_to=processed")
    desk.work("work")
    early = desk.get(reply.headers["Location"])
    desk.wait(61)
    desk.work_off("work")

    assert (early["status"], early["done"]) == ("running", 0)
    assert columns(desk) == {"processed": ids}


def test_a_lead_that_somebody_puts_there_by_the_old_list_is_moved_too(desk: Desk) -> None:
    ids, late = people(desk, 3), desk.created(name="Änne Öztürk", status="in_process")["id"]
    job = deleted(desk)
    desk.work("work", looks=2)
    desk.work("work", looks=2)
    enters(desk, late, "new")

    desk.work_off("work", looks=2)

    assert columns(desk) == {"processed": [*ids, late]}
    assert desk.get(job)["result"] == {"changed": 4}


def test_an_index_that_lags_moves_nobody_twice(desk: Desk) -> None:
    ids = people(desk, 4)
    job = deleted(desk)
    desk.world.shim.lagging = True
    desk.work_off("work")
    desk.world.shim.lagging = False

    assert columns(desk) == {"processed": ids}
    assert [lead["version"] for lead in desk.leads()] == [2] * 4
    told = desk.get(job)
    assert (told["status"], told["result"]["changed"]) == ("done", 4)


def test_a_lead_that_cannot_be_moved_is_told_and_there_when_the_status_is_made_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = people(desk, 2)
    changed = changes.changed

    def fails_for_one(before: Any, *rest: Any) -> Any:
        if f"lead_{before.id}" == broken:
            raise RuntimeError("something about this lead")
        return changed(before, *rest)

    monkeypatch.setattr(changes, "changed", fails_for_one)
    job = deleted(desk)
    desk.work_off("work")

    told = desk.get(job)
    assert (told["status"], told["done"], told["result"]["changed"]) == ("done", 2, 1)
    assert [(each["lead_id"], each["code"]) for each in told["result"]["reasons"]] == [(broken, "not_stored")]
    assert columns(desk) == {"new": [broken], "processed": [whole]}
    assert not can_be_made(desk, "new", "junk")
    assert can_be_made(desk, "new", "open")
    assert [lead["id"] for lead in desk.get("/v1/leads?status=new")["data"]] == [broken]


def test_no_field_is_asked_for_and_nothing_counts_as_a_response(desk: Desk) -> None:
    (lead,) = people(desk, 1)
    before = desk.lead(lead)
    desk.client.patch("/v1/fields/phones", json={"required": {"from_status": "in_process"}})

    deleted(desk)
    desk.work_off("work")

    after = desk.lead(lead)
    changed = {"status", "status_changed_at", "updated_at", "version"}
    assert after["status"] == "processed"
    assert {name for name in after if after[name] != before[name]} == changed


def test_leads_go_to_junk_with_a_reason_and_keep_the_one_they_have(desk: Desk) -> None:
    desk.client.post("/v1/statuses", json={"id": "archive", "name": "Archiv", "kind": "junk"})
    first = people(desk, 1)[0]
    second = desk.created(name="Änne Öztürk", status="archive", lost_reason="spam")["id"]

    deleted(desk, "new", "junk", lost_reason="other")
    deleted(desk, "archive", "junk")
    desk.work_off("work")

    assert [(desk.lead(lead)["status"], desk.lead(lead)["lost_reason"]) for lead in (first, second)] == [
        ("junk", "other"), ("junk", "spam"),
    ]  # fmt: skip


def test_leads_come_back_to_life_with_an_open_status(desk: Desk) -> None:
    desk.client.post("/v1/statuses", json={"id": "archive", "name": "Archiv", "kind": "junk"})
    lead = desk.created(name="Änne Öztürk", phone="0176 04069012", status="archive", lost_reason="spam")["id"]

    deleted(desk, "archive", "new")
    desk.work_off("work")

    shown = desk.lead(lead)
    assert (shown["status"], shown["kind"], shown["lost_reason"], shown["closed_at"]) == ("new", "open", None, None)
    assert desk.create(name="Änne", phone="0176 04069012").json["duplicate_of"] == lead


def test_where_the_target_is_deleted_meanwhile_they_go_to_the_first_of_its_kind(desk: Desk) -> None:
    ids = people(desk, 2)

    first = deleted(desk, "new", "processed")
    second = deleted(desk, "processed", "in_process")
    desk.work_off("work")

    assert columns(desk) == {"in_process": ids}
    assert [desk.get(job)["status"] for job in (first, second)] == ["done", "done"]


def test_where_the_status_is_made_again_meanwhile_they_stay(desk: Desk) -> None:
    ids = people(desk, 2)
    job = deleted(desk)

    desk.client.post("/v1/statuses", json={"id": "new", "name": "Neu", "kind": "open"})
    desk.work_off("work")

    assert columns(desk) == {"new": ids}
    assert (desk.get(job)["status"], desk.get(job)["done"]) == ("done", 0)
