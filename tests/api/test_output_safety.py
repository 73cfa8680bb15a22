"""S3: whatever a visitor writes into whichever field, nobody's browser, spreadsheet or mail program runs it."""

from __future__ import annotations

import csv
import io
import json
import re
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.domain.cleaning import sound
from chalicelib.store import files, records
from tests.api.client import Reply
from tests.api.test_form_files import multipart
from tests.desk import Desk
from tests.naughty import FORMULAS, naughty, scripts
from tests.sample_files import PDF

TEXTS = naughty()
#: Texts of a world: moto copies its tables with each transaction.
BATCH = 60
BATCHES = range(-(-len(TEXTS) // BATCH))
#: Inputs of a post: of a lead's fields, of none, of evidence.
_INPUTS = """
    name vorname nachname firma position betreff nachricht strasse ort telefon url anrede whatsapp Lieblingsfarbe
    utm_source utm_campaign gclid page_url referrer
"""
FIELDS = tuple(_INPUTS.split())
#: What a spreadsheet runs, blanks and controls before it or not.
RUN_BY_A_SPREADSHEET = re.compile("^[\\s\x00-\x20\u200b\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")


def test_there_are_enough_of_them() -> None:
    assert len(scripts()) >= 150
    assert len(TEXTS) >= 300
    assert all(RUN_BY_A_SPREADSHEET.search(text.lstrip("'")) for text in FORMULAS)


@pytest.mark.parametrize("batch", BATCHES)
def test_nothing_that_a_visitor_wrote_is_run(desk: Desk, batch: int) -> None:
    texts = TEXTS[batch * BATCH : (batch + 1) * BATCH]
    spam = {"per_minute": None, "most_links": None, "repeated_text": False}
    records.put("FORM", "frm_demo", {"name": "Demo form", "spam": spam})
    for number, text in enumerate(texts):
        fields = {**dict.fromkeys(FIELDS, text), text[:200]: text, "e-mail": f"n{number}@example.de", "_key": text}
        reply = desk.post(
            multipart(fields, [("plan", text, PDF), (text, "a.png", b"<script>")]),
            media_type="multipart/form-data; boundary=grenze",
            Referer="https://kaefer.example/",
            **{"User-Agent": "x"},
        )
        assert reply.status == 200, (text, reply.text)
        is_json(reply)

    listed = desk.client.get("/v1/leads?limit=200&fields=id,name,title,company,comment,emails")
    is_json(listed)
    leads = {lead["emails"][0]["address"]: lead for lead in listed.json["data"]}
    for number, text in enumerate(texts):
        lead = leads[f"n{number}@example.de"]
        timeline = desk.client.get(f"/v1/leads/{lead['id']}/timeline")
        is_json(timeline)
        told = timeline.json["data"][-1]["data"]
        if number % 6 == 0:
            is_json(desk.client.get(f"/v1/leads/{lead['id']}?include=timeline"))
            is_json(desk.client.get(f"/v1/intake/receipts/{told['receipt_id']}"))
        if (kept := sound(text).strip()) and "Lieblingsfarbe" in told["fields"]:
            assert kept.startswith(told["fields"]["Lieblingsfarbe"].removesuffix("…")), text  # cut, not changed
        for file in told["files"]:
            is_saved(file)
    no_cell_runs(exported(desk))


def is_json(reply: Reply) -> None:
    """JSON and nothing a browser would take for anything else, whatever it holds."""
    assert reply.headers["Content-Type"].partition(";")[0] == "application/json"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in reply.headers
    json.loads(reply.body)


def is_saved(file: dict[str, Any]) -> None:
    """A link says `attachment`, one line, one name, and no type that a browser shows; a refused file has none."""
    if "refused" in file:
        assert "link" not in file
        return
    said = parse_qs(urlsplit(file["link"]).query)
    assert said["response-content-type"] == ["application/octet-stream"]
    (disposition,) = said["response-content-disposition"]
    assert disposition.isascii()
    assert disposition.isprintable()
    message = Message()
    message["Content-Disposition"] = disposition
    assert message.get_content_disposition() == "attachment"
    assert str(message.get_filename()).endswith(".pdf")
    assert set(dict(message.get_params(header="content-disposition") or ())) == {"attachment", "filename"}


def exported(desk: Desk) -> str:
    """All leads with every column, as a file."""
    asked = desk.client.post("/v1/exports", json={"filters": {}, "format": "csv"})
    desk.work_off("work")
    export = desk.get(f"/v1/exports/{asked.json['id']}")
    said = parse_qs(urlsplit(export["url"]).query)
    assert said["response-content-disposition"][0].startswith("attachment; filename=")
    return files.read("files", urlsplit(export["url"]).path.removeprefix("/")).decode("utf-8-sig")


def no_cell_runs(table: str) -> None:
    rows = list(csv.reader(io.StringIO(table, newline=""), delimiter=";"))
    assert len({len(row) for row in rows}) == 1
    assert [cell for row in rows for cell in row if RUN_BY_A_SPREADSHEET.search(cell)] == []


def test_the_test_would_see_a_cell_that_runs() -> None:
    with pytest.raises(AssertionError):
        no_cell_runs('a;b\r\n1;"\n=1+1"\r\n')
