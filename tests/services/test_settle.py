"""The one engine: decide, commit, learn from what came back, and never do a thing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from chalicelib import deadline
from chalicelib.domain.errors import Busy, Conflict, NotFound
from chalicelib.domain.matching import Claim, Identity
from chalicelib.services import settle as engine
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import claims, transport
from chalicelib.store.transport import Check, Committed, Contended, Put, Refused, Result, Unanswered, Update

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PHONE = Identity("phone", "+4917604069012")
HELD = {"open_leads": frozenset({"00000000001"})}
REFUSED_BY_CLAIM = Refused({claims.name_of(PHONE): HELD})


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[list[str]]]:
    """Answers of the table in turn; gives back the names of the actions of each attempt."""

    def answering(*results: Result) -> list[list[str]]:
        left, attempts = iter(results), []

        def transact(actions: list[Put]) -> Result:
            attempts.append([action.name for action in actions])
            return next(left)

        monkeypatch.setattr(transport, "transact", transact)
        monkeypatch.setattr(transport, "pause", lambda attempt: None)
        return attempts

    return answering


def plan(name: str = "lead", result: str = "made", **more: str) -> Plan[str]:
    return Plan([Put(name, {"pk": "L#1", "sk": "~"})], result, **more)


def nothing() -> None:
    return None


def recorded(*answers: str | None) -> Callable[[], str | None]:
    """What stands recorded for me, at each look."""
    left: Iterator[str | None] = iter(answers)
    return lambda: next(left)


def test_what_is_committed_is_the_plans_result(wire: Callable[..., list[list[str]]]) -> None:
    attempts = wire(Committed())

    assert settle(lambda known: plan(), nothing, Known(NOON)) == "made"
    assert attempts == [["lead"]]


def test_a_claim_that_stands_in_the_way_is_known_to_the_next_attempt(wire: Callable[..., list[list[str]]]) -> None:
    wire(REFUSED_BY_CLAIM, Committed())
    seen: list[dict[Identity, Claim]] = []

    def decide(known: Known) -> Plan[str]:
        seen.append(dict(known.claims))
        return plan(result="attached" if known.claims else "created")

    assert settle(decide, nothing, Known(NOON)) == "attached"
    assert seen == [{}, {PHONE: Claim(open_leads=frozenset({"00000000001"}))}]


def test_a_lead_that_was_to_be_joined_and_is_gone_is_known_to_be_gone(wire: Callable[..., list[list[str]]]) -> None:
    wire(Refused({"lead": None}), Committed())
    gone: list[set[str]] = []

    def decide(known: Known) -> Plan[str]:
        gone.append(set(known.gone))
        return plan(joined="00000000001")

    settle(decide, nothing, Known(NOON))

    assert gone == [set(), {"00000000001"}]


def test_ids_stay_over_attempts_unless_another_has_taken_them(wire: Callable[..., list[list[str]]]) -> None:
    wire(Contended(), Unanswered(), Refused({"lead": {"origin": "another"}}), Committed())
    made: list[str] = []

    def decide(known: Known) -> Plan[str]:
        made.append(known.new_id("lead"))
        return plan()

    settle(decide, nothing, Known(NOON))

    assert made[0] == made[1] == made[2] != made[3]


@pytest.mark.parametrize("contended", [1, 2, 3])
def test_a_conflict_is_tried_again(wire: Callable[..., list[list[str]]], contended: int) -> None:
    attempts = wire(*[Contended()] * contended, Committed())

    assert settle(lambda known: plan(), nothing, Known(NOON)) == "made"
    assert len(attempts) == contended + 1


def test_after_four_attempts_it_is_busy(wire: Callable[..., list[list[str]]]) -> None:
    attempts = wire(*[Contended()] * 9)

    with pytest.raises(Busy):
        settle(lambda known: plan(), nothing, Known(NOON))
    assert len(attempts) == engine.MOST_ATTEMPTS == 4


LOST = Refused({"lead": {"version": 2}})


def change() -> Plan[str]:
    """A change of a lead as it was read."""
    return Plan([Update("lead", ("L#1", "~"), "SET #x = :x", raced=True), Put("entry", {"pk": "L#1"})], "changed")


@pytest.mark.parametrize("lost", [LOST, Refused({"lead": None, "claim": None}), Contended(raced=True)])
def test_a_race_is_run_as_often_as_many_others_can_win_it(wire: Callable[..., list[list[str]]], lost: Result) -> None:
    attempts = wire(*[lost] * engine.MOST_RACES, Committed())

    with pytest.raises(Busy) as refusal:
        settle(lambda known: change(), nothing, Known(NOON))
    assert len(attempts) == engine.MOST_RACES
    assert type(refusal.value) is Busy
    wire(*[lost] * (engine.MOST_RACES - 1), Committed())
    assert settle(lambda known: change(), nothing, Known(NOON)) == "changed"


def test_what_is_refused_four_times_for_something_else_is_stuck_however_many_races_were_lost(
    wire: Callable[..., list[list[str]]],
) -> None:
    attempts = wire(LOST, LOST, *[Refused({"entry": None}), LOST] * 4)

    with pytest.raises(engine.Stuck):
        settle(lambda known: change(), nothing, Known(NOON))
    assert len(attempts) == 9


def test_nobody_begins_again_when_it_is_too_late(wire: Callable[..., list[list[str]]]) -> None:
    attempts = wire(*[LOST] * 9)

    with deadline.within(-1), pytest.raises(Busy):
        settle(lambda known: change(), nothing, Known(NOON))
    assert len(attempts) == 1


@pytest.mark.parametrize(
    ("results", "pauses"),
    [
        ([REFUSED_BY_CLAIM], []),
        ([REFUSED_BY_CLAIM, REFUSED_BY_CLAIM], [1]),
        ([LOST], [0]),
        ([REFUSED_BY_CLAIM, LOST, LOST], [1, 2]),
        ([LOST] * 8, [0, 1, 2, 3, 4, 4, 4, 4]),
        ([Contended(), Unanswered(), Contended()], [0, 2]),
    ],
)
def test_there_is_a_pause_before_all_but_the_attempt_that_what_was_learnt_is_for(
    wire: Callable[..., list[list[str]]], monkeypatch: pytest.MonkeyPatch, results: list[Result], pauses: list[int]
) -> None:
    wire(*results, Committed())
    paused: list[int] = []
    monkeypatch.setattr(transport, "pause", paused.append)

    settle(lambda known: change(), nothing, Known(NOON))

    assert paused == pauses


def test_without_an_answer_the_record_decides(wire: Callable[..., list[list[str]]]) -> None:
    attempts = wire(Unanswered())

    assert settle(lambda known: plan(), recorded("made before"), Known(NOON)) == "made before"
    assert len(attempts) == 1


def test_without_an_answer_and_a_record_it_is_sent_again(wire: Callable[..., list[list[str]]]) -> None:
    attempts = wire(Unanswered(), Committed())

    assert settle(lambda known: plan(), recorded(None), Known(NOON)) == "made"
    assert len(attempts) == 2


def test_while_the_record_cannot_be_read_it_is_sent_again(wire: Callable[..., list[list[str]]]) -> None:
    wire(Unanswered(), Committed())

    def own() -> None:
        raise transport.Unavailable("down")

    assert settle(lambda known: plan(), own, Known(NOON)) == "made"


@pytest.mark.parametrize("name", ["receipt", "answer", "job", "task"])
def test_my_own_record_in_the_way_is_my_result(wire: Callable[..., list[list[str]]], name: str) -> None:
    attempts = wire(Refused({name: {"pk": "R#1"}}))

    assert settle(lambda known: plan(), recorded("the first one's"), Known(NOON)) == "the first one's"
    assert len(attempts) == 1


def test_the_last_look_is_for_my_own_record(wire: Callable[..., list[list[str]]]) -> None:
    wire(*[Contended()] * 4)

    assert settle(lambda known: plan(), recorded("made after all"), Known(NOON)) == "made after all"


@pytest.mark.parametrize("error", [NotFound("gone"), Conflict("closed")])
def test_a_refusal_on_the_first_attempt_is_one(wire: Callable[..., list[list[str]]], error: Exception) -> None:
    wire()

    def decide(known: Known) -> Plan[str]:
        raise error

    with pytest.raises(type(error)):
        settle(decide, recorded("never asked"), Known(NOON))


def test_a_refusal_on_a_later_attempt_may_be_my_own_effect_seen_from_behind(
    wire: Callable[..., list[list[str]]],
) -> None:
    wire(Unanswered())
    turns = iter([plan(), Conflict("there is one already")])

    def decide(known: Known) -> Plan[str]:
        turn = next(turns)
        if isinstance(turn, Exception):
            raise turn
        return turn

    assert settle(decide, recorded(None, "mine"), Known(NOON)) == "mine"


@pytest.mark.usefixtures("world")
def test_two_of_one_person_at_the_same_moment_are_told_apart_by_the_table() -> None:
    """Both decide to create before either has written."""
    first = [Put("lead", {"pk": "L#1", "sk": "~"}), Put(claims.name_of(PHONE), {"pk": "P#1", "sk": "#"})]
    second = [Put("lead", {"pk": "L#2", "sk": "~"}), Put(claims.name_of(PHONE), {"pk": "P#1", "sk": "#"})]

    def decide(known: Known) -> Plan[str]:
        if known.claims:
            return Plan([Check("lead", ("L#1", "~"), "attribute_exists(pk)")], "joined", joined="1")
        if transport.get(("L#1", "~")) is None:
            transport.transact(first)
        return Plan(second, "created")

    assert settle(decide, nothing, Known(NOON)) == "joined"
    assert transport.get(("L#2", "~")) is None
