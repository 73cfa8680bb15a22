"""Bodies of form posts: bytes → name and value pairs, in the order sent. Never raises, takes time in proportion.

Multipart is split here, not by `email.parser`: a form's parts are never nested and their bytes are never encoded, so
forty lines do it without recursion, and without turning a photograph into text and back.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from io import StringIO
from itertools import islice
from typing import Any, NamedTuple

from chalicelib.domain.cleaning import sound
from chalicelib.domain.errors import Problem
from chalicelib.domain.problems import problem
from chalicelib.sources.charsets import charset_of, decoded
from chalicelib.sources.content_encodings import opened

#: Pairs read of one body; further ones stay in the raw. Form tools send six pairs a field.
MOST_PAIRS = 2_000
MOST_LEVELS = 20
LONGEST_NAME = 255


class Pair(NamedTuple):
    """One field as sent, as text without control characters."""

    name: str
    value: str


@dataclass(frozen=True)
class FilePart:
    """A file of a multipart body.

    Attributes:
        field: name of the field.
        name: of the file, as the sender calls it: not a path to be trusted.
        size: bytes.
        content_type: as sent.
        digest: of the bytes, hexadecimal.
        content: the bytes.
    """

    field: str
    name: str
    size: int
    content_type: str
    digest: str
    content: bytes = dataclasses.field(default=b"", repr=False)


@dataclass(frozen=True)
class Body:
    """What was read of a body.

    Attributes:
        unreadable: why nothing could be read, for people; empty when it could.
    """

    pairs: tuple[Pair, ...] = ()
    files: tuple[FilePart, ...] = ()
    problems: tuple[Problem, ...] = ()
    unreadable: str = ""


def read_body(body: bytes, content_type: str, encoding: str = "") -> Body:
    """The pairs and files of a form post.

    Args:
        body: as received.
        content_type: as sent. It is a hint: bodies that are plainly something else are read as what they are.
        encoding: Content-Encoding as sent; a hint, too.
    """
    body, why = opened(body, encoding)
    if why:
        return Body(unreadable=why)
    if not body.strip(b"\0 \t\r\n"):
        return Body()
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    if kind.startswith("multipart/") or (not kind and body.lstrip()[:2] == b"--"):
        return _multipart(body, parameters)
    charset = _parameter(parameters, "charset")
    if kind.endswith("json") or _looks_like_json(body):
        read = _json(body, charset)
        if not read.unreadable or kind.endswith("json"):
            return read
    if kind == "text/plain":
        return _plain(body, charset)
    if kind in ("", "application/x-www-form-urlencoded", "application/octet-stream", "text/html"):
        return _urlencoded(body, charset)
    return Body(unreadable=f"content type {kind[:80]!r} is no form")


def _looks_like_json(body: bytes) -> bool:
    start = body[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    return start[:1] in (b"{", b"[")


# --- urlencoded and text/plain ------------------------------------------------------------------------------------


def _urlencoded(body: bytes, charset: str) -> Body:
    parts = (_unquoted(found.group()) for found in _BETWEEN_AMPERSANDS.finditer(body))
    read = list(islice(parts, MOST_PAIRS + 1))
    if not any(separated for _, separated, _ in read):
        return Body(unreadable="no name with a value")
    charset = next((value.decode("ascii", "replace") for name, _, value in read if name == b"_charset_"), "") or charset
    return _body((_text(name, charset), _text(value, charset)) for name, _, value in read)


def _unquoted(part: bytes) -> tuple[bytes, bytes, bytes]:
    name, separator, value = part.replace(b"+", b" ").partition(b"=")
    return _unquote(name), separator, _unquote(value)


def _unquote(data: bytes) -> bytes:
    # urllib's splits at every `%` first: 4 MB of them cost 2.5 s and 400 MB.
    return _QUOTED.sub(_unquoted_byte, data)


def _unquoted_byte(found: re.Match[bytes]) -> bytes:
    return _BYTE_BY_DIGITS[found[1].upper()]


def _plain(body: bytes, charset: str) -> Body:
    """`enctype=text/plain`: a line a field; lines without a name belong to the value above (a text area)."""
    read = _body(_lines(_text(body, charset)))
    return read if read.pairs else Body(unreadable="no name with a value")


def _lines(text: str) -> Iterator[tuple[str, str]]:
    current, lines = "", list[str]()
    for line in StringIO(text, newline=None):
        name, separator, value = line.rstrip("\n").partition("=")
        if not separator or len(name) > LONGEST_NAME:
            lines.append(line.rstrip("\n"))
            continue
        yield current, "\n".join(lines)
        current, lines = name, [value]
    yield current, "\n".join(lines)


# --- multipart ----------------------------------------------------------------------------------------------------


def _multipart(body: bytes, parameters: str) -> Body:
    boundary = _parameter(parameters, "boundary").encode("utf-8", "replace") or _first_boundary(body)
    if not boundary:
        return Body(unreadable="multipart without a boundary")
    parts, complete = _parts(body, boundary)
    if not any(part.name for part in parts):
        return Body(unreadable="multipart without a named part")
    charset = next((part.content.decode("ascii", "replace") for part in parts if part.name == b"_charset_"), "")
    pairs: list[tuple[str, str]] = []
    files: list[FilePart] = []
    for part in parts:
        if part.file_name is None:
            pairs.append((_name(part), _text(part.content, _parameter(part.content_type, "charset") or charset)))
        elif part.file_name or part.content:
            files.append(_file(part))
    read = _body(pairs)
    broken = () if complete else (problem("", "unreadable", why="the body ends in the middle"),)
    return Body(read.pairs, tuple(files), (*read.problems, *broken))


@dataclass(frozen=True)
class _Part:
    """`file_name` is None for a field."""

    name: bytes
    file_name: str | None
    content_type: str
    content: bytes


def _parts(body: bytes, boundary: bytes) -> tuple[list[_Part], bool]:
    """The parts, and whether the closing boundary was there."""
    # RFC 2046 5.1.1: the line end before a boundary belongs to it; blanks may follow. Some clients send bare LF.
    border = re.compile(rb"(?:\r\n|\n|\A)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    parts: list[_Part] = []
    start = None
    for found in border.finditer(body):
        if start is not None and len(parts) <= MOST_PAIRS:
            parts.append(_part(body[start : found.start()]))
        if found.group(1):
            return parts, True
        start = found.end()
    if start is not None and len(body) > start:
        parts.append(_part(body[start:]))
    return parts, False


def _part(data: bytes) -> _Part:
    data = data.removeprefix(b"\r").removeprefix(b"\n")
    if data[:2] == b"\r\n" or data[:1] == b"\n":  # no headers at all
        return _Part(b"", None, "", data.removeprefix(b"\r").removeprefix(b"\n"))
    found = _BLANK_LINE.search(data)
    head, content = (data[: found.start()], data[found.end() :]) if found else (data, b"")
    name, file_name, content_type = b"", None, ""
    for line in decoded(head[:8_000]).splitlines():
        header, _, value = line.partition(":")
        if header.strip().lower() == "content-disposition":
            name, file_name = _disposition(value)
        elif header.strip().lower() == "content-type":
            content_type = value.strip()
    return _Part(name, file_name, content_type, content)


def _disposition(value: str) -> tuple[bytes, str | None]:
    found = {match[1].lower(): match[2] if match[2] is not None else match[3] for match in _PARAMETER.finditer(value)}
    file_name = found.get("filename")
    if extended := found.get("filename*"):
        charset, _, quoted = extended.partition("'")
        file_name = decoded(_unquote(quoted.partition("'")[2].encode("utf-8", "replace")), charset)
    name = _unescaped(found.get("name") or "").encode("utf-8", "replace")
    return name, None if file_name is None else sound(_unescaped(file_name))[:LONGEST_NAME]


def _unescaped(text: str) -> str:
    # Browsers write the three signs that would break the header like this, and nothing else (WHATWG HTML 4.10.21.8).
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n").replace('\\"', '"')


def _name(part: _Part) -> str:
    return part.name.decode("utf-8", "replace")


def _file(part: _Part) -> FilePart:
    return FilePart(
        field=sound(_name(part))[:LONGEST_NAME],
        name=part.file_name or "",
        size=len(part.content),
        content_type=part.content_type[:100],
        digest=blake2b(part.content, digest_size=16).hexdigest(),
        content=part.content,
    )


def _first_boundary(body: bytes) -> bytes:
    first = body.lstrip()[:200].splitlines()[:1]
    return first[0][2:].rstrip() if first and first[0][:2] == b"--" else b""


# --- JSON ---------------------------------------------------------------------------------------------------------


class _Members(tuple[tuple[str, Any], ...]):
    """The members of a JSON object in order, a name that stands twice included."""


def _json(body: bytes, charset: str) -> Body:
    try:
        # Numbers stay as they are written: ids of ad platforms are beyond 2^53, and NaN is somebody's mistake.
        document = json.loads(
            _json_text(body, charset),
            object_pairs_hook=_Members,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            strict=False,
        )
    except RecursionError:
        return Body(unreadable="JSON that is nested too deep")
    except ValueError:
        return Body(unreadable="broken JSON")
    if not isinstance(document, _Members | list):
        return Body(unreadable="JSON that is no object")
    too_deep: list[str] = []
    read = _body(_flattened(document, too_deep))
    problems = tuple(problem(name, "unreadable", why="nested too deep") for name in too_deep[:10])
    return Body(read.pairs, (), (*read.problems, *problems))


def _json_text(body: bytes, charset: str) -> str:
    codec = json.detect_encoding(body)
    if codec.startswith("utf-8"):
        return _text(body, charset).removeprefix("\ufeff")
    return body.decode(codec, "replace").removeprefix("\ufeff")


def _flattened(document: _Members | list[Any], too_deep: list[str]) -> Iterator[tuple[str, str]]:
    """Nested values under bracket names: `{"a": {"b": 1}, "c": [2, 3]}` → `a[b]`, `c`, `c`."""
    waiting: list[tuple[str, Any, int]] = [("", document, 0)]
    while waiting:
        name, value, level = waiting.pop()
        if isinstance(value, str | bool):
            yield name, value if isinstance(value, str) else str(value).lower()
        elif value is not None and level >= MOST_LEVELS:
            too_deep.append(name)
        elif value is not None:
            waiting.extend((*inner, level + 1) for inner in reversed(_inner(name, value)))


def _inner(name: str, value: _Members | list[Any]) -> list[tuple[str, Any]]:
    if isinstance(value, _Members):
        return [(_bracketed(name, member), inner) for member, inner in value]
    result: list[tuple[str, Any]] = []
    for position, item in enumerate(value):
        if named := _named_value(item):
            result.append(named)
        elif isinstance(item, _Members | list):
            result.append((_bracketed(name, str(position)), item))
        else:
            result.append((name, item))
    return result


def _named_value(item: Any) -> tuple[str, Any] | None:
    """`{"name": "email", "value": "…"}`, as jQuery's serializeArray and HubSpot send a field."""
    if not isinstance(item, _Members):
        return None
    members = dict(item)
    name = members.get("name")
    if isinstance(name, str) and name and "value" in members and "type" not in members:
        return name, members["value"]
    return None


def _bracketed(outer: str, inner: str) -> str:
    return f"{outer}[{inner}]"[:LONGEST_NAME] if outer else inner[:LONGEST_NAME]


# --- text ---------------------------------------------------------------------------------------------------------


def _body(pairs: Iterable[tuple[str, str]]) -> Body:
    named = ((sound(name).strip()[:LONGEST_NAME], value) for name, value in pairs)
    read = [Pair(name, _readable(value)) for name, value in islice((pair for pair in named if pair[0]), MOST_PAIRS + 1)]
    problems = (problem("", "fields_left_out", limit=MOST_PAIRS),) if len(read) > MOST_PAIRS else ()
    return Body(tuple(read[:MOST_PAIRS]), problems=problems)


def _readable(value: str) -> str:
    # A page that is not UTF-8 sends what its charset lacks as `&#321;`, and does not say so.
    return sound(_REFERENCE.sub(_referred, value))


def _referred(found: re.Match[str]) -> str:
    number = int(found[1])
    return chr(number) if 160 <= number < 0x110000 and not 0xD800 <= number < 0xE000 else found[0]


def _text(data: bytes, charset: str) -> str:
    """UTF-8 where it fits, whatever one-byte charset is declared; else the declared one, else cp1252."""
    if charset_of(charset) not in _WIDE:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return decoded(data, charset)


def _parameter(parameters: str, name: str) -> str:
    for found in _PARAMETER.finditer(";" + parameters[:1_000]):
        if found[1].lower() == name:
            return (found[2] if found[2] is not None else found[3]).strip()
    return ""


_WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "gb18030", "cp932", "cp949", "big5", "euc_jp",
                   "iso2022_jp"})  # fmt: skip
_QUOTED = re.compile(rb"%([0-9A-Fa-f]{2})")
_BYTE_BY_DIGITS = {b"%02X" % value: bytes((value,)) for value in range(256)}
_BETWEEN_AMPERSANDS = re.compile(rb"[^&]+")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_PARAMETER = re.compile(r";\s*([A-Za-z*]+)\s*=\s*(?:\"((?:\\\"|[^\"])*)\"|([^;\s]*))")
_REFERENCE = re.compile(r"&#([0-9]{3,7});")
