"""The board over HTTP: a column a status, with its count, its sums and its first cards."""

from __future__ import annotations

from typing import Any

from chalicelib.api import cursors
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import TEXT, choice, limit
from chalicelib.domain.errors import Invalid
from chalicelib.domain.gauges import ALL, COUNT, NOBODY, money
from chalicelib.services import boards, owners, workspace

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
    owner, problems = owners.asked_for(request.params["owner_id"], request.caller, request.now)
    if problems:
        raise Invalid(problems)
    whose = NOBODY if owner == owners.NOBODY else owner or ALL
    newest = request.params["order"] != OLDEST
    shown = boards.columns(whose, request.params["limit"], request.caller, request.now, newest=newest)
    return Answer({"columns": [_column(request, column) for column in shown]})


def _column(request: Request, column: boards.Column) -> dict[str, Any]:
    status = column.status
    return {
        "status": status.id,
        "name": status.name,
        "color": status.color,
        "kind": status.kind,
        "count": column.tally.get(COUNT, 0),
        "sum": money(column.tally),
        "cards": column.cards.cards,
        "next_cursor": cursors.of_column(
            request,
            column.cards.next,
            workspace.cursor_secret(request.now),
            status=status.id,
            owner_id=request.params["owner_id"],
            oldest_first=request.params["order"] == OLDEST,
        ),
    }
