"""JSON bodies: whatever is sent, the answer is a value or a problem that says where."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.api.bodies import read_object, read_struct
from chalicelib.api.http import Answer, Door, Request
from chalicelib.domain.errors import BadRequest, Invalid
from tests.api.client import Client

Clients = Callable[..., Client]


def refused(body: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        read_object(body)
    return [(problem.field, problem.code) for problem in caught.value.problems]


def test_an_object_is_read_as_it_is() -> None:
    body = '{"name": "Änne Öztürk", "phones": ["+49 176 04069012"], "n": 1, "x": 2.5, "ok": true, "no": null}'

    assert read_object(body.encode()) == {
        "name": "Änne Öztürk",
        "phones": ["+49 176 04069012"],
        "n": 1,
        "x": 2.5,
        "ok": True,
        "no": None,
    }


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_object(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [
        (b"{", 1, 2),
        (b'{"a": 1,\n "b": }', 2, 7),
        (b'{"a": "\x00"}', 1, 8),
        (b'{"a": "NaN", "b": NaN}', 1, 19),
        (b'{"a":\n\n [1, -Infinity]}', 3, 6),
        (b"{'a': 1}", 1, 2),
        (b'{"a": 1} {"b": 2}', 1, 10),
    ],
)
def test_broken_json_is_told_with_its_position(body: bytes, line: int, column: int) -> None:
    with pytest.raises(BadRequest) as caught:
        read_object(body)

    assert caught.value.code == "broken_json"
    assert (caught.value.extra["line"], caught.value.extra["column"]) == (line, column)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a": "NaN", "b": NaN}', "/b"),
        (b'{"a": [1, {"b/c": -Infinity}]}', "/a/1/b~1c"),
        (b"NaN", ""),
        (b'{"a":' * 21 + b"NaN" + b"}" * 21, None),
    ],
)
def test_a_number_that_json_does_not_have_is_told_with_its_field(body: bytes, pointer: str | None) -> None:
    with pytest.raises(BadRequest) as caught:
        read_object(body)

    assert [each["pointer"] for each in caught.value.extra.get("errors", [])] == ([] if pointer is None else [pointer])


@pytest.mark.parametrize("body", [b"", b"  \n", b"\xef\xbb\xbf"])
def test_an_empty_body_is_broken_json(body: bytes) -> None:
    with pytest.raises(BadRequest, match="empty") as caught:
        read_object(body)

    assert caught.value.code == "broken_json"


@pytest.mark.parametrize("body", ['{"name": "Müller"}'.encode("latin-1"), b"\xff", '{"a": 1}'.encode("utf-16")])
def test_what_is_not_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        read_object(body)

    assert caught.value.code == "invalid_utf8"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[]", [("", "invalid_type")]),
        (b'"text"', [("", "invalid_type")]),
        (b"null", [("", "invalid_type")]),
        (b"12", [("", "invalid_type")]),
        (b'{"a": 1e400}', [("a", "number_out_of_range")]),
        (b'{"a": [1, -1' + b"0" * 400 + b"]}", [("a[1]", "number_out_of_range")]),
        (b'{"a": ' + b"9" * 100_000 + b"}", [("a", "number_out_of_range")]),
        (b'{"a": 9223372036854775808}', [("a", "number_out_of_range")]),
        (b'{"a": {"b": "x\\ud800"}}', [("a.b", "invalid_text")]),
        (b'{"\\udfff": 1}', [("\udfff", "invalid_text")]),
        (b'{"a": "x\\u0000y"}', [("a", "invalid_text")]),
        (b'{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}', [("a", "duplicate_key"), ("b.c", "duplicate_key")]),
        (b'{"a.b": {"c[0]": 1e400}}', [('["a.b"]["c[0]"]', "number_out_of_range")]),
        (b'{"' + b"n" * 256 + b'": 1}', [("n" * 255, "name_too_long")]),
        (b"[" * 1_000 + b"]" * 1_000, [("", "too_deep")]),
        (b"[" * 130_000 + b"]" * 130_000, [("", "too_deep")]),
        (b'{"a":' * 21 + b"1" + b"}" * 21, [(".".join("a" * 20), "too_deep")]),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_json_that_cannot_be_used_is_told_with_its_place(body: bytes, expected: list[tuple[str, str]]) -> None:
    assert refused(body) == expected


def test_the_limits_themselves_are_allowed() -> None:
    deep = b'{"a":' * 20 + b"1" + b"}" * 20
    many = json.dumps({f"k{number}": number for number in range(1_000)}).encode()

    assert read_object(deep)["a"]["a"]
    assert len(read_object(many)) == 1_000
    assert read_object(b'{"a": 9223372036854775807, "b": -9223372036854775807}')["a"] == 2**63 - 1


def test_names_are_counted_over_all_levels() -> None:
    body = json.dumps({"a": [{f"k{number}": 1 for number in range(500)} for _ in range(2)]}).encode()

    assert refused(body) == [("", "too_many_keys")]


def test_a_body_full_of_faults_makes_an_answer_of_bounded_size(client_of: Clients) -> None:
    names = '":{"'.join(str(level) + "ä" * 200 for level in range(19))
    body = ('{"' + names + '":[' + ",".join(["1e999"] * 40_000) + "]" + "}" * 19).encode()
    door = Door()
    door.post("/v1/x", scope="leads:write")(lambda request: Answer(request.json()))

    reply = client_of(door).post("/v1/x", body=body, headers={"Content-Type": "application/json"})

    assert reply.status == 422
    assert len(reply.body) < 2_000_000
    assert reply.json["errors_omitted"] > 0
    assert {entry["code"] for entry in reply.json["errors"]} == {"number_out_of_range"}


UNITS = ['{"a":', "[", '"\\ud800",', "1e999,", "9", '{"a":1,"a":1},', "\\", "-", '"', "NaN,", "\t"]


def repeated_names(size: int) -> bytes:
    names = [f'"{number:06d}":1' for number in range(size // 22)]
    return f"{{{','.join(names + names)}}}".encode()


@pytest.mark.parametrize("unit", [*UNITS, repeated_names])
def test_doubling_a_body_does_not_more_than_double_the_time(unit: str | Callable[[int], bytes]) -> None:
    def seconds(size: int) -> float:
        body = (unit * (size // len(unit))).encode() if isinstance(unit, str) else unit(size)
        best = 9.0
        for _ in range(5):
            begun = time.process_time()
            for wrapped in (body, b"[" + body + b"1]"):
                with pytest.raises((BadRequest, Invalid)):
                    read_object(wrapped)
            best = min(best, time.process_time() - begun)
        return best

    # the collector's rounds over a growing heap are not the parser's doing
    gc.disable()
    try:
        assert seconds(256_000) <= max(0.02, 2.6 * seconds(128_000))
    finally:
        gc.enable()


class Person(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(max_length=5)]
    at: datetime | None = None


class Note(msgspec.Struct):
    text: str
    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    tags: list[str] = []
    person: Person | None = None
    people: list[Person] = []
    numbers: dict[str, int] = {}

    def __post_init__(self) -> None:
        if self.text == "verboten":
            raise ValueError("this text may not be")


def test_a_body_of_fixed_shape_becomes_its_struct() -> None:
    note = read_struct({"text": "Grüße", "person": {"name": "Änne"}}, Note)

    assert note == Note(text="Grüße", person=Person(name="Änne"))


def test_a_wrong_type_is_told_in_words_of_json() -> None:
    with pytest.raises(Invalid) as caught:
        read_struct({"text": True, "count": "3", "tags": "a", "person": 7, "numbers": {"a": 1.5}}, Note)

    assert [(problem.field, problem.detail) for problem in caught.value.problems] == [
        ("text", "Expected a text, got true or false"),
        ("count", "Expected a whole number, got a text"),
        ("tags", "Expected a list, got a text"),
        ("person", "Expected an object or null, got a whole number"),
        ("numbers", "Expected a whole number, got a number"),
    ]


def test_all_faults_of_a_fixed_shape_are_told_at_once() -> None:
    body = {
        "count": 0,
        "txet": "?",
        "tags": ["a", 2, None],
        "person": {"name": "Friedrich", "at": "gestern", "x": 1},
        "people": [{"name": "Änne"}, {}, "niemand"],
        "numbers": {"a": "b"},
    }

    with pytest.raises(Invalid) as caught:
        read_struct(body, Note)

    assert [(problem.field, problem.code) for problem in caught.value.problems] == [
        ("txet", "unknown_field"),
        ("text", "required"),
        ("count", "invalid_value"),
        ("tags[1]", "invalid_type"),
        ("tags[2]", "invalid_type"),
        ("person.x", "unknown_field"),
        ("person.name", "invalid_value"),
        ("person.at", "invalid_value"),
        ("people[1].name", "required"),
        ("people[2]", "invalid_type"),
        ("numbers", "invalid_type"),
    ]


def test_what_a_struct_checks_itself_is_a_problem_of_the_whole() -> None:
    with pytest.raises(Invalid) as caught:
        read_struct({"text": "verboten"}, Note)

    assert [(problem.field, problem.detail) for problem in caught.value.problems] == [("", "this text may not be")]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(), max_size=20)
    | st.sampled_from([10**400, "\0", "\ud800", "a\ud83d", "=cmd|' /C calc'!A0", "\u202e", "x" * 300]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["text", "tags", "person"]), inner, max_size=5)
    ),
    max_leaves=30,
)


def echo(request: Request) -> Answer:
    return Answer({"sent": request.json()})


def take(request: Request) -> Answer:
    return Answer({"text": request.json(Note).text})


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES | st.dictionaries(st.text(max_size=8), VALUES, max_size=8), ascii_only=st.booleans())
def test_no_body_makes_us_fail_and_every_refusal_points_into_it(
    client_of: Clients, value: Any, ascii_only: bool
) -> None:
    door = Door()
    door.post("/v1/echo", scope="leads:write")(echo)
    door.post("/v1/note", scope="leads:write")(take)
    client = client_of(door)
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")

    for path in ("/v1/echo", "/v1/note"):
        reply = client.post(path, body=body, headers={"Content-Type": "application/json"})

        assert reply.status in (200, 400, 422), reply.text
        for entry in reply.json.get("errors", ()):
            _assert_points_into(entry["pointer"], entry["code"], value)
        if path == "/v1/echo" and reply.status == 200:
            assert reply.json == {"sent": value}


def _assert_points_into(pointer: str, code: str, value: Any) -> None:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for depth, step in enumerate(steps):
        last = depth == len(steps) - 1
        if isinstance(value, list):
            value = value[int(step)]
            continue
        # half surrogate pairs are shown as `?`, long names cut, and what is missing is not there
        cut = {name.encode("utf-8", "replace").decode()[:255]: item for name, item in value.items()}
        assert step in cut or (last and code == "required")
        value = cut.get(step)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0dNaI-+.e1 \n', max_size=60).map(str.encode))
def test_no_bytes_make_us_fail(client_of: Clients, body: bytes) -> None:
    door = Door()
    door.post("/v1/echo", scope="leads:write")(echo)

    reply = client_of(door).post("/v1/echo", body=body, headers={"Content-Type": "application/json"})

    assert reply.status in (200, 400, 422)


class Answered(msgspec.Struct):
    by: Literal["call", "email"]
    then: Literal["call", "email"] | None = None


@pytest.mark.parametrize("body", [{"by": "fax"}, {"by": "call", "then": "fax"}])
def test_what_is_none_of_some_words_is_told_which_there_are(body: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        read_struct(body, Answered)

    (wrong,) = caught.value.problems
    assert (wrong.code, wrong.detail, wrong.value) == ("invalid_choice", "None of: call, email.", "fax")
