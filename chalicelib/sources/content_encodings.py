"""Bodies that were compressed on their way: opened where the standard library can, up to a limit."""

from __future__ import annotations

import codecs
import re
import zlib

#: A compressed body is opened up to this many bytes.
MOST_BYTES = 8 * 2**20
#: Of a gzip that was put together from several; each costs a copy of what follows it.
MOST_MEMBERS = 8
_GZIP = b"\x1f\x8b"
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


def opened(body: bytes, encoding: str) -> tuple[bytes, str]:
    """(the body as it was meant, why it cannot be read; empty if it can).

    Args:
        encoding: Content-Encoding as sent; a hint: gzip is told by its first bytes, and a text is a text, whatever a
            header says of it that some proxy forgot to take off.
    """
    if body[:2] == _GZIP:
        return _gunzipped(body)
    said = [name for name in encoding.lower().replace(" ", "").split(",") if name not in ("", "identity")]
    if not said or not body or _is_text(body):
        return body, ""
    if said in (["deflate"], ["gzip"], ["x-gzip"]):
        return _inflated(body)
    return body, f"content encoding {encoding[:40]!r} is not read"


def _gunzipped(body: bytes) -> tuple[bytes, str]:
    """RFC 1952: one member or several behind each other."""
    result, members = b"", 0
    while body[:2] == _GZIP and members < MOST_MEMBERS:
        members += 1
        opener = zlib.decompressobj(wbits=31)
        try:
            result += opener.decompress(body, MOST_BYTES + 1 - len(result))
        except zlib.error:
            return (result, "") if result else (body, "it is no gzip")
        if len(result) > MOST_BYTES:
            return b"", f"it has more than {MOST_BYTES} bytes when opened"
        body = opener.unused_data
    return result, ""


def _inflated(body: bytes) -> tuple[bytes, str]:
    """`deflate` is zlib's form (RFC 9110 8.4.1.2), and bare deflate from those who took it at its word."""
    for bits in (15, -15):
        opener = zlib.decompressobj(wbits=bits)
        try:
            result = opener.decompress(body, MOST_BYTES + 1)
        except zlib.error:
            continue
        if opener.eof and len(result) <= MOST_BYTES:
            return result, ""
    return body, ""


def _is_text(body: bytes) -> bool:
    try:
        return not _CONTROLS.search(codecs.getincrementaldecoder("utf-8")().decode(body[:4_096]))
    except UnicodeDecodeError:
        return False
