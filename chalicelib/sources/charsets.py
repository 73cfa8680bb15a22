"""Bytes to text and back, where a wrong byte costs one character and never the whole."""

from __future__ import annotations

import codecs

#: Name of the error handler: pass it as `errors=` to anything that decodes or encodes.
FORGIVING = "leadger-forgiving"

#: Codecs that are no character sets, or that take quadratic time on hostile input (punycode, idna).
_NOT_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})
#: Names seen in the wild that Python does not know.
_ALIASES = {
    "ansi": "cp1252",
    "cp-850": "cp850",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "windows-874": "cp874",
    "x-gbk": "gb18030",
    "x-sjis": "cp932",
}
#: Declared narrow, sent wide: each is read as its superset, as browsers do (WHATWG encoding standard).
_SUPERSETS = {"iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}


def charset_of(name: str) -> str | None:
    """The name under which Python decodes what a sender calls `name`, or None when nobody knows that name."""
    wanted = name.strip().strip("'\"").lower()[:40]
    wanted = _ALIASES.get(wanted, wanted)
    try:
        info = codecs.lookup(wanted)
        b"text".decode(info.name, "replace")  # refuses codecs that do not make text: base64, zip, rot13
    except (LookupError, ValueError, TypeError):
        return None
    if info.name.replace("_", "-") in _NOT_CHARSETS:
        return None
    return _SUPERSETS.get(info.name, info.name)


def decoded(data: bytes, charset: str = "") -> str:
    """`data` as text. An unknown or missing charset is UTF-8 where that fits, else cp1252. Never raises."""
    codec = charset_of(charset) if charset else None
    if codec in (None, "ascii"):
        codec = "utf-8" if _is_utf8(data) else "cp1252"
    try:
        text = data.decode(codec or "cp1252", FORGIVING)
        # UTF-7 can spell half a letter, which no store takes.
        return text if codec != "utf-7" else text.encode("utf-8", "replace").decode("utf-8")
    except ValueError:  # a codec that does not ask the handler, e.g. broken UTF-7 or ISO-2022
        return data.decode("cp1252", FORGIVING)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _forgive(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        wrong = error.object[error.start : error.end]
        if error.encoding in ("utf-8", "ascii", "charmap"):
            return "".join(map(_as_cp1252, wrong)), error.end
        return "\ufffd", error.end
    if isinstance(error, UnicodeEncodeError):
        wrong_text = error.object[error.start : error.end]
        if error.encoding == "charmap" and all("\x80" <= sign <= "\x9f" for sign in wrong_text):
            return wrong_text.encode("latin-1"), error.end
        return "?" * len(wrong_text), error.end
    raise error


def _as_cp1252(byte: int) -> str:
    # Five bytes mean nothing in cp1252; they become the control characters of the same number, as in the WHATWG
    # standard, so that writing the text back gives the same bytes.
    try:
        return bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


codecs.register_error(FORGIVING, _forgive)
