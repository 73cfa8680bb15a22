"""Rows of totals, as they stand below a list: `Summe;;12.500,00`. Nobody's name."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: How near to the end of a file they are looked for: further up, a company may be called Total.
LAST_ROWS = 2

_WORDS = """
    summe summen gesamt gesamtsumme insgesamt zwischensumme endsumme gesamtergebnis gesamtanzahl anzahl ergebnis
    total totals sum sums subtotal subtotals count grandtotal
"""
_NUMBER = re.compile(r"[-+]?\s*(?:[€$£]|EUR|USD)?\s*\d[\d.,' ]{0,30}\s*(?:[€$£%]|EUR|USD)?", re.IGNORECASE)


def is_totals_row(cells: Sequence[str]) -> bool:
    """Whether a row's first cell is a word for a total, and all others are empty or numbers.

    Args:
        cells: as written.
    """
    first, *rest = [cell.strip() for cell in cells] or [""]
    word = re.sub(r"[\s:=]", "", first[:40]).casefold()
    return word in _WORDS.split() and all(not cell or _NUMBER.fullmatch(cell[:60]) for cell in rest)
