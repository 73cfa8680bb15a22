"""Statuses: where a lead stands, and which kind each one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

OPEN, CONVERTED, JUNK = "open", "converted", "junk"


@dataclass(frozen=True)
class Status:
    """One status of the workspace.

    Attributes:
        id: `[A-Za-z0-9_-]{1,21}`.
        kind: `open`, `converted` or `junk`.
        color: `#RRGGBB`.
    """

    id: str
    name: str
    kind: str
    color: str


DEFAULT_STATUSES = (
    Status("new", "New", OPEN, "#3B82F6"),
    Status("in_process", "In process", OPEN, "#F59E0B"),
    Status("processed", "Processed", OPEN, "#10B981"),
    Status("converted", "Converted", CONVERTED, "#22C55E"),
    Status("junk", "Junk", JUNK, "#EF4444"),
)


@dataclass(frozen=True)
class Statuses:
    """All statuses in their order.

    Attributes:
        living: those that leads can be in; stored records.
        retired: those that were deleted, until no lead can be in them any more.
    """

    living: Sequence[dict[str, Any]]
    retired: Sequence[dict[str, Any]] = ()

    @property
    def content(self) -> dict[str, Any]:
        """As it is stored."""
        return {"living": list(self.living), "retired": list(self.retired)}

    def usable(self) -> tuple[Status, ...]:
        """The statuses that leads can be in."""
        return tuple(Status(one["id"], one["name"], one["kind"], one["color"]) for one in self.living)


def of_content(content: Mapping[str, Any]) -> Statuses:
    """The statuses that are stored, or those that every workspace begins with."""
    if "living" not in content:
        return Statuses([{**asdict(status), "version": 1} for status in DEFAULT_STATUSES])
    return Statuses(content["living"], content.get("retired", ()))


def first_open(statuses: Sequence[Status]) -> Status:
    """Where a lead from outside starts."""
    return next(status for status in statuses if status.kind == OPEN)
