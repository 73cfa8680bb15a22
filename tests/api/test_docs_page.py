"""`/docs`: the document as a page, without anything from elsewhere and without a script in the page."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.parse import urljoin

import pytest

from chalicelib.api.docs import ASSETS
from tests.api.client import Client
from tests.desk import Desk

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def test_the_page_allows_scripts_and_styles_from_here_only(desk: Desk) -> None:
    reply = desk.visitor.get("/docs")
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["Content-Security-Policy"].split(";"))

    assert policy == STRICT
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert re.findall(r"<script(?! src=)|<style|\son\w+=|\sstyle=|javascript:", reply.text) == []


@pytest.mark.parametrize("base", ["https://leads.example.de/docs", "https://x.example.de/prod/docs"])
def test_everything_that_the_page_loads_is_served_wherever_it_stands(desk: Desk, base: str) -> None:
    loaded = re.findall(r'(?:src|href)="([^"]+)"', desk.visitor.get("/docs").text)
    paths = [urljoin(base, address).removeprefix(base.removesuffix("/docs")) for address in loaded]

    assert {path: desk.visitor.get(path).status for path in paths} == {
        "/docs/assets/swagger-ui.min.css": 200,
        "/openapi.json": 200,
        "/docs/assets/swagger-ui-bundle.min.js": 200,
        "/docs/assets/start.js": 200,
    }


@pytest.mark.parametrize("name", ASSETS)
def test_files_of_the_page_are_cached_and_cheap_to_ask_for_again(desk: Desk, name: str) -> None:
    reply = desk.visitor.get(f"/docs/assets/{name}")
    again = desk.visitor.get(f"/docs/assets/{name}", headers={"If-None-Match": reply.headers["ETag"]})

    assert reply.status == 200
    assert reply.headers["Content-Type"] == ASSETS[name]
    assert reply.headers["Cache-Control"] == "public, max-age=86400"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert (again.status, again.body) == (304, b"")


def test_it_is_swagger_ui_that_starts_on_the_document(desk: Desk) -> None:
    bundle = desk.visitor.get("/docs/assets/swagger-ui-bundle.min.js").text
    start = desk.visitor.get("/docs/assets/start.js").text

    assert "SwaggerUIBundle" in bundle
    assert 'url: "openapi.json"' in start
    assert len(bundle.encode()) < 6_000_000  # what Lambda may answer


@pytest.mark.parametrize("name", ["nope.js", "..%2Fsettings.py", "__init__.py", "html.py"])
def test_no_other_file_is_given_out(desk: Desk, name: str) -> None:
    assert desk.visitor.get(f"/docs/assets/{name}").status == 404


def test_a_setting_takes_the_page_away_and_leaves_the_document_and_the_problems(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADGER_DOCS", "off")
    paths = ("/docs", "/docs/assets/start.js", "/docs/problems", "/openapi.json")

    assert [desk.visitor.get(path).status for path in paths] == [404, 404, 200, 200]


def test_serving_the_page_and_the_document_imports_no_pydantic_and_asks_no_table() -> None:
    program = """
import sys
import app
from tests.api.client import Client
for path in ("/docs", "/docs/assets/swagger-ui.min.css", "/openapi.json"):
    assert Client(app.app).get(path).status == 200
assert "pydantic" not in sys.modules
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env={})

    assert result.returncode == 0, result.stderr


def test_the_page_says_nothing_of_the_address_it_was_asked_under(desk: Desk) -> None:
    elsewhere = Client(desk.app, host="evil.example", base_path="/crm")

    assert elsewhere.get("/docs").text == desk.visitor.get("/docs").text


@pytest.mark.parametrize("base", ["", "/crm"])
def test_a_slash_at_the_end_leads_to_the_page(desk: Desk, base: str) -> None:
    visitor = Client(desk.app, base_path=base)

    reply = visitor.get("/docs/")

    assert (reply.status, reply.headers["Location"]) == (303, f"{base}/docs")
