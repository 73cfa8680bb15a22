"""From what was sent to what a lead stores."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.cleaning import Way, sound
from chalicelib.domain.errors import Problem
from chalicelib.domain.fields import (
    FIELD_TYPES,
    LEAD_FIELDS,
    Field,
    clean_values,
    derive_name,
    derive_title,
    says_enough,
)
from chalicelib.domain.problems import SENTENCES

PHONE = {"e164": "+4917604069012", "raw": "0176 04069012", "type": "mobile", "valid": True}
EMAIL = {"address": "aenne@example.de", "type": "work"}


def strict(values, **more):
    return clean_values(values, region="DE", lenient=False, **more)


def lenient(values, **more):
    return clean_values(values, region="DE", lenient=True, **more)


def codes(problems):
    return [(problem.field, problem.code) for problem in problems]


def test_an_empty_value_of_another_type_is_wrong_at_the_api_and_nothing_elsewhere():
    values = {"phones": "", "address": [], "amount": "", "tags": {}, "utm": ""}

    assert strict({"name": "Änne", **values})[0] == {"name": "Änne"}
    assert codes(strict({"name": "Änne", **values})[1]) == [(name, "invalid_type") for name in values]
    assert lenient({"name": "Änne", **values}) == ({"name": "Änne"}, ())


def test_a_name_that_would_be_misread_stands_in_quotes():
    body = {"a.b": 1, "address": {"x[0]": 1, "": 1}, "phones": [{"raw": "0176 04069012", "c.d": 1}]}

    assert codes(strict(body)[1]) == [
        ('["a.b"]', "unknown_field"),
        ('address["x[0]"]', "unknown_field"),
        ('address[""]', "unknown_field"),
        ('phones[0]["c.d"]', "unknown_field"),
    ]


# --- strict -------------------------------------------------------------------------------------------------------


def test_a_whole_lead_of_the_api_is_stored_as_it_was_sent():
    values, problems = strict(
        {
            "title": "Photovoltaik Einfamilienhaus",
            "honorific": "Frau",
            "name": "Änne Öztürk",
            "birthdate": "1980-12-31",
            "phones": [{"raw": "0176 04069012"}, {"e164": "+492214710123", "type": "work"}],
            "emails": [{"address": "Aenne@example.de", "type": "home"}],
            "websites": [{"url": "https://example.de/"}],
            "messengers": [{"service": "telegram", "handle": "@aenne"}],
            "address": {"street": "Domkloster 4", "postal_code": "50667", "city": "Köln", "country": "DE"},
            "amount": {"amount": "1234.5", "currency": "EUR"},
            "comment": "Erste Zeile\r\nZweite",
            "utm": {"source": "google"},
            "click_ids": {"gclid": "EAIaIQ"},
            "external_ids": {"bitrix24": "4711"},
            "consent": [{"text": "Ja", "version": "3", "at": "2026-03-01T10:30:00+01:00"}],
            "tags": ["messe-2026", "Messe-2026", " "],
            "status": "in_process",
            "owner_id": "usr_1",
        }
    )

    assert problems == ()
    assert values == {
        "title": "Photovoltaik Einfamilienhaus",
        "honorific": "Frau",
        "name": "Änne Öztürk",
        "birthdate": "1980-12-31",
        "phones": [PHONE, {"e164": "+492214710123", "raw": "+492214710123", "type": "work", "valid": True}],
        "emails": [{"address": "Aenne@example.de", "type": "home"}],
        "websites": [{"url": "https://example.de/", "type": "work"}],
        "messengers": [{"service": "telegram", "handle": "@aenne"}],
        "address": {"street": "Domkloster 4", "postal_code": "50667", "city": "Köln", "country": "DE"},
        "amount": {"amount": "1234.50", "currency": "EUR"},
        "comment": "Erste Zeile\nZweite",
        "utm": {"source": "google"},
        "click_ids": {"gclid": "EAIaIQ"},
        "external_ids": {"bitrix24": "4711"},
        "consent": [{"text": "Ja", "version": "3", "at": "2026-03-01T09:30:00.000Z"}],
        "tags": ["messe-2026"],
        "status": "in_process",
        "owner_id": "usr_1",
    }


def test_short_forms_are_lists_of_one():
    assert strict({"phone": "0176 04069012", "email": "aenne@example.de"}) == (
        {"phones": [PHONE], "emails": [EMAIL]},
        (),
    )


def test_a_short_and_a_long_form_at_once_are_a_problem():
    _, problems = strict({"phone": "0176 04069012", "phones": ["0176 04069012"], "email": "x", "emails": []})

    assert codes(problems) == [("email", "conflicting_fields"), ("phone", "conflicting_fields")]


def test_problems_of_a_short_form_name_the_short_form():
    _, problems = strict({"phone": "keins", "email": "keine"})

    assert problems == (
        Problem("email", "invalid_email", SENTENCES["invalid_email"], "keine"),
        Problem("phone", "invalid_phone", SENTENCES["invalid_phone"], "keins"),
    )


def test_all_problems_are_named_at_once_as_they_were_sent():
    values, problems = strict(
        {
            "name": 7,
            "title": "x" * 256,
            "phones": ["keins", {"raw": "0221 4710123", "type": "bad"}, 7, None, {"number": "1"}],
            "emails": [{"address": "a@b.de", "foo": 1}],
            "address": {"country": "XX", "zip": 1},
            "utm": "google",
            "tags": ["a", "b\x00"],
            "custom": {"roof": 1},
            "birthdate": "2026-02-30",
            "amount": {"amount": 1.5},
            "consent": [{"at": "gestern"}],
            "frobnicate": True,
            "id": "lead_1",
            "comment": "bleibt",
        }
    )

    assert values == {"comment": "bleibt", "tags": ["a"]}
    assert codes(problems) == [
        ("name", "invalid_type"),
        ("title", "too_long"),
        ("phones[0]", "invalid_phone"),
        ("phones[1].type", "invalid_choice"),
        ("phones[2]", "invalid_type"),
        ("phones[3]", "invalid_type"),
        ("phones[4].number", "unknown_field"),
        ("phones[4]", "invalid_phone"),
        ("emails[0].foo", "unknown_field"),
        ("address.zip", "unknown_field"),
        ("address.country", "invalid_country"),
        ("utm", "invalid_type"),
        ("tags[1]", "invalid_text"),
        ("custom.roof", "unknown_field"),
        ("birthdate", "invalid_date"),
        ("amount.amount", "invalid_type"),
        ("consent[0].at", "invalid_datetime"),
        ("frobnicate", "unknown_field"),
        ("id", "read_only"),
    ]


def test_null_and_empty_are_absent():
    assert strict({"name": None, "phones": [], "email": "", "title": "  ", "address": {"city": None}, "amount": None,
                   "tags": None}) == ({}, ())  # fmt: skip


def test_fields_that_only_leadger_writes_may_come_back_unchanged():
    record = {"version": 7, "created_at": "2026-03-01T09:30:00.000Z"}

    assert strict({"version": 7, "created_at": "2026-03-01T09:30:00.000Z"}, record=record) == ({}, ())
    assert codes(strict({"version": 8, "id": "lead_2"}, record=record)[1]) == [
        ("version", "read_only"),
        ("id", "read_only"),
    ]


def test_a_shown_phone_sent_back_is_the_same_phone():
    shown = {"id": 1, "e164": "+4917604069012", "raw": "0176 04069012", "type": "mobile", "valid": True}

    assert strict({"phones": [shown]}, record={"phones": [shown]}) == ({"phones": [PHONE]}, ())
    assert strict({"phones": [{**shown, "type": "work"}]}, record={"phones": [shown]}) == (
        {"phones": [{**PHONE, "type": "work"}]}, (),
    )  # fmt: skip


AUSTRIAN = {"id": 2, "e164": "+436641234567", "raw": "0664 1234567", "type": "mobile", "valid": True}
SHOWN = {"id": 1, "e164": "+4917604069012", "raw": "0176 04069012", "type": "work", "valid": True}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        # a new number beside the old one as it was read, and beside its own
        ({**SHOWN, "raw": "030 901820"}, {"e164": "+4930901820", "raw": "030 901820", "type": "work"}),
        ({"raw": "030 901820", "e164": "+4930901820", "valid": True}, {"e164": "+4930901820", "type": "landline"}),
        # as it was typed elsewhere, where another country is the default
        ({**AUSTRIAN, "type": "home"}, {**AUSTRIAN, "type": "home"}),
        ({"raw": "0664 1234567"}, AUSTRIAN),
        ("0664 1234567", AUSTRIAN),
        ({"id": 2, "e164": "+436641234567", "type": "main"}, {**AUSTRIAN, "type": "main"}),
        ({"id": 1, "raw": "0664 1234567"}, {"e164": "+496641234567"}),
    ],
)
def test_what_was_typed_decides_and_what_follows_from_it_may_come_along(sent, kept):
    values, problems = strict({"phones": [sent]}, record={"phones": [SHOWN, AUSTRIAN]})

    assert problems == ()
    (phone,) = values["phones"]
    assert {name: phone[name] for name in kept if name != "id"} == {n: v for n, v in kept.items() if n != "id"}
    assert set(phone) == {"e164", "raw", "type", "valid"}


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({**SHOWN, "e164": "+4930901820"}, "phones[0].e164"),
        ({**SHOWN, "raw": "030 901820", "e164": "+436641234567"}, "phones[0].e164"),
        ({"raw": "030 901820", "valid": False}, "phones[0].valid"),
        ({"raw": "030 901820", "e164": "+49 30 901820"}, "phones[0].e164"),
        ({"id": 7, "raw": "030 901820"}, "phones[0].id"),
    ],
)
def test_what_contradicts_what_was_typed_is_named(sent, problem):
    _, problems = strict({"phones": [sent]}, record={"phones": [SHOWN, AUSTRIAN]})

    assert codes(problems) == [(problem, "read_only")]


def test_ids_of_values_are_those_of_the_record():
    mail, site = {"id": 1, "address": "a@example.de"}, {"id": 2, "url": "https://example.de"}
    chat = {"id": 3, "service": "telegram", "handle": "@a"}
    sent = {"emails": [mail], "websites": [site], "messengers": [chat]}

    assert codes(strict(sent)[1]) == [(f"{name}[0].id", "read_only") for name in sent]
    assert strict(sent, record=sent)[1] == ()
    assert strict({"emails": [{**mail, "address": "b@example.de"}]}, record=sent)[1] == ()
    assert strict({"emails": [{**mail, "id": None}]})[1] == ()


def test_equal_phones_and_addresses_are_kept_once():
    values, problems = strict(
        {"phones": ["0176 04069012", "+49 176 04069012"], "emails": ["aenne@example.de", "AENNE@example.de"]}
    )

    assert (values, problems) == ({"phones": [PHONE], "emails": [EMAIL]}, ())


def test_twenty_phones_are_the_most():
    numbers = [f"+4917604069{n:03}" for n in range(21)]

    assert len(strict({"phones": numbers[:20]})[0]["phones"]) == 20
    assert codes(strict({"phones": numbers})[1]) == [("phones", "too_many")]


@pytest.mark.parametrize(
    ("name", "limit"), [("title", 255), ("name", 255), ("company", 255), ("position", 255), ("comment", 20_000)]
)
def test_texts_have_their_limits(name, limit):
    assert strict({name: "ä" * limit}) == ({name: "ä" * limit}, ())
    assert codes(strict({name: "ä" * (limit + 1)})[1]) == [(name, "too_long")]


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\ud800b", "a\x7fb", "a\x85b"])
def test_text_that_is_no_text_is_refused(text):
    assert codes(strict({"name": text})[1]) == [("name", "invalid_text")]


def test_blanks_are_tidied_and_letters_composed():
    assert strict({"name": " A\u0308nne \t\n Öztürk "})[0] == {"name": "Änne Öztürk"}


@pytest.mark.parametrize(
    ("amount", "stored"),
    [
        ({"amount": "1234.50", "currency": "EUR"}, {"amount": "1234.50", "currency": "EUR"}),
        ({"amount": "1234", "currency": "eur"}, {"amount": "1234.00", "currency": "EUR"}),
        ({"amount": 1234, "currency": "JPY"}, {"amount": "1234", "currency": "JPY"}),
        ({"amount": "0.1234", "currency": "USD"}, {"amount": "0.1234", "currency": "USD"}),
        ({"amount": "7"}, {"amount": "7.00", "currency": "EUR"}),
        ({"amount": "-5.5", "currency": "KWD"}, {"amount": "-5.500", "currency": "KWD"}),
    ],
)
def test_money_is_a_text(amount, stored):
    assert strict({"amount": amount}) == ({"amount": stored}, ())


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        ("1234.50", ("amount", "invalid_type")),
        ({"amount": 1.5, "currency": "EUR"}, ("amount.amount", "invalid_type")),
        ({"amount": True, "currency": "EUR"}, ("amount.amount", "invalid_type")),
        ({"amount": "1,5", "currency": "EUR"}, ("amount.amount", "invalid_amount")),
        ({"amount": "NaN", "currency": "EUR"}, ("amount.amount", "invalid_amount")),
        ({"amount": 10**400, "currency": "EUR"}, ("amount.amount", "invalid_amount")),
        ({"amount": 10**5000, "currency": "EUR"}, ("amount.amount", "invalid_amount")),
        ({"amount": "1", "currency": "XXX"}, ("amount.currency", "invalid_currency")),
        ({"amount": "1", "currency": 5}, ("amount.currency", "invalid_currency")),
        ({"currency": "EUR"}, ("amount.amount", "required")),
        ({"amount": "1", "cents": 5}, ("amount.cents", "unknown_field")),
    ],
)
def test_what_is_no_money_is_a_problem(amount, problem):
    values, problems = strict({"amount": amount})

    assert values == {}
    assert codes(problems) == [problem]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://example.de", "https://a b", "x"])
def test_only_web_addresses_are_web_addresses(url):
    assert codes(strict({"websites": [url]})[1]) == [("websites[0]", "invalid_url")]


def test_custom_fields_are_cleaned_by_their_definitions():
    custom = {"roof_area": Field("number", {"en": "Roof area"}), "owned": Field("boolean", {"en": "Owned"})}

    assert strict({"custom": {"roof_area": 84.5, "owned": True}}, custom=custom) == (
        {"custom": {"roof_area": "84.5", "owned": True}},
        (),
    )
    assert codes(strict({"custom": {"roof_area": "84", "x": 1}}, custom=custom)[1]) == [
        ("custom.roof_area", "invalid_type"),
        ("custom.x", "unknown_field"),
    ]


@pytest.mark.parametrize(
    ("number", "stored"),
    [(1, 1), (84.5, "84.5"), (-0.0, 0), (1e15, 10**15), (2**53 - 1, 2**53 - 1), (1e-300, 0), (0.1, "0.1")],
)
def test_a_number_is_stored_without_floats(number, stored):
    assert FIELD_TYPES["number"].clean(number, Way()) == (stored, [])


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**400, pytest.param(10**5000, id="huge"), 1e300, float("inf")])
def test_a_number_that_json_clients_would_spoil_is_refused(number):
    assert [problem.code for problem in FIELD_TYPES["integer"].clean(number, Way())[1]] == ["out_of_range"]


# --- lenient ------------------------------------------------------------------------------------------------------


def test_texts_of_a_form_become_a_lead():
    values, problems = lenient(
        {
            "name": ("Änne", "Öztürk"),
            "phones": "0176 04069012 / 0221 4710123",
            "emails": ("Änne <Aenne@Example.de>",),
            "address.street": ("Domkloster 4",),
            "address.city": "Köln",
            "address.country": "Deutschland",
            "amount": "1.234,50 €",
            "messengers.telegram": "@aenne",
            "birthdate": "31.12.1980",
            "utm.source": ("google",),
            "click_ids.gclid": "EAIaIQ",
            "tags": "Messe, Solar; 2026",
            "websites": "example.de",
            "comment": ("Erste", "Zweite\x00\ud800"),
            "consent": "Ja, ich will",
        }
    )

    assert problems == ()
    assert values == {
        "name": "Änne Öztürk",
        "phones": [PHONE, {"e164": "+492214710123", "raw": "0221 4710123", "type": "landline", "valid": True}],
        "emails": [{"address": "Aenne@Example.de", "type": "work"}],
        "address": {"street": "Domkloster 4", "city": "Köln", "country": "DE"},
        "amount": {"amount": "1234.50", "currency": "EUR"},
        "messengers": [{"service": "telegram", "handle": "@aenne"}],
        "birthdate": "1980-12-31",
        "utm": {"source": "google"},
        "click_ids": {"gclid": "EAIaIQ"},
        "tags": ["Messe", "Solar", "2026"],
        "websites": [{"url": "https://example.de", "type": "work"}],
        "comment": "Erste\nZweite",
        "consent": [{"text": "Ja, ich will"}],
    }


def test_what_cannot_be_used_is_named_with_its_text_and_costs_nothing_else():
    values, problems = lenient(
        {"name": "Änne", "phones": ("abends", "0176 04069012"), "emails": "aenne(at)example.de", "birthdate": "?"}
    )

    assert values == {"name": "Änne", "phones": [PHONE]}
    assert [(problem.field, problem.code, problem.value) for problem in problems] == [
        ("phones[0]", "invalid_phone", "abends"),
        ("emails[0]", "invalid_email", "aenne(at)example.de"),
        ("birthdate", "invalid_date", "?"),
    ]


def test_several_numbers_in_one_value_are_parted_or_refused_but_never_read_as_one():
    several = "+4930901820 / 0176 1"

    values, problems = lenient({"name": "Änne", "phones": (several,)})

    assert [(phone["e164"], phone["raw"]) for phone in values["phones"]] == [("+4930901820", "+4930901820")]
    assert [(each.field, each.code, each.value) for each in problems] == [("phones[0]", "invalid_phone", "0176 1")]
    assert codes(strict({"phone": several})[1]) == [("phone", "invalid_phone")]
    assert codes(strict({"phones": [{"raw": several}]})[1]) == [("phones[0]", "invalid_phone")]
    assert strict({"phone": "030/901820"})[0]["phones"][0]["e164"] == "+4930901820"


def test_long_texts_are_cut_and_say_so():
    values, problems = lenient({"title": "ä" * 300})

    assert values == {"title": "ä" * 255}
    assert codes(problems) == [("title", "cut")]


def test_more_than_twenty_phones_keep_the_first_twenty():
    values, problems = lenient({"phones": tuple(f"+4917604069{n:03}" for n in range(25))})

    assert len(values["phones"]) == 20
    assert [(problem.field, problem.code) for problem in problems] == [("phones", "too_many")]
    assert "+4917604069024" in problems[0].value


def test_short_and_long_forms_are_put_together():
    assert lenient({"phone": "0176 04069012", "phones": ("0221 4710123",)})[0]["phones"][1]["e164"] == "+492214710123"


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("10000,00", {"amount": "10000.00", "currency": "EUR"}),
        ("$1,234.50", {"amount": "1234.50", "currency": "USD"}),
        ("CHF 1'234.50", {"amount": "1234.50", "currency": "CHF"}),
        ("ca. 500 Euro", {"amount": "500.00", "currency": "EUR"}),
    ],
)
def test_money_is_read_as_people_write_it(text, stored):
    assert lenient({"amount": text}) == ({"amount": stored}, ())


def test_an_amount_and_its_currency_may_come_apart():
    assert lenient({"amount": "1.234,50", "amount.currency": "CHF"})[0] == {
        "amount": {"amount": "1234.50", "currency": "CHF"}
    }


@pytest.mark.parametrize(("word", "value"), [("ja", True), ("Nein", False), ("X", True), ("vielleicht", None)])
def test_yes_and_no_are_understood(word, value):
    assert FIELD_TYPES["boolean"].clean(word, Way(lenient=True))[0] is value


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [*LEAD_FIELDS, "email", "phone", "address.city", "address", "utm.source", "messengers.x", "amount.currency", "a.b."]
)


def floats_in(value):
    if isinstance(value, dict):
        return any(map(floats_in, value.values()))
    return any(map(floats_in, value)) if isinstance(value, list) else isinstance(value, float)


@given(st.dictionaries(NAMES | st.text(max_size=10), ANYTHING, max_size=6), st.booleans())
def test_whatever_is_sent_comes_out_as_json_without_floats_and_problems_of_the_table(sent, is_lenient):
    values, problems = clean_values(sent, region="DE", lenient=is_lenient)

    assert set(values) <= set(LEAD_FIELDS)
    assert not floats_in(values)
    assert None not in values.values()
    json.dumps(values, ensure_ascii=False).encode()
    assert {problem.code for problem in problems} <= set(SENTENCES)
    for problem in problems:
        problem.value.encode()
        problem.field.encode("utf-8", "replace")


@given(st.dictionaries(NAMES, ANYTHING, max_size=4))
def test_what_was_stored_is_stored_again_unchanged(sent):
    values, _ = clean_values(sent, region="DE", lenient=True)

    assert strict(values)[0] == values


def test_hostile_values_take_no_time():
    begin = time.process_time()
    for text in ("1," * 500_000, "a@b;" * 250_000, "0/" * 500_000, "\x00" * 1_000_000, "http://" + "." * 500_000):
        lenient(dict.fromkeys(("phones", "emails", "websites", "tags", "amount", "name", "comment", "birthdate"), text))

    assert time.process_time() - begin < 5


# --- the whole ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "enough"),
    [
        ({"name": "Änne"}, True),
        ({"family_name": "Öztürk"}, True),
        ({"company": "Solar GmbH"}, True),
        ({"phones": [PHONE]}, True),
        ({"emails": [EMAIL]}, True),
        ({"title": "Anfrage"}, True),
        ({"comment": "Rückruf"}, True),
        ({"address": {"city": "Köln"}, "utm": {"source": "x"}, "status": "new"}, False),
        ({}, False),
    ],
)
def test_one_of_seven_is_enough(values, enough):
    assert says_enough(values) is enough


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"title": "Solar", "name": "Änne"}, "Solar"),
        ({"given_name": "Änne", "family_name": "Öztürk", "company": "Solar GmbH"}, "Änne Öztürk"),
        ({"company": "Solar GmbH", "phones": [PHONE]}, "Solar GmbH"),
        ({"phones": [PHONE], "emails": [EMAIL]}, "0176 04069012"),
        ({"emails": [EMAIL], "comment": "x"}, "aenne@example.de"),
        ({"comment": "\n Bitte um Rückruf \nmorgen"}, "Bitte um Rückruf"),
        ({"comment": "a" * 100}, "a" * 79 + "…"),
        ({}, ""),
    ],
)
def test_a_missing_title_is_made_from_the_best_there_is(values, title):
    assert derive_title(values) == title


def test_a_name_is_put_together_but_never_taken_apart():
    parts = {"given_name": "Maria", "middle_name": "Anna", "family_name": "Graf von Berg"}

    assert derive_name(parts) == "Maria Anna Graf von Berg"
    assert derive_name({"name": "Frau Graf", **parts}) == "Frau Graf"
    assert strict({"name": "Maria Graf"})[0] == {"name": "Maria Graf"}


def test_sound_text_has_no_controls_and_is_composed():
    assert sound("a\u0308\x00\ud800\n\tb") == "ä\n\tb"


def test_every_field_has_a_type_and_two_labels():
    for name, field in LEAD_FIELDS.items():
        assert field.read_only or name == "custom" or field.type in FIELD_TYPES
        assert set(field.label) == {"de", "en"}


def test_every_type_has_a_schema():
    assert all(kind.schema["type"] for kind in FIELD_TYPES.values())
