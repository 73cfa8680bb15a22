"""Business hours: until when somebody should have called back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Hours:
    """When somebody is there.

    Attributes:
        days: 0 is Monday.
        opens, closes: local time.
        holidays: local dates.
    """

    days: frozenset[int]
    opens: time
    closes: time
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, days: Iterable[int], opens: str, closes: str, zone: str, holidays: Iterable[str] = ()) -> Hours:
        """From settings: times as `09:00`, dates as `2026-12-25`, an IANA time zone."""
        return cls(
            frozenset(days),
            time.fromisoformat(opens),
            time.fromisoformat(closes),
            ZoneInfo(zone),
            frozenset(date.fromisoformat(day) for day in holidays),
        )


def due(at: datetime, hours: Hours, within: timedelta = timedelta(hours=1)) -> datetime:
    """When `within` of business time has passed since `at` (aware); in UTC.

    Without a single business day in the coming year, `within` after `at`.
    """
    day = at.astimezone(hours.zone).date()
    left = within
    for _ in range(366):
        if day.weekday() in hours.days and day not in hours.holidays:
            opens = datetime.combine(day, hours.opens, hours.zone).astimezone(UTC)
            closes = datetime.combine(day, hours.closes, hours.zone).astimezone(UTC)
            start = max(at, opens)
            if start < closes:
                if start + left <= closes:
                    return (start + left).astimezone(UTC)
                left -= closes - start
        day += timedelta(days=1)
    return (at + within).astimezone(UTC)
