"""Recount: what is wrong is named and put right, while leads change; killed, it leaves things as they were."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict
from chalicelib.log import TriggerFailed
from chalicelib.services import recount
from chalicelib.services.recount import Drift, Report
from chalicelib.services.verify import verify
from chalicelib.store import derived, transport
from tests import moves, wire
from tests.desk import Desk
from tests.faults.harness import Crash, Injector
from tests.faults.interleave import run_once
from tests.faults.world import World
from tests.wire import Call, Reply

EURO = {"amount": "1234.50", "currency": "EUR"}
#: Schedules of a recount beside those who work.
ORDERS, MANY_ORDERS = 30, 500


def now(desk: Desk) -> Any:
    return desk.world.clock.now()


def spoil(column: tuple[str, str], name: str, by: int) -> None:
    """A counter is off."""
    transport.transact([derived.add(column, {name: by})])


def test_where_all_is_right_nothing_is_found(desk: Desk) -> None:
    for number in range(5):
        desk.created(name=f"Lead {number}", amount=EURO)
    desk.world.catch_up()

    assert recount.run(now(desk)) == Report(leads=5, columns=2, drift=(), words_missing=0, words_stale=0)


def test_every_counter_that_is_off_is_named_and_put_right(desk: Desk) -> None:
    desk.created(name="Änne", amount=EURO)
    desk.world.catch_up()
    spoil(("ALL", "new"), "count", 2)
    spoil(("ALL", "new"), "EUR", -1)
    spoil(("usr_9", "junk"), "count", 1)

    report = recount.run(now(desk))

    assert report.drift == (
        Drift("ALL/new EUR", 12_344_999, 12_345_000),
        Drift("ALL/new count", 3, 1),
        Drift("usr_9/junk count", 1, 0),
    )
    assert derived.board("ALL") == {"new": {"count": 1, "EUR": 12_345_000}}
    assert derived.board("usr_9") == {}


def test_words_are_added_and_taken_away(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk")["id"].removeprefix("lead_")
    desk.world.catch_up()
    transport.delete(("W#L#oez", f"oeztuerk#{lead}"), table="crm-derived")
    transport.batch_put([{"pk": "W#L#fal", "sk": f"falsch#{lead}", "type": "token"}], table="crm-derived")
    transport.batch_put([{"pk": "W#L#fal", "sk": "falsch#0SARTXT7M8X", "type": "token"}], table="crm-derived")

    report = recount.run(now(desk))

    assert (report.words_missing, report.words_stale) == (1, 2)
    assert [item for item in desk.world.derived() if item["pk"] == "W#L#fal"] == []


def test_everything_is_built_from_nothing(desk: Desk) -> None:
    for number in range(5):
        desk.created(name=f"Lead {number}", amount=EURO)
    desk.world.stream.lose()

    report = recount.run(now(desk))

    assert (report.leads, report.columns, len(report.drift)) == (5, 2, 4)
    assert derived.board("ALL") == {"new": {"count": 5, "EUR": 5 * 12_345_000}}


def test_after_the_stream_was_lost_what_changed_is_fed_again(desk: Desk) -> None:
    desk.created(name="Änne")
    desk.world.catch_up()
    desk.wait(3_600)
    lost = desk.created(name="Jörg")["id"]
    desk.world.stream.lose()
    desk.world.stream.last = 0  # numbers begin anew, and the checkpoints are of the old ones

    recount.run_anew(now(desk))

    assert [record["id"] for record in desk.get("/v1/changes")["data"]][1:] == [lost]
    desk.created(name="Zoë")
    desk.world.catch_up()
    assert derived.board("ALL")["new"]["count"] == 3


def test_changes_that_the_recount_has_seen_do_not_count_again(desk: Desk) -> None:
    first, second = [desk.created(name=name)["id"] for name in ("Änne", "Jörg")]
    moves.move(first, "processed", now(desk))

    recount.run(now(desk))
    moves.move(second, "junk", now(desk))
    moves.move(first, "in_process", now(desk))
    desk.world.catch_up()

    assert {status: tally["count"] for status, tally in derived.board("ALL").items() if tally["count"]} == {
        "in_process": 1,
        "junk": 1,
    }


def test_a_lead_that_was_erased_before_it_could_be_read_leaves_nothing(desk: Desk) -> None:
    lead = moves.create(now(desk))
    desk.world.catch_up()
    moves.move(lead, "processed", now(desk))
    moves.delete(lead, now(desk))
    moves.erase(lead)

    recount.run(now(desk))
    desk.world.catch_up()

    assert derived.board("ALL") == {}


def test_a_lead_that_comes_and_is_erased_after_the_recount_leaves_nothing(desk: Desk) -> None:
    recount.run(now(desk))
    lead = moves.create(now(desk))
    desk.world.catch_up()
    moves.move(lead, "processed", now(desk))
    moves.delete(lead, now(desk))
    moves.erase(lead)

    desk.world.catch_up()

    assert {tally["count"] for tally in derived.board("ALL").values()} == {0}


def test_of_two_recounts_one_is_refused(desk: Desk) -> None:
    desk.created(name="Änne")
    refused: list[Exception] = []

    def another(call: Call, go: Callable[[], Reply]) -> Reply:
        if call.operation == "Scan" and not refused:
            with pytest.raises(Conflict) as caught:
                recount.run(now(desk))
            refused.append(caught.value)
        return go()

    with wire.standing_at_the_wire(another):
        recount.run(now(desk))

    assert refused


def test_the_consumer_waits_for_a_recount_and_then_gives_its_batch_back(desk: Desk) -> None:
    desk.created(name="Änne")
    stopped: list[bool] = []

    def follow_meanwhile(call: Call, go: Callable[[], Reply]) -> Reply:
        if call.operation == "Scan" and not stopped:
            stopped.append(True)
            with pytest.raises(TriggerFailed):
                desk.world.catch_up()
            assert derived.board("ALL") == {}
        return go()

    with wire.standing_at_the_wire(follow_meanwhile):
        recount.run(now(desk))

    assert stopped
    desk.world.catch_up()


def test_a_recount_that_was_killed_holds_nobody_up_for_long(desk: Desk) -> None:
    desk.created(name="Änne")
    with wire.standing_at_the_wire(Injector({3: "crash before"})), pytest.raises(Crash):
        recount.run(now(desk))
    with pytest.raises(TriggerFailed):
        desk.world.catch_up()
    with pytest.raises(Conflict):
        recount.run(now(desk))

    desk.wait(301)
    desk.world.catch_up()

    assert derived.board("ALL")["new"]["count"] == 1


def test_a_recount_that_fails_lets_the_consumer_go_on_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.created(name="Änne")
    monkeypatch.setattr("chalicelib.store.leads.everything", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        recount.run(now(desk))

    desk.world.catch_up()

    assert derived.recounting().state == "idle"


def test_a_recount_that_was_taken_for_dead_writes_nothing_any_more(desk: Desk) -> None:
    desk.created(name="Änne")
    spoil(("ALL", "junk"), "count", 7)
    once: list[bool] = []

    def sleep(call: Call, go: Callable[[], Reply]) -> Reply:
        if call.operation == "Scan" and call.body["TableName"] == "crm" and not once:
            once.append(True)
            reply = go()
            desk.wait(301)
            desk.world.catch_up()
            return reply
        return go()

    with wire.standing_at_the_wire(sleep), pytest.raises(Conflict):
        recount.run(now(desk))

    assert derived.board("ALL") == {"junk": {"count": 7}, "new": {"count": 1}}
    spoil(("ALL", "junk"), "count", -7)


def test_one_that_was_killed_while_it_wrote_must_be_run_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """More columns than a transaction holds; after the first part nobody goes on counting on them."""
    monkeypatch.setattr(recount, "MOST_ITEMS", 1)
    leads = [desk.created(name=f"Lead {number}")["id"] for number in range(4)]
    for number, lead in enumerate(leads):
        moves.assign(lead, f"usr_{number}", now(desk))
    desk.world.catch_up()
    for column in (("ALL", "new"), ("usr_1", "new"), ("usr_2", "new")):
        spoil(column, "count", 3)
    with wire.standing_at_the_wire(dies_after("G#")), pytest.raises(Crash):
        recount.run(now(desk))
    desk.created(name="Änne")
    desk.wait(301)
    with pytest.raises(TriggerFailed):
        desk.world.catch_up()
    with wire.standing_at_the_wire(dies_after("N#")), pytest.raises(Crash):
        recount.run(now(desk))
    desk.wait(301)
    with pytest.raises(TriggerFailed):
        desk.world.catch_up()
    desk.wait(301)

    recount.run(now(desk))
    desk.world.catch_up()

    assert derived.board("ALL")["new"]["count"] == 5


def dies_after(beginning: str) -> Callable[[Call, Callable[[], Reply]], Reply]:
    """The process dies after its first write of an item whose key begins like this."""

    def layer(call: Call, go: Callable[[], Reply]) -> Reply:
        reply = go()
        if call.operation in ("TransactWriteItems", "BatchWriteItem") and f'"{beginning}' in json.dumps(call.body):
            raise Crash(f"after {call.operation}")
        return reply

    return layer


@contextlib.contextmanager
def small_pages() -> Iterator[None]:
    """Scans give two items at a time, so that much can happen between two of them."""

    def layer(call: Call, go: Callable[[], Reply]) -> Reply:
        if call.operation == "Scan":
            call.body["Limit"] = 2  # for the layers below, and for moto
            call.request.body = json.dumps(call.body).encode()
        return go()

    with wire.standing_at_the_wire(layer):
        yield


def test_leads_that_change_during_a_recount_are_counted_once(world: World) -> None:
    """A recount, two who work, and the consumer, in sampled orders of their wire calls."""
    beside_work(world, ORDERS)


@pytest.mark.long
def test_leads_that_change_during_a_recount_are_counted_once_in_many_orders(world: World) -> None:
    beside_work(world, MANY_ORDERS)


def beside_work(world: World, orders: int) -> None:
    for number in range(4):
        moves.create(world.clock.now(), f"Lead {number}", amount=EURO)
    world.catch_up()
    moves.move(next(iter(ids(world))), "processed", world.clock.now())  # the consumer is behind
    kept, dice, wrong, overlaps = world.keep(), random.Random(7), [], 0
    for _ in range(orders):
        world.put_back(kept)
        first, second, third, fourth = sorted(ids(world))

        def recounting() -> None:
            recount.run(world.clock.now())

        def working(lead: str = first, other: str = second) -> None:
            at = world.clock.now()
            moves.move(lead, "in_process", at)
            moves.assign(lead, "usr_1", at)
            moves.delete(other, at)
            made = moves.create(at, "Neu", amount=EURO)
            moves.move(made, "junk", at)
            moves.delete(made, at)
            moves.erase(made)

        def more_work(lead: str = third, other: str = fourth) -> None:
            at = world.clock.now()
            moves.revalue(lead, at, amount={"amount": "0.01", "currency": "EUR"})
            moves.delete(other, at)
            moves.restore(other, at)
            moves.move(other, "processed", at)

        def consuming() -> None:
            for _ in range(6):
                with contextlib.suppress(TriggerFailed):
                    world.catch_up()

        with small_pages():
            run = run_once([recounting, working, more_work, consuming], dice.choice)
        overlaps += _in_the_midst(run.choices)
        for _ in range(3):
            with contextlib.suppress(TriggerFailed):
                world.catch_up()
        failed = [result for result in run.results if isinstance(result, Exception)]
        found = [str(each) for each in verify(world.items(), world.derived()) if each.invariant in ("I3", "I4")]
        if failed or found or world.stream.pending:
            wrong.append((run.choices, failed, found))

    print(f"recount beside work: {orders} orders, {overlaps} with changes in the midst of it, {len(wrong)} violations")
    assert not wrong, wrong[0][1:]
    assert overlaps > orders / 2


def _in_the_midst(choices: list[int]) -> bool:
    """Whether somebody worked between two calls of the recount, and went on after it began."""
    own = [step for step, actor in enumerate(choices) if actor == 0]
    return any(actor in (1, 2) for actor in choices[own[1] : own[-1]])


def ids(world: World) -> list[str]:
    return [item["pk"].removeprefix("L#") for item in world.of_type("lead")]


def test_without_the_notes_the_same_orders_go_wrong(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test before would notice."""
    monkeypatch.setattr("chalicelib.domain.derived.Recounting.is_noted", lambda self, change: False)

    with pytest.raises(AssertionError):
        beside_work(world, 10)
