"""Columns of the board: leads by the time at which they came into their status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.gauges import ALL
from chalicelib.store import keys, leads, transport
from chalicelib.store.leads import Cards


def column(
    status: str, whose: str, limit: int, *, newest: bool = True, start: Mapping[str, Any] | None = None
) -> Cards:
    """Leads in a status by arrival, one request; at most seconds behind.

    Args:
        whose: everybody's (`gauges.ALL`), an owner's id, or `gauges.NOBODY`.
        newest: first; else oldest.
    """
    index, condition, values = "board", "#board_pk = :pk", {":pk": keys.board(status)}
    if whose != ALL:
        index, condition = "owner", "#owner_pk = :pk AND begins_with(#owner_sk, :status)"
        values = {":pk": keys.owned(whose), ":status": f"{status}#"}
    found = transport.query(condition, values, index=index, descending=newest, limit=limit, start=start)
    return Cards([leads.card_of(item) for item in found.items], found.next)
