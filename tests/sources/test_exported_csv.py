"""What is exported as CSV comes back through our own import as it was, and is text to every spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain import fields, lead_csv, spreadsheet
from chalicelib.domain.codes import COUNTRIES, CURRENCIES
from chalicelib.domain.fields import LEAD_FIELDS
from chalicelib.domain.inbound import Raw, Reading
from chalicelib.domain.lead import Lead, numbered, shown
from chalicelib.services import enquiries
from chalicelib.sources import csv_file

AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
#: Beginnings that a spreadsheet runs, that our import takes for something else, or that look like our own mark.
DANGEROUS = (
    "=1+1",
    "+49",
    "-5",
    "@SUM",
    "'=1",
    "''=1",
    "'x",
    '="0171 23"',
    "p:+49",
    "z:10115",
    "'z:1",
    "007",
    '"',
    ";",
)
NUMBERS = ("+4917604069012", "+493090182000", "+43144588100", "+41442681111", "+12025550123", "+442079460958")


def words(limit: int = 255) -> st.SearchStrategy[str]:
    """Texts as the API takes them: anything but controls and halves of surrogate pairs."""
    letters = st.characters(exclude_categories=("Cc", "Cs"), include_characters="\t")
    plain = st.text(letters, min_size=1, max_size=30)
    return st.builds(
        lambda beginning, rest: (beginning + rest)[:limit], st.sampled_from(("", "", *DANGEROUS)), plain
    ).filter(str.strip)


LINES = st.lists(words(), min_size=1, max_size=4).map("\n".join)
DAYS = st.dates(datetime(1900, 1, 1).date(), datetime(2026, 12, 31).date()).map(lambda day: day.isoformat())
LOCAL = st.from_regex(r"[a-z=+'{}&-][a-z0-9=+_'-]{0,10}", fullmatch=True)
EMAILS = st.builds(lambda local, host: f"{local}@{host}.example.de", LOCAL, st.sampled_from(("a", "mail", "büro")))
URLS = st.builds(
    lambda host, path: f"https://{host}.example.de/{path}",
    st.sampled_from(("www", "shop")),
    st.text("abcäöü0123;,='+-@?&", max_size=12),
)
AMOUNTS = st.builds(
    lambda minus, whole, fraction, currency: {
        "amount": f"{minus}{whole}{'.' + fraction if fraction else ''}",
        "currency": currency,
    },
    st.sampled_from(("", "", "-")),
    st.integers(0, 10**12),
    st.text("0123456789", max_size=4),
    st.sampled_from(sorted(CURRENCIES)),
)
ADDRESSES = st.fixed_dictionaries(
    {},
    optional={name: words() for name in ("street", "street2", "postal_code", "city", "region")}
    | {"country": st.sampled_from(sorted(COUNTRIES))},
)
MESSENGERS = st.lists(
    st.fixed_dictionaries(
        {"service": st.sampled_from(("whatsapp", "telegram", "skype", "xing", "other")), "handle": words()}
    ),
    max_size=4,
)
TEXTS = ("title", "honorific", "given_name", "middle_name", "family_name", "company", "position")
BODIES = st.fixed_dictionaries(
    {"name": words()},
    optional={name: words() for name in TEXTS}
    | {
        "birthdate": DAYS,
        "phones": st.lists(st.sampled_from(NUMBERS), unique=True, max_size=4),
        "emails": st.lists(EMAILS, unique=True, max_size=4),
        "websites": st.lists(URLS, unique=True, max_size=3),
        "messengers": MESSENGERS,
        "address": ADDRESSES,
        "amount": AMOUNTS,
        "comment": LINES,
        "tags": st.lists(words(100), max_size=4),
        "utm": st.fixed_dictionaries({}, optional={name: words() for name in ("source", "medium", "term")}),
        "click_ids": st.fixed_dictionaries({}, optional={name: words() for name in ("gclid", "fbc", "li_fat_id")}),
    },
)


def stored(body: dict[str, Any]) -> dict[str, Any]:
    """The values of a lead that was made by the API of this."""
    values, problems = fields.clean_values(body, region="DE", lenient=False)
    assert problems == ()
    return numbered(enquiries.completed(values), 1)[0]


def exported(*leads: dict[str, Any], names: tuple[str, ...] = lead_csv.DEFAULT, language: str = "de") -> bytes:
    records = [
        shown(Lead(f"0SARTXT7M8{number}", 1, "req_1", "new", "open", AT, "api", AT, AT, values=values))
        for number, values in enumerate(leads)
    ]
    return lead_csv.header(names, language) + lead_csv.rows(records, names, language)


def imported(content: bytes) -> list[dict[str, Any]]:
    """The values of the leads that an import makes of a file; nothing of it may be refused or doubtful."""
    table = csv_file.open_table(io.BytesIO(content), options={})
    found = []
    for row in csv_file.rows(table):
        assert row.problems == ()
        inbound = csv_file.inbound_of(row, Raw("csv", "imp_1", "", AT))
        values, problems = enquiries.cleaned(inbound, Reading("DE", frozenset(), frozenset(), frozenset(), {}), "EUR")
        assert problems == ()
        found.append(numbered(values, 1)[0])
    return found


def comparable(values: dict[str, Any]) -> dict[str, Any]:
    """A lead's values as far as a table can carry them: numbers and addresses without how they were typed."""
    result = {name: value for name, value in values.items() if name not in ("phones", "emails", "websites")}
    for name, member in (("phones", "e164"), ("emails", "address"), ("websites", "url")):
        result[name] = [each[member] for each in values.get(name, ())]
    handles = ((each["service"], each["handle"]) for each in values.get("messengers", ()))
    return result | {"messengers": sorted(handles)}


@settings(max_examples=300)
@given(st.lists(BODIES, min_size=1, max_size=3), st.sampled_from(lead_csv.LANGUAGES))
@example([{"name": "'=1", "amount": {"amount": "1.234", "currency": "KWD"}, "tags": ['a,b;"c"', '"', "=1"]}], "de")
@example([{"name": "x", "comment": "'\t=1"}, {"name": "'\t1", "comment": '"a"\n;b\n\n"'}], "en")
@example([{"name": "=cmd|' /C calc'!A0", "phones": ["+4917604069012", "+493090182000"]}], "de")
def test_what_was_exported_is_imported_as_it_was(bodies, language):
    leads = [stored(body) for body in bodies]

    back = imported(exported(*leads, language=language))

    assert [comparable(values) for values in back] == [comparable(values) for values in leads]


@settings(max_examples=300)
@given(st.lists(BODIES, min_size=1, max_size=3))
def test_no_cell_is_run_by_a_spreadsheet(bodies):
    content = exported(*map(stored, bodies)).decode("utf-8-sig")

    cells = [cell for row in csv.reader(io.StringIO(content, newline=""), delimiter=";") for cell in row]

    assert [cell for cell in cells if re.match(r"[\s\x00-\x20\x7f-\x9f]*[=+\-@]", cell)] == []


@given(st.text(max_size=12) | st.builds(lambda a, b: a + b, st.sampled_from(DANGEROUS), st.text(max_size=5)))
def test_the_mark_is_taken_off_exactly_where_it_was_put_on(text):
    cell = spreadsheet.marked(text)
    unmarked = spreadsheet.unmarked(cell)

    assert (cell if unmarked is None else unmarked) == text


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=("Cc", "Cs", "Z")), min_size=1)))
def test_a_list_of_texts_is_read_as_it_was_written(texts):
    assert spreadsheet.texts_of(spreadsheet.listed(texts)) == texts


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        ("messe, köln;2026|x", ["messe", "köln", "2026", "x"]),
        ('"a, b", c', ["a, b", "c"]),
        ('5" Rohr, x', ['5" Rohr', "x"]),
        ('"a" b, c', ['"a" b', "c"]),
        ('"offen, b', ['"offen', "b"]),
        (' , ;"",', []),
    ],
)
def test_a_list_of_texts_is_read_as_people_write_it(cell, texts):
    assert spreadsheet.texts_of(cell) == texts


@pytest.mark.parametrize("text", ['"' * 40_000, '",' * 20_000, '"a,' * 13_000, "'" * 40_000])
def test_cells_of_a_single_sign_cost_no_time(text):
    assert spreadsheet.unmarked(text) is None
    assert len(spreadsheet.texts_of(text)) <= 20_000


@pytest.mark.parametrize("language", lead_csv.LANGUAGES)
def test_every_header_is_read_as_its_field_or_as_none(language):
    """A record of ours that is no text of the person must not become one."""
    ours = {"status", "lost_reason", "source", "source_detail", "owner_id"}
    read = {}
    for name in LEAD_FIELDS:
        header = lead_csv.header([name], language).decode("utf-8-sig").strip().split(";")
        known = "Name" if name == "name" else "Name;" + ";".join(header)
        content = (known if name != "name" else ";".join(header)).encode() + b"\r\nx\r\n"
        columns = csv_file.open_table(io.BytesIO(content), options={"delimiter": ";"}).columns
        read[name] = {field.partition(".")[0] for column, field in columns.items() if field and column in header}

    assert {name: found for name, found in read.items() if found != {name}} == {
        name: set()
        for name, field in LEAD_FIELDS.items()
        if field.read_only or name in ours or name in ("external_ids", "consent", "custom")
    }
    assert ours <= LEAD_FIELDS.keys()


def test_the_file_opens_in_a_german_spreadsheet():
    lead = stored(
        {
            "name": "Änne Öztürk", "phones": ["0176 04069012", "030 901820"], "email": "aenne@example.de",
            "amount": {"amount": "1234.50", "currency": "EUR"}, "birthdate": "1980-02-01",
            "address": {"street": "Hauptstr. 1", "postal_code": "01067", "city": "Dresden", "country": "DE"},
            "comment": "Zeile 1\nZeile 2; \"Ende\"", "tags": ["messe-2026", "A, B"], "title": "=Angebot",
        }
    )  # fmt: skip
    names = ("title", "name", "phones", "emails", "birthdate", "address", "amount", "comment", "tags", "version")

    assert exported(lead, names=names).decode() == (
        "\ufeffTitel;Name;Telefon;E-Mail;Geburtsdatum;Straße;Adresszusatz;PLZ;Ort;Bundesland;Land;Betrag;Währung;"
        "Kommentar;Schlagwörter;version\r\n"
        "'=Angebot;Änne Öztürk;'+4917604069012, +4930901820;aenne@example.de;1980-02-01;Hauptstr. 1;;01067;Dresden;;DE;"
        '1234,50;EUR;"Zeile 1\nZeile 2; ""Ende""";"messe-2026, ""A, B""";1\r\n'
    )
