"""What curl, wget, node, urllib and Chromium really sent (record_form_posts.py) becomes the same person every time."""

import hashlib
import json
import random
from dataclasses import replace
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


def raw_of(path: Path) -> Raw:
    """A recording as the door hands it on."""
    whole = path.read_bytes()
    head, _, body = whole.partition(b"\r\n\r\n") if not whole.startswith(b"\r\n") else (b"", b"", whole[2:])
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
    meta = {"content_encoding": headers["content-encoding"]} if "content-encoding" in headers else {}
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return Raw("web_form", "frm_demo", "", at, body, headers.get("content-type", ""), meta)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_whatever_client_sends_it_the_person_is_the_same(path):
    inbound = read(raw_of(path), Reading())

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


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recording_that_was_damaged_on_its_way_is_kept_and_never_raises(path):
    raw, chance = raw_of(path), random.Random(7)

    for cut in range(0, len(raw.body), 13):
        damaged = bytearray(raw.body)
        damaged[cut] = chance.randrange(256)
        for body in (raw.body[:cut], bytes(damaged)):
            inbound = read(replace(raw, body=body), Reading())
            assert inbound.raw.body == body
            assert inbound.verdict or inbound.values or inbound.files
            json.dumps([dict(inbound.entry), dict(inbound.values)], ensure_ascii=False).encode()
