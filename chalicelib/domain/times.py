"""Times as text: RFC 3339, UTC, `Z`, milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

#: Beyond them nothing is received or planned here; our ids end in 2089.
FIRST_YEAR, LAST_YEAR = 2000, 2088

#: RFC 3339, section 5.6; `fromisoformat` alone also reads week dates, missing seconds and missing separators.
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def rfc3339(at: datetime) -> str:
    """An aware time as `2026-11-23T08:15:00.000Z`, cut to the millisecond. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a time without an offset")
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def is_same_time(one: object, other: object) -> bool:
    """Whether two texts are spellings of one instant, to the millisecond."""
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    try:
        return rfc3339(parse(one)) == rfc3339(parse(other))
    except ValueError:
        return False


def parse(text: str) -> datetime:
    """An RFC 3339 time as an aware UTC datetime, microseconds kept; a leap second is read as the second before.

    Raises:
        ValueError: it is none, has no offset, or lies outside the years 1 to 9999.
    """
    match = _RFC3339.fullmatch(text)
    if not match:
        raise ValueError("a time is written like 2026-11-23T08:15:00Z or 2026-11-23T09:15:00+01:00")
    day, minute, second, fraction, offset = match.groups()
    second = "59" if second == "60" else second
    written = f"{day}T{minute}:{second}.{(fraction or '0')[:6]:0<6}{'+00:00' if offset in 'Zz' else offset}"
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error
