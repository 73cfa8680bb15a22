"""Which index serves which list of leads, and what none serves. See DATA_MODEL, *What lists serve*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.errors import Problem
from chalicelib.domain.pipeline import Status
from chalicelib.domain.problems import problem
from chalicelib.domain.times import parse

NEWEST, OLDEST = "-created_at", "created_at"
LAST_MOVED, FIRST_MOVED = "-status_changed_at", "status_changed_at"
BY_MOVE = (LAST_MOVED, FIRST_MOVED)
SORTS = (NEWEST, OLDEST, *BY_MOVE)
#: Each finds its leads in its own way; two of them have no common index.
FINDING = ("q", "phone", "email", "external_id", "contact_id", "company_id", "import_id")


@dataclass(frozen=True)
class Filters:
    """What a caller wants to see of the leads; None and empty are no filter.

    Attributes:
        status: ids, one of them.
        owner_id: `usr_…`, or `none`.
        created_since, created_until: aware UTC; from, and before.
        external_id: `system:id`.
        q: words, all of them.
    """

    status: tuple[str, ...] = ()
    kind: str | None = None
    owner_id: str | None = None
    source: str | None = None
    created_since: datetime | None = None
    created_until: datetime | None = None
    email: str | None = None
    phone: str | None = None
    external_id: str | None = None
    contact_id: str | None = None
    company_id: str | None = None
    import_id: str | None = None
    repeat: bool | None = None
    tag: str | None = None
    q: str | None = None
    sort: str | None = None

    @property
    def finding(self) -> str | None:
        """Which of `FINDING` is asked for."""
        return next((name for name in FINDING if getattr(self, name)), None)

    @property
    def by_status(self) -> bool:
        """Whether the order is that of arrival in the status."""
        in_columns = bool(self.status or self.kind)
        return self.finding is None and (self.sort in BY_MOVE or (self.sort is None and in_columns))

    @property
    def descending(self) -> bool:
        """Whether the newest come first."""
        return self.sort not in (OLDEST, FIRST_MOVED)

    def columns(self, statuses: Sequence[Status]) -> tuple[str, ...]:
        """The statuses asked for, by id or kind; all if there is no such filter."""
        return tuple(
            each.id
            for each in statuses
            if (not self.status or each.id in self.status) and (not self.kind or each.kind == self.kind)
        )


def unserved(filters: Filters) -> list[Problem]:
    """The filters that no index serves in this combination."""
    finding = [name for name in FINDING if getattr(filters, name)]
    problems = [problem(name, "unsupported_filter") for name in finding[1:]]
    unplaced = filters.sort in BY_MOVE and (finding or not (filters.status or filters.kind))
    if unplaced or (filters.sort and finding == ["q"]):
        problems.append(problem("sort", "unsupported_filter"))
    return problems


def wanted(filters: Filters, columns: Sequence[str], card: Mapping[str, Any]) -> bool:
    """Whether a lead, as an index or the table holds it, passes the filters that its list's keys do not serve.

    Args:
        columns: as `Filters.columns` gives them.
        card: with `status`, `owner`, `source`, `tags`, `repeat` and the id's time under `created_at`.
    """
    if (filters.status or filters.kind) and card.get("status") not in columns:
        return False
    if filters.owner_id and card.get("owner") != (None if filters.owner_id == "none" else filters.owner_id):
        return False
    if filters.source and card.get("source") != filters.source:
        return False
    if filters.tag and filters.tag.casefold() not in {tag.casefold() for tag in card.get("tags", ())}:
        return False
    if filters.repeat is not None and bool(card.get("repeat")) != filters.repeat:
        return False
    created = card["created_at"]
    created = parse(created) if isinstance(created, str) else created
    if filters.created_since and created < filters.created_since:
        return False
    return not (filters.created_until and created >= filters.created_until)
