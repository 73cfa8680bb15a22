"""Delta sync: at least once, in order, with tombstones; nothing is missed, however late it was noted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.services import changes as service
from chalicelib.store import changes, transport
from tests import moves
from tests.desk import Desk
from tests.faults.world import World


class Copy:
    """Somebody who keeps a copy of the leads."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.since, self.leads = desk, "", dict[str, dict[str, Any]]()

    def page(self, limit: int = 100) -> dict[str, Any]:
        """One request; the copy follows."""
        self.desk.world.catch_up()
        reply = self.desk.get(f"/v1/changes?limit={limit}" + (f"&since={self.since}" if self.since else ""))
        for record in reply["data"]:
            if record.get("deleted"):
                self.leads.pop(record["id"], None)
            elif record["version"] >= self.leads.get(record["id"], record)["version"]:
                self.leads[record["id"]] = record
        self.since = reply["next_since"]
        return dict(reply)

    def follow(self, limit: int = 100) -> list[dict[str, Any]]:
        """All pages there are now."""
        data, more = [], True
        while more:
            page = self.page(limit)
            data += page["data"]
            more = page["has_more"]
        return data


def test_without_a_token_everything_that_is_kept_comes_oldest_first(desk: Desk) -> None:
    names = [f"Lead {number}" for number in range(5)]
    for name in names:
        desk.created(name=name)
        desk.world.catch_up()

    reply = desk.get("/v1/changes")

    assert [record["name"] for record in reply["data"]] == names
    assert reply["data"][0] == desk.lead(reply["data"][0]["id"])
    assert reply["has_more"] is False
    assert set(reply) == {"data", "next_since", "has_more"}


def test_a_copy_equals_the_leads(world: World) -> None:
    desk = Desk(world)  # not the one that wants a lead for every receipt: one is erased
    copy, now = Copy(desk), desk.world.clock.now
    first, second, third = [desk.created(name=name)["id"] for name in ("Änne", "Jörg", "Zoë")]
    copy.follow()
    desk.wait(300)
    moves.move(first, "junk", now())
    moves.delete(second, now())
    data = copy.follow()
    assert [record["id"] for record in data if "deleted" in record] == [second]
    assert next(record for record in data if record["id"] == second) == {"id": second, "deleted": True}

    desk.wait(300)
    moves.restore(second, now())
    moves.merge_into(third, first, now())
    copy.follow(limit=1)

    assert copy.leads == {lead: desk.lead(lead) for lead in (first, second, third)}
    assert copy.leads[third]["merged_into"] == first
    desk.wait(300)
    moves.delete(second, now())
    copy.follow()
    moves.erase(second)
    copy.follow()
    assert set(copy.leads) == {first, third}


def test_what_came_in_the_last_two_minutes_comes_again_and_then_no_more(desk: Desk) -> None:
    copy = Copy(desk)
    desk.created(name="Änne")

    assert [len(copy.follow()) for _ in range(3)] == [1, 1, 1]
    desk.wait(121)
    assert [len(copy.follow()) for _ in range(3)] == [1, 0, 0]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_of_any_size_give_everything(desk: Desk, limit: int) -> None:
    for number in range(7):
        desk.created(name=f"Lead {number}")
        if number % 3 == 0:
            desk.world.catch_up()

    copy = Copy(desk)
    copy.follow(limit)

    assert len(copy.leads) == 7


def test_what_is_noted_late_is_not_missed(desk: Desk) -> None:
    """Its time is that of its transaction's beginning; a reader has long been past it, even in the midst of a walk."""
    copy = Copy(desk)
    for number in range(3):
        desk.created(name=f"Lead {number}")
    copy.page(limit=2)
    late = desk.created(name="Late")["id"]
    for shard in desk.world.stream.shards.values():
        shard.taken = len(shard.records)
    begun = desk.world.clock.now() - timedelta(seconds=100)
    desk.wait(600)  # the walk pauses

    transport.transact([changes.feed([late.removeprefix("lead_")], "shardId-3", 7, begun)])
    copy.follow(limit=2)
    copy.follow(limit=2)

    assert late in copy.leads
    desk.world.stream.put_back(
        {name: type(shard)(shard.records, 0) for name, shard in desk.world.stream.shards.items()}
    )


def test_a_change_of_thirty_days_ago_is_the_oldest(world: World) -> None:
    desk = Desk(world)  # not the one that counts the last thirty days
    desk.created(name="Änne")
    copy = Copy(desk)
    copy.follow()
    desk.wait(29 * 86_400)
    lead = desk.created(name="Jörg")["id"]
    assert [record["id"] for record in copy.follow()][-1] == lead

    old = copy.since
    desk.wait(31 * 86_400)
    refused = desk.client.get(f"/v1/changes?since={old}")

    assert (refused.status, refused.json["code"]) == (410, "sync_token_expired")
    assert desk.client.get("/v1/changes").status == 200


def test_a_token_is_signed_and_belongs_to_its_key(desk: Desk) -> None:
    token = desk.get("/v1/changes")["next_since"]
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "%00", desk_cursor(desk)):
        reply = desk.client.get(f"/v1/changes?since={wrong}")
        assert reply.status == 400, wrong
    assert desk.client.get(f"/v1/changes?since={token}&limit=7").status == 200
    assert desk.visitor.get(f"/v1/changes?since={token}").status == 401


def desk_cursor(desk: Desk) -> str:
    """A cursor of something else."""
    for name in ("Änne", "Jörg"):
        desk.created(name=name)
    return str(desk.get("/v1/leads?limit=1")["next_cursor"])


def test_a_page_is_no_larger_than_an_answer_may_be(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_BYTES", 3_000)
    for number in range(6):
        desk.created(name=f"Lead {number}", comment="x" * 2_000)
    copy = Copy(desk)

    sizes = []
    while True:
        page = copy.page()
        sizes.append(len(page["data"]))
        if not page["has_more"]:
            break

    assert sizes == [1] * 6
    assert len(copy.leads) == 6
