"""What others call a field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import words
from chalicelib.domain.fields import LEAD_FIELDS
from chalicelib.domain.words import field_asked_for, field_of, normal_form


@pytest.mark.parametrize(
    ("name", "field"),
    [
        # Contact Form 7, Elementor, WPForms, Ninja Forms, Gravity Forms
        ("your-name", "name"),
        ("your-email", "emails"),
        ("your-tel", "phones"),
        ("your-message", "comment"),
        ("your-subject", "title"),
        ("form_fields[email]", "emails"),
        ("form_fields[name]", "name"),
        ("fields[name][value]", "name"),
        ("wpforms[fields][0][first]", "given_name"),
        ("wpforms[fields][0][last]", "family_name"),
        ("tel-123", "phones"),
        ("text-name", "name"),
        ("email_2", "emails"),
        # German and English words, however they are written
        ("vorname", "given_name"),
        ("Nachname", "family_name"),
        ("firma", "company"),
        ("Telefon", "phones"),
        ("Telefon / Mobil", "phones"),
        ("Telefon (mobil)", "phones"),
        ("Telefon geschäftlich", "phones"),
        ("Handynummer", "phones"),
        ("nachricht", "comment"),
        ("Ihre Nachricht (optional)", "comment"),
        ("E-Mail-Adresse", "emails"),
        ("E-Mail (Pflichtfeld)", "emails"),
        ("Name *", "name"),
        ("Name der Firma", "company"),
        ("firstName", "given_name"),
        ("LAST_NAME", "family_name"),
        ("Straße und Hausnummer", "address.street"),
        ("strasse", "address.street"),
        ("PLZ", "address.postal_code"),
        ("Ort", "address.city"),
        ("Geburtsdatum", "birthdate"),
        ("Anrede", "honorific"),
        ("Betreff", "title"),
        # autocomplete tokens
        ("given-name", "given_name"),
        ("family-name", "family_name"),
        ("additional-name", "middle_name"),
        ("honorific-prefix", "honorific"),
        ("organization", "company"),
        ("organization-title", "position"),
        ("street-address", "address.street"),
        ("address-line2", "address.street2"),
        ("address-level1", "address.region"),
        ("address-level2", "address.city"),
        ("postal-code", "address.postal_code"),
        ("country-name", "address.country"),
        ("bday", "birthdate"),
        ("tel-national", "phones"),
        ("url", "websites"),
        # files of other systems
        ("Person - Phone", "phones"),
        ("E-mail Address", "emails"),
        ("Phone 1 - Value", "phones"),
        ("Work E-mail", "emails"),
        ("Mobile Phone", "phones"),
        ("Company Name", "company"),
        ("Responsible person", "owner_id"),
        # traces
        ("utm_source", "utm.source"),
        ("gclid", "click_ids.gclid"),
        ("WhatsApp", "messengers.whatsapp"),
    ],
)
def test_a_name_of_the_wild_means_our_field(name, field):
    assert field_of(name) == field


@pytest.mark.parametrize(
    "name", ["", "***", "input_1", "fields[x][type]", "Größe", "Dachfläche", "newsletter", "field_7f3a9c", "[]", "]["]
)
def test_a_name_that_says_nothing_means_none(name):
    assert field_of(name) is None


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("Wie lautet Ihre E-Mail-Adresse?", "emails"),
        ("Unter welcher Telefonnummer erreichen wir Sie?", "phones"),
        ("What is your phone number?", "phones"),
        ("Bitte nennen Sie uns Ihren Vornamen", None),
        ("Dürfen wir Sie per E-Mail kontaktieren?", None),
        ("Newsletter per Email abonnieren", None),
        ("E-Mail-Adresse oder Telefonnummer", None),
        ("Wie groß ist Ihr Dach?", None),
    ],
)
def test_a_question_is_understood_only_where_it_asks_for_one_thing(question, field):
    assert field_asked_for(question) == field


def test_every_word_means_one_field_that_exists():
    meanings = {}
    for field, table in words._WORDS.items():
        assert field.partition(".")[0] in LEAD_FIELDS
        for word in table.split():
            assert meanings.setdefault(word.replace("_", ""), field) == field


def test_every_word_of_the_table_is_found_as_it_stands():
    for field, table in words._WORDS.items():
        for word in table.split():
            assert field_of(word) == field, word


@given(st.text(max_size=300))
def test_any_text_is_a_name(text):
    assert field_of(text) is None or field_of(text).partition(".")[0] in LEAD_FIELDS
    field_asked_for(text)
    assert normal_form(normal_form(text)) == normal_form(text)
