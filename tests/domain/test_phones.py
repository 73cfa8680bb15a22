"""What people type as a phone number, and what it is."""

import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.phones import PHONE_TYPES, clean_phone, holds_several, is_withheld, phone_key, split_phones


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("0221 4710 123", "+492214710123"),
        ("0221 4710 123 (ab 18 Uhr)", "+492214710123"),
        ("Tel.: 0221/4710-123", "+492214710123"),
        ("0221 4710123 Durchwahl 12", "+492214710123"),
        ("030 1234567 ext. 12", "+49301234567"),
        ("0049 30 1234567", "+49301234567"),
        ("00 49 176 04069012", "+4917604069012"),
        ("+49 (0) 30 1234567", "+49301234567"),
        ("+49(0)301234567", "+49301234567"),
        ("0049 (0)30 1234567", "+49301234567"),
        ("(0)30 1234567", "+49301234567"),
        ("+49 0176 04069012", "+4917604069012"),
        ("(+49) 176 04069012", "+4917604069012"),
        ("+ 49 176 04069012", "+4917604069012"),
        ("4917604069012", "+4917604069012"),
        ("17604069012", "+4917604069012"),
        ("tel:+49-30-1234567;ext=12", "+49301234567"),
        ("p:+4917604069012", "+4917604069012"),
        ("\u202a+49 176 04069012\u202c", "+4917604069012"),
        ("0176\u20130406\u20139012", "+4917604069012"),
        ("\uff0b49 176 04069012", "+4917604069012"),
        ("24h: 0221 4710123", "+492214710123"),
        ("030 / 1234567", "+49301234567"),
        ("030/1234567-0", "+493012345670"),
        ("030/901820", "+4930901820"),
        ("030/901820/0", "+49309018200"),
        ("0171/234/0567", "+491712340567"),
        ("+4930901820 / 0176 1", "+4930901820"),
        ("0221 4710123, 0176 04069012", "+492214710123"),
        ("+43 1 5330303", "+4315330303"),
        ("+1 (415) 555-2671", "+14155552671"),
    ],
)
def test_a_number_is_read_however_it_is_written(typed, e164):
    phone = clean_phone(typed, "DE")

    assert phone is not None
    assert phone["e164"] == e164
    assert phone["valid"] is True
    assert phone_key(phone) == e164


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "keine",
        "auf Anfrage",
        "4,91512E+11",
        "4.91512E+11",
        "4,91512E11",
        "22 33 44",
        "110",
        "0",
        "12345",
        "0000000000",
        "12.05.2024",
        "2024-05-12",
        "1-800-FLOWERS",
        "anonymous",
        "+266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
        "+",
        "+49",
        "aenne@example.de",
        "+999 123456",
        "01234567890123456789012345",
    ],
)
def test_what_is_no_number_is_none(typed):
    assert clean_phone(typed, "DE") is None


@pytest.mark.parametrize(
    "typed",
    [
        "0221 siehe Signatur",
        "0221 folgt",
        "0160",
        "0171 folgt",
        "0176 12 Uhr",
        "08 00",
        "0800 PIZZA",
        "0800 BLUMEN",
        "01234",
        "+490221",
        "0049 0160",
    ],
)
def test_an_area_code_alone_is_nobodys_number(typed):
    assert clean_phone(typed, "DE") is None


@pytest.mark.parametrize(
    "typed",
    [
        "DE123456789",
        "DE102345678",
        "DE301234567",
        "USt-ID DE 123456789",
        "Kundennummer 123456789",
        "0123456789",
        "+49123456789",
    ],
)
def test_an_id_or_the_keys_in_a_row_are_no_number(typed):
    assert clean_phone(typed, "DE") is None


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("0176 040690", "DE", "+49176040690"),  # digits forgotten
        ("0123 987654", "DE", "+49123987654"),  # 012 is not in use
        ("000 1234", "IT", "+390001234"),  # there the zero is a digit of the number
        ("+247 50000", "DE", "+24750000"),  # on Ascension whole numbers are this short
    ],
)
def test_a_possible_number_that_is_not_in_use_is_taken_and_marked(typed, region, e164):
    phone = clean_phone(typed, region)

    assert phone is not None
    assert (phone["e164"], phone["valid"]) == (e164, False)


def test_a_phone_keeps_what_was_typed_and_says_what_it_is():
    assert clean_phone("  0176  04069012 ", "DE") == {
        "e164": "+4917604069012",
        "raw": "0176 04069012",
        "type": "mobile",
        "valid": True,
    }
    assert clean_phone("0221 4710123", "DE") == {
        "e164": "+492214710123",
        "raw": "0221 4710123",
        "type": "landline",
        "valid": True,
    }


@pytest.mark.parametrize("typed", ["+44 7700 900123", "+33 6 39 98 00 00"])
def test_fiction_ranges_are_possible_but_not_valid(typed):
    phone = clean_phone(typed, "DE")

    assert phone is not None
    assert phone["valid"] is False


def test_the_region_decides_about_a_number_without_country_code():
    assert clean_phone("01 23 45 67 89", "FR")["e164"] == "+33123456789"
    assert clean_phone("(415) 555-2671", "US")["e164"] == "+14155552671"
    assert clean_phone("06 12345678", "IT")["e164"] == "+390612345678"
    assert clean_phone("0176 04069012", "de")["e164"] == "+4917604069012"
    assert clean_phone("0176 04069012", "ZZ") is None


def test_a_local_number_without_area_code_is_nobodys():
    assert clean_phone("253-0000", "US") is None
    assert clean_phone("4710123", "DE") is None
    assert clean_phone("234 56 78", "LI")["e164"] == "+4232345678"  # no area codes there


#: Written like a date: 20.12.34 is a telephone in New Caledonia.
LIKE_DATES = {"NC"}


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS - LIKE_DATES))
def test_each_countrys_example_numbers_come_out_as_the_library_has_them(region):
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        for form in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.NATIONAL):
            phone = clean_phone(phonenumbers.format_number(example, form), region)
            assert phone is not None
            assert (phone["e164"], phone["valid"]) == (e164, phonenumbers.is_valid_number(example))


@given(st.text(max_size=300), st.sampled_from(["DE", "US", "FR", "ZZ", ""]))
def test_any_text_gives_a_phone_or_none(text, region):
    phone = clean_phone(text, region)

    if phone is not None:
        assert set(phone) == {"e164", "raw", "type", "valid"}
        assert phone["e164"][0] == "+"
        assert phone["e164"][1:].isdecimal()
        assert phone["e164"].isascii()
        assert phone["type"] in PHONE_TYPES
        phone["raw"].encode()


@given(st.from_regex(r"\+?[0-9][0-9 ()/.\-]{5,20}", fullmatch=True))
def test_reading_its_own_e164_again_changes_nothing(text):
    phone = clean_phone(text, "DE")

    if phone is not None:
        again = clean_phone(phone["e164"], "US")
        assert again is not None
        assert again["e164"] == phone["e164"]


@pytest.mark.parametrize(
    "sent",
    ["", " ", "anonymous", "Anonymous", "Restricted", "UNKNOWN", "unbekannt", "unavailable", "+266696687",
     "+7378742833", "+2562533", "+8656696", "+86282452253", "sip:anonymous@anonymous.invalid", "-1", "No Caller ID"],
)  # fmt: skip
def test_withheld_callers_are_recognised(sent):
    assert is_withheld(sent)


@pytest.mark.parametrize("sent", ["+4917604069012", "0221 4710123", "7378742833", "sip:+492214710123@example.net"])
def test_a_number_is_not_withheld(sent):
    assert not is_withheld(sent)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0221 4710123 / 0176 04069012", ["0221 4710123", "0176 04069012"]),
        ("0221/4710123", ["0221/4710123"]),
        ("030 / 1234567", ["030 / 1234567"]),
        ("+4930901820 / 0176 1", ["+4930901820", "0176 1"]),
        ("030/901820 / 0176 04069012", ["030/901820", "0176 04069012"]),
        ("0171/234/0567", ["0171/234/0567"]),
        ("030 901820/0", ["030 901820/0"]),
        ("0221 4710123, +49 176 04069012", ["0221 4710123", "+49 176 04069012"]),
        ("0221 4710123 oder 0176 04069012", ["0221 4710123", "0176 04069012"]),
        ("0221 4710123 ::: 0176 04069012", ["0221 4710123", "0176 04069012"]),
        ("0221 4710123\n0176 04069012", ["0221 4710123", "0176 04069012"]),
        ("4,91512E+11", ["4,91512E+11"]),
        ("4,91512E+11, 0221 4710123", ["4,91512E+11", "0221 4710123"]),
        ("0221 4710123,4,91512E+11", ["0221 4710123", "4,91512E+11"]),
        ("", []),
    ],
)
def test_several_numbers_in_one_text_are_parted(text, parts):
    assert split_phones(text) == parts


@pytest.mark.parametrize(
    "text",
    ["+4930901820 / 0176 1", "0221 4710123 / 0176 04069012", "0221 4710123, 0176 04069012", "0221 4710123; 0176 1",
     "030 901820 oder +43 1 5330303", "0221 4710123\n0176 04069012"],
)  # fmt: skip
def test_a_text_may_hold_several_numbers(text):
    assert holds_several(text, "DE")


@pytest.mark.parametrize(
    "text",
    ["030/901820", "030 / 1234567", "0221 4710 123 (ab 18 Uhr)", "0221 4710123, ab 18 Uhr", "030 901820/0",
     "0221 4710123; seit 01.02.2026", "tel:+49-30-1234567;ext=12", "0221 4710123 und E-Mail", "0171/234/0567", ""],
)  # fmt: skip
def test_what_else_people_write_beside_a_number_is_none(text):
    assert not holds_several(text, "DE")


def test_hostile_texts_take_no_time():
    clean_phone("0176 04069012", "DE")  # the library loads its metadata once
    begin = time.process_time()
    for part in ("1(", "+ ", "0/", "(0)", "1e", "1,1", ",1 "):
        text = part * 50_000
        clean_phone(text, "DE")
        split_phones(text)
        holds_several(text, "DE")

    assert time.process_time() - begin < 2
