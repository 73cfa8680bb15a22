"""Who gets a new lead, by the workspace's rule: decided once for an enquiry, and only if it opens a lead.

Turns are counted by each container for itself, from a random start: within a container everybody's share differs by one
at most, so n containers are less than n apart, and mostly some root of n, without an item that all would write to.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib import log
from chalicelib.domain import assignment
from chalicelib.domain.assignment import LEAST_BUSY, Assigned, Rule
from chalicelib.domain.form import Form
from chalicelib.domain.pipeline import OPEN
from chalicelib.domain.user import User
from chalicelib.services import workspace
from chalicelib.store import columns
from chalicelib.store.transport import Unavailable

#: Counted leads are taken to be right this long; what this container gives away meanwhile is added.
COUNTED_FOR = timedelta(seconds=10)
#: Open leads of one user in one status are counted up to here: who has more has enough.
MOST_COUNTED = 500


class Turns:
    """Numbers, each once; those that were not used come first."""

    def __init__(self) -> None:
        self._next = itertools.count(secrets.randbelow(1 << 32))
        self._unused: deque[int] = deque()

    def take(self) -> int:
        """The next number; threads never get the same one."""
        try:
            return self._unused.popleft()
        except IndexError:
            return next(self._next)

    def give_back(self, number: int) -> None:
        """Nobody got a lead for it."""
        self._unused.append(number)


@dataclass
class Choice:
    """Who gets the lead that an enquiry opens: called as often as it takes to settle it, it stays with its answer.

    Attributes:
        kept: the lead was made.
    """

    rule: Rule | None
    there: list[User]
    turns: Turns
    load: Counter[str]
    kept: bool = False
    _taken: list[int] = field(default_factory=list)
    _made: list[Assigned | None] = field(default_factory=list)

    def __call__(self, lead_id: str) -> Assigned | None:
        if self.rule is None:
            return None
        if not self._made:
            self._made.append(assignment.choose(self.rule, self.there, lead_id, turn=self._turn, load=dict(self.load)))
        return self._made[0]

    def _turn(self) -> int:
        self._taken.append(self.turns.take())
        return self._taken[0]

    def close(self) -> None:
        """Count what was given away, or give back what was not."""
        chosen = self._made[0] if self._made else None
        if self.kept and chosen:
            self.load[chosen.owner] += 1
        elif not self.kept:
            for number in self._taken:
                self.turns.give_back(number)


_turns: dict[Rule, Turns] = {}
_counted: dict[Rule, tuple[datetime, Counter[str]]] = {}


@contextlib.contextmanager
def choice(source: str, at: datetime, form: Form | None = None) -> Iterator[Choice]:
    """The choice for an enquiry by a source; whoever settled it says whether it was `kept`.

    Args:
        form: that it was posted to. Its owner goes first, unless away; then its own rule, instead of the workspace's.
    """
    made = Choice(None, [], Turns(), Counter())
    for rule in _rules(source, at, form):
        users = {user.id: user for user in workspace.users(at, *rule.users)}
        there = assignment.available(rule, users, at)
        load = _load(rule, at) if rule.mode == LEAST_BUSY else Counter()
        made = Choice(rule, there, _turns.setdefault(rule, Turns()), load)
        if there:
            break
    try:
        yield made
    finally:
        made.close()


def _rules(source: str, at: datetime, form: Form | None) -> list[Rule]:
    of_form = assignment.rules_of_form(form) if form else []
    if form and form.assignment:
        return of_form
    of_all = assignment.rule_for(workspace.settings(at)["assignment"], source)
    return [*of_form, *([of_all] if of_all else [])]


def forget() -> None:
    """Another container: other turns, nothing counted."""
    _turns.clear()
    _counted.clear()


def _load(rule: Rule, at: datetime) -> Counter[str]:
    """User → open leads, as far as the index knows, and what was given away here since it was asked."""
    kept = _counted.get(rule)
    if kept is None or abs(at - kept[0]) >= COUNTED_FOR:
        try:
            kept = _counted[rule] = (at, _count(rule, at))
        except Unavailable as error:
            # nobody loses an enquiry because it is not known who has least to do
            log.failure("loads_not_counted", error)
            kept = kept or (at, Counter())
    return kept[1]


def _count(rule: Rule, at: datetime) -> Counter[str]:
    statuses = [status.id for status in workspace.statuses(at) if status.kind == OPEN]
    return Counter(
        {user: sum(columns.count_of_owner(user, status, MOST_COUNTED) for status in statuses) for user in rule.users}
    )
