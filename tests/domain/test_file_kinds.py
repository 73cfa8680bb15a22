"""What a file is, by its content; and names that do no harm."""

import os
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.attachments import safe_name
from chalicelib.domain.file_kinds import EXTENSIONS, Content, kind_of, offered_name
from tests.sample_files import GIF, PDF, REFUSED, TAKEN, compound, docx


@pytest.mark.parametrize(("name", "content", "kind"), TAKEN, ids=[name for name, _, _ in TAKEN])
def test_a_file_is_what_its_content_says(name, content, kind):
    assert kind_of(Content.of(content), name) == kind
    assert offered_name(name, kind) in (name, f"{name}.{EXTENSIONS[kind][0]}")


@pytest.mark.parametrize(("name", "content"), REFUSED)
def test_what_could_be_run_or_hides_something_is_refused(name, content):
    assert kind_of(Content.of(content), name) is None


def test_every_kind_is_shown_by_an_example():
    shown = {kind for _, _, kind in TAKEN}

    assert EXTENSIONS.keys() - shown == {"application/vnd.oasis.opendocument.presentation", "video/3gpp"}


@pytest.mark.parametrize("name", ["plan.exe", "plan.html", "plan.js", "plan"])
def test_a_name_makes_no_kind_and_what_is_saved_opens_as_what_it_is(name):
    assert kind_of(Content.of(PDF), name) == "application/pdf"
    assert offered_name(name, "application/pdf") == f"{name}.pdf"
    assert offered_name("Dach.JPEG", "image/jpeg") == "Dach.JPEG"


@pytest.mark.parametrize("content", [docx(400_000), compound("Workbook", leading=100), GIF])
def test_a_file_that_lies_elsewhere_is_the_same(content):
    asked = []

    def read(start, length):
        asked.append((start, length))
        return content[start : start + length]

    assert kind_of(Content(len(content), read), "x") == kind_of(Content.of(content), "x") is not None
    assert asked[0] == (0, 4_096)


@given(st.binary(max_size=2_000), st.sampled_from(["a.txt", "a.pdf", "a.js", ""]))
def test_any_bytes_are_one_of_the_kinds_or_none(content, name):
    assert kind_of(Content.of(content), name) in {None, *EXTENSIONS}


@pytest.mark.parametrize(("_", "content", "kind"), TAKEN, ids=[name for name, _, _ in TAKEN])
def test_a_damaged_file_never_raises(_, content, kind):
    chance = random.Random(7)
    for _ in range(60):
        damaged = bytearray(content[:2_000])
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        assert kind_of(Content.of(bytes(damaged)), "a.txt") in {None, *EXTENSIONS}


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", b"<" * 9, b"x" * 100])
def test_a_file_of_4_mb_is_told_at_once(start):
    content = start + os.urandom(4_000_000)
    begin = time.process_time()
    kind_of(Content.of(content), "a")

    assert time.process_time() - begin < 0.5


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Dachplan.pdf", "Dachplan.pdf"),
        ("C:\\Users\\Änne\\Dach plan.pdf", "Dach plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (".htaccess", "htaccess"),
        ("a\0b\r\nc\x1b[31m.pdf", "ab c[31m.pdf"),
        ("Rechnung\u202efdp.exe", "Rechnungfdp.exe"),
        ("a\u2066b\u2069\u200f.txt", "ab.txt"),
        ("  viele   Leerzeichen \t.pdf. ", "viele Leerzeichen .pdf"),
        ("Grundriß 😀 Łódź.pdf", "Grundriß 😀 Łódź.pdf"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
        ("half\ud83d.pdf", "half.pdf"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("e\u0301tage.pdf", "étage.pdf"),
    ],
)
def test_a_name_is_one_line_without_a_path(sent, shown):
    assert safe_name(sent) == shown


@given(st.text(max_size=400))
def test_any_name_can_be_shown_and_saved(name):
    shown = safe_name(name)

    assert 0 < len(shown) <= 255
    assert shown == shown.strip()
    assert not set(shown) & set("/\\\0\r\n\u202e\u2066\u200b")
    shown.encode()
    assert safe_name(shown) == shown
