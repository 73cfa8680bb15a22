"""Where a sender may have a browser sent on to: the form's own hosts, in no spelling that somebody reads otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from chalicelib.domain import origins

LONGEST = 2_000


def allowed(target: str, entries: Iterable[str]) -> str:
    """The address if it leads to one of the hosts, written anew from what was understood, ASCII; else nothing.

    Refused are user information, backslashes, blanks and control characters anywhere, and whatever `origins.place` does
    not take for an address: relative ones, `//evil`, `https:evil`, `https:///evil`.

    Args:
        target: as it was sent.
        entries: see `origins`.
    """
    found = None if len(target) > LONGEST or _ODD.search(target) else origins.place(target)
    if found is None or not origins.is_among(found, entries):
        return ""
    rest = quote(_BEFORE_PATH.sub("", target, count=1), safe="%/?:#[]@!$&'()*+,;=~", errors="replace")
    return f"{found.scheme}://{found}{rest}"


#: C0 with tab and line ends, blank, DEL and C1; the backslash, which browsers read as a slash.
_ODD = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029]")
_BEFORE_PATH = re.compile(r"[^:]*://[^/?#]*")
