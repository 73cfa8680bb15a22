"""The board: a column a status, with its counters and its first cards. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.caller import Caller
from chalicelib.domain.gauges import ALL, NOBODY, Tally
from chalicelib.domain.pipeline import Status
from chalicelib.services import workspace
from chalicelib.store import derived, lead_lists
from chalicelib.store.leads import Cards


@dataclass(frozen=True)
class Column:
    """The leads in a status: how many and how much, and a page of them by arrival."""

    status: Status
    tally: Tally
    cards: Cards


def columns(whose: str, limit: int, viewer: Caller, at: datetime, *, newest: bool) -> list[Column]:
    """Every column in the order of the statuses; a request each, and one for all counters.

    Args:
        whose: everybody's (`gauges.ALL`), an owner's id, or `gauges.NOBODY`.
        limit: cards of a column.
        viewer: who looks; access rights will say whose columns there are.
        newest: arrival first; else the oldest.
    """
    tallies = derived.board(whose)
    return [
        Column(status, tallies.get(status.id, {}), _cards(status.id, whose, limit, newest))
        for status in workspace.statuses(at)
    ]


def _cards(status: str, whose: str, limit: int, newest: bool) -> Cards:
    owner = None if whose == NOBODY else whose
    stretch = lead_lists.column(status) if whose == ALL else lead_lists.owned_column(owner, status)
    return lead_lists.page([stretch], descending=newest, limit=limit)
