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
from chalicelib.store.transport import Action, Committed, Contended, Refused, Unanswered

MOST_ATTEMPTS = 4
R = TypeVar("R")
#: Actions whose refusal means that our own effect may be there already.
OWN = frozenset({"receipt", "answer", "job", "task", "entry", "document", "key", "form"})


@functools.cache
def id_source() -> IdSource:
    """The ids of this process."""
    return IdSource(secrets.SystemRandom().getrandbits)


class Stuck(Busy):
    """Refused four times, each time for another reason: it may never go through."""


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
        Busy: not settled within four attempts or the deadline; nothing is lost, the receipt stays pending.
        Stuck: the same, and nobody but the records themselves was in the way.
        Unprocessable, TooLarge: this cannot be stored at all.
    """
    refusals = 0
    for attempt in range(MOST_ATTEMPTS):
        if attempt and deadline.passed():
            break
        try:
            plan = decide(known)
        except (NotFound, Conflict, PreconditionFailed):
            # my own effect, seen from behind?
            mine = own() if attempt else None
            if mine is None:
                raise
            return mine
        match transport.transact(plan.actions):
            case Committed():
                return plan.result
            case Contended():
                transport.pause(attempt)
            case Unanswered():
                mine = _if_answered(own)
                if mine is not None:
                    return mine
            case Refused(found):
                mine = own() if OWN & found.keys() else None
                if mine is not None:
                    return mine
                known.learn(found, plan.joined)
                refusals += 1
    mine = own()
    if mine is not None:
        return mine
    if refusals == MOST_ATTEMPTS:
        raise Stuck("The records changed with every attempt; try again")
    raise Busy("Too many others are at the same records; try again")


def _if_answered(own: Callable[[], R | None]) -> R | None:
    try:
        return own()
    except transport.Unavailable:
        return None
