"""The board over HTTP: a column a status, with its count, its sums and its first cards."""

from __future__ import annotations

from typing import Any

from chalicelib.api import cursors
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import TEXT, choice, limit
from chalicelib.domain.errors import Invalid
from chalicelib.domain.gauges import ALL, COUNT, NOBODY, Tally, money
from chalicelib.domain.pipeline import Status
from chalicelib.domain.problems import problem
from chalicelib.services import workspace
from chalicelib.store import derived, lead_lists

door = Door()

CARDS = 20
OLDEST = "oldest"


@door.get(
    "/v1/board",
    scope="leads:read",
    query={"owner_id": TEXT, "limit": limit(CARDS), "order": choice("newest", OLDEST, default="newest")},
)
def show(request: Request) -> Answer:
    """All columns, of everybody, an owner or of nobody (`owner_id=none`); newest arrival in the status first."""
    whose = _whose(request.params["owner_id"])
    tallies = derived.board(whose)
    statuses = workspace.statuses(request.now)
    return Answer({"columns": [_column(request, status, whose, tallies.get(status.id, {})) for status in statuses]})


def _column(request: Request, status: Status, whose: str, tally: Tally) -> dict[str, Any]:
    order, most = request.params["order"], request.params["limit"]
    stretch = lead_lists.column(status.id) if whose == ALL else lead_lists.owned_column(_owner(whose), status.id)
    found = lead_lists.page([stretch], descending=order != OLDEST, limit=most)
    return {
        "status": status.id,
        "name": status.name,
        "color": status.color,
        "kind": status.kind,
        "count": tally.get(COUNT, 0),
        "sum": money(tally),
        "cards": found.cards,
        "next_cursor": cursors.of_column(
            request,
            found.next,
            workspace.cursor_secret(request.now),
            status=status.id,
            owner_id=request.params["owner_id"],
            oldest_first=order == OLDEST,
        ),
    }


def _whose(owner_id: str | None) -> str:
    if owner_id is None:
        return ALL
    if owner_id == "none":
        return NOBODY
    if not owner_id.startswith("usr_"):
        raise Invalid([problem("owner_id", "unknown_user", owner_id)])
    return owner_id


def _owner(whose: str) -> str | None:
    return None if whose == NOBODY else whose
