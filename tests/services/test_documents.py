"""Documents of the workspace: one change is one change, whoever else is at it and whatever gets lost."""

from __future__ import annotations

from functools import partial

import pytest

from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Conflict
from chalicelib.domain.write import Write
from chalicelib.services import documents, statuses, workspace
from chalicelib.store import records
from tests import wire
from tests.faults.harness import Injector
from tests.faults.interleave import at_once
from tests.faults.world import World


def write_of(world: World, request: str = "r-1") -> Write:
    return Write(Caller("key_1"), request, world.clock.now())


@pytest.mark.parametrize("kind", ["time-out after", "conflict", "throttle"])
def test_a_change_whose_answer_was_lost_is_made_once_and_answered(world: World, kind: str) -> None:
    body = {"id": "on_site", "name": "Vor Ort", "kind": "open"}

    with wire.standing_at_the_wire(Injector({1: kind})) as _:
        written = statuses.create(body, write_of(world))

    assert written.status == 201
    assert [one["version"] for one in world.of_type("cfg") if one["sk"] == "statuses"] == [1]


def test_a_delete_whose_answer_was_lost_is_not_taken_for_missing(world: World) -> None:
    with wire.standing_at_the_wire(Injector({2: "time-out after"})):
        written = statuses.remove("processed", write_of(world))

    assert written.status == 204


def test_of_two_who_make_the_same_status_one_is_told_that_it_exists(world: World) -> None:
    body = {"id": "on_site", "name": "Vor Ort", "kind": "open"}
    statuses.create(body, write_of(world))

    with pytest.raises(Conflict):
        statuses.create(body, write_of(world, "r-2"))


@pytest.mark.parametrize("seed", range(10))
def test_changes_of_many_at_once_are_all_kept(world: World, seed: int) -> None:
    names = [f"Status {number}" for number in range(3)]

    def create(name: str) -> int:
        return statuses.create({"name": name, "kind": "open"}, write_of(world, name)).status

    made = at_once([partial(create, name) for name in names], seed)

    assert made == [201, 201, 201]
    assert {one.name for one in workspace.statuses(world.clock.now())} >= set(names)


def test_a_change_that_changes_nothing_makes_no_version(world: World) -> None:
    statuses.change("new", {"name": "New"}, write_of(world))

    assert [item for item in world.of_type("cfg") if item["sk"] == "statuses"] == []


def test_a_record_that_was_written_whole_by_hand_can_be_changed(world: World) -> None:
    living = [
        {"id": kind, "name": kind, "kind": kind, "color": "#000000", "version": 1}
        for kind in ("open", "converted", "junk")
    ]
    records.put("CFG", "statuses", {"living": living})
    documents.forget()

    statuses.change("open", {"name": "Offen"}, write_of(world))

    assert [one.name for one in workspace.statuses(world.clock.now())] == ["Offen", "converted", "junk"]
