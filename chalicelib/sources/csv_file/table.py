"""A file as a table: which row is the header, which column is which field, and what a row says.

What is not here yet and belongs here: no header at all (columns known by their content), footers, numbers and dates
by the file's other rows (issue 6). Until then a file without a known column is refused, never guessed.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.fields import Field
from chalicelib.domain.inbound import Inbound, Raw
from chalicelib.sources.csv_file.cells import RowReading
from chalicelib.sources.csv_file.columns import ADDED_COLUMNS, Names, bad_option, tidy, unique_names
from chalicelib.sources.csv_file.findings import SAMPLE_RECORDS, find_form
from chalicelib.sources.csv_file.records import Form, Record, records

#: RELIABILITY, Budgets for input.
MOST_COLUMNS = 1_000
_NO_FIELDS: Mapping[str, Field] = {}
_DAMAGES = {
    "unclosed_quote": "A quotation mark opens a cell here and is not closed properly; this line was read by itself.",
    "row_too_large": "The row is longer than 4 million characters; the rest of it was not read.",
}
#: A cell that looks like a value says that its row is no header.
_VALUE = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|\D{0,3}(?:\d[\s/()-]*){6,}")


@dataclass(frozen=True)
class Table:
    """A file that can be read row by row.

    Attributes:
        stream: the file, seekable; one walk over it at a time.
        form: encoding, byte-order mark, delimiter.
        header: the header's cells as written.
        header_row: number of the header's record, from 1, as a spreadsheet shows it.
        first_row: number of the record after it.
        names: one per column: unique, line breaks and runs of blanks gone; `column 3` where the header is empty.
        fields: one per column: the lead field, or None for a column that is only kept.
        line_end: CRLF, LF or CR.
        evidence: `encoding`, `delimiter`, `header` → one sentence for people, why it was taken.
        custom: the workspace's own fields by name.
    """

    stream: IO[bytes] = field(repr=False, compare=False)
    form: Form
    header: tuple[str, ...]
    header_row: int
    names: tuple[str, ...]
    fields: tuple[str | None, ...]
    line_end: str
    evidence: Mapping[str, str]
    custom: Mapping[str, Field] = field(default_factory=dict, repr=False, compare=False)

    @property
    def encoding(self) -> str:
        """The codec's name; `utf-8-sig` for UTF-8 with a byte-order mark."""
        return "utf-8-sig" if self.form.encoding == "utf-8" and self.form.bom else self.form.encoding

    @property
    def delimiter(self) -> str:
        """One character."""
        return self.form.delimiter

    @property
    def first_row(self) -> int:
        """Number of the first record below the header, as a spreadsheet shows it."""
        return self.header_row + 1

    @property
    def columns(self) -> dict[str, str | None]:
        """Column name → lead field, None for what is only kept; in the order of the file."""
        return dict(zip(self.names, self.fields, strict=True))

    @property
    def options(self) -> dict[str, str]:
        """What makes `open_table` read this file the same way again, without the search.

        Of the columns it has those that are a field, so it stays small; no other one becomes a field meanwhile.
        """
        named = {tidy(cell): name for cell, name in zip(self.header, self.fields, strict=True) if name}
        return {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "header_row": str(self.header_row),
            "mapping": json.dumps(named, ensure_ascii=False),
            "mapping_only": "true",
        }


@dataclass(frozen=True)
class Row:
    """One data row.

    Attributes:
        number: as a spreadsheet shows it.
        cells: as written, also beyond the header.
        values: lead field (dotted for nested ones) → text, tuple of texts for lists, objects for things of several
            members; not yet validated.
        extra: column name → text of columns without a field, and of second columns for a field that has one value.
        changed: column name → cell as written, where a value is not just the cell's text.
        problems: why the row cannot be trusted; such a row is to be rejected.
    """

    number: int
    cells: tuple[str, ...]
    values: Mapping[str, object]
    extra: Mapping[str, str]
    changed: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


def open_table(stream: IO[bytes], *, options: Mapping[str, str], custom: Mapping[str, Field] = _NO_FIELDS) -> Table:
    """Find out how a file is to be read.

    Args:
        stream: the file, binary and seekable. It stays open; memory is one block of it, whatever its size.
        options: all optional: `encoding`, `fallback_encoding`, `delimiter` (`semicolon` `comma` `tab` `pipe` or the
            character), `header_row` (its number in a spreadsheet), `mapping` (JSON object: column → lead field, empty
            for "only keep"), `mapping_only` (not empty: a column that is not in it is only kept).
        custom: the workspace's own fields by name.

    Raises:
        Invalid: `not_csv` (says what it is instead), `empty_file`, `no_known_column`, `too_many_columns`,
            `unknown_encoding`, `unknown_delimiter`, `bad_option`.
    """
    called = Names.of(options, custom)
    finding = find_form(stream, options, lambda cells: _known_names(cells, called))
    header_row, cells = _find_header(stream, finding.form, options, called)
    # A delimiter after *every* cell, also of the header, makes one empty column more (Bitrix24).
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MOST_COLUMNS:
        detail = f"The header has {len(cells)} columns; {MOST_COLUMNS} is the most."
        raise Invalid([Problem("", "too_many_columns", detail)])
    fields = tuple(map(called.field_of, cells))
    known = sum(1 for name in fields if name)
    if not known:
        shown = ", ".join(f"'{cell.strip()[:40]}'" for cell in cells[:5])
        detail = f"No column is called like a field of a lead; the first row read was: {shown}."
        raise Invalid([Problem("", "no_known_column", detail)])
    evidence = {**finding.evidence, "header": f"row {header_row}, {known} of {len(cells)} columns known"}
    form, names = finding.form, unique_names(cells)
    return Table(stream, form, tuple(cells), header_row, names, fields, finding.line_end, evidence, custom)


def rows(table: Table, start: int = 0) -> Iterator[Row]:
    """Yield the data rows of a table in order; blank rows (`;;;;`) are no rows.

    Args:
        start: data rows to leave out; the tail is the same as without. Never raises for what stands in the file.
    """
    for record in itertools.islice(_data_records(table), start, None):
        yield _row(table, record)


def count_rows(table: Table) -> int:
    """How many rows `rows` yields: one walk with the same parser, nothing else done."""
    return sum(1 for _ in _data_records(table))


def inbound_of(row: Row, raw: Raw) -> Inbound:
    """A row in normal form.

    Args:
        raw: of this row: source `csv`, its job's and row's identity; the body may be empty (the row is in the file).
    """
    entry: dict[str, object] = {"row": row.number}
    if row.extra:
        entry["columns"] = dict(row.extra)
    if row.changed:
        entry["raw"] = dict(row.changed)
    return Inbound(raw=raw, values=row.values, entry_type="import_row", entry=entry, problems=row.problems)


def _data_records(table: Table) -> Iterator[Record]:
    for record in records(table.stream, table.form):
        if record.number > table.header_row and any(cell.strip() for cell in record.cells):
            yield record


# Header


def _find_header(stream: IO[bytes], form: Form, options: Mapping[str, str], names: Names) -> tuple[int, list[str]]:
    """(number, cells) of the header: the record with most known names; title lines above it are passed over."""
    if wanted := options.get("header_row", ""):
        if not wanted.isdecimal() or not 1 <= int(wanted) <= 1_000:
            raise bad_option("header_row", "The header's row must be a number from 1 to 1000.")
        chosen = next(itertools.islice(records(stream, form), int(wanted) - 1, None), Record(int(wanted), []))
        return chosen.number, chosen.cells
    first = list(itertools.islice(records(stream, form), SAMPLE_RECORDS))
    candidates = [record for record in first if any(cell.strip() for cell in record.cells)] or [Record(1, [])]
    best = max(candidates, key=lambda record: _known_names(record.cells, names))  # the first of equals
    return best.number, best.cells


def _known_names(cells: Sequence[str], names: Names) -> int:
    """How many different fields the cells name; 0 for a record that holds values."""
    if any(_VALUE.fullmatch(cell.strip()[:100]) for cell in cells[:MOST_COLUMNS]):
        return 0
    return len({names.field_of(cell) for cell in cells[:MOST_COLUMNS]} - {None})


# Rows


def _row(table: Table, record: Record) -> Row:
    reading = RowReading(table.custom)
    for position, cell in enumerate(record.cells[:MOST_COLUMNS]):
        if not cell.strip():
            continue
        if position >= len(table.names):
            reading.keep(f"column {position + 1}", cell)
        elif name := table.fields[position]:
            reading.take(name, table.names[position], cell)
        elif table.names[position].lower() not in ADDED_COLUMNS:
            reading.keep(table.names[position], cell)
    reading.finish()
    if record.damage:
        reading.problems.append(Problem("", record.damage, _DAMAGES[record.damage]))
    return Row(
        record.number,
        tuple(record.cells),
        reading.values,
        reading.extra,
        reading.changed,
        tuple(reading.problems),
    )
