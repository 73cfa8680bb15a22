"""The refused rows as a file in the shape of the original: corrected, it is dropped again.

Cells of the original are written as they were, also those a spreadsheet would run (`=1+1`): the file must come back
with the values it had, and whoever opens it has already opened the original. What we add ourselves cannot be run: a
number, a code, and a sentence whose dangerous beginnings get an apostrophe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chalicelib.domain.spreadsheet import marked
from chalicelib.sources.charsets import FORGIVING
from chalicelib.sources.csv_file.columns import ADDED_COLUMNS
from chalicelib.sources.csv_file.table import Table

#: row number, cells as read, code, sentence for people
Rejected = tuple[int, Sequence[str], str, str]


def errors_csv(table: Table, rejected: Iterable[Rejected]) -> Iterator[bytes]:
    """Yield the file piece by piece: original columns, delimiter, encoding and line ends, plus `ADDED_COLUMNS`.

    The added columns stand behind the header's last one. Cells beyond the header come after them, so that every cell
    keeps its column. Added columns of an earlier round are replaced, not repeated.
    """
    kept = [position for position, name in enumerate(table.names) if name.lower() not in ADDED_COLUMNS]
    first = f"sep={table.delimiter}{table.line_end}" if table.form.sep_line else ""
    header = [*(table.header[position] for position in kept), *ADDED_COLUMNS]
    yield table.form.bom + _bytes(first + _line(header, table), table)
    for number, cells, code, sentence in rejected:
        own = [cells[position] if position < len(cells) else "" for position in kept]
        added = [str(number), marked(code), marked(sentence)]
        yield _bytes(_line([*own, *added, *cells[len(table.names) :]], table), table)


def _line(cells: Sequence[str], table: Table) -> str:
    # csv.writer leaves a CR unquoted when lines end in LF (until Python 3.13); a reader then sees two rows.
    return table.delimiter.join(_quoted(cell, table.delimiter) for cell in cells) + table.line_end


def _quoted(cell: str, delimiter: str) -> str:
    if delimiter in cell or any(sign in cell for sign in '"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _bytes(text: str, table: Table) -> bytes:
    return text.encode(table.form.encoding, FORGIVING)
