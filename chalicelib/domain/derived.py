"""What changes of leads do to derived data, and how many of them fit into one transaction.

The law: counters move in the transaction that moves the shard's checkpoint, so a change counts once however often it
is delivered. Tokens are added before it and without condition (one too many is harmless: who reads it looks at the
lead), but taken away in it: a stale delivery must not take away what a later one has added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.domain import gauges, search
from chalicelib.domain.gauges import Column, Tally
from chalicelib.domain.lead import Lead

#: Items of a transaction beside the checkpoint and the recount's flag.
MOST_ITEMS = 98
#: Leads that one item of the feed names.
MOST_FED = 200

IDLE, COUNTING, WRITING = "idle", "counting", "writing"


@dataclass(frozen=True)
class Change:
    """One record of the stream: a lead as it was and as it became.

    Attributes:
        sequence: number in its shard; grows, with gaps.
        at: when it happened, to the second.
        before: None where it is new.
        after: None where it is gone.
    """

    sequence: int
    at: datetime
    lead: str
    before: Lead | None
    after: Lead | None

    @property
    def is_versioned(self) -> bool:
        """Whether those who keep a copy have to know."""
        return self.before is None or self.after is None or self.before.version != self.after.version


@dataclass(frozen=True)
class Recounting:
    """Whether a recount is at work, and what the last one left to be known.

    Attributes:
        epoch: number of the last recount begun.
        state: `idle`, `counting` (nothing of it shows yet), `writing` (gauges are half the old, half the new ones).
        until: a recount that does not say so again by then is dead.
        noted: the epoch whose notes hold, 0 for none.
        buckets: over how many items its notes are spread.
        noted_until: changes from then on came after the recount had looked.
    """

    epoch: int = 0
    state: str = IDLE
    until: datetime | None = None
    noted: int = 0
    buckets: int = 0
    noted_until: datetime | None = None

    def is_noted(self, change: Change) -> bool:
        """Whether the recount may have seen what this change made."""
        return bool(self.noted and self.noted_until and change.at <= self.noted_until)


@dataclass(frozen=True)
class Notes:
    """What a recount knows of the leads of some changes.

    Attributes:
        seen: lead → version it was counted at; absent are leads it did not find.
        begun: leads it did not find and whose first version was counted since.
    """

    seen: Mapping[str, int] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()


@dataclass
class Effect:
    """What is to be written for the first so many changes.

    Attributes:
        taken: how many changes.
        counted: what is added to the gauges.
        added, removed: search tokens, by lead.
        fed: leads for the feed, in order, each once.
        begun: leads to be noted as begun.
    """

    taken: int = 0
    counted: dict[Column, Tally] = field(default_factory=dict)
    added: set[tuple[str, str]] = field(default_factory=set)
    removed: set[tuple[str, str]] = field(default_factory=set)
    fed: dict[str, None] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    @property
    def items(self) -> int:
        """How many items of the transaction it needs."""
        return len(self.counted) + len(self.removed) + len(self.begun) + bool(self.fed)


def effect_of(changes: Sequence[Change], recounting: Recounting, notes: Notes) -> Effect:
    """The effect of as many changes, from the first on, as fit into one transaction; at least of one.

    Tokens that a single change removes beyond what fits stay: those who find them look at the lead.
    """
    effect = Effect()
    for change in changes:
        more = _with(effect, change, recounting, notes)
        if more.items > MOST_ITEMS or len(more.fed) > MOST_FED:
            if effect.taken:
                return effect
            more.removed = set(sorted(more.removed)[: MOST_ITEMS - (more.items - len(more.removed))])
            return more
        effect = more
    return effect


def _with(effect: Effect, change: Change, recounting: Recounting, notes: Notes) -> Effect:
    counted = {column: dict(tally) for column, tally in effect.counted.items()}
    begun = set(effect.begun)
    if not recounting.is_noted(change):
        gauges.add(counted, gauges.difference(change.before, change.after))
    elif _is_to_be_counted(change, notes, begun):
        gauges.add(counted, gauges.difference(change.before, change.after))
        if change.before is None:
            begun.add(change.lead)
    added, removed = set(effect.added), set(effect.removed)
    before, after = _findable(change.before), _findable(change.after)
    for gained, lost, words in ((added, removed, after - before), (removed, added, before - after)):
        # of a token that comes and goes within the changes only the end counts
        gained |= words
        lost -= words
    fed = {**effect.fed, change.lead: None} if change.is_versioned else effect.fed
    return Effect(effect.taken + 1, gauges.nonzero(counted), added, removed, fed, begun)


def _is_to_be_counted(change: Change, notes: Notes, begun: set[str]) -> bool:
    """Whether the recount has not counted it already, nor skipped the lead because it was gone by then."""
    came_from = change.before.version if change.before else 0
    seen = notes.seen.get(change.lead, 0)
    if seen:
        return came_from >= seen
    return came_from == 0 or change.lead in notes.begun or change.lead in begun


def _findable(lead: Lead | None) -> set[tuple[str, str]]:
    if lead is None or lead.deleted_at or lead.merged_into:
        return set()
    return {(token, lead.id) for token in search.tokens_of(lead.values)}
