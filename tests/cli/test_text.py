"""Values as text."""

from __future__ import annotations

import json

import pytest

from cli import text
from cli.failures import sentence


def test_nothing_in_a_text_commands_a_terminal():
    hostile = "a\x1b[31mb\x9b2J\x07\u202ec\u2028d\re\n\tf\x00ü"

    assert text.clean(hostile) == "a\ufffd[31mb\ufffd2J\ufffd\ufffdc d e f\ufffdü"
    assert json.loads(text.line({"x": hostile})) == {"x": hostile}
    assert all(character.isprintable() for character in text.line({"x": hostile}))
    assert "\x1b" not in sentence(422, {"code": "x", "errors": [{"field": "\x1b[2J", "detail": "\x1b[2J"}]})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ({"amount": "12500.00", "currency": "EUR"}, "12500.00 EUR"),
        ([{"e164": "+4930901820", "raw": "030 901820"}, {"e164": None, "raw": "intern 12"}], "+4930901820, intern 12"),
        ([{"id": 1, "address": "aenne@example.de", "type": "work"}], "aenne@example.de"),
        ([{"id": 1, "url": "https://example.de", "type": "work"}], "https://example.de"),
        ({"city": "Köln", "street": None, "country": "DE"}, "city: Köln, country: DE"),
        ({"from": {"deep": ["a", "b"]}}, "from: deep: a, b"),
        ([], ""),
        ({}, ""),
    ],
)
def test_values_are_shown_as_people_write_them(value, shown):
    assert text.shown(value) == shown


def test_what_is_no_time_is_shown_as_it_is():
    assert text.local("irgendwann") == "irgendwann"
    assert text.local(None) == ""
