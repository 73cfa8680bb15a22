"""What kind of text a file is: encoding, delimiter, line ends; each found with its evidence, each can be overridden."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from chalicelib.domain.errors import Invalid, Problem
from chalicelib.sources.charsets import FORGIVING, charset_of
from chalicelib.sources.csv_file.records import ROW_LIMIT, Form

#: In order of preference where nothing else decides.
DELIMITERS = (";", ",", "\t", "|")
_DELIMITER_NAMES = {"semicolon": ";", "comma": ",", "tab": "\t", "pipe": "|", "\\t": "\t"}
#: Bytes looked at for delimiter and line ends; records looked at for a header.
SAMPLE_SIZE = 128 * 1024
SAMPLE_RECORDS = 60
_BLOCK = 1024 * 1024

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "it is an old Excel workbook (.xls); save it as CSV"),
    (b"%PDF-", "it is a PDF document; export the list as CSV"),
    (b"<?xml", "it is an XML document; save it as CSV"),
    (b"{\\rtf", "it is a text document (RTF); save it as CSV"),
)
_HTML = re.compile(rb"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body|meta|table|div)\b", re.I | re.S)
_SEP_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\s*", re.I)
#: Control characters that no text holds but by accident.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1a\x1b"))


@dataclass(frozen=True)
class Finding:
    """A form with the reasons for it.

    Attributes:
        form: encoding, byte-order mark, delimiter.
        line_end: as the file's first line ends.
        evidence: `encoding` and `delimiter` → one sentence for people.
    """

    form: Form
    line_end: str
    evidence: Mapping[str, str]


def find_form(stream: IO[bytes], options: Mapping[str, str], known_names: Callable[[Sequence[str]], int]) -> Finding:
    """Find out how to read a file.

    The encoding takes one walk over the whole file in blocks of 1 MB (a single wrong byte in the last row decides
    nothing, a million umlauts do); the rest looks at the beginning only.

    Args:
        stream: seekable.
        options: `encoding`, `fallback_encoding` (default cp1252), `delimiter` override what is found.
        known_names: how many cells of a record are field names.

    Raises:
        Invalid: `empty_file`, `not_csv`, `unknown_encoding`, `unknown_delimiter`.
    """
    stream.seek(0)
    head = stream.read(SAMPLE_SIZE)
    _refuse_what_is_no_text(head)
    encoding, bom, why_encoding = _find_encoding(stream, head, options)
    text = head[len(bom) :].decode(encoding, FORGIVING)
    if not text.strip("\x00 \t\r\n;,|"):
        raise _refused("empty_file", "The file holds no cell with text.")
    first_line = _first_line(text)
    sep_line = _SEP_LINE.fullmatch(first_line)
    sample = text[len(first_line) :] if sep_line else text
    delimiter, why_delimiter = _find_delimiter(sample, sep_line, options, known_names)
    form = Form(encoding, bom, delimiter, bool(sep_line))
    line_end = first_line[len(first_line.rstrip("\r\n")) :] or "\r\n"
    return Finding(form, line_end, {"encoding": why_encoding, "delimiter": why_delimiter})


def _refused(code: str, detail: str) -> Invalid:
    return Invalid([Problem("", code, detail)])


def _refuse_what_is_no_text(head: bytes) -> None:
    if not head:
        raise _refused("empty_file", "The file has no content.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        what = "an Excel workbook (.xlsx)" if b"xl/" in head else "a ZIP archive or an office document"
        raise _refused("not_csv", f"This is no CSV file: it is {what}. Save the list as CSV.")
    for magic, reason in _MAGIC:
        if head.startswith(magic):
            raise _refused("not_csv", f"This is no CSV file: {reason}.")
    if _HTML.match(head.removeprefix(codecs.BOM_UTF8)):
        raise _refused("not_csv", "This is no CSV file: it is a web page (HTML). Export the list as CSV.")
    if _wide_without_mark(head) is None and not head.startswith(tuple(bom for bom, _ in _BOMS)):
        controls = len(head) - len(head.translate(None, _CONTROLS))
        if controls > max(16, len(head) * 0.1):
            raise _refused("not_csv", f"This is no CSV file: {controls} of its first {len(head)} bytes are not text.")


def _find_encoding(stream: IO[bytes], head: bytes, options: Mapping[str, str]) -> tuple[str, bytes, str]:
    mark, marked = next(((bom, name) for bom, name in _BOMS if head.startswith(bom)), (b"", ""))
    if chosen := options.get("encoding", ""):
        encoding = _codec(chosen, "encoding")
        # The mark is no text in any encoding that has one; `utf-16` leaves the byte order to the mark.
        if encoding in ("utf-16", "utf-32", "utf-8-sig"):
            encoding = marked or {"utf-8-sig": "utf-8"}.get(encoding, f"{encoding}-le")
        return encoding, mark if encoding == marked else b"", "as the options say"
    if mark:
        return marked, mark, "byte-order mark"
    if wide := _wide_without_mark(head):
        return wide, b"", "every other byte is zero"
    fallback = _codec(options.get("fallback_encoding", "") or "cp1252", "fallback_encoding")
    letters, wrong = _utf8_letters(stream)
    if not wrong:
        return "utf-8", b"", f"valid UTF-8 with {letters} letters outside ASCII" if letters else "ASCII only"
    if letters >= wrong:
        return "utf-8", b"", f"UTF-8 with {letters} letters outside ASCII, {wrong} wrong bytes read as cp1252"
    return fallback, b"", f"no valid UTF-8: {wrong} bytes do not fit, {letters} would"


def _codec(name: str, option: str) -> str:
    codec = charset_of(name)
    if codec is None:
        raise Invalid([Problem(option, "unknown_encoding", f"No encoding is called '{name[:40]}'.", name[:40])])
    return codec


def _wide_without_mark(head: bytes) -> str | None:
    sample = head[:4096]
    pairs = len(sample) // 2
    if pairs < 2:
        return None
    if sample[1::2].count(0) > pairs * 0.7 and sample[0::2].count(0) < pairs * 0.1:
        return "utf-16-le"
    if sample[0::2].count(0) > pairs * 0.7 and sample[1::2].count(0) < pairs * 0.1:
        return "utf-16-be"
    return None


def _utf8_letters(stream: IO[bytes]) -> tuple[int, int]:
    """(bytes that continue a letter in valid UTF-8, bytes that fit nowhere) of the whole stream, in blocks."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    size = signs = wrong = 0
    stream.seek(0)
    while True:
        block = stream.read(_BLOCK)
        text = decoder.decode(block, final=not block)
        size += len(block)
        signs += len(text)
        if not text.isascii():
            wrong += len(re.findall("[\udc80-\udcff]", text))
        if not block:
            return size - signs, wrong


def _first_line(text: str) -> str:
    return io.StringIO(text, newline="").readline(ROW_LIMIT)


def _find_delimiter(
    sample: str,
    sep_line: re.Match[str] | None,
    options: Mapping[str, str],
    known_names: Callable[[Sequence[str]], int],
) -> tuple[str, str]:
    if chosen := options.get("delimiter", ""):
        delimiter = _DELIMITER_NAMES.get(chosen.strip().lower(), chosen)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            detail = f"'{chosen[:20]}' is no delimiter; use semicolon, comma, tab or pipe."
            raise Invalid([Problem("delimiter", "unknown_delimiter", detail, chosen[:20])])
        return delimiter, "as the options say"
    if sep_line and sep_line.group(1) not in '"\r\n':
        return sep_line.group(1), "the first line says so (sep=)"
    scores = {delimiter: _score(sample, delimiter, known_names) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])  # the first of equals
    if not scores[best].telling:
        # Nothing known and nothing even: maybe a library sees a pattern that we do not.
        return _sniffed(sample), "guessed, the rows show no pattern"
    return best, f"{scores[best].names} known column names, {scores[best].even:.0%} of the rows of equal width"


@dataclass(frozen=True, order=True)
class _Score:
    names: int
    even: float
    width: int

    @property
    def telling(self) -> bool:
        return self.names > 0 or self.width > 1


def _score(sample: str, delimiter: str, known_names: Callable[[Sequence[str]], int]) -> _Score:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    found = [cells for cells in itertools.islice(reader, SAMPLE_RECORDS) if any(cells)]
    widths = Counter(len(cells) for cells in found)
    width, often = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    return _Score(max(map(known_names, found), default=0), often / max(len(found), 1), width)


def _sniffed(sample: str) -> str:
    try:
        return csv.Sniffer().sniff(sample[:2048], "".join(DELIMITERS)).delimiter
    except csv.Error:
        return DELIMITERS[0]
