"""Places in a body: as people write them and as JSON pointers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.paths import pointer, written


@pytest.mark.parametrize(
    ("steps", "field", "expected"),
    [
        ([], "", ""),
        (["name"], "name", "/name"),
        (["phones", 0], "phones[0]", "/phones/0"),
        (["phones", 0, "e164"], "phones[0].e164", "/phones/0/e164"),
        (["custom", "Größe m²"], "custom.Größe m²", "/custom/Größe m²"),
        (["custom", "a.b"], 'custom["a.b"]', "/custom/a.b"),
        (["a/b", "c~d"], "a/b.c~d", "/a~1b/c~0d"),
        (['a"]b', 1], '["a\\"]b"][1]', '/a"]b/1'),
        ([""], '[""]', "/"),
        (["items", 12, "data", "emails", 3], "items[12].data.emails[3]", "/items/12/data/emails/3"),
    ],
)
def test_a_place_is_written_for_people_and_for_machines(steps: list[str | int], field: str, expected: str) -> None:
    assert written(steps) == field
    assert pointer(field) == expected


@pytest.mark.parametrize("field", ["a..b", "a[", "a[x]", "].", '["a', "[-1]", "."])
def test_a_field_written_otherwise_is_one_name(field: str) -> None:
    assert pointer(field) == "/" + field


@given(steps=st.lists(st.text(max_size=6) | st.text(alphabet='.[]"\\~/0a', max_size=6) | st.integers(0, 9_999)))
def test_every_place_has_exactly_its_pointer(steps: list[str | int]) -> None:
    expected = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)

    assert pointer(written(steps)) == expected
