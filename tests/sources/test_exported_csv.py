"""What is exported as CSV comes back through our own import as it was, and is text to every spreadsheet."""

from __future__ import annotations

import csv
import io
import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain import fields, ids, lead_csv, spreadsheet
from chalicelib.domain.cleaning import LONG, SHORT
from chalicelib.domain.codes import COUNTRIES, CURRENCIES
from chalicelib.domain.emails import EMAIL_TYPES
from chalicelib.domain.field_definitions import CUSTOM_TYPES, NEVER_MULTIPLE, WITH_CHOICES
from chalicelib.domain.fields import LEAD_FIELDS, Field
from chalicelib.domain.inbound import Raw, Reading
from chalicelib.domain.lead import Lead, numbered, shown
from chalicelib.domain.phones import PHONE_TYPES
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
SPELT = (*NUMBERS, "0176 04069012", "(030) 9018-2000", "+49 (0)30/90182000", "0043 1 44588100", "tel: +1 202 555 0123")


def words(limit: int = 255) -> st.SearchStrategy[str]:
    """Texts as the API takes them: anything but controls and halves of surrogate pairs."""
    letters = st.characters(exclude_categories=("Cc", "Cs"), include_characters="\t")
    plain = st.text(letters, min_size=1, max_size=30)
    return st.builds(
        lambda beginning, rest: (beginning + rest)[:limit], st.sampled_from(("", "", *DANGEROUS)), plain
    ).filter(str.strip)


LINES = st.lists(words(), min_size=1, max_size=4).map("\n".join)
DAYS = st.dates(datetime(1900, 1, 1).date(), datetime(2026, 12, 31).date()).map(lambda day: day.isoformat())
LOCAL = st.from_regex(r"[a-z=+'{}&|-][a-z0-9=+_|'-]{0,10}", fullmatch=True)
EMAILS = st.builds(lambda local, host: f"{local}@{host}.example.de", LOCAL, st.sampled_from(("a", "mail", "büro")))
URLS = st.builds(
    lambda host, path: f"https://{host}.example.de/{path}",
    st.sampled_from(("www", "shop")),
    st.text("abcäöü0123;:,='+-@?&", max_size=12),
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
        {
            "service": st.sampled_from(("whatsapp", "telegram", "skype", "xing", "other", "google: chat", '"q', "a.b")),
            "handle": words(),
        }
    ),
    max_size=4,
)
MOMENTS = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat(timespec="milliseconds"))
NUMERALS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e9, 1e9, allow_subnormal=False)
#: Own fields: of each type one that holds a value and one that holds several, where there is such a thing.
CUSTOM = {
    name: Field(
        kind,
        {"de": f"=Feld; {kind} {name}", "en": f"Field {kind}"},
        LONG if kind == "long_text" else SHORT,
        name.endswith("_list"),
        {"a": "Ä", "A": "a", "b-1": "A, B", "c_2": "b-1"} if kind in WITH_CHOICES else {},
    )
    for kind in CUSTOM_TYPES
    for name in (f"my_{kind}", *(() if kind in NEVER_MULTIPLE else (f"my_{kind}_list",)))
}
CHOSEN = st.sampled_from(("a", "A", "b-1", "c_2"))


def references(prefix: str) -> st.SearchStrategy[str]:
    return st.integers(0, 2**53).map(lambda number: f"{prefix}_{ids.encode(number)}")


OF_TYPE = {
    "text": words(), "long_text": LINES, "integer": st.integers(-(2**53) + 1, 2**53 - 1), "number": NUMERALS,
    "boolean": st.booleans(), "date": DAYS, "datetime": MOMENTS, "money": AMOUNTS, "choice": CHOSEN,
    "multi_choice": st.lists(CHOSEN, unique=True), "url": URLS, "email": EMAILS, "phone": st.sampled_from(NUMBERS),
    "user": references("usr"), "contact": references("con"), "company": references("com"),
}  # fmt: skip
CUSTOM_VALUES = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(OF_TYPE[own.type], max_size=4) if own.multiple else OF_TYPE[own.type]
        for name, own in CUSTOM.items()
    },
)
FREE_NAMES = st.dictionaries(st.from_regex(r"[A-Za-z0-9_]{1,20}", fullmatch=True), words(), max_size=4)
PHONES = st.lists(
    st.sampled_from(NUMBERS) | st.fixed_dictionaries(
        {"raw": st.sampled_from(SPELT)},
        optional={"type": st.sampled_from(sorted(PHONE_TYPES))},
    ),
    max_size=4,
)  # fmt: skip


def with_types(member: str, texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return texts | st.fixed_dictionaries({member: texts, "type": st.sampled_from(sorted(EMAIL_TYPES))})


TEXTS = ("title", "honorific", "given_name", "middle_name", "family_name", "company", "position")
BODIES = st.fixed_dictionaries(
    {"name": words()},
    optional={name: words() for name in TEXTS}
    | {
        "birthdate": DAYS,
        "phones": PHONES,
        "emails": st.lists(with_types("address", EMAILS), max_size=4),
        "websites": st.lists(with_types("url", URLS), max_size=3),
        "messengers": MESSENGERS,
        "address": ADDRESSES,
        "amount": AMOUNTS,
        "comment": LINES,
        "tags": st.lists(words(100), max_size=4),
        "utm": st.fixed_dictionaries({}, optional={name: words() for name in fields.FIELD_TYPES["utm"].members}),
        "click_ids": FREE_NAMES
        | st.fixed_dictionaries({}, optional={name: words() for name in ("gclid", "fbc", "li_fat_id")}),
        "external_ids": st.dictionaries(
            st.from_regex(r"(?!(?:mail|call)$)[A-Za-z0-9._~-]{1,20}", fullmatch=True), words(200), max_size=3
        ),
        "consent": st.lists(
            st.fixed_dictionaries({"text": LINES}, optional={"version": words(), "at": MOMENTS, "page": words()}),
            max_size=3,
        ),
        "custom": CUSTOM_VALUES,
    },
)


#: Own fields of a solar company.
SOLAR = {
    "roof_area": Field("number", {"de": "Dachfläche (m²)", "en": "Roof area (m²)"}),
    "price": Field("money", {"de": "Preis"}),
    "kinds": Field("multi_choice", {"de": "Art"}, choices={"flat": "Flachdach", "pv": "Photovoltaik"}),
    "rated": Field("number", {"de": "Noten"}, multiple=True),
    "sunny": Field("boolean", {"de": "Südseite"}),
    "second": Field("phone", {"de": "Zweite"}),
}


def stored(body: dict[str, Any]) -> dict[str, Any]:
    """The values of a lead that was made by the API of this."""
    values, problems = fields.clean_values(body, region="DE", lenient=False, custom=CUSTOM | SOLAR)
    assert problems == ()
    return numbered(enquiries.completed(values), 1)[0]


def exported(
    *leads: dict[str, Any],
    names: tuple[str, ...] = lead_csv.DEFAULT,
    language: str = "de",
    custom: dict[str, Field] = CUSTOM,
) -> bytes:
    records = [
        shown(Lead(f"0SARTXT7M8{number}", 1, "req_1", "new", "open", AT, "api", AT, AT, values=values))
        for number, values in enumerate(leads)
    ]
    return lead_csv.header(names, custom, language) + lead_csv.rows(records, names, custom, language)


def imported(content: bytes) -> list[dict[str, Any]]:
    """The values of the leads that an import makes of a file; nothing of it may be refused or doubtful."""
    table = csv_file.open_table(io.BytesIO(content), options={}, custom=CUSTOM)
    found = []
    for row in csv_file.rows(table):
        assert row.problems == ()
        inbound = csv_file.inbound_of(row, Raw("csv", "imp_1", "", AT))
        values, problems = enquiries.cleaned(inbound, Reading(), "EUR", CUSTOM)
        assert problems == ()
        found.append(numbered(values, 1)[0])
    return found


@settings(max_examples=300)
@given(st.lists(BODIES, min_size=1, max_size=3), st.sampled_from(lead_csv.LANGUAGES))
@example([{"name": "'=1", "amount": {"amount": "1.234", "currency": "KWD"}, "tags": ['a,b;"c"', '"', "=1"]}], "de")
@example([{"name": "x", "comment": "'\t=1"}, {"name": "'\t1", "comment": '"a"\n;b\n\n"'}], "en")
@example(
    [{"name": "x", "websites": ["https://www.example.de/a:::b"], "emails": ["a|b@a.example.de", "c@a.example.de"]}],
    "de",
)
@example([{"name": "=cmd|' /C calc'!A0", "phones": ["+4917604069012", "+493090182000"]}], "de")
def test_what_was_exported_is_imported_as_it_was(bodies, language):
    leads = [stored(body) for body in bodies]

    back = imported(exported(*leads, language=language))

    assert back == leads


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


@pytest.mark.parametrize("text", ['"', '",', '"a,', "'", " ", '"a,""b,', ": ", ":", "a: \n", '": '])
def test_cells_of_a_single_sign_cost_no_time(text):
    cell = text * 300_000
    spent = time.process_time()

    spreadsheet.unmarked(cell)
    spreadsheet.texts_of(cell)
    spreadsheet.pairs_of(cell)

    assert time.process_time() - spent < 3


@pytest.mark.parametrize("language", lead_csv.LANGUAGES)
def test_every_header_is_read_as_its_field_or_as_none(language):
    """A record of ours that is no text of the person must not become one."""
    read = {}
    for name in LEAD_FIELDS:
        header = lead_csv.header([name], CUSTOM, language).decode("utf-8-sig").strip()
        table = csv_file.open_table(
            io.BytesIO(f"{header};Ansprechpartner\r\nx\r\n".encode()), options={"delimiter": ";"}, custom=CUSTOM
        )
        read[name] = {field and field.partition(".")[0] for field in table.fields[:-1]}

    ours = {"status", "lost_reason", "source", "source_detail"}
    assert read == {name: {None if field.read_only or name in ours else name} for name, field in LEAD_FIELDS.items()}


@pytest.mark.parametrize("language", lead_csv.LANGUAGES)
def test_every_column_of_an_own_field_is_that_field(language):
    header = lead_csv.header(["custom"], CUSTOM, language)

    table = csv_file.open_table(io.BytesIO(header), options={}, custom=CUSTOM)

    assert list(table.fields) == [f"custom.{name}" for name in CUSTOM]


def test_the_file_opens_in_a_german_spreadsheet():
    lead = stored(
        {
            "name": "Änne Öztürk", "phones": ["0176 04069012", "030 901820"], "email": "aenne@example.de",
            "amount": {"amount": "1234.50", "currency": "EUR"}, "birthdate": "1980-02-01",
            "address": {"street": "Hauptstr. 1", "postal_code": "01067", "city": "Dresden", "country": "DE"},
            "comment": "Zeile 1\nZeile 2; \"Ende\"", "tags": ["messe-2026", "A, B"], "title": "=Angebot",
            "external_ids": {"bitrix24": "4711", "crm.neu": "x"}, "custom": {
                "roof_area": 84.5, "price": {"amount": "1234.50", "currency": "EUR"}, "kinds": ["flat", "pv"],
                "rated": [1.125, 2], "sunny": True, "second": "+4917604069012",
            },
        }
    )  # fmt: skip
    names = (
        "title", "name", "phones", "emails", "birthdate", "address", "amount", "comment", "tags", "version",
        "external_ids", "custom", "owner_id",
    )  # fmt: skip

    assert exported(lead, names=names, custom=SOLAR).decode() == (
        "\ufeffTitel;Name;Telefon;Telefon: Art [phones.type];Telefon: wie geschrieben [phones.raw];"
        "E-Mail;E-Mail: Art [emails.type];Geburtsdatum;Straße;Adresszusatz;PLZ;Ort;Bundesland;Land;Betrag;Währung;"
        "Kommentar;Schlagwörter;version;IDs anderer Systeme [external_ids];Dachfläche (m²) [custom.roof_area];"
        "Preis [custom.price];Art [custom.kinds];Noten [custom.rated];Südseite [custom.sunny];"
        "Zweite [custom.second];Zuständig [owner_id]\r\n"
        "'=Angebot;Änne Öztürk;'+4917604069012, +4930901820;\"'+4917604069012: mobile\n+4930901820: landline\";"
        '"\'+4917604069012: 0176 04069012\n+4930901820: 030 901820";'
        "aenne@example.de;;1980-02-01;Hauptstr. 1;;01067;Dresden;;DE;"
        '1234,50;EUR;"Zeile 1\nZeile 2; ""Ende""";"messe-2026, ""A, B""";1;"bitrix24: 4711\ncrm.neu: x";84,5;'
        '1234,50 EUR;flat, pv;"1,1250; 2";ja;\'+4917604069012;\r\n'
    )
