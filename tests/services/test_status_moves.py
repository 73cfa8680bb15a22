"""All leads of a status are moved, whatever comes, goes or lags meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.caller import SCOPES, Caller
from chalicelib.domain.write import Write
from chalicelib.services import status_moves
from tests.desk import Desk


def moving(desk: Desk, patch: dict[str, Any] | None = None) -> str:
    """The path of a job that moves everybody from `new`."""
    caller = Caller("key_admin", frozenset(SCOPES))
    write = Write(caller, "r-1", desk.world.clock.now())
    return status_moves.start("new", patch or {"status": "processed"}, write).headers["Location"]


def people(desk: Desk, count: int) -> list[str]:
    made = []
    for number in range(count):
        made.append(desk.created(name=f"Jörg Müßig {number}")["id"])
        desk.wait(0.01)
    return made


def columns(desk: Desk) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for lead in desk.leads():
        found.setdefault(lead["status"], []).append(lead["id"])
    return found


@pytest.mark.parametrize("looks", [1, 2, 1_000_000])
@pytest.mark.parametrize("page", [2, 200])
def test_every_lead_of_the_status_is_moved_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, looks: int, page: int
) -> None:
    monkeypatch.setattr(status_moves, "PAGE", page)
    ids, other = people(desk, 7), desk.created(name="Änne Öztürk", status="in_process")["id"]

    job = moving(desk)
    desk.work_off("work", looks)

    told = desk.get(job)
    assert (told["status"], told["total"], told["result"]) == ("done", 7, {"changed": 7})
    assert columns(desk) == {"processed": ids, "in_process": [other]}
    assert [lead["version"] for lead in desk.leads()] == [2] * 7 + [1]
    assert desk.timeline(ids[0])[0]["by"] == "key_admin"


def test_a_lead_that_enters_while_others_are_moved_is_moved_too(desk: Desk) -> None:
    ids, late = people(desk, 3), desk.created(name="Änne Öztürk", status="in_process")["id"]
    job = moving(desk)
    desk.work("work", looks=2)
    desk.work("work", looks=2)
    desk.client.patch(f"/v1/leads/{late}", json={"status": "new"})

    desk.work_off("work", looks=2)

    assert columns(desk) == {"processed": [*ids, late]}
    assert desk.get(job)["result"] == {"changed": 4}


def test_an_index_that_lags_moves_nobody_twice(desk: Desk) -> None:
    ids = people(desk, 4)
    job = moving(desk)
    desk.world.shim.lagging = True
    desk.work_off("work")
    desk.world.shim.lagging = False

    assert columns(desk) == {"processed": ids}
    assert [lead["version"] for lead in desk.leads()] == [2] * 4
    told = desk.get(job)
    assert (told["status"], told["result"]["changed"]) == ("done", 4)


def test_who_cannot_be_moved_is_told_once_and_keeps_nobody_waiting(desk: Desk) -> None:
    desk.created(name="Änne Öztürk", status="in_process", external_ids={"crm": "4711"})
    ids = people(desk, 3)

    job = moving(desk, {"status": "processed", "external_ids": {"crm": "4711"}})
    desk.work_off("work")

    told = desk.get(job)
    assert (told["status"], told["result"]["refused"], told["done"]) == ("done", 3, 3)
    assert [reason["lead_id"] for reason in told["result"]["reasons"]] == ids


def test_leads_go_to_junk_with_a_reason(desk: Desk) -> None:
    (lead,) = people(desk, 1)

    moving(desk, {"status": "junk", "lost_reason": "other"})
    desk.work_off("work")

    assert (desk.lead(lead)["status"], desk.lead(lead)["lost_reason"]) == ("junk", "other")
