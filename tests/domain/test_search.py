"""Search: which words of a lead are looked up, and what is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.search import Range, Term, first_met, fits, folded, leading, terms_of, tokens_of

AENNE = {
    "name": "Änne Müller-Öztürk",
    "company": "Strauß & Søn GmbH",
    "title": "Photovoltaik 2026",
    "emails": [{"id": 1, "address": "Aenne.Mueller@solar.example.de"}],
    "phones": [{"id": 2, "e164": "+4917604069012", "raw": "0176 04069012"}],
}


def found(query: str, values: dict = AENNE) -> bool:
    terms = terms_of(query)
    return bool(terms) and fits(terms, tokens_of(values))


@pytest.mark.parametrize(
    "query",
    [
        "muller", "mueller", "Müller", "MÜLLER", "Mül", "mue", "ozturk", "oeztuerk", "Öztürk", "anne", "aenne",
        "strauss", "strauß", "son", "soen", "søn", "gmbh", "photo", "2026", "202", "müller photo", "öztürk 9012",
        "Müller-Öztürk", "u\u0308 müller".removeprefix("u\u0308 "), "Mu\u0308ller",
        "aenne.mueller@solar.example.de", "AENNE.Mueller@solar", "solar.example.de", "@solar.example.de",
        "aenne.mueller@", "solar", "example",
        "069012", "9012", "0176 04069012", "+49 176 0406-9012", "+49 (0)176 04069012", "0049 176 04069012",
        "(0176) 040 690 12", "4917604069012",
    ],
)  # fmt: skip
def test_a_lead_is_found_by(query: str) -> None:
    assert found(query)


@pytest.mark.parametrize(
    "query",
    ["mu", "ll", "uller", "müllers", "meller", "mueller meier", "901", "1760", "0176", "20", "12", "de", "@", "~21096",
     "aenne@", "mueller@solar.example.de", "öztürk 9013"],
)  # fmt: skip
def test_a_lead_is_not_found_by(query: str) -> None:
    assert not found(query)


def test_a_short_word_must_be_whole() -> None:
    assert found("li", {"name": "Li Wei"})
    assert not found("li", {"name": "Lisa"})
    assert found("ö", {"name": "Ö"})
    assert found("李明", {"name": "李明"})


def test_an_apostrophe_parts_a_name_or_not() -> None:
    for query in ("obrien", "O'Brien", "o’brien", "brien"):
        assert found(query, {"name": "Sinéad O'Brien"})


def test_letters_of_other_alphabets_are_folded_too() -> None:
    assert folded("Łódź") == "lodz"
    assert folded("ΣΊΣΥΦΟΣ") == folded("σίσυφος")
    assert found("lodz", {"company": "Łódź Films"})
    assert found("тест", {"name": "ТЕСТ"})


OWN = {
    "number": "AB-4711", "second": "zoe@zweitens.example.de", "mobile": "+436601234567", "hobbies": ["Segeln", "Köche"],
    "area": "84.5", "sold_on": "2027-03-01", "seen_at": "2027-03-01T08:00:00.000Z", "rooms": 41, "sunny": True,
    "price": {"amount": "977", "currency": "EUR"}, "page": "https://seite.example.de/x", "advisor": "usr_0J5Q2M8T3XA",
    "story": "Zeile\nVersteck", "roof": "flat",
}  # fmt: skip


@pytest.mark.parametrize(
    "query",
    ["ab-4711", "4711", "segeln", "koche", "koeche", "zoe@zweitens", "zweitens.example.de", "0660 1234567", "flat"],
)
def test_texts_addresses_and_numbers_of_own_fields_are_found(query: str) -> None:
    assert found(query, {"name": "Zoë", "custom": OWN})
    assert not found(query, {"name": "Zoë"})


@pytest.mark.parametrize("query", ["84", "84.5", "2027", "41", "977", "eur", "seite", "usr", "versteck", "true"])
def test_numbers_days_and_long_texts_of_own_fields_are_not_looked_up(query: str) -> None:
    assert not found(query, {"name": "Zoë", "custom": OWN})


def test_someone_who_spells_it_out_is_found_by_the_letter() -> None:
    assert found("Müller", {"name": "Mueller"})
    assert found("Müller", {"name": "Muller"})


def test_a_query_of_signs_asks_for_nothing() -> None:
    for query in ("", "  ", "-", "***", "@", "+", "(", "\u0301", "'"):
        assert terms_of(query) == ()


def test_a_query_beyond_what_anybody_types_is_refused() -> None:
    with pytest.raises(ValueError, match="300 characters"):
        terms_of("x" * 301)
    with pytest.raises(ValueError, match="12 words"):
        terms_of("abc " * 1 + " ".join(f"wort{n}" for n in range(13)))


def test_the_term_that_fits_the_fewest_leads_is_read() -> None:
    assert leading(terms_of("li photovoltaik 12")) == Term((Range("photovoltaik"),))
    assert leading(terms_of("müller 0176 04069012")).ranges[0] == Range("~21096040671")


def test_a_lead_is_shown_under_one_of_its_tokens_only() -> None:
    (term,) = terms_of("müll")
    tokens = tokens_of(AENNE | {"company": "Mull AG"})

    assert first_met(term, tokens) == (0, "mueller")
    assert first_met(term, tokens_of({"company": "Mull AG"})) == (1, "mull")
    assert first_met(term, tokens_of({"name": "Meier"})) is None


def test_tokens_are_bounded_whatever_a_lead_holds() -> None:
    values = {"name": "Änne", "title": " ".join(f"wort{number}" for number in range(500)), "company": "x" * 255}

    tokens = tokens_of(values)

    assert len(tokens) == 200
    assert {"anne", "aenne"} <= set(tokens)
    assert max(map(len, tokens)) == 40
    assert found("x" * 255, values)


TEXTS = st.text(max_size=60) | st.text("ﷺﾞ'ÄäßøĲﬃ.-_@~#0٣ \u0301", max_size=60)


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_a_lead_is_called_its_tokens_are_keys_of_the_table(name: str, company: str, local: str) -> None:
    emails = [{"address": f"{local}@exämple.de"}]

    own = {"text": name, "list": [company, f"{local}@example.de", 4], "money": {"amount": "1", "currency": "EUR"}}
    for token in tokens_of({"name": name, "company": company, "emails": emails, "custom": own}):
        assert token
        assert len(f"{token}#0SARTXT7M8X".encode()) <= 1024


@given(TEXTS)
def test_a_lead_is_found_by_its_whole_name(name: str) -> None:
    try:
        terms = terms_of(name)
    except ValueError:
        return
    only_words = [term for term in terms if not term.ranges[0].text.startswith("~")]

    assert fits(only_words, tokens_of({"name": name})) or "@" in name or "." in name
    assert all(one.text for term in terms for one in term.ranges)


def test_half_a_surrogate_pair_and_other_oddities_cost_nothing() -> None:
    assert tokens_of({"name": "\ud800 Änne", "emails": [], "title": None})[-1] == "anne"
    assert tokens_of({}) == ()
