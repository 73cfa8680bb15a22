"""How people write numbers and days: by the sign that parts, not by the locale that nobody tells us."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation


def parse_number(text: str, decimal_sign: str = "") -> Decimal | None:
    """A number as people write it: `1.234,50`, `1,234.50`, `10000,00`, `1'234.50`, `1 234,5`.

    Args:
        text: without currency.
        decimal_sign: `,` or `.` where it is known (a file's other rows); else the last sign decides, and a single
            one before exactly three digits parts thousands.
    """
    bare = re.sub(r"[\s'’\u00a0\u202f]", "", text[:100])
    if not _NUMBER.fullmatch(bare):
        return None
    sign = decimal_sign or _decimal_sign(bare)
    whole, _, fraction = bare.rpartition(sign) if sign and sign in bare else (bare, "", "")
    try:
        return Decimal(f"{whole.replace('.', '').replace(',', '') or '0'}.{fraction or '0'}")
    except InvalidOperation:
        return None


def parse_date(text: str, region: str) -> date | None:
    """A day as people write it: `2026-12-31`, `31.12.2026`, `12/31/2026`, `31/12/26`; a time behind it is left away.

    Args:
        text: trimmed.
        region: ISO 3166 alpha-2; only in the USA is the month first where both readings make a day.
    """
    try:
        if _ISO_DATE.match(text):
            return date.fromisoformat(text[:10])
        found = _OTHER_DATE.match(text)
        return _other_date(found, region) if found else None
    except ValueError:
        return None


def _decimal_sign(bare: str) -> str:
    last = max(bare.rfind(","), bare.rfind("."))
    if last < 0:
        return ""
    sign, other = bare[last], "," if bare[last] == "." else "."
    if other in bare:
        return sign
    if bare.count(sign) > 1 or (len(bare) - last == 4 and bare.lstrip("-")[0] != "0"):
        return other  # `1.234.567`, `1,234`: it parts thousands
    return sign


def _other_date(found: re.Match[str], region: str) -> date:
    first, sign, second, year = int(found[1]), found[2], int(found[3]), int(found[4])
    if year < 100:
        year += 2000 if year < 50 else 1900
    american = sign == "/" and second <= 31 and (second > 12 or (region == "US" and first <= 12))
    return date(year, first, second) if american else date(year, second, first)


_NUMBER = re.compile(r"[+-]?(?=[.,]?[0-9])[0-9.,]*[0-9][.,]?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_OTHER_DATE = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})[./-]([0-9]{4}|[0-9]{2})(?![0-9])")
