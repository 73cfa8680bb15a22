"""The sentences of problems."""

import string

import pytest

from chalicelib.domain.problems import LONGEST_VALUE, SENTENCES, as_text, problem


@pytest.mark.parametrize("code", SENTENCES)
def test_every_code_has_a_sentence_that_can_be_filled(code):
    gaps = {name: "x" for _, name, _, _ in string.Formatter().parse(SENTENCES[code]) if name}

    assert problem("name", code, "v", **gaps).detail.endswith(".")


def test_an_open_gap_is_a_mistake():
    with pytest.raises(KeyError):
        problem("name", "too_long")


def test_a_problem_carries_the_value_as_text_and_cut():
    assert problem("phone", "invalid_phone", "x" * 1_000).value == "x" * LONGEST_VALUE
    assert [as_text(value) for value in (None, 7, True, [1], "\ud800")] == ["", "7", "True", "[1]", "?"]
    assert as_text(10**5000) == "(int)"
