"""Pages of short lists that are read whole: statuses, fields, sources, users, keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.api import cursors
from chalicelib.api.http import Answer, Request
from chalicelib.services import workspace

#: Some records → as they are shown, and how many of them were looked at: the page goes on behind those.
Show = Callable[[Sequence[Mapping[str, Any]]], tuple[list[Mapping[str, Any]], int]]


def page(
    request: Request,
    records: Sequence[Mapping[str, Any]],
    *,
    by: str = "id",
    version: int | None = None,
    show: Show = lambda records: (list(records), len(records)),
) -> Answer:
    """The page of `records` that the request asks for; a page goes on behind the last record of the one before.

    Args:
        by: the member that names a record.
        version: of the whole list, if it has one.
        show: where `records` are but the names of what is listed.
    """
    secret = workspace.cursor_secret(request.now)
    start = cursors.start_of(request, secret)
    first = 0
    if start:
        names = [record[by] for record in records]
        first = names.index(start["after"]) + 1 if start["after"] in names else min(start["place"] - 1, len(names))
    listed, looked_at = show(records[first : first + request.params["limit"]])
    last = first + looked_at
    position = {"after": records[last - 1][by], "place": last} if last < len(records) else None
    return Answer({"data": listed, "next_cursor": cursors.next_of(request, position, secret)}, version=version)
