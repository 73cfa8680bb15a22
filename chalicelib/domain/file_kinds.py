"""What a file is, by its content. Names and declared types are somebody's word; these are its bytes.

An own table of two dozen signatures. Tried and left: `puremagic` 1.30 calls every ZIP a .docx and every OLE file a
.doc, takes "BMW kaufen" for a picture and ID3 for .koz, and does not know an iPhone's `mif1`; the containers and texts
are where the harm is. A plain ZIP is none of the kinds: it may hold anything that this table refuses.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from chalicelib.domain.attachments import extension_of

#: Bytes of its beginning that tell most kinds, and of its end that hold the table of contents of a ZIP.
HEAD, TAIL = 4_096, 256 * 1024
#: Bytes of a text that are looked at.
TEXT = 64 * 1024

_OOXML = "application/vnd.openxmlformats-officedocument."
#: Content type → extensions; the first is given to a file whose name has none of them.
EXTENSIONS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/heic": ("heic", "heif"),
    "image/avif": ("avif",),
    "image/tiff": ("tif", "tiff", "dng"),
    "image/bmp": ("bmp", "dib"),
    f"{_OOXML}wordprocessingml.document": ("docx",),
    f"{_OOXML}spreadsheetml.sheet": ("xlsx",),
    f"{_OOXML}presentationml.presentation": ("pptx",),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "application/vnd.oasis.opendocument.presentation": ("odp",),
    "application/msword": ("doc",),
    "application/vnd.ms-excel": ("xls",),
    "application/rtf": ("rtf",),
    "text/plain": ("txt", "text", "md", "log", "asc"),
    "text/csv": ("csv", "tsv"),
    "text/vcard": ("vcf",),
    "text/calendar": ("ics",),
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov", "qt"),
    "video/3gpp": ("3gp", "3g2"),
    "video/webm": ("webm",),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a",),
    "audio/wav": ("wav",),
    "audio/ogg": ("ogg", "oga", "opus"),
}


@dataclass(frozen=True)
class Content:
    """A file's bytes, read where they are needed.

    Attributes:
        size: bytes.
        read: (from, how many) → bytes; fewer at the end.
    """

    size: int
    read: Callable[[int, int], bytes] = field(repr=False)

    @classmethod
    def of(cls, data: bytes) -> Content:
        """Bytes that are there."""
        return cls(len(data), lambda start, length: data[start : start + length])

    @cached_property
    def head(self) -> bytes:
        """Its beginning."""
        return self.read(0, HEAD)

    def tail(self) -> bytes:
        """Its end."""
        start = max(0, self.size - TAIL)
        return self.read(start, self.size - start)


def kind_of(content: Content, name: str) -> str | None:
    """The content type, a key of `EXTENSIONS`; None for what is not taken.

    Args:
        name: of the file. It never makes a kind; of a text, which has no signature, it can unmake one: a script is
            a text as well.
    """
    head = content.head
    if _MARKUP.search(head[:1_024]):
        return None  # a page is refused, and so is a picture that is a page as well
    for prefix, kind in _BEGINNINGS:
        if head.startswith(prefix):
            return kind
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head.startswith(b"PK\3\4"):
        return _zipped(content)
    if head.startswith(_OLE):
        return _compound(content)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"\x42\x82\x84webm" in head[:64] else None
    if head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-"):
        return "application/pdf"
    if _is_bitmap(head):
        return "image/bmp"
    if _is_mpeg_audio(head):
        return "audio/mpeg"
    return _text(content, name)


def offered_name(name: str, kind: str) -> str:
    """The name under which a file is saved: its extension is one of its kind, so that nothing else opens it."""
    known = EXTENSIONS.get(kind, ())
    return name if not known or extension_of(name) in known else f"{name}.{known[0]}"


# --- containers ---------------------------------------------------------------------------------------------------


def _zipped(content: Content) -> str | None:
    """A document of an office suite without macros. The table of contents decides, not the first entry."""
    try:
        names = zipfile.ZipFile(io.BytesIO(content.tail())).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    listed = set(names)
    if any(name.endswith("vbaProject.bin") or name.startswith(("Basic/", "Scripts/")) for name in names):
        return None
    if "META-INF/MANIFEST.MF" in listed:
        return None  # a program
    if "[Content_Types].xml" in listed:
        return next((kind for part, kind in _PARTS.items() if part in listed), None)
    if content.head[30:38] == b"mimetype" and "content.xml" in listed:
        told = content.head[38:100]
        return next((kind for kind in EXTENSIONS if "opendocument" in kind and told.startswith(kind.encode())), None)
    return None


def _compound(content: Content) -> str | None:
    """An older document of Word or Excel without macros: an OLE file ([MS-CFB]) with such a stream."""
    names = set(_streams(content))
    if names & {"Macros", "_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA"}:
        return None
    if "WordDocument" in names:
        return "application/msword"
    return "application/vnd.ms-excel" if names & {"Workbook", "Book"} else None


def _streams(content: Content) -> Iterator[str]:
    """Names in the directory of an OLE file, of its first sectors."""
    head = content.head
    size = 1 << min(_number(head, 30, 2), 12)
    per_sector = size // 4
    sector = _number(head, 48)
    for _ in range(64):
        entries = content.read((sector + 1) * size, size)
        for start in range(0, len(entries), 128):
            length = _number(entries, start + 64, 2)
            if 2 <= length <= 64:
                yield entries[start : start + length - 2].decode("utf-16-le", "replace")
        table = sector // per_sector
        if table >= 109:  # further parts of the allocation table are listed elsewhere: files of 7 MB and more
            return
        place = (_number(head, 76 + 4 * table) + 1) * size + 4 * (sector % per_sector)
        sector = _number(content.read(place, 4), 0)
        if sector >= 0xFFFFFFFA or (sector + 1) * size >= content.size:
            return


def _number(data: bytes, start: int, length: int = 4) -> int:
    return int.from_bytes(data[start : start + length], "little")


# --- what has no good signature -----------------------------------------------------------------------------------


def _is_bitmap(head: bytes) -> bool:
    return head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and _number(head, 14) in (12, 40, 52, 56, 64, 108, 124)


def _is_mpeg_audio(head: bytes) -> bool:
    """A frame of layer III without a tag before it."""
    if head[:3] == b"ID3":
        return True
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] & 0xF0 not in (0xF0, 0) and head[2] & 0x0C != 0x0C


def _text(content: Content, name: str) -> str | None:
    text = _decoded(content.read(0, TEXT))
    if text is None or text.lstrip("\ufeff \t\r\n").startswith(("<", "#!")):
        return None
    begin = text.lstrip("\ufeff \t\r\n")[:15].upper()
    if begin.startswith(("BEGIN:VCARD", "BEGIN:VCALENDAR")):
        return "text/vcard" if begin.startswith("BEGIN:VCARD") else "text/calendar"
    extension = extension_of(name)
    if extension in EXTENSIONS["text/csv"]:
        return "text/csv"
    return "text/plain" if extension in ("", *EXTENSIONS["text/plain"]) else None


def _decoded(data: bytes) -> str | None:
    """A text of people; None for anything with control characters in it. Its last letter may be cut."""
    if not data.strip():
        return None
    charsets = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "cp1252")
    for charset in charsets:
        try:
            text = codecs.getincrementaldecoder(charset)().decode(data)
        except UnicodeDecodeError:
            continue
        return None if _CONTROLS.search(text) else text
    return None


_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"OggS\0", "audio/ogg"),
    (b"{\\rtf", "application/rtf"),
)
#: ISO 14496-12 `ftyp`, the major brand: https://mp4ra.org/registered-types/brands
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"MSNV", b"dash",
                     b"M4V ", b"M4VH", b"M4VP", b"XAVC"), "video/mp4"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    **dict.fromkeys((b"3gp4", b"3gp5", b"3gp6", b"3g2a"), "video/3gpp"),
    b"qt  ": "video/quicktime",
}  # fmt: skip
_PARTS = {
    "word/document.xml": f"{_OOXML}wordprocessingml.document",
    "xl/workbook.xml": f"{_OOXML}spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OOXML}presentationml.presentation",
}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
#: What a browser that guesses would take for a page (https://mimesniff.spec.whatwg.org), or a server for a program.
#: At least four letters: fewer stand in a compressed picture by chance.
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|script|svg|iframe|img|object|embed|form|meta|style|table|link|\?php)", re.I
)
#: Controls but tab, line feed, form feed, carriage return.
_CONTROLS = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f]")
