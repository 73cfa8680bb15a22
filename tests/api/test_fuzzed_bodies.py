"""Bodies made to break something: each is refused with a 4xx, and told where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.api import openapi
from chalicelib.domain.fields import LEAD_FIELDS
from tests.contract import faults_of
from tests.desk import Desk

DEEP = 1_000
#: Each as it would be sent, in the place of a value; and where the problem is below that value.
VALUES = {
    "lists a thousand deep": ("[" * DEEP + "]" * DEEP, "/0" * 19),
    "objects a thousand deep": ('{"a":' * DEEP + "1" + "}" * DEEP, "/a" * 19),
    "a number beyond all floats": ("1e400", ""),
    "its negative": ("-1e400", ""),
    "a number of 401 digits": ("1" + "0" * 400, ""),
    "half a surrogate pair": (r'"\ud83d"', ""),
    "the halves in the wrong order": (r'"\udc00\ud83d"', ""),
    "NUL": (r'"a\u0000b"', ""),
    "NUL in a list": (r'["\u0000"]', "/0"),
    "half a surrogate pair as a name": (r'{"\ud83d": 1}', "/\\ud83d"),
    "a name twice": ('{"a": 1, "a": 2}', "/a"),
    "a name of 300 characters": (json.dumps({"n" * 300: 1}), "/" + "n" * 255),
}
#: Bodies that are no JSON at all.
NO_JSON = {
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "NaN deep inside": b'{"name": [[[{"a": NaN}]]]}',
    "cut": b'{"name": "Herr M',
    "single quotes": b"{'name': 'x'}",
    "a comma too many": b'{"name": "x",}',
    "a raw NUL": b'{"name": "\x00"}',
    "nothing": b" ",
    "Latin-1": '{"name": "Müller"}'.encode("latin-1"),
    "an overlong slash": b'{"name": "\xc0\xaf"}',
    "a surrogate as bytes": b'{"name": "\xed\xa0\xbd"}',
    "UTF-16": '{"name": "Müller"}'.encode("utf-16"),
}
NO_OBJECT = (b"null", b"true", b"0", b'"x"', b"[]", b'[{"name": "x"}]')
#: Of every type, empty and not.
SAMPLES: tuple[Any, ...] = (
    True, False, 0, 7, -1.5, 2**60, "", " ", "x",
    [], [None], [0], ["x"], [[]], [{}], [{"x": 1}],
    {}, {"x": 1}, {"": None}, {"a.b": 1}, {"x[0]": "x"},
)  # fmt: skip
NAMED = {"name": "Änne Öztürk"}
#: What a place needs around it, so that nothing else is wrong.
BESIDE: dict[tuple[str | int, ...], dict[str, Any]] = {
    ("amount",): {"amount": "1"},
    ("phones", 0): {"raw": "0176 04069012"},
    ("emails", 0): {"address": "aenne@example.de"},
    ("websites", 0): {"url": "https://www.example.de"},
    ("messengers", 0): {"handle": "@aenne"},
}
LEAD = openapi.document()["components"]["schemas"]["LeadCreate"]["properties"]


def operations_with_json() -> list[tuple[str, str]]:
    """Method and address, the variables and what the query needs filled in with their examples."""
    return [
        (method.upper(), address(path, operation["parameters"]))
        for path, methods in openapi.document()["paths"].items()
        for method, operation in methods.items()
        if "example" in operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        and operation["requestBody"]["required"]
    ]


def address(path: str, parameters: list[dict[str, Any]]) -> str:
    examples = {each["name"]: each.get("example", "x") for each in parameters}
    needed = [each["name"] for each in parameters if each["in"] == "query" and each.get("required")]
    query = {name: examples[name] for name in needed}
    return path.format_map(examples) + (f"?{urlencode(query)}" if query else "")


OPERATIONS = operations_with_json()
each_operation = pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(each) for each in OPERATIONS])


def sent(desk: Desk, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    reply = desk.client.request(method, path, body=body, headers={"Content-Type": "application/json"})
    return reply.status, reply.json


def pointers(problem: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in problem["errors"]]


@each_operation
@pytest.mark.parametrize("value", VALUES)
def test_a_value_that_nothing_can_hold_is_refused_with_its_place(
    desk: Desk, method: str, path: str, value: str
) -> None:
    text, below = VALUES[value]

    status, problem = sent(desk, method, path, b'{"comment": ' + text.encode() + b"}")

    assert (status, problem["code"]) == (422, "validation_failed")
    if "thousand" in value:
        # so deep that not even the place can be told, or where the limit is
        assert pointers(problem) in ([""], ["/comment" + below])
    else:
        assert ("/comment" + below).replace("\\ud83d", "?") in pointers(problem)


@each_operation
@pytest.mark.parametrize("body", NO_JSON)
def test_what_is_no_json_is_refused(desk: Desk, method: str, path: str, body: str) -> None:
    status, problem = sent(desk, method, path, NO_JSON[body])

    assert status == 400
    assert problem["code"] in ("broken_json", "invalid_utf8")


@each_operation
@pytest.mark.parametrize("body", NO_OBJECT)
def test_what_is_no_object_is_refused(desk: Desk, method: str, path: str, body: bytes) -> None:
    status, problem = sent(desk, method, path, body)

    assert (status, pointers(problem)) == (422, [""])


@each_operation
def test_what_is_too_large_is_refused(desk: Desk, method: str, path: str) -> None:
    many = json.dumps({f"n{number}": number for number in range(1_001)}).encode()

    assert sent(desk, method, path, b'{"comment": "' + b"x" * 262_144 + b'"}')[0] == 413
    assert sent(desk, method, path, many)[0] == 422


# ── every type in every field ─────────────────────────────────────────────────────────────────────────────────────


def places(schema: dict[str, Any], path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every place of a body that has a schema of its own, objects within lists included."""
    for option in schema.get("anyOf", [schema]):
        for name, member in option.get("properties", {}).items():
            yield (*path, name), member
            yield from places(member, (*path, name))
        if "items" in option:
            yield (*path, 0), option["items"]
            yield from places(option["items"], (*path, 0))


def placed(path: tuple[str | int, ...], value: Any) -> Any:
    """A body with this value at this place, and around it what it needs."""
    for position in range(len(path), 0, -1):
        beside = BESIDE.get(path[: position - 1], {})
        value = [value] if path[position - 1] == 0 else {**beside, path[position - 1]: value}
    return value


def is_wrong(value: Any, schema: dict[str, Any]) -> bool:
    """Whether the value is not of the schema; an empty text is none, where a text belongs."""
    nothing = isinstance(value, str) and not value.strip()
    return bool(faults_of(value, schema)) and not (nothing and "string" in schema.get("type", ()))


PLACES = dict(places({"properties": LEAD}))


def test_the_places_are_those_of_a_lead() -> None:
    assert {path[0] for path in PLACES} == LEAD.keys()
    assert {("address", "city"), ("phones", 0, "type"), ("consent", 0, "at"), ("amount", "currency")} <= PLACES.keys()


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_every_wrong_type_in_every_field_is_refused_with_its_place(desk: Desk, path: tuple[str | int, ...]) -> None:
    place = "".join(f"/{step}" for step in path)
    accepted, misplaced = [], []
    wrong = [value for value in SAMPLES if is_wrong(value, PLACES[path])]
    for value in wrong:
        status, problem = sent(desk, "POST", "/v1/leads", json.dumps(NAMED | placed(path, value)).encode())
        if status != 422:
            accepted.append((value, status))
        elif not any(pointer.startswith(place) or place.startswith(pointer + "/") for pointer in pointers(problem)):
            misplaced.append((value, pointers(problem)))

    assert accepted == []
    assert misplaced == []


@pytest.mark.parametrize("name", [name for name, field in LEAD_FIELDS.items() if field.read_only])
def test_what_leadger_keeps_cannot_be_set_to_any_type(desk: Desk, name: str) -> None:
    refused = [sent(desk, "POST", "/v1/leads", json.dumps(NAMED | {name: value}).encode()) for value in SAMPLES]

    assert {(status, *pointers(problem)) for status, problem in refused} == {(422, f"/{name}")}


def test_everything_wrong_at_once_is_told_at_once(desk: Desk) -> None:
    body = {name: {"x": 1} if "array" in schema.get("type", ()) else [[]] for name, schema in LEAD.items()}
    for short in ("email", "phone"):
        del body[short]

    status, problem = sent(desk, "POST", "/v1/leads", json.dumps(body).encode())

    assert status == 422
    assert {pointer.split("/")[1] for pointer in pointers(problem)} == body.keys()
