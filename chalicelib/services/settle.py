"""The one engine: decide, commit, and where that failed, find out what is there and decide again."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from chalicelib import deadline
from chalicelib.domain.errors import Busy, Conflict, NotFound, PreconditionFailed
from chalicelib.domain.ids import IdSource
from chalicelib.domain.matching import Claim, Identity
from chalicelib.store import claims, transport
from chalicelib.store.transport import Action, Committed, Contended, Refused, Unanswered, Update

#: Attempts that end otherwise than by a lost race.
MOST_ATTEMPTS = 4
#: Whoever wins a race has done what they wanted: of 25 writers of one record who come at once, the last has lost 24.
MOST_RACES = 24
#: Pauses grow no more after so many, full jitter of up to 0.8 s.
LONGEST_PAUSE = 4
R = TypeVar("R")
#: Actions whose refusal means that our own effect may be there already.
OWN = frozenset({"receipt", "answer", "job", "task", "entry", "document", "key", "form"})


@functools.cache
def id_source() -> IdSource:
    """The ids of this process."""
    return IdSource(secrets.SystemRandom().getrandbits)


class Stuck(Busy):
    """Refused four times, each time for another reason and never by a race: it may never go through."""


@dataclass
class Known:
    """What has been found out so far; every attempt starts from it.

    Attributes:
        at: aware, UTC; when the work began, and the time of all ids it makes.
        claims: as last read; absent is taken to be free.
        found: items that stood in the way or were read, by the name of their action.
        gone: leads that were to be joined and turned out to be deleted, merged or missing.
    """

    at: datetime
    claims: dict[Identity, Claim] = field(default_factory=dict)
    found: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    _ids: dict[str, str] = field(default_factory=dict)

    def new_id(self, name: str) -> str:
        """The id that the new `lead`, `entry` or `task` has in every attempt."""
        if name not in self._ids:
            self._ids[name] = id_source().next(self.at)
        return self._ids[name]

    def learn(self, found: Mapping[str, Mapping[str, Any] | None], joined: str | None) -> None:
        """Take in what a refused transaction reported."""
        for name, item in found.items():
            identity = claims.identity_of(name)
            if identity:
                self.claims[identity] = claims.claim_of(item)
            elif name == "lead" and joined:
                self.gone.add(joined)
            elif name in self._ids:
                del self._ids[name]
            else:
                self.found[name] = item


@dataclass(frozen=True)
class Plan(Generic[R]):
    """What is to be committed, and the result if it is.

    Attributes:
        joined: the existing lead that the plan depends on.
    """

    actions: Sequence[Action]
    result: R
    joined: str | None = None


def settle(decide: Callable[[Known], Plan[R]], own: Callable[[], R | None], known: Known) -> R:
    """Commit what `decide` plans, once.

    Args:
        decide: pure but for reading the record it changes.
        own: my recorded result, read consistently; None if there is none.
    Raises:
        Busy: not settled within four attempts, 24 races or the deadline; nothing is lost, the receipt stays pending.
        Stuck: not within four attempts, and nobody but the records themselves was in the way.
        Unprocessable, TooLarge: this cannot be stored at all.
    """
    tally = _Tally()
    while tally.goes_on():
        try:
            plan = decide(known)
        except (NotFound, Conflict, PreconditionFailed):
            # my own effect, seen from behind?
            mine = own() if tally.tried else None
            if mine is None:
                raise
            return mine
        result = transport.transact(plan.actions)
        if isinstance(result, Committed):
            return plan.result
        mine = _recorded(result, own)
        if mine is not None:
            return mine
        if isinstance(result, Refused):
            known.learn(result.found, plan.joined)
        tally.note(result, plan.actions)
    mine = own()
    if mine is not None:
        return mine
    if tally.refusals == MOST_ATTEMPTS:
        raise Stuck("The records changed with every attempt; try again")
    raise Busy("Too many others are at the same records; try again")


@dataclass
class _Tally:
    """Attempts that failed, races that were lost, and whether the next one may follow at once."""

    attempts: int = 0
    races: int = 0
    refusals: int = 0
    at_once: bool = True

    @property
    def tried(self) -> int:
        return self.attempts + self.races

    def goes_on(self) -> bool:
        """Whether there is to be another attempt, once it is time for it."""
        if self.attempts == MOST_ATTEMPTS or self.races == MOST_RACES:
            return False
        if not self.at_once:
            transport.pause(min(self.tried - 1, LONGEST_PAUSE))
        return not (self.tried and deadline.passed())

    def note(self, result: Contended | Unanswered | Refused, actions: Sequence[Action]) -> None:
        """Count what became of an attempt."""
        refused = isinstance(result, Refused)
        raced = _was_raced(result, actions)
        # what the first refusal tells is used at once: most people are recognised by it
        self.at_once = isinstance(result, Unanswered) or (refused and not raced and not self.tried)
        self.races += raced
        self.attempts += not raced
        self.refusals += refused and not raced


def _was_raced(result: Contended | Unanswered | Refused, actions: Sequence[Action]) -> bool:
    """Whether nothing was in the way but others at the same records."""
    if isinstance(result, Refused):
        return any(isinstance(each, Update) and each.raced and each.name in result.found for each in actions)
    return isinstance(result, Contended) and result.raced


def _recorded(result: Contended | Unanswered | Refused, own: Callable[[], R | None]) -> R | None:
    """My recorded result, where what came back leaves open whether there is one."""
    if isinstance(result, Unanswered):
        return _if_answered(own)
    return own() if isinstance(result, Refused) and OWN & result.found.keys() else None


def _if_answered(own: Callable[[], R | None]) -> R | None:
    try:
        return own()
    except transport.Unavailable:
        return None
