"""Header values as people read them: raw bytes and encoded words (RFC 2047) → text."""

from __future__ import annotations

import binascii
import re

from chalicelib.sources.charsets import decoded

#: Also with blanks inside, as some mailers write them.
ENCODED_WORD = re.compile(r"=\?([\w.:+*-]{1,60})\?([bBqQ])\?([^?]*)\?=")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def header_text(value: bytes) -> str:
    """A header's bytes as text: ASCII as it should be, else UTF-8 where that fits, else cp1252."""
    return decoded(value)


def decode_words(text: str) -> str:
    """Encoded words decoded, what remains on one line without control characters.

    Words side by side belong together, also where a sender cut a letter in two; the blanks between them are none.
    """
    result: list[str] = []
    charset, data, position, after_word = "", b"", 0, False
    for word in ENCODED_WORD.finditer(text):
        between = text[position : word.start()]
        if not after_word or between.strip():
            result += [decoded(data, charset), between]
            charset, data = "", b""
        name = word.group(1).partition("*")[0]  # RFC 2231 section 5: charset*language
        if name.lower() != charset.lower():
            result.append(decoded(data, charset))
            charset, data = name, b""
        data += _bytes_of(word.group(2), word.group(3))
        position, after_word = word.end(), True
    result += [decoded(data, charset), text[position:]]
    return " ".join(_CONTROLS.sub(" ", "".join(result)).split())


def _bytes_of(encoding: str, body: str) -> bytes:
    data = body.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    clean = _NOT_BASE64.sub(b"", data)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
