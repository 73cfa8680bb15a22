"""A mail's bytes → headers and parts, within budgets and in linear time.

The standard library's parser is not used: it is recursive without a limit (980 nested multiparts end it), walks every
boundary for every line, and its modern policy raises on one real mail in thirty. This one knows only what a reader of
enquiries needs, believes nothing, and never raises for what stands in a mail.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from chalicelib.domain.errors import Problem
from chalicelib.sources.charsets import decoded
from chalicelib.sources.mail.words import decode_words, header_text

# RELIABILITY, Budgets for input.
MAIL_LIMIT = 10 * 1024 * 1024
HEADERS_LIMIT = 256 * 1024
MOST_PARTS = 200
DEPTH_LIMIT = 20
#: Longest Content-Type or Content-Disposition read; 3,000 parameters are no file name.
PARAMETERS_LIMIT = 4_000

_BLANK_LINE = re.compile(rb"\n(?=\r?\n)")
_BLANK_START = re.compile(rb"[\r\n]+")
_HEADER_LINE = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.S)
_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+*-]+)")
_PARAMETER = re.compile(r";\s*([^=;\s\"]{1,80})\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


class Headers:
    """The headers of a mail or part: name in lower case → values in order of appearance, unfolded."""

    def __init__(self, items: list[tuple[str, bytes]]) -> None:
        self._values: dict[str, list[bytes]] = {}
        for name, value in items:
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __bool__(self) -> bool:
        return bool(self._values)

    def raw(self, name: str) -> str:
        """The first value as text, encoded words as they stand; empty when there is none."""
        values = self._values.get(name)
        return header_text(values[0]) if values else ""

    def text(self, name: str) -> str:
        """The first value for people: encoded words decoded, on one line."""
        return decode_words(self.raw(name))

    def word(self, name: str) -> str:
        """The first value up to a semicolon or comment, lower case: `Auto-Replied; x` → `auto-replied`."""
        return re.split(r"[;(]", self.raw(name)[:200], maxsplit=1)[0].strip().lower()


@dataclass(frozen=True)
class Part:
    """A part that holds no others.

    Attributes:
        type: `text/plain`, lower case.
        parameters: of Content-Type, names in lower case, decoded.
        disposition: `attachment`, `inline` or empty.
        name: file name as the sender wrote it, never to be used as a path; may be empty.
        headers: its own.
        data: the whole mail; `start` and `end` say where this part's body stands (no copy until it is decoded).
        is_cut: the mail goes on behind its end, which was not read.
    """

    type: str
    parameters: Mapping[str, str]
    disposition: str
    name: str
    headers: Headers
    data: bytes = field(repr=False)
    start: int
    end: int
    is_cut: bool = False

    def content(self) -> bytes:
        """The body, its transfer encoding undone; damage costs what is damaged."""
        return undo_transfer_encoding(self.data[self.start : self.end], self.headers.word("content-transfer-encoding"))

    def text(self) -> str:
        """The body as text; an unknown charset is guessed."""
        return decoded(self.content(), self.parameters.get("charset", ""))


@dataclass(frozen=True)
class Message:
    """A mail, read.

    Attributes:
        headers: of the mail.
        type: its Content-Type, e.g. `multipart/report`.
        parameters: of its Content-Type, e.g. `report-type`.
        parts: all that hold no others, in order.
        containers: types of the multiparts, outermost first.
        problems: budgets that were exceeded.
    """

    headers: Headers
    type: str
    parameters: Mapping[str, str]
    parts: tuple[Part, ...]
    containers: tuple[str, ...]
    problems: tuple[Problem, ...]


def parse(data: bytes) -> Message:
    """Read a mail, its first 10 MB: there stands the text; over the other budgets, too, only what is within them."""
    data = _with_line_feeds(data)
    walk = _Walk(data)
    start = _begin(data)
    headers, body = read_headers(data, start, len(data))
    if body - start > HEADERS_LIMIT:
        walk.report("headers_too_large", f"Only the first {HEADERS_LIMIT // 1024} KB of its headers were read.")
    kind, parameters = content_type(headers)
    if len(data) > MAIL_LIMIT:
        walk.report("mail_too_large", f"Only its first {MAIL_LIMIT // 1024 // 1024} MB were read.")
    walk.visit(headers, body, max(body, walk.end), depth=0)
    return Message(headers, kind, parameters, tuple(walk.parts), tuple(walk.containers), tuple(walk.problems.values()))


def read_headers(data: bytes, start: int, end: int) -> tuple[Headers, int]:
    """(headers, where the body begins) of the mail or part between two offsets."""
    if data[start : start + 2] == b"\r\n" or data[start : start + 1] == b"\n":
        return Headers([]), data.index(b"\n", start) + 1
    blank = _BLANK_LINE.search(data, start, end)
    head_end = blank.start() + 1 if blank else end
    items: list[tuple[str, list[bytes]]] = []
    position = start
    for line in _lines(data[start:head_end]):
        if line[:1] in (b" ", b"\t") and items:
            items[-1][1].append(line.strip())
        elif header := _HEADER_LINE.match(line):
            items.append((header.group(1).decode("ascii").lower(), [header.group(2).strip()]))
        elif not line.startswith((b"From ", b">From ")):
            # No blank line between head and body, or no head at all.
            return _joined(items), position
        position += len(line) + 1
    after_blank = data.find(b"\n", head_end, end) + 1 if blank else 0
    return _joined(items), after_blank or end


def content_type(headers: Headers) -> tuple[str, dict[str, str]]:
    """(type, parameters) of a part; what makes no sense is `text/plain`, as RFC 2045 5.2 says."""
    text = headers.raw("content-type")[:PARAMETERS_LIMIT]
    kind = _TYPE.match(text)
    return (kind.group(1).lower() if kind else "text/plain"), parameters_of(text)


def parameters_of(text: str) -> dict[str, str]:
    """The parameters behind a header's value, RFC 2231 continuations and charsets undone."""
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, value in _PARAMETER.findall(text[:PARAMETERS_LIMIT]):
        value = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value.strip()
        base, star, index = name.lower().partition("*")
        if not star:
            plain.setdefault(base, value)
        else:
            number = index.rstrip("*")
            order = int(number) if number.isdecimal() and len(number) < 6 else 0
            pieces.setdefault(base, []).append((order, name.endswith("*"), value))
    return plain | {base: _put_together(found) for base, found in pieces.items()}


def undo_transfer_encoding(data: bytes, encoding: str) -> bytes:
    """Base64, quoted-printable and uuencode undone; an unknown encoding is none."""
    if encoding == "base64":
        return _from_base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return b"".join(_from_uu(line) for line in data.splitlines())
    return data


class _Walk:
    """The parts found so far, and the budgets left."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._count = 0
        self.end = min(len(data), MAIL_LIMIT)
        self.parts: list[Part] = []
        self.containers: list[str] = []
        self.problems: dict[str, Problem] = {}

    def report(self, code: str, detail: str) -> None:
        self.problems.setdefault(code, Problem("", code, detail))

    def visit(self, headers: Headers, start: int, end: int, *, depth: int) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            self.report("too_many_parts", f"Only its first {MOST_PARTS} parts were read.")
            return
        kind, parameters = content_type(headers)
        boundary = parameters.get("boundary", "").rstrip()
        if not kind.startswith("multipart/") or not boundary:
            self._keep(headers, "text/plain" if kind.startswith("multipart/") else kind, parameters, start, end)
        elif depth >= DEPTH_LIMIT:
            self.report("too_deep", f"Its parts are nested deeper than {DEPTH_LIMIT}; the inner ones were not read.")
        else:
            self.containers.append(kind)
            found = False
            for first, last in self._borders(boundary, start, end):
                found = True
                inner, body = read_headers(self._data, first, last)
                self.visit(inner, body, last, depth=depth + 1)
                if self._count > MOST_PARTS:
                    return
            if not found:  # the boundary it names is not there: what is, is text
                self._keep(headers, "text/plain", parameters, start, end)

    def _keep(self, headers: Headers, kind: str, parameters: dict[str, str], start: int, end: int) -> None:
        disposition = headers.raw("content-disposition")[:PARAMETERS_LIMIT]
        name = parameters_of(disposition).get("filename") or parameters.get("name", "")
        word = headers.word("content-disposition")
        is_cut = end >= self.end < len(self._data)
        name = decode_words(name)[:255]
        self.parts.append(Part(kind, parameters, word, name, headers, self._data, start, end, is_cut))

    def _borders(self, boundary: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where each part of a multipart begins and ends; the last one may lack its end."""
        mark = re.escape(boundary.encode("utf-8", "replace"))
        line = re.compile(rb"\n--" + mark + rb"(--)?[ \t]*(?:\r?\n|\Z)")
        # The line feed before a boundary line is also the end of the line before: look from one byte earlier.
        position, first = max(start - 1, 0), -1
        while found := line.search(self._data, position, end):
            if first >= 0:
                # the line end before a boundary belongs to the boundary (RFC 2046 5.1.1)
                last = found.start() - (self._data[found.start() - 1 : found.start()] == b"\r")
                yield first, max(first, last)
            if found.group(1):
                return
            first = found.end()
            position = max(found.end() - 1, found.start() + 1)
        if 0 <= first < end:
            yield first, end


def _lines(head: bytes) -> list[bytes]:
    if len(head) > HEADERS_LIMIT:
        head = head[: head.rfind(b"\n", 0, HEADERS_LIMIT) + 1]
    return head.removesuffix(b"\n").split(b"\n") if head else []


def _with_line_feeds(data: bytes) -> bytes:
    """Lines that end in a bare CR (old Macs, broken gateways) end in LF; all else stays as it is."""
    return data.replace(b"\r", b"\n") if b"\n" not in data[:2000] and b"\r" in data[:2000] else data


def _begin(data: bytes) -> int:
    blank = _BLANK_START.match(data)
    return blank.end() if blank else 0


def _joined(items: list[tuple[str, list[bytes]]]) -> Headers:
    return Headers([(name, b" ".join(lines)) for name, lines in items])


def _put_together(pieces: list[tuple[int, bool, str]]) -> str:
    charset, data = "utf-8", b""
    for position, (_, is_encoded, value) in enumerate(sorted(pieces, key=lambda piece: piece[0])):
        if is_encoded and position == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        data += unquote_to_bytes(value) if is_encoded else value.encode("utf-8", "replace")
    return decoded(data, charset)


def _from_base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        clean = _NOT_BASE64.sub(b"", data)
        clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def _from_uu(line: bytes) -> bytes:
    try:
        return b"" if line.startswith((b"begin ", b"end")) else binascii.a2b_uu(line)
    except binascii.Error:
        return b""
