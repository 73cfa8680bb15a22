"""What changed since a token: leads as they are now, each once a page, and tombstones; at least once.

Notes of changes become visible a little out of order: each carries the time at which its transaction was begun. So a
token that is given at the end of a walk trails by two minutes, and what came within them is given again. A token within
a walk is exact, but remembers from where on it was read too early to be sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Gone
from chalicelib.domain.lead import Lead
from chalicelib.services import workspace
from chalicelib.store import changes, keys, leads, transport

#: Longer than a function that notes changes can live.
TRAILS = timedelta(minutes=2)
#: Clocks of others may be ahead of ours.
CLOCKS_APART = timedelta(minutes=1)
#: Bytes of a page's leads, about; a function answers at most 6 MB.
MOST_BYTES = 4_000_000


@dataclass(frozen=True)
class Position:
    """Between two changes.

    Attributes:
        place: of a note, or only its millisecond.
        done: how many leads of that note were given.
        unsure: the earliest place read while others might still have noted something before it.
    """

    place: str
    done: int = 0
    unsure: str = ""


@dataclass(frozen=True)
class Changed:
    """A page: leads and tombstones, where to go on, and whether there is more now."""

    data: list[dict[str, Any]]
    next: Position
    more: bool


def since(start: Position | None, limit: int, viewer: Caller, at: datetime) -> Changed:
    """What changed since a position; without one, since the oldest change that is kept.

    Args:
        viewer: who looks; access rights will make tombstones of what is not for them.
    Raises:
        Gone: `sync_token_expired`; what came after it is no longer complete.
        Unavailable: the table did not answer.
    """
    oldest = changes.place_at(at - changes.KEPT_FOR)
    if start and start.place < oldest:
        raise Gone("This token is older than 30 days; read all leads once more", code="sync_token_expired")
    start = start or Position(oldest)
    found, behind = _read(start, limit, at)
    data, cut = _records(found, at)
    sure = changes.place_at(at - TRAILS)
    if cut or behind:
        reached = cut or behind
        assert reached
        unsure = start.unsure or (sure if reached.place > sure else "")
        return Changed(data, Position(reached.place, reached.done, unsure), True)
    return Changed(data, Position(min(start.unsure or sure, sure)), False)


def _read(start: Position, limit: int, at: datetime) -> tuple[dict[str, Position], Position | None]:
    """Leads in the order of their first change, each with the position before it; and where more begins, if it does."""
    found: dict[str, Position] = {}
    for fed in changes.since(start.place, at + CLOCKS_APART):
        first = start.done if fed.place == start.place else 0
        for number, lead in enumerate(fed.leads[first:], first):
            if lead in found:
                continue
            if len(found) == limit:
                return found, Position(fed.place, number)
            found[lead] = Position(fed.place, number)
    return found, None


def _records(found: Mapping[str, Position], at: datetime) -> tuple[list[dict[str, Any]], Position | None]:
    """The leads as they are now; and the position before the first that was too much for one answer."""
    stored = transport.batch_get((keys.lead(lead) for lead in found), consistent=True)
    data: list[dict[str, Any]] = []
    size = 0
    for lead, position in found.items():
        item = stored.get(keys.lead(lead))
        record = _record(lead, leads.lead_of(item) if item and item["type"] == "lead" else None, at)
        size += len(orjson.dumps(record))
        if size > MOST_BYTES and data:
            return data, position
        data.append(record)
    return data, None


def _record(lead_id: str, lead: Lead | None, at: datetime) -> dict[str, Any]:
    if lead is None or lead.deleted_at:
        return {"id": f"lead_{lead_id}", "deleted": True}
    return workspace.shown(lead, at)
