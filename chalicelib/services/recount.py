"""Counts and words rebuilt from the leads, while everybody goes on working.

The consumer stops; all leads are read, each at some version; what differs is written, and in the same transaction the
consumer is let go on. It then skips the changes up to those versions, and of leads that were not found (they were
erased before they were read) all but those that begin after it. A recount that dies before that transaction has
changed nothing that counts; more columns than one transaction holds are the exception (`writing`), and then it must be
run again.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from chalicelib import log
from chalicelib.domain import gauges, search
from chalicelib.domain.derived import COUNTING, IDLE, MOST_FED, MOST_ITEMS, WRITING, Recounting
from chalicelib.domain.errors import Busy, Conflict
from chalicelib.domain.gauges import Column, Tally
from chalicelib.domain.lead import Lead
from chalicelib.store import changes, derived, leads, tokens, transport
from chalicelib.store.tokens import Token
from chalicelib.store.transport import Action, Committed, Contended, Unanswered

T = TypeVar("T")

#: Who does not say for so long that it lives is dead. Clocks of others may be wrong by less.
LEASE = timedelta(minutes=5)
#: For clocks that are wrong, and since the stream gives whole seconds.
NOTED_LONGER = timedelta(hours=1)
#: Leads a note holds.
PER_NOTE = 100
MOST_ATTEMPTS = 6
#: By how much a lead's time may be behind that of the note of its change.
FED_EARLIER = timedelta(minutes=10)


@dataclass(frozen=True)
class Drift:
    """A counter that was off. What the consumer had not followed when it was stopped counts as well.

    Attributes:
        counter: `ALL/new count`, `usr_…/junk EUR` (ten-thousandths).
    """

    counter: str
    shown: int
    counted: int


@dataclass(frozen=True)
class Report:
    """What a recount found.

    Attributes:
        leads: all, deleted ones too.
        columns: of the board that have something in them.
        words_missing, words_stale: tokens that were added, taken away.
    """

    leads: int
    columns: int
    drift: tuple[Drift, ...]
    words_missing: int
    words_stale: int


def run(at: datetime) -> Report:
    """Recount everything.

    Args:
        at: now, aware, UTC.
    Raises:
        Conflict: another recount is at work, or took over from this one.
        Busy: the table did not answer; nothing has changed, unless the log says `recount_unfinished`.
    """
    return _run(at, feed=False)


def run_anew(at: datetime) -> Report:
    """Recount after the stream was lost: from its beginning on it is followed, and what may have been lost is fed.

    Only where nobody follows the stream yet.
    """
    found = [item for page in derived.everything() for item in page if item["type"] == "checkpoint"]
    derived.forget_checkpoints(found)
    flag = derived.recounting()
    if flag.epoch:
        _commit([derived.set_recounting(flag, Recounting(flag.epoch))])
    return _run(at, feed=True)


def _run(at: datetime, *, feed: bool) -> Report:
    lease = _Lease.taken(at)
    try:
        report = _rebuild(lease, feed=feed)
    except (Exception, KeyboardInterrupt):
        with contextlib.suppress(Exception):
            lease.give_up()
        raise
    log.event(
        "recounted",
        leads=report.leads,
        drift=len(report.drift),
        words_missing=report.words_missing,
        words_stale=report.words_stale,
    )
    return report


def _rebuild(lease: _Lease, *, feed: bool) -> Report:
    shown = _shown(lease)
    seen = _counted(lease, shown)
    stale = _take_away(lease, shown.words) if shown.words else 0
    if feed:
        _feed(lease, seen, shown.newest)
    noted_until = lease.now() + NOTED_LONGER
    buckets = max(1, math.ceil(len(seen.versions) / PER_NOTE))
    derived.note(lease.flag.epoch, buckets, seen.versions, lease.now())
    counted = gauges.nonzero(seen.counted)
    after = Recounting(lease.flag.epoch, IDLE, noted=lease.flag.epoch, buckets=buckets, noted_until=noted_until)
    _write(lease, [derived.replace(column, counted.get(column, {})) for column in _differing(shown, counted)], after)
    return Report(len(seen.versions), len(counted), tuple(_drift(shown.gauges, counted)), seen.missing, stale)


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Shown:
    """What derived data say. `words`: a number for each token, for there are very many of them."""

    gauges: dict[Column, Tally] = field(default_factory=dict)
    words: set[int] = field(default_factory=set)
    newest: str = ""


@dataclass
class _Seen:
    """What the leads say."""

    counted: dict[Column, Tally] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    updated: dict[str, datetime] = field(default_factory=dict)
    missing: int = 0


def _shown(lease: _Lease) -> _Shown:
    shown = _Shown()
    for page in derived.everything():
        lease.renew()
        for item in page:
            match item["type"]:
                case "gauge":
                    shown.gauges[derived.column_of(item)] = derived.tally_of(item)
                case "token":
                    shown.words.add(hash(tokens.token_of(item)))
                case "changes":
                    shown.newest = max(shown.newest, item["sk"])
    return shown


def _counted(lease: _Lease, shown: _Shown) -> _Seen:
    """All leads counted; words that did not lead to them do so now. What is left in `shown.words` leads astray."""
    seen = _Seen()
    for page in leads.everything():
        lease.renew()
        missing: list[Token] = []
        for lead in page:
            seen.versions[lead.id] = lead.version
            seen.updated[lead.id] = lead.updated_at
            gauges.add(seen.counted, gauges.counted(lead))
            for token in _tokens(lead):
                if hash(token) in shown.words:
                    shown.words.discard(hash(token))
                else:
                    missing.append(token)
        tokens.add(missing)
        seen.missing += len(missing)
    return seen


def _tokens(lead: Lead) -> Iterable[Token]:
    if lead.deleted_at or lead.merged_into:
        return ()
    return ((text, lead.id) for text in search.tokens_of(lead.values))


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _take_away(lease: _Lease, words: set[int]) -> int:
    """Remove the tokens that no lead has; not if this recount is no longer the one."""
    count = 0
    for page in derived.everything():
        lease.renew()
        stale = [token for item in page if item["type"] == "token" and hash(token := tokens.token_of(item)) in words]
        count += len(stale)
        for part in _parted(stale, MOST_ITEMS):
            _commit([derived.still(lease.flag), *(tokens.remove(token) for token in part)])
    return count


def _feed(lease: _Lease, seen: _Seen, newest: str) -> None:
    """Note the leads that changed since the newest change that was noted."""
    since = changes.moment_of(newest) - FED_EARLIER if newest else None
    fed = [lead for lead, at in sorted(seen.updated.items(), key=lambda each: each[1]) if not since or at >= since]
    at = lease.now()
    puts = [changes.feed(part, "recount", number, at) for number, part in enumerate(_parted(fed, MOST_FED))]
    changes.write(puts)


def _write(lease: _Lease, actions: Sequence[Action], after: Recounting) -> None:
    """Put the counters right and let the consumer go on: at once, or if it is too much for that, in parts."""
    if len(actions) > MOST_ITEMS:
        lease.set(replace(lease.flag, state=WRITING, until=lease.now() + LEASE))
        for part in _parted(actions, MOST_ITEMS):
            _commit([derived.still(lease.flag), *part])
        actions = []
    lease.set(after, *actions)


def _parted(whole: Sequence[T], size: int) -> list[list[T]]:
    return [list(whole[start : start + size]) for start in range(0, len(whole), size)]


def _differing(shown: _Shown, counted: Mapping[Column, Tally]) -> list[Column]:
    """Columns that are not as counted; those that show nothing and are nothing are left alone."""
    before = gauges.nonzero(shown.gauges)
    return sorted(column for column in {*before, *counted} if before.get(column) != counted.get(column))


def _drift(shown: Mapping[Column, Tally], counted: Mapping[Column, Tally]) -> Iterable[Drift]:
    for column in sorted({*shown, *counted}):
        before, after = shown.get(column, {}), counted.get(column, {})
        for name in sorted({*before, *after}):
            if before.get(name, 0) != after.get(name, 0):
                yield Drift(f"{column[0]}/{column[1]} {name}", before.get(name, 0), after.get(name, 0))


# ── one at a time ─────────────────────────────────────────────────────────────────────────────────────────────────


class _Lease:
    """The right to recount. Everything that is written depends on it."""

    def __init__(self, at: datetime, flag: Recounting) -> None:
        self._at, self._begun = at, time.monotonic()
        self.flag = flag

    @classmethod
    def taken(cls, at: datetime) -> _Lease:
        """Raises Conflict while another recount lives."""
        flag = derived.recounting()
        if flag.state != IDLE and flag.until and flag.until > at:
            raise Conflict("A recount is at work; it is dead if it still is in five minutes")
        lease = cls(at, flag)
        # after one that was killed while it wrote nobody may go on before a recount has come to its end
        state = WRITING if flag.state == WRITING else COUNTING
        lease.set(replace(flag, epoch=flag.epoch + 1, state=state, until=at + LEASE))
        return lease

    def now(self) -> datetime:
        """The time, by how long it took."""
        return self._at + timedelta(seconds=time.monotonic() - self._begun)

    def renew(self) -> None:
        """Say that this recount lives, every minute or so."""
        if self.flag.until and self.flag.until - self.now() < LEASE * 0.8:
            self.set(replace(self.flag, until=self.now() + LEASE))

    def give_up(self) -> None:
        """Let the consumer go on as if nothing had been."""
        if self.flag.state == WRITING:
            log.event("recount_unfinished", epoch=self.flag.epoch)
        elif self.flag.state == COUNTING:
            self.set(replace(self.flag, state=IDLE, until=None))

    def set(self, after: Recounting, *actions: Action) -> None:
        """Change the flag, and with it whatever else. Raises Conflict, Busy."""
        _commit([derived.set_recounting(self.flag, after), *actions], lambda: _is(after))
        self.flag = after


def _is(after: Recounting) -> bool:
    present = derived.recounting()
    return (present.epoch, present.state, present.noted) == (after.epoch, after.state, after.noted)


def _commit(actions: Sequence[Action], is_done: Callable[[], bool] | None = None) -> None:
    """Commit, again where there was no answer. Raises Conflict where another one took over, Busy."""
    unanswered = False
    for attempt in range(MOST_ATTEMPTS):
        match transport.transact(actions):
            case Committed():
                return
            case Contended():
                pass
            case Unanswered():
                unanswered = True
            case _:
                if unanswered and is_done and is_done():
                    return
                raise Conflict("Another recount has begun, or this one was given up for dead")
        transport.pause(min(attempt, 4))
    raise Busy("The table does not take the recount now; try again")
