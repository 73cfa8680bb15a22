"""Every wrong type in every member of what is set: refused with its place, as the document says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.api import openapi
from tests.api.test_fuzzed_bodies import SAMPLES, is_wrong, placed, places, sent
from tests.desk import Desk

#: What is sent where, and what a body of it needs.
BODIES: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("POST", "/v1/statuses"): ("StatusCreate", {"name": "Vor Ort", "kind": "open"}),
    ("PATCH", "/v1/statuses/new"): ("StatusChange", {}),
    ("POST", "/v1/fields"): ("FieldCreate", {"name": "roof", "type": "choice", "label": "Dach"}),
    ("PATCH", "/v1/fields/phones"): ("FieldChange", {}),
    ("PATCH", "/v1/fields/own"): ("FieldChange", {}),
    ("POST", "/v1/sources"): ("SourceCreate", {"id": "messe", "name": "Messe"}),
    ("PATCH", "/v1/sources/call"): ("SourceChange", {}),
    ("PATCH", "/v1/settings"): ("SettingsChange", {}),
    ("POST", "/v1/users"): ("UserCreate", {"name": "Kim Käfer"}),
    ("POST", "/v1/forms"): ("FormCreate", {"name": "Photovoltaik"}),
    ("PATCH", "/v1/forms/frm_demo"): ("FormChange", {}),
    ("POST", "/v1/api-keys"): ("ApiKeyCreate", {"name": "Messe-App", "scopes": ["leads:read"]}),
}
PLACES = [
    (*key, path)
    for key, (model, _) in BODIES.items()
    for path in dict(places(openapi.document()["components"]["schemas"][model]))
]


def schema_at(model: str, path: tuple[str | int, ...]) -> list[Any]:
    """All that a place may be: the same member can stand in several forms of an object."""
    return [schema for where, schema in places(openapi.document()["components"]["schemas"][model]) if where == path]


def test_the_places_are_those_of_the_settings() -> None:
    paths = {path for _, _, path in PLACES}

    assert {("choices", 0, "id"), ("required", "from_status"), ("scopes", 0), ("absent_until",)} <= paths
    assert {("business_hours", "from"), ("lost_reasons", 0, "name"), ("assignment", "users", 0)} <= paths
    assert {("fields", 0, "show_if", "equals"), ("spam", "captcha", "secret"), ("texts", "title")} <= paths


@pytest.mark.parametrize(("method", "url", "path"), PLACES, ids=lambda each: "".join(map(str, each)))
def test_every_wrong_type_in_every_member_is_refused_with_its_place(
    desk: Desk, method: str, url: str, path: tuple[str | int, ...]
) -> None:
    if url == "/v1/fields/own":
        desk.client.post("/v1/fields", json={"name": "own", "type": "text", "label": "Eigenes"})
    model, beside = BODIES[method, url]
    place = "".join(f"/{step}" for step in path)
    wrong = [each for each in SAMPLES if all(is_wrong(each, schema) for schema in schema_at(model, path))]

    accepted, misplaced = [], []
    for value in wrong:
        status, problem = sent(desk, method, url, json.dumps(beside | placed(path, value)).encode())
        if status != 422:
            accepted.append((value, status))
        elif not any(
            each["pointer"].startswith(place) or place.startswith(each["pointer"] + "/") for each in problem["errors"]
        ):
            misplaced.append((value, problem["errors"]))

    assert accepted == []
    assert misplaced == []


def test_a_label_in_a_language_without_a_name_is_refused(desk: Desk) -> None:
    body = {"name": "roof", "type": "text", "label": {"": "Dach", "de": "Dach"}}

    status, problem = sent(desk, "POST", "/v1/fields", json.dumps(body).encode())

    assert (status, [each["code"] for each in problem["errors"]]) == (422, ["invalid_name"])
