"""What curl, wget, node, urllib and Chromium really sent (record_form_posts.py) becomes the same person every time."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.domain.attachments import Attachment
from chalicelib.domain.inbound import Raw, Reading
from chalicelib.sources import read
from tests.sources.record_form_posts import FILE, FILE_NAME, FOLDER, FORMS, NODE_WAYS, PERSON, SCRIPTS

RECORDED = sorted(FOLDER.glob("*.post"))
VALUES = {
    "name": ("Änne Öztürk",),
    "emails": ("aenne@example.de",),
    "phones": ("0176 04069012",),
    "comment": ("Grüße aus Łódź: 5 € & mehr = 100 % 😀",),
}


def inbound_of(path: Path):
    head, _, body = path.read_bytes().partition(b"\r\n\r\n") if path.read_bytes()[:2] != b"\r\n" else (
        b"", b"", path.read_bytes()[2:])  # fmt: skip
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
    meta = {"content_encoding": headers["content-encoding"]} if "content-encoding" in headers else {}
    raw = Raw(
        "web_form", "frm_demo", "", datetime(2026, 11, 23, tzinfo=UTC), body, headers.get("content-type", ""), meta
    )
    return read(raw, Reading())


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_whatever_client_sends_it_the_person_is_the_same(path):
    inbound = inbound_of(path)

    with_file = "with-file" in path.stem or "with-blob" in path.stem
    assert inbound.values == VALUES
    assert inbound.entry == {"form": "frm_demo"}
    assert inbound.problems == ()
    assert inbound.verdict is None
    assert inbound.files == ((Attachment(FILE_NAME, "plan", FILE),) if with_file else ())


def test_every_way_to_send_is_recorded():
    stems = {path.stem for path in RECORDED}

    assert {f"chromium-{name}" for name in (*FORMS, *SCRIPTS)} | {f"node-{way}" for way in NODE_WAYS} <= stems
    assert sum(stem.startswith("curl") for stem in stems) >= 10
    assert sum(stem.startswith("wget") for stem in stems) >= 3
    assert sum(stem.startswith("urllib") for stem in stems) >= 4
    assert PERSON["nachricht"] == VALUES["comment"][0]
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in RECORDED}) > 25
