"""The harness would notice a consumer that counts twice: each looser wording of the rule is caught."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.domain.derived import Recounting
from chalicelib.domain.errors import Busy, Conflict
from chalicelib.services import derived as service
from chalicelib.services import recount
from chalicelib.store import derived, transport
from tests.faults.entries import AENNE, JOERG, MOVED, Delivery, Entry, all_entries, created_by_api, moved
from tests.faults.harness import Refused, try_everything
from tests.faults.world import World

NAME = "stream: new leads"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture(autouse=True)
def _no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is broken on purpose stays out of the table of the session."""
    monkeypatch.setattr("tests.faults.harness.REPORTS", [])


def violations(world: World) -> int:
    (entry,) = [entry for entry in all_entries(world) if entry.name == NAME]
    try:
        return len(try_everything(entry, doubles=0).violations)
    except AssertionError:  # it goes wrong even when nothing goes wrong
        return 1
    finally:
        entry.leave()


def test_with_checkpoints_nothing_counts_twice(world: World) -> None:
    assert violations(world) == 0


def test_a_consumer_without_checkpoints_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "standing", lambda shard: (None, Recounting()))
    whole = service._actions
    monkeypatch.setattr(service, "_actions", lambda *arguments: whole(*arguments)[1:])

    assert violations(world) > 0


def test_a_checkpoint_that_is_written_apart_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    transact = service.transport.transact

    def in_two(actions):
        result = transact(actions[2:])
        return transact(actions[:2]) if isinstance(result, service.Committed) else result

    monkeypatch.setattr(service.transport, "transact", in_two)

    assert violations(world) > 0


def recounted(world: World) -> str:
    """Somebody lets a recount run; where one died he waits until it counts as dead."""
    try:
        recount.run(world.clock.now())
    except Conflict as conflict:
        world.later(301)
        raise Refused(str(conflict)) from conflict
    except Busy as busy:
        raise Refused(str(busy)) from busy
    return "recounted"


def spoilt(world: World) -> None:
    """Counters are off, words are missing and lead astray, and the consumer is behind."""
    moved(world)
    for column in (("ALL", "new"), ("usr_7", "junk")):
        transport.transact([derived.add(column, {"count": 3, "EUR": 1})])
    (lead,) = [item["pk"].removeprefix("L#") for item in world.of_type("lead") if item["name"] == JOERG["name"]]
    place = {"pk": "W#L#fal", "sk": f"falsch#{lead}", "type": "token"}
    transport.batch_put([place], table="crm-derived")


def put_right(world: World, story: object) -> list[str]:
    wrong = [item["sk"] for item in world.derived() if item["pk"] == "W#L#fal"]
    return [f"{place} still leads astray" for place in wrong]


@pytest.mark.parametrize("most_items", [98, 2])
def test_whatever_goes_wrong_with_a_recount_it_is_right_in_the_end(
    world: World, most_items: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the counters need several transactions."""
    monkeypatch.setattr(recount, "MOST_ITEMS", most_items)
    entry = Entry(
        "recount", (), world, Delivery(recounted, ()), (created_by_api(AENNE), created_by_api(JOERG)),
        arrange=spoilt, expect=put_right, always_redelivered=True, becomes=MOVED,
    )  # fmt: skip

    report = try_everything(entry, doubles=10)

    entry.leave()
    assert not report.violations, str(report)


def test_a_recount_that_dies_for_good_has_changed_nothing(world: World) -> None:
    entry = Entry(
        "recount that nobody repeats", (), world, Delivery(recounted, ()),
        (created_by_api(AENNE), created_by_api(JOERG)), arrange=moved, certain=True, becomes=MOVED,
    )  # fmt: skip

    report = try_everything(entry, doubles=10)

    entry.leave()
    assert not report.violations, str(report)
