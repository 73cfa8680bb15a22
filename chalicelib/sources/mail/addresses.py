"""Address headers → names and addresses, in one walk from left to right, whatever stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.sources.mail.words import ENCODED_WORD, decode_words

MOST_ADDRESSES = 100
#: Characters read of one header; a hundred addresses fit with ease.
_LIMIT = 64 * 1024
_PLAIN = re.compile(r"[^\"(<,;:=\\]+")
_ROUTE = re.compile(r"^@[^:]*:")  # RFC 5322 4.4, obsolete: <@relay.example:aenne@example.de>


@dataclass(frozen=True)
class Address:
    """One person of a header.

    Attributes:
        name: decoded, for people; empty when there is none, or when it is an address itself (a disguise).
        address: as written, without blanks; empty where a header names nobody we could reach.
    """

    name: str
    address: str

    @property
    def domain(self) -> str:
        """Lower case."""
        return self.address.rpartition("@")[2].lower()

    def shown(self) -> str:
        """As people write it: `Änne Öztürk <aenne@example.de>`."""
        return f"{self.name} <{self.address}>" if self.name else self.address


def parse_addresses(text: str) -> list[Address]:
    """The first hundred addresses of a header's raw value (encoded words not yet decoded)."""
    found: list[Address] = []
    without_address = ""
    for element in _elements(text[:_LIMIT]):
        if not element.has_address:
            # `Müller, Hans <hans@example.de>`: the comma should have been in quotes.
            without_address = element.name
            continue
        name = f"{without_address}, {element.name}" if without_address and element.is_bracketed else element.name
        without_address = ""
        found.append(Address(_shown_name(name or element.comment), _bare(element.address)))
        if len(found) == MOST_ADDRESSES:
            break
    return [address for address in found if address.address]


class _Element:
    """What stands between two commas, while it is read."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._has_at = False
        self.comment = ""
        self.bracket: str | None = None

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._has_at = self._has_at or "@" in piece

    @property
    def is_bracketed(self) -> bool:
        return self.bracket is not None

    @property
    def has_address(self) -> bool:
        return self.is_bracketed or self._has_at

    @property
    def name(self) -> str:
        return "".join(self._pieces).strip() if self.is_bracketed or not self._has_at else ""

    @property
    def address(self) -> str:
        return "".join(self._pieces) if self.bracket is None else self.bracket


def _elements(text: str) -> Iterator[_Element]:
    element, position = _Element(), 0
    while position < len(text):
        sign = text[position]
        if sign == '"':
            quoted, position = _quoted(text, position)
            element.add(quoted)
        elif sign == "(":
            comment, position = _comment(text, position)
            element.comment = element.comment or comment
        elif sign == "<":
            close = text.find(">", position)
            close = len(text) if close < 0 else close
            element.bracket = text[position + 1 : close]
            position = close + 1
        elif sign in ",;":
            yield element
            element, position = _Element(), position + 1
        elif sign == ":" and not element.has_address:
            element, position = _Element(), position + 1  # a group's name: `Team: a@example.de, b@example.de;`
        elif sign == "=" and (word := ENCODED_WORD.match(text, position)):
            element.add(word.group())
            position = word.end()
        elif plain := _PLAIN.match(text, position):
            element.add(plain.group())
            position = plain.end()
        else:
            element.add(sign)
            position += 1
    yield element


def _quoted(text: str, position: int) -> tuple[str, int]:
    signs: list[str] = []
    position += 1
    while position < len(text) and text[position] != '"':
        position += text[position] == "\\"
        signs.append(text[position : position + 1])
        position += 1
    return "".join(signs), position + 1


def _comment(text: str, position: int) -> tuple[str, int]:
    """(the comment without its outer brackets, where it ends); nesting is counted, not followed."""
    start, depth = position + 1, 0
    while position < len(text):
        sign = text[position]
        if sign == "\\":
            position += 1
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0:
                break
        position += 1
    return text[start:position], position + 1


def _shown_name(text: str) -> str:
    name = decode_words(text[:2_000]).strip("'\"` ")[:255]
    return "" if "@" in name else name


def _bare(text: str) -> str:
    address = "".join(decode_words(_ROUTE.sub("", text[:1_000].strip(), count=1)).split())
    if address[:7].lower() == "mailto:":
        address = address[7:]
    local, _, domain = address.rpartition("@")
    return address if local and "." in domain and len(address) <= 254 else ""
