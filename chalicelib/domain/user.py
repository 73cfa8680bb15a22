"""Who works the leads, and whether they are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.times import parse


@dataclass(frozen=True)
class User:
    """Somebody who works leads.

    Attributes:
        id: `usr_…`.
        absent_until: aware, UTC; None is present.
    """

    id: str
    name: str
    active: bool = True
    absent_until: datetime | None = None

    def is_there(self, at: datetime) -> bool:
        """Whether leads may be given to them now."""
        return self.active and (self.absent_until is None or self.absent_until <= at)


def of_record(record: Mapping[str, Any]) -> User:
    """The user that a stored record is."""
    until = record.get("absent_until")
    return User(record["id"], record["name"], record["active"], parse(until) if until else None)
