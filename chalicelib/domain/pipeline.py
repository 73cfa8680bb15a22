"""Statuses: where a lead stands, and which kind each one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def first_open(statuses: Sequence[Status]) -> Status:
    """Where a lead from outside starts."""
    return next(status for status in statuses if status.kind == OPEN)
