"""Cursors: what was sealed comes back, for the same query and caller only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.cursors import binding, open_cursor, seal
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import BadRequest

SECRET = b"the workspace's"
CALLER = Caller("key_1", frozenset({"leads:read"}), "Auswertung")
POSITION = {"pk": "L#0J5Q2M8T3XA", "sk": "~", "lane": 0, "names": ["Ö"]}
BINDING = binding(CALLER, "/v1/leads", {"status": ["new", "junk"], "q": ["müller"]})


def is_refused(cursor: str, bound: str = BINDING, secret: bytes = SECRET) -> bool:
    try:
        open_cursor(cursor, bound, secret)
    except BadRequest as error:
        return error.code == "invalid_cursor"
    return False


def test_a_place_comes_back_as_it_was() -> None:
    cursor = seal(POSITION, BINDING, SECRET)

    assert open_cursor(cursor, BINDING, SECRET) == POSITION
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&? ")


def test_the_order_of_parameters_the_limit_and_the_cursor_itself_do_not_matter() -> None:
    again = binding(
        CALLER, "/v1/leads", {"limit": ["7"], "cursor": ["abc"], "q": ["müller"], "status": ["new", "junk"]}
    )

    assert again == BINDING


@pytest.mark.parametrize(
    "other",
    [
        binding(Caller("key_2", CALLER.scopes), "/v1/leads", {"status": ["new", "junk"], "q": ["müller"]}),
        binding(Caller("key_1", CALLER.scopes | {"leads:write"}), "/v1/leads", {"status": ["new"], "q": ["müller"]}),
        binding(Caller("key_1"), "/v1/leads", {"status": ["new", "junk"], "q": ["müller"]}),
        binding(CALLER, "/v1/deals", {"status": ["new", "junk"], "q": ["müller"]}),
        binding(CALLER, "/v1/leads", {"status": ["new"], "q": ["müller"]}),
        binding(CALLER, "/v1/leads", {"status": ["new", "junk"], "q": ["müller"], "sort": ["created_at"]}),
        binding(CALLER, "/v1/leads", {}),
    ],
    ids=["caller", "more rights", "fewer rights", "path", "filter", "sort", "no query"],
)
def test_a_cursor_of_another_query_or_caller_is_refused(other: str) -> None:
    assert is_refused(seal(POSITION, other, SECRET))


def test_a_cursor_of_another_secret_is_refused() -> None:
    assert is_refused(seal(POSITION, BINDING, b"another"))


def test_a_changed_character_anywhere_is_refused() -> None:
    cursor = seal(POSITION, BINDING, SECRET)

    for place, character in enumerate(cursor):
        other = "A" if character != "A" else "B"
        assert is_refused(cursor[:place] + other + cursor[place + 1 :]), place
    for changed in (cursor + "A", cursor[:-1], cursor + "=", cursor + "!", cursor + "\n", " " + cursor):
        assert is_refused(changed)


@given(cursor=st.text(max_size=120) | st.text(alphabet="ABCabc012-_=", max_size=120))
def test_no_text_makes_us_fail(cursor: str) -> None:
    assert is_refused(cursor)
