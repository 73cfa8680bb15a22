"""The embed script: small, readable, kept for an hour, and loadable from anywhere."""

from __future__ import annotations

import gzip
import re

from tests.desk import Desk

SCRIPT = "/embed/leadger.js"


def test_the_script_is_text_that_every_page_may_load(desk: Desk) -> None:
    reply = desk.visitor.get(SCRIPT)

    assert reply.status == 200
    assert {name: reply.headers[name] for name in (
        "Content-Type", "Cache-Control", "Access-Control-Allow-Origin", "Cross-Origin-Resource-Policy",
        "X-Content-Type-Options",
    )} == {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "public, max-age=3600",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }  # fmt: skip


def test_who_has_the_script_is_not_sent_it_again(desk: Desk) -> None:
    etag = desk.visitor.get(SCRIPT).headers["ETag"]

    again = desk.visitor.get(SCRIPT, headers={"If-None-Match": etag})

    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)


def test_the_script_has_at_most_three_kilobytes_compressed(desk: Desk) -> None:
    size = len(gzip.compress(desk.visitor.get(SCRIPT).body, 9))

    print(f"leadger.js: {size} bytes compressed")
    assert size <= 3 * 1024


def test_nothing_in_the_script_is_forbidden_by_strict_policies(desk: Desk) -> None:
    """It is all of our own: no evaluated text, no handler as text, nothing loaded from elsewhere."""
    text = desk.visitor.get(SCRIPT).text

    assert re.findall(r"\beval\b|new Function|document\.write|\.on[a-z]+ ?=|\bimport\b|\.style\b|innerHTML", text) == [
        "innerHTML"  # the fragment, whose texts the server has escaped
    ]
    assert set(re.findall(r"https?://[a-z]", text)) == set()
