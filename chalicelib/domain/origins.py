"""Where web pages stand: hosts as somebody enters them, addresses as browsers send them, whether they are the same.

An entry is `example.de`, `*.example.de` (all below, not itself) or `example.de:8080`. Without a port every port counts:
browsers do not keep the ports of a host apart either, where it is about cookies.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_NAME = 253


class Place(NamedTuple):
    """Where an address leads.

    Attributes:
        scheme: `http` or `https`.
        host: see `normal`.
    """

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """`example.de`, with the port where it is not the scheme's own."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"


def normal(name: str) -> str:
    """A host name as it is compared: lower case, ASCII (`xn--…`), no dot at its end; empty for what is no plain name.

    Signs that browsers turn into others (full-width letters, `。`, soft hyphens) make no plain name: nobody writes
    them who means well. Neither do percent-encoding, IPv6 and numbers that are read as an IPv4 address (`127.1`).
    """
    text = unicodedata.normalize("NFC", name.lower()).removesuffix(".")
    if text != unicodedata.normalize("NFKC", text):
        return ""
    labels = [_label(label) for label in text.split(".")]
    ascii_name = ".".join(labels)
    if not all(labels) or len(ascii_name) > LONGEST_NAME or (_NUMBER.fullmatch(labels[-1]) and not _is_ip(ascii_name)):
        return ""
    return ascii_name


def place(address: str) -> Place | None:
    """Where an absolute address of http or https leads; None where it is none, or has anything odd before its path."""
    found = _ADDRESS.match(address[: LONGEST_NAME * 4])
    host = normal(found["host"]) if found else ""
    if not found or not host:
        return None
    scheme = found["scheme"].lower()
    port = int(found["port"] or DEFAULT_PORTS[scheme])
    return Place(scheme, host, port) if port < 65_536 else None


def is_among(found: Place, entries: Iterable[str]) -> bool:
    """Whether one of the entries means this place."""
    return any(_fits(found.host, name) and port in ("", str(found.port)) for name, port in map(_parts, entries))


def is_named(host: str, entries: Iterable[str]) -> bool:
    """As `is_among` for a host of which no port is known."""
    name = normal(host)
    return bool(name) and any(_fits(name, _parts(entry)[0]) for entry in entries)


def sources(entries: Iterable[str]) -> list[str]:
    """The entries as sources of a Content-Security-Policy; `http:` there means https, too."""
    return [f"http://{'*' * (name[0] == '.')}{name}:{port or '*'}" for name, port in map(_parts, entries) if name]


def _parts(entry: str) -> tuple[str, str]:
    """(name, port): the name begins with a dot where it means all below it; empty for what is no entry."""
    host, _, port = entry.strip().partition(":")
    below = host.startswith("*.")
    name = normal(host[2:] if below else host)
    return f".{name}" if name and below else name, port if port.isascii() and port.isdecimal() else ""


def _fits(host: str, name: str) -> bool:
    return bool(name) and (host.endswith(name) and host != name if name[0] == "." else host == name)


def _label(label: str) -> str:
    """One step of a name in ASCII; empty where it is none."""
    if label.isascii():
        return label if _LABEL.fullmatch(label) else ""
    if not all(sign == "-" or sign.isalnum() or unicodedata.category(sign)[0] == "M" for sign in label):
        return ""
    encoded = "xn--" + label.encode("punycode").decode("ascii")
    return encoded if _LABEL.fullmatch(encoded) else ""


def _is_ip(name: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(name)) == name
    except ValueError:
        return False


_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
#: Nothing that some reader takes for the end of the host, or for something before it.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^\s/?#\\@:\[\]%]+)(?::(?P<port>[0-9]{0,5}))?(?=[/?#]|\Z)", re.IGNORECASE
)
