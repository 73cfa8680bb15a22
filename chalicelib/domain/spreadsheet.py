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
#: Signs that part the texts of a list; where the texts are likely to hold commas themselves; a part, quoted or not.
_BETWEEN, _BETWEEN_COMMAS = ",;|\\n", ";|\\n"
_LISTED = r'[^\S\n]*(?:"((?:[^"]|"")*)"[^\S\n]*(?=[{0}]|\Z)|([^{0}]*))(?:[{0}]|\Z)'
#: `telegram: @aenne`; a key with a blank, or one that begins with a quotation mark, stands in quotation marks.
_PAIR = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^\s"]\S*)): +(\S.*)')
#: Characters of a list that are read: all of a cell.
LONGEST_LIST = 1024 * 1024


def marked(text: str) -> str:
    """A text as a cell that is text to every spreadsheet."""
    return f"'{text}" if _RUNS.match(text) else text


def unmarked(cell: str) -> str | None:
    """The text of a cell that was marked; None for one that was not."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell, 1) else None


def listed(texts: Iterable[str], *, commas: bool = True) -> str:
    """Several texts as one; one with a separator in it stands in quotation marks.

    Args:
        commas: whether a comma parts, as between names; not so between numbers.
    """
    parts = re.compile(f"[{_BETWEEN if commas else _BETWEEN_COMMAS}]")
    return (", " if commas else "; ").join(
        _quoted(text) if text.startswith('"') or parts.search(text) else text for text in texts
    )


def texts_of(cell: str, *, commas: bool = True) -> list[str]:
    """The texts of a list, parted by commas (if they part), semicolons, bars or lines."""
    cell = cell[:LONGEST_LIST]
    signs = _BETWEEN if commas else _BETWEEN_COMMAS
    if '"' not in cell:
        return [text.strip() for text in re.split(f"[{signs}]", cell) if text.strip()]
    parts = re.finditer(_LISTED.format(signs), cell)
    found = (match[1].replace('""', '"') if match[1] is not None else match[2] for match in parts)
    return [text.strip() for text in found if text.strip()]


def paired(pairs: Iterable[tuple[str, str]]) -> str:
    """Short texts under their keys, one pair a line: `telegram: @aenne`."""
    return "\n".join(f"{_key(key)}: {text}" for key, text in pairs)


def pairs_of(cell: str) -> list[tuple[str, str]] | None:
    """The pairs of a cell; None where a line is none."""
    found = [_PAIR.fullmatch(line) for line in cell.splitlines() if line.strip()]
    if not all(found):
        return None
    return [
        (match[2] if match[1] is None else match[1].replace('""', '"'), match[3].strip()) for match in found if match
    ]


def _key(key: str) -> str:
    return _quoted(key) if key.startswith('"') or len(key.split()) > 1 else key


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
