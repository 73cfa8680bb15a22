"""Hosts that pages stand on: as people write them → as browsers name them, or what is wrong with them."""

from __future__ import annotations

import re
import unicodedata

LONGEST, LONGEST_LABEL = 253, 63
#: In front of a host: all below it, itself not.
ALL_BELOW = "*."

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PORT = re.compile(r":[0-9]*$")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_NUMBERS = re.compile(r"[0-9.]+")


def clean_host(text: str) -> tuple[str, str]:
    """A host, or why it is none: one of the two is empty.

    Returns:
        lower case, an international name in its ASCII form as browsers send it (`xn--kfer-loa.example`, UTS 46,
        non-transitional: `ß` stays); `*.example.de` for all below.
    """
    given = text.strip()
    if mistake := _mistake(given):
        return "", mistake
    wild = given.startswith(ALL_BELOW)
    name = unicodedata.normalize("NFKC", given.removeprefix(ALL_BELOW).lower()).replace("\u3002", ".")
    labels = [_ascii(label) for label in name.removesuffix(".").split(".")]
    host = ".".join(labels)
    if len(host) > LONGEST or not all(len(label) <= LONGEST_LABEL and _LABEL.fullmatch(label) for label in labels):
        return "", "a host consists of letters, digits and hyphens with dots between, like www.example.de"
    if wild and len(labels) == 1:
        return "", f"all below '{host}' is nobody's own; write *.example.{host}"
    if labels[-1].isdecimal() and (wild or not _is_address(labels)):
        return "", "a number at the end is that of an address like 192.0.2.1"
    return (ALL_BELOW if wild else "") + host, ""


def _mistake(given: str) -> str:
    """What was likely meant by something that is no host."""
    if not given:
        return "it is empty"
    if re.search(r"[\s,;|]", given):
        return "one host each; several are several elements of the list"
    if scheme := _SCHEME.match(given):
        return f"'{scheme[0]}' does not belong here; write {_bare(given[scheme.end() :])}"
    if "@" in given:
        return f"what stands in front of the @ does not belong here; write {_bare(given.rpartition('@')[2])}"
    if re.search(r"[/?#\\]", given):
        return f"a path does not belong here; write {_bare(given)}"
    if _PORT.search(given):
        return f"a port does not belong here: every port counts; write {_bare(given)}"
    if given in ("*", ALL_BELOW):
        return "an empty list allows all hosts"
    if "*" in given.removeprefix(ALL_BELOW):
        return "a * stands in front only: *.example.de is all below example.de"
    return ""


def _bare(text: str) -> str:
    """The host in an address; something like it where there is none."""
    return _PORT.sub("", re.split(r"[/?#\\]", text)[0].rpartition("@")[2])[:LONGEST] or "www.example.de"


def _ascii(label: str) -> str:
    if label.isascii():
        return label
    sound = all(unicodedata.category(sign)[0] in "LMN" or sign == "-" for sign in label)
    return "xn--" + label.encode("punycode").decode() if sound else ""


def _is_address(labels: list[str]) -> bool:
    return len(labels) == 4 and all(label.isdecimal() and int(label) < 256 for label in labels)
