"""Derived data follow the leads: load how far they are, decide what the next changes do, commit it, go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import log
from chalicelib.domain.derived import COUNTING, IDLE, Change, Effect, Notes, Recounting, effect_of
from chalicelib.domain.errors import Busy
from chalicelib.store import changes as feed
from chalicelib.store import derived, tokens, transport
from chalicelib.store.transport import Action, Committed, Contended

#: In a row, without getting on.
MOST_ATTEMPTS = 8
#: How often a recount's end is waited for, each time with a longer pause; then the stream comes again.
MOST_WAITS = 12


@dataclass(frozen=True)
class Follower:
    """What the door hands in.

    Attributes:
        now: aware, UTC.
        in_time: whether there is time for one more transaction.
    """

    now: Callable[[], datetime]
    in_time: Callable[[], bool]


@dataclass(frozen=True)
class _Standing:
    """How far the shard is, as last read."""

    sequence: int | None
    recounting: Recounting


def follow(changes: Sequence[Change], shard: str, follower: Follower) -> int | None:
    """Bring derived data up to some changes of one shard; those that count already change nothing.

    Returns:
        The sequence number of the first change that there was no time for; None if all are done.
    Raises:
        Busy: a recount is at work, or others are at the same counters; to be delivered again.
    """
    ordered = sorted({change.sequence: change for change in changes}.values(), key=lambda change: change.sequence)
    standing = _when_idle(shard, follower)
    left = _left(ordered, standing)
    attempt = 0
    while left:
        if not follower.in_time():
            return left[0].sequence
        effect = _effect(left, standing)
        tokens.add(effect.added)
        last = left[effect.taken - 1].sequence
        match transport.transact(_actions(effect, shard, standing, last, follower.now())):
            case Committed():
                standing, left, attempt = replace(standing, sequence=last), left[effect.taken :], 0
                continue
            case Contended():
                pass
            case _:  # no answer, or another one was here: how far is it now?
                standing = _when_idle(shard, follower)
                left = _left(left, standing)
        attempt += 1
        if attempt == MOST_ATTEMPTS:
            raise Busy("Others are at the same counters all the time; the stream comes again")
        transport.pause(min(attempt, 4))
    return None


def _left(changes: Sequence[Change], standing: _Standing) -> list[Change]:
    done = standing.sequence
    return [change for change in changes if done is None or change.sequence > done]


def _effect(left: Sequence[Change], standing: _Standing) -> Effect:
    recounting = standing.recounting
    noted = {change.lead for change in left if recounting.is_noted(change)}
    notes = derived.notes_on(noted, recounting) if noted else Notes()
    return effect_of(left, recounting, notes)


def _actions(effect: Effect, shard: str, standing: _Standing, last: int, at: datetime) -> list[Action]:
    return [
        derived.move_on(shard, standing.sequence, last, at),
        derived.still(standing.recounting),
        *([feed.feed(effect.fed, shard, last, at)] if effect.fed else []),
        *(derived.add(column, tally) for column, tally in sorted(effect.counted.items())),
        *(derived.note_begun(standing.recounting.noted, lead_id, at) for lead_id in sorted(effect.begun)),
        *(tokens.remove(token) for token in sorted(effect.removed)),
    ]


def _when_idle(shard: str, follower: Follower) -> _Standing:
    """How far the shard is, as soon as no recount is at work. Raises Busy."""
    for wait in range(MOST_WAITS):
        sequence, recounting = derived.standing(shard)
        if recounting.state == IDLE:
            return _Standing(sequence, recounting)
        if recounting.state == COUNTING and recounting.until and recounting.until < follower.now():
            # it died before anything of it showed: as if it had never begun
            log.event("recount_abandoned", epoch=recounting.epoch)
            transport.transact([derived.set_recounting(recounting, replace(recounting, state=IDLE, until=None))])
            continue
        if not follower.in_time():
            break
        transport.pause(min(wait, 6))
    raise Busy("A recount is at work, or was killed while it wrote: let it run again")
