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

from chalicelib.domain import spreadsheet, words
from chalicelib.domain.emails import split_emails
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.inbound import Inbound, Raw
from chalicelib.domain.phones import split_phones
from chalicelib.sources.csv_file.findings import SAMPLE_RECORDS, find_form
from chalicelib.sources.csv_file.records import Form, Record, records

#: RELIABILITY, Budgets for input.
MOST_COLUMNS = 1_000
#: Longest cell that becomes a value, in characters; the whole one stays in the file.
CELL_LIMIT = 1024 * 1024
#: Columns that our own errors file adds; dropped when it comes back.
ADDED_COLUMNS = ("_row", "_error_code", "_error")

_LISTS = frozenset({"phones", "emails", "websites", "tags"})
#: A file's words for these name nothing of ours yet (whose `Neu`? which `Müller`?): kept as unmapped columns.
_OURS_TO_SET = frozenset({"status", "lost_reason", "owner_id", "source", "source_detail"})
#: Meta's lead forms write `p:+4917604069012`, `l:1234567890`, `z:10115`.
_META_PREFIX = re.compile(r"(?:p|l|z):(?=\+?\d)")
#: How spreadsheets keep a text from being turned into a number: `="0171 …"`.
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
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
    """

    stream: IO[bytes] = field(repr=False, compare=False)
    form: Form
    header: tuple[str, ...]
    header_row: int
    names: tuple[str, ...]
    fields: tuple[str | None, ...]
    line_end: str
    evidence: Mapping[str, str]

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

        Of the columns it has those that are or could be a field, so it stays small.
        """
        named = {
            _tidy(cell[:400]): name or ""
            for cell, name in zip(self.header, self.fields, strict=True)
            if name or _field_of(cell, {})
        }
        return {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "header_row": str(self.header_row),
            "mapping": json.dumps(named, ensure_ascii=False),
        }


@dataclass(frozen=True)
class Row:
    """One data row.

    Attributes:
        number: as a spreadsheet shows it.
        cells: as written, also beyond the header.
        values: lead field (dotted for nested ones) → text, or tuple of texts for lists; not yet validated.
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


def open_table(stream: IO[bytes], *, options: Mapping[str, str]) -> Table:
    """Find out how a file is to be read.

    Args:
        stream: the file, binary and seekable. It stays open; memory is one block of it, whatever its size.
        options: all optional: `encoding`, `fallback_encoding`, `delimiter` (`semicolon` `comma` `tab` `pipe` or the
            character), `header_row` (its number in a spreadsheet), `mapping` (JSON object: column → lead field, empty
            for "only keep").

    Raises:
        Invalid: `not_csv` (says what it is instead), `empty_file`, `no_known_column`, `too_many_columns`,
            `unknown_encoding`, `unknown_delimiter`, `bad_option`.
    """
    mapping = _mapping(options)
    finding = find_form(stream, options, lambda cells: _known_names(cells, mapping))
    header_row, cells = _find_header(stream, finding.form, options, mapping)
    # A delimiter after *every* cell, also of the header, makes one empty column more (Bitrix24).
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MOST_COLUMNS:
        detail = f"The header has {len(cells)} columns; {MOST_COLUMNS} is the most."
        raise Invalid([Problem("", "too_many_columns", detail)])
    fields = tuple(_field_of(cell, mapping) for cell in cells)
    known = sum(1 for name in fields if name)
    if not known:
        shown = ", ".join(f"'{cell.strip()[:40]}'" for cell in cells[:5])
        detail = f"No column is called like a field of a lead; the first row read was: {shown}."
        raise Invalid([Problem("", "no_known_column", detail)])
    evidence = {**finding.evidence, "header": f"row {header_row}, {known} of {len(cells)} columns known"}
    return Table(stream, finding.form, tuple(cells), header_row, _names(cells), fields, finding.line_end, evidence)


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


def _mapping(options: Mapping[str, str]) -> dict[str, str]:
    try:
        given = json.loads(options.get("mapping", "") or "{}")
    except ValueError as error:
        raise _bad_option("mapping", "The mapping is no JSON object.") from error
    if not isinstance(given, dict) or not all(isinstance(name, str | None) for name in given.values()):
        raise _bad_option("mapping", "The mapping must be a JSON object: column → field.")
    return {_tidy(column): name or "" for column, name in given.items()}


def _bad_option(name: str, detail: str) -> Invalid:
    return Invalid([Problem(name, "bad_option", detail)])


def _find_header(
    stream: IO[bytes], form: Form, options: Mapping[str, str], mapping: Mapping[str, str]
) -> tuple[int, list[str]]:
    """(number, cells) of the header: the record with most known names; title lines above it are passed over."""
    if wanted := options.get("header_row", ""):
        if not wanted.isdecimal() or not 1 <= int(wanted) <= 1_000:
            raise _bad_option("header_row", "The header's row must be a number from 1 to 1000.")
        chosen = next(itertools.islice(records(stream, form), int(wanted) - 1, None), Record(int(wanted), []))
        return chosen.number, chosen.cells
    first = list(itertools.islice(records(stream, form), SAMPLE_RECORDS))
    candidates = [record for record in first if any(cell.strip() for cell in record.cells)] or [Record(1, [])]
    best = max(candidates, key=lambda record: _known_names(record.cells, mapping))  # the first of equals
    return best.number, best.cells


def _known_names(cells: Sequence[str], mapping: Mapping[str, str]) -> int:
    """How many different fields the cells name; 0 for a record that holds values."""
    if any(_VALUE.fullmatch(cell.strip()[:100]) for cell in cells[:MOST_COLUMNS]):
        return 0
    return len({_field_of(cell, mapping) for cell in cells[:MOST_COLUMNS]} - {None})


def _field_of(cell: str, mapping: Mapping[str, str]) -> str | None:
    name = _tidy(cell[:400])
    if name in mapping:
        return mapping[name] or None
    if not name or name.lower() in ADDED_COLUMNS or len(name) > words.LONGEST:
        return None
    found = words.field_of(name)
    return None if found in _OURS_TO_SET else found


def _tidy(cell: str) -> str:
    return " ".join(cell.split())


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for position, cell in enumerate(cells, start=1):
        name = _tidy(cell[:400]) or f"column {position}"
        copy = 2
        unique = name
        while unique in names:
            unique = f"{name} ({copy})"
            copy += 1
        names[unique] = None
    return tuple(names)


# Rows


def _row(table: Table, record: Record) -> Row:
    reading = _RowReading()
    for position, cell in enumerate(record.cells[:MOST_COLUMNS]):
        if not cell.strip():
            continue
        if position >= len(table.names):
            reading.keep(f"column {position + 1}", cell)
        elif name := table.fields[position]:
            reading.take(name, table.names[position], cell)
        elif table.names[position].lower() not in ADDED_COLUMNS:
            reading.keep(table.names[position], cell)
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


class _RowReading:
    """A row while its cells are read from left to right."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.extra: dict[str, str] = {}
        self.changed: dict[str, str] = {}
        self.problems: list[Problem] = []

    def keep(self, column: str, cell: str) -> None:
        self.extra[column] = cell[:CELL_LIMIT].strip()

    def take(self, name: str, column: str, cell: str) -> None:
        text = _text_of(cell)
        if not text:
            return
        if name in _LISTS or name.startswith("messengers."):
            parts = _parts(name, text)
            before = self.values.get(name, ())
            assert isinstance(before, tuple)
            self.values[name] = before + tuple(part for part in parts if part not in before)
            if parts != [cell]:
                self.changed[column] = cell[:CELL_LIMIT]
        elif name in self.values:
            self.keep(column, cell)
        else:
            self.values[name] = text
            if text != cell.strip():
                self.changed[column] = cell[:CELL_LIMIT]


def _text_of(cell: str) -> str:
    text = cell[:CELL_LIMIT].strip()
    # `'+49 …`: kept from being run, by us or by whoever made the file
    unmarked = spreadsheet.unmarked(text)
    if unmarked is not None:
        return unmarked
    if formula := _FORMULA_TEXT.fullmatch(text):
        text = formula.group(1).strip()
    if prefix := _META_PREFIX.match(text):
        text = text[prefix.end() :]
    return text


def _parts(name: str, text: str) -> list[str]:
    if name == "tags":
        return spreadsheet.texts_of(text)
    if name.startswith("messengers."):
        return [line.strip() for line in text.splitlines() if line.strip()]
    text = text.replace(":::", "\n")  # Google Contacts
    if name == "phones":
        return split_phones(text) or [text]
    if name == "emails":
        return split_emails(text) or [text]
    return [text]
