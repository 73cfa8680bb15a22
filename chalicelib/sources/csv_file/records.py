"""Text to records: the one parser that finds the borders of rows, counts them and reads them.

What is read is RFC 4180 as people write it: quotes inside a cell may be unescaped, rows ragged, lines end in LF, CRLF
or CR. One thing is not believed: a quote that reaches over the end of its line and is not closed properly. It would
swallow the rows below it. Then the line it stands on is read by itself, its quotes as plain characters, is marked
`unclosed_quote`, and reading goes on with the next line. Nothing below is lost.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from chalicelib.sources.charsets import FORGIVING

#: Longest row, in characters (RELIABILITY, Budgets for input).
ROW_LIMIT = 4 * 1024 * 1024
#: A damaged quote over at most so many lines and characters is tried again from its second line on, with cells of
#: several lines allowed; over more, line by line. So no line is read more than a bounded number of times.
RETRY_LINES = 20
RETRY_SIZE = 64 * 1024


@dataclass(frozen=True)
class Record:
    """One record of the file, be it title, header, blank or data.

    Attributes:
        number: from 1, as a spreadsheet shows it: blank lines count, a cell of several lines is one row.
        cells: as written; empty for a blank line.
        damage: `unclosed_quote`, `row_too_large` or empty.
    """

    number: int
    cells: list[str]
    damage: str = ""


@dataclass(frozen=True)
class Form:
    """How the bytes of a file make records.

    Attributes:
        encoding: a codec's name, without its byte-order mark.
        bom: the byte-order mark that stands in front, or nothing.
        delimiter: one character.
        sep_line: whether a first line `sep=;` is to be left out; spreadsheets do not count it either.
    """

    encoding: str
    bom: bytes = b""
    delimiter: str = ";"
    sep_line: bool = False


def records(stream: IO[bytes], form: Form) -> Iterator[Record]:
    """Yield every record of a seekable binary stream, from its beginning. The stream stays open.

    Memory: one row. One walk at a time, because all walks share the stream's position.
    """
    # Process-wide, but it only ever rises; a record is never longer than this.
    csv.field_size_limit(max(csv.field_size_limit(), 2 * ROW_LIMIT))
    stream.seek(len(form.bom))
    text = io.TextIOWrapper(stream, encoding=form.encoding, errors=FORGIVING, newline="")
    try:
        if form.sep_line:
            text.readline(ROW_LIMIT)
        yield from _records(_Lines(text), form.delimiter)
    finally:
        text.detach()


def _records(lines: _Lines, delimiter: str) -> Iterator[Record]:
    number = 0
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.begin_record()
        cells = next(reader, None)
        if cells is None:
            return
        if not lines.is_suspicious:
            number += 1
            yield Record(number, cells)
        elif lines.was_cut and len(lines.taken) == 1:
            number += 1
            yield Record(number, cells, "row_too_large")
            reader = csv.reader(lines, delimiter=delimiter)
        elif not lines.is_open and _is_well_quoted(lines.taken, delimiter):
            number += 1
            yield Record(number, cells)
        else:
            for cells, damage in _read_again(lines, delimiter):
                number += 1
                yield Record(number, cells, damage)
            reader = csv.reader(lines, delimiter=delimiter)


class _Lines:
    """The lines for `csv.reader`, and what it took of them for the record at hand."""

    def __init__(self, text: io.TextIOWrapper | io.StringIO) -> None:
        self._text = text
        self._given_back: deque[str] = deque()
        self.begin_record()

    def begin_record(self) -> None:
        self.taken: list[str] = []
        self.is_open = False  # the file, or the space for a row, ended inside quotes
        self.was_cut = False
        self._size = 0

    @property
    def is_suspicious(self) -> bool:
        return self.is_open or self.was_cut or len(self.taken) > 1

    def give_back(self, lines: list[str]) -> None:
        self._given_back.extendleft(reversed(lines))

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.was_cut or self._size > ROW_LIMIT:
            self.is_open = True
            raise StopIteration
        line = self._given_back.popleft() if self._given_back else self._read_line()
        if not line:
            # The reader only asks for more within a record when a quote is open.
            self.is_open = bool(self.taken)
            raise StopIteration
        self.taken.append(line)
        self._size += len(line)
        return line

    def _read_line(self) -> str:
        line = self._text.readline(ROW_LIMIT)
        if len(line) == ROW_LIMIT and not line.endswith(("\n", "\r")):
            self.was_cut = True
            while rest := self._text.readline(65536):
                if rest.endswith(("\n", "\r")):
                    break
        return line


def _is_well_quoted(lines: list[str], delimiter: str) -> bool:
    try:
        next(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _read_again(lines: _Lines, delimiter: str) -> Iterator[tuple[list[str], str]]:
    """The first line of a damaged record by itself; the others too, unless they are few: those are given back."""
    first, *others = lines.taken
    if len(others) < RETRY_LINES and sum(map(len, others)) <= RETRY_SIZE:
        lines.give_back(others)
        others = []
    yield _as_written(first, delimiter), "unclosed_quote"
    for line in others:
        if len(line) == ROW_LIMIT:
            yield _as_written(line, delimiter), "row_too_large"
            continue
        alone = _Lines(io.StringIO(line, newline=""))
        cells = next(csv.reader(alone, delimiter=delimiter), [])
        if alone.is_open:
            yield _as_written(line, delimiter), "unclosed_quote"
        else:
            yield cells, ""


def _as_written(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
