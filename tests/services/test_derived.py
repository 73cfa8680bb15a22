"""Derived data follow the leads: counted once, found by their words, fed in order, whatever is delivered how often."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.domain.derived import MOST_ITEMS
from chalicelib.log import TriggerFailed
from chalicelib.store import changes, derived, transport
from chalicelib.triggers import derive
from tests import moves, wire
from tests.desk import Desk
from tests.faults.harness import Injector
from tests.faults.stream import event_of
from tests.faults.world import Unhurried, follow
from tests.wire import Call, Reply

EURO = {"amount": "1234.50", "currency": "EUR"}


def created(desk: Desk, count: int, **values: Any) -> list[str]:
    """Ids of new leads."""
    return [desk.created(name=f"Lead {number}", **values)["id"] for number in range(count)]


def words(beginning: str, count: int) -> str:
    """A text of so many words."""
    return " ".join(f"{beginning}{number}" for number in range(count))


def words_known(desk: Desk) -> set[str]:
    """All tokens."""
    return {item["sk"].rpartition("#")[0] for item in desk.world.derived() if item["type"] == "token"}


def fed(desk: Desk) -> list[str]:
    """Leads of the whole feed, in order."""
    items = sorted((item for item in desk.world.derived() if item["type"] == "changes"), key=lambda item: item["sk"])
    return [f"lead_{lead}" for item in items for lead in item["leads"]]


def test_leads_enter_their_columns(desk: Desk) -> None:
    created(desk, 3, amount=EURO)

    desk.world.catch_up()

    assert derived.board("ALL") == {"new": {"count": 3, "EUR": 3 * 12_345_000}}
    assert derived.board("-") == {"new": {"count": 3, "EUR": 3 * 12_345_000}}


def test_moves_hands_amounts_deletion_and_merging_are_followed(desk: Desk) -> None:
    first, second, third, fourth = created(desk, 4, amount=EURO)
    now = desk.world.clock.now
    moves.move(first, "junk", now())
    moves.assign(second, "usr_1", now())
    moves.revalue(second, now(), amount={"amount": "7", "currency": "JPY"})
    moves.delete(third, now())
    moves.merge_into(fourth, second, now())

    desk.world.catch_up()

    assert derived.board("ALL") == {
        "new": {"count": 1, "JPY": 70_000},
        "junk": {"count": 1, "EUR": 12_345_000},
    }
    assert {name: tally["count"] for name, tally in derived.board("usr_1").items()} == {"new": 1}
    moves.restore(third, now())
    desk.world.catch_up()
    assert derived.board("ALL")["new"]["count"] == 2


def test_what_is_delivered_again_counts_no_second_time(desk: Desk) -> None:
    first, *_ = created(desk, 5)
    desk.world.catch_up()
    moves.move(first, "in_process", desk.world.clock.now())
    desk.world.catch_up()
    before = desk.world.derived()

    desk.world.stream.hand_out_again(follow)
    desk.world.stream.hand_out_again(follow, batch=2)

    assert desk.world.derived() == before


def test_numbers_of_a_shard_are_compared_as_numbers(desk: Desk) -> None:
    """The world's numbers go from two digits to three: 100 is behind 99."""
    desk.world.stream.last = 97
    created(desk, 8)

    desk.world.stream.hand_out(follow, batch=1)
    desk.world.catch_up()
    desk.world.stream.hand_out_again(follow)

    assert derived.board("ALL")["new"]["count"] == 8


def test_shards_are_followed_each_at_its_own_pace(desk: Desk) -> None:
    leads = created(desk, 12)
    for lead in leads:
        moves.move(lead, "processed", desk.world.clock.now())
    one, other = desk.world.stream.shards.items()

    follow(event_of(other[0], other[1].records), None)
    follow(event_of(one[0], one[1].records[:3]), None)
    follow(event_of(other[0], other[1].records[:2]), None)
    desk.world.catch_up()

    assert derived.board("ALL")["processed"]["count"] == 12
    assert derived.board("ALL")["new"]["count"] == 0


def test_a_large_batch_goes_in_as_many_transactions_as_it_needs(desk: Desk) -> None:
    """A lead of an owner of its own needs two counters that no other one shares."""
    leads = created(desk, 60)
    desk.world.catch_up()
    for number, lead in enumerate(leads):
        moves.assign(lead, f"usr_{number}", desk.world.clock.now())
    counted = Injector()
    with wire.standing_at_the_wire(counted):
        desk.world.catch_up()

    assert counted.operations.count("TransactWriteItems") == 2  # one a shard: the rest of a column is shared
    assert derived.board("usr_59") == {"new": {"count": 1}}
    assert set(fed(desk)) == set(leads)


def test_no_transaction_has_more_than_a_hundred_actions(desk: Desk) -> None:
    sizes: list[int] = []

    def layer(call: Call, go: Callable[[], Reply]) -> Reply:
        if call.operation == "TransactWriteItems":
            sizes.append(len(call.body["TransactItems"]))
        return go()

    leads = created(desk, 6, title=words("wort", 30))
    for lead in leads:
        moves.revalue(lead, desk.world.clock.now(), title="kurz")
    many = desk.created(name="Viele Worte", title=words("x", 60), company=words("y", 60))
    desk.world.catch_up()
    moves.revalue(many["id"], desk.world.clock.now(), title="kurz", company=None)
    with wire.standing_at_the_wire(layer):
        desk.world.catch_up()

    assert sizes
    assert max(sizes) == MOST_ITEMS + 2
    assert derived.board("ALL")["new"]["count"] == 7


def test_words_lead_to_a_lead_and_no_longer_when_it_lost_them(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk")["id"]
    desk.world.catch_up()
    moves.revalue(lead, desk.world.clock.now(), name="Anne Müller")
    desk.world.catch_up()

    known = words_known(desk)

    assert known == {"anne", "mueller", "muller", "ozturk", "oeztuerk", "aenne"}  # the title keeps the first name
    moves.delete(lead, desk.world.clock.now())
    desk.world.catch_up()
    assert words_known(desk) == set()


def test_a_word_that_goes_and_comes_back_within_a_batch_stays(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", title="Dach")["id"]
    for name in ("Zoë", "Änne Öztürk", "Zoë", "Änne Öztürk"):
        moves.revalue(lead, desk.world.clock.now(), name=name)

    desk.world.catch_up()

    known = words_known(desk)
    assert known == {"anne", "aenne", "ozturk", "oeztuerk", "dach"}


def test_a_stale_delivery_takes_no_word_away(desk: Desk) -> None:
    """A worker that was left behind while others went on: its transaction is refused, and with it what it removes."""
    lead = desk.created(name="Änne", title="Dach")["id"]
    desk.world.catch_up()
    moves.revalue(lead, desk.world.clock.now(), name="Zoë")
    (record,) = [
        shard.records[shard.taken :] for shard in desk.world.stream.shards.values() if len(shard.records) > shard.taken
    ]
    (name,) = [name for name, shard in desk.world.stream.shards.items() if len(shard.records) > shard.taken]

    def others_go_on(call: Call, go: Callable[[], Reply]) -> Reply:
        if call.operation == "TransactWriteItems" and not gone_on:
            gone_on.append(True)
            desk.world.catch_up()
            moves.revalue(lead, desk.world.clock.now(), name="Änne")
            desk.world.catch_up()
        return go()

    gone_on: list[bool] = []
    with wire.standing_at_the_wire(others_go_on):
        follow(event_of(name, record), None)

    assert gone_on
    known = words_known(desk)
    assert {"anne", "aenne", "dach"} <= known


def test_what_the_lead_does_not_show_as_a_version_is_not_fed(desk: Desk) -> None:
    desk.call("ringing", "+49 30 1234567")
    desk.call("ended", "+49 30 1234567")
    desk.world.catch_up()
    before = fed(desk)

    desk.call("ended", "+49 30 1234567", at="2026-11-23T09:01:00Z")
    desk.world.catch_up()

    assert fed(desk) == before
    assert len(before) == 1


def test_changes_are_fed_in_their_order_and_kept_for_thirty_days(desk: Desk) -> None:
    first, second = created(desk, 2)
    desk.world.catch_up()
    moves.delete(first, desk.world.clock.now())
    desk.world.catch_up()

    assert fed(desk)[-1] == first
    assert set(fed(desk)) == {first, second}
    items = [item for item in desk.world.derived() if item["type"] == "changes"]
    for item in items:
        kept = item["expires"] - changes.moment_of(item["sk"]).timestamp()
        assert kept == pytest.approx(30 * 86_400, abs=1)
        assert item["pk"] == "F#20261123"


def test_when_the_time_is_up_the_answer_names_what_is_left(desk: Desk) -> None:
    """And what is left comes again, alone."""
    created(desk, 4)
    name, shard = max(desk.world.stream.shards.items(), key=lambda shard: len(shard[1].records))

    class Hurried(Unhurried):
        def get_remaining_time_in_millis(self) -> int:
            return 5_000

    answer = derive.follow(event_of(name, shard.records), Hurried())

    first = shard.records[0]["dynamodb"]["SequenceNumber"]
    assert answer == {"state": {}, "batchItemFailures": [{"itemIdentifier": first}]}
    assert derived.board("ALL") == {}


def test_the_end_of_a_window_brings_no_records(desk: Desk) -> None:
    assert follow(event_of("shardId-1", []), None) == {"state": {}, "batchItemFailures": []}


def test_an_event_without_its_shard_is_not_counted(desk: Desk) -> None:
    event = event_of("shardId-1", [])
    del event["shardId"]

    with pytest.raises(Exception, match="NoShard"):
        follow(event, None)


def test_unprocessed_words_are_sent_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.world.shim, "unprocessed", 0.5)
    created(desk, 5)

    for _ in range(10):  # what stays unprocessed for too long comes again with the stream
        with contextlib.suppress(TriggerFailed):
            desk.world.catch_up()

    assert desk.world.stream.pending == 0
    monkeypatch.setattr(desk.world.shim, "unprocessed", 0.0)
    assert derived.board("ALL")["new"]["count"] == 5


def test_any_history_in_any_batches_ends_in_a_recount(desk: Desk) -> None:
    """The desk's own check at the end is the assertion."""
    dice, now = random.Random(7), desk.world.clock.now
    leads = created(desk, 6, amount=EURO)
    for _ in range(60):
        lead = dice.choice(leads)
        gone = transport.get((f"L#{lead.removeprefix('lead_')}", "~"))
        match dice.randrange(6):
            case 0 if gone and "deleted_at" in gone:
                moves.restore(lead, now())
            case 1 if gone and "deleted_at" not in gone:
                moves.delete(lead, now())
            case 2 | 3:
                moves.move(lead, dice.choice(["new", "in_process", "processed", "junk"]), now())
            case 4:
                moves.assign(lead, dice.choice(["usr_1", "usr_2", None]), now())
            case _:
                moves.revalue(
                    lead, now(), amount={"amount": str(dice.randrange(100)), "currency": dice.choice(["EUR", "USD"])}
                )
        if dice.random() < 0.3:
            desk.world.stream.hand_out(follow, batch=dice.randint(1, 5))
        if dice.random() < 0.1:
            desk.world.stream.hand_out_again(follow, batch=dice.randint(1, 50))
