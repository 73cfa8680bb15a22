"""Cells of CSV files that people open in a spreadsheet: none is run, and each comes back as it was.

A text that a spreadsheet would run, or that our reader of files would take for something else, gets an apostrophe in
front. The reader takes one off exactly where one was put on: what begins with apostrophes itself gets a further one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: What a spreadsheet runs (RELIABILITY S3), the wide signs of East Asian keyboards among it (OWASP, CSV injection),
#: what begins with white space that it drops, or what Meta marks phones with.
_RUNS = re.compile(
    r"'*(?:[\t\r\n]|[\s\x00-\x20\x7f-\x9f\u200b\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[plz]:\+?\d)"
)
_BETWEEN = re.compile(r"[,;|\n]")
_LISTED = re.compile(r'[^\S\n]*(?:"((?:[^"]|"")*)"[^\S\n]*(?=[,;|\n]|\Z)|([^,;|\n]*))(?:[,;|\n]|\Z)')
#: Characters of a list that are read; as long as a field may be.
LONGEST_LIST = 20_000


def marked(text: str) -> str:
    """A text as a cell that is text to every spreadsheet."""
    return f"'{text}" if _RUNS.match(text) else text


def unmarked(cell: str) -> str | None:
    """The text of a cell that was marked; None for one that was not."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell, 1) else None


def listed(texts: Iterable[str]) -> str:
    """Several short texts as one; one with a separator in it stands in quotation marks."""
    return ", ".join(_quoted(text) if text.startswith('"') or _BETWEEN.search(text) else text for text in texts)


def texts_of(cell: str) -> list[str]:
    """The texts of a list, parted by commas, semicolons, bars or lines."""
    cell = cell[:LONGEST_LIST]
    if '"' not in cell:
        return [text.strip() for text in _BETWEEN.split(cell) if text.strip()]
    found = (match[1].replace('""', '"') if match[1] is not None else match[2] for match in _LISTED.finditer(cell))
    return [text.strip() for text in found if text.strip()]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
