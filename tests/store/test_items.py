"""Python values as DynamoDB's typed JSON and back: whatever is stored comes back as it was, empty values are absent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.store import items

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
SCALARS = TEXTS | st.booleans() | st.integers(-(2**63), 2**63) | st.binary(min_size=1) | st.none()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(TEXTS, inner, min_size=1),
    max_leaves=12,
)


def there_and_back(value: Any) -> Any:
    return items.decode(items.encode({"value": {"in": value}}))["value"]["in"]


@given(VALUES)
def test_every_value_comes_back_as_it_was(value: Any) -> None:
    assert there_and_back(value) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_as_itself_or_as_its_text(value: float) -> None:
    back = there_and_back(value)

    assert back == value or back == str(value)


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("Änne", {"S": "Änne"}),
        (True, {"BOOL": True}),
        (0, {"N": "0"}),
        (-7, {"N": "-7"}),
        (84.5, {"N": "84.5"}),
        (Decimal("1234.50"), {"N": "1234.50"}),
        (b"\xff", {"B": b"\xff"}),
        (frozenset({"b", "a"}), {"SS": ["a", "b"]}),
        (("a", 1), {"L": [{"S": "a"}, {"N": "1"}]}),
        ({"a": None}, {"M": {"a": {"NULL": True}}}),
        (10**40, {"S": str(10**40)}),
        (1e300, {"S": "1e+300"}),
    ],
)
def test_a_value_has_one_form_on_the_wire(value: object, wire: object) -> None:
    assert items.typed(value) == wire


@pytest.mark.parametrize("nothing", [None, "", b"", [], (), {}, set(), frozenset()])
def test_empty_attributes_are_absent(nothing: object) -> None:
    assert items.encode({"pk": "L#1", "comment": nothing}) == {"pk": {"S": "L#1"}}


@pytest.mark.parametrize("something", [0, False, 0.0])
def test_zero_and_no_are_not_empty(something: object) -> None:
    assert "attribute" in items.encode({"attribute": something})


def test_numbers_come_back_whole_where_they_are() -> None:
    assert there_and_back(Decimal("12")) == 12
    assert isinstance(there_and_back(Decimal("12")), int)
    assert isinstance(there_and_back(12.5), float)


def test_what_cannot_be_stored_is_named() -> None:
    with pytest.raises(TypeError, match="object cannot be stored"):
        items.encode({"value": object()})
