"""Values as text that a terminal can be given: one line, nothing in it that a terminal would obey."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

#: Also those of Unicode.
_LINE_ENDS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
#: C0 and C1 controls, separators, and the marks that turn the direction of text around.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """The text on one line; line ends and tabs are blanks, any other control character is a `�`."""
    return _OBEYED.sub("\N{REPLACEMENT CHARACTER}", _LINE_ENDS.sub(" ", text))


def line(value: Any) -> str:
    """JSON on one line, umlauts as they are, controls escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def shown(value: Any) -> str:
    """A JSON value for people: money, phones, e-mails, addresses and lists in their usual form."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(filter(None, (shown(each) for each in value)))
        case {"amount": amount, "currency": currency}:
            return f"{amount} {currency}"
        case {"e164": number, **more}:
            return number or str(more.get("raw") or "")
        case {"address": str(address)}:
            return clean(address)
        case {"url": str(url)}:
            return clean(url)
        case dict():
            return ", ".join(f"{clean(name)}: {shown(each)}" for name, each in value.items() if each not in (None, ""))
    return clean(str(value))


def local(at: Any) -> str:
    """A time of the API in this machine's time zone, to the minute; what is no time as it is."""
    try:
        return f"{datetime.fromisoformat(str(at)).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return clean(str(at or ""))
