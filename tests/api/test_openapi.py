"""The document at `/openapi.json`: complete, true, and made of the code."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib import api
from chalicelib.api import openapi
from chalicelib.api.http import ANY_KEY, PUBLIC, Answer, Door
from chalicelib.api.parameters import ANY_TEXT, PAGE, TEXTS
from chalicelib.api.problem_codes import CODES
from chalicelib.api.schemas import components, description, leads, parts, values
from chalicelib.domain.caller import SCOPES
from chalicelib.domain.fields import LEAD_FIELDS
from tests import contract
from tests.api.client import Reply
from tests.api.stories import STORIES
from tests.desk import Desk

DOCUMENT = openapi.document()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


@pytest.fixture(params=OPERATIONS)
def key(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def bodies(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from operation.get("requestBody", {}).get("content", {}).values()


# ── complete ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_route_and_every_operation_is_in_it() -> None:
    served = {f"{each.method} {each.path}" for door in api.doors() for each in door.operations}

    assert OPERATIONS.keys() == served
    assert DOCUMENT["paths"].keys() == {path for paths in api.DOORS.values() for path in paths}


def test_an_operation_without_a_description_is_named_with_the_place_where_it_belongs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door = Door()
    door.operations = list(api.door_of("health").operations)
    door.get("/health/deep", scope="leads:read")(lambda request: Answer())
    monkeypatch.setattr("chalicelib.api.health.door", door)

    with pytest.raises(LookupError) as raised:
        openapi.entries()
    assert str(raised.value) == "GET /health/deep is not described; chalicelib.api.schemas.health.OPERATIONS is where"


def test_a_description_of_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.api.health.door", Door())

    with pytest.raises(LookupError, match="describes what there is not: GET /health"):
        openapi.entries()


def test_a_parameter_without_a_sentence_is_an_error() -> None:
    (listing,) = [each for each in api.door_of("tasks").operations if each.path == "/v1/tasks"]

    with pytest.raises(LookupError, match="owner_id"):
        parts.parameters(listing, description.Described("list_tasks", answers={200: dict}))


class Note(msgspec.Struct):
    """Something that somebody noted."""

    id: values.EntryId
    text: Annotated[str, Meta(examples=["Bitte erst ab 17 Uhr anrufen."])]
    price: values.Money | None


class NoteChange(msgspec.Struct, forbid_unknown_fields=True):
    """What can be changed of a note."""

    text: str


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The paths of a resource that somebody has added, as the document has them."""
    resource, schemas = ModuleType("chalicelib.api.notes", "Notes."), ModuleType("chalicelib.api.schemas.notes")
    door = resource.door = Door()
    one = "/v1/notes/{note_id}"
    door.get("/v1/notes", scope="leads:read", query={**PAGE, "tag": TEXTS})(lambda request: Answer())
    door.get(one, scope="leads:read")(lambda request, note_id: Answer())
    door.put(one, scope="leads:write")(lambda request, note_id: Answer())
    door.patch(one, scope="leads:write")(lambda request, note_id: Answer())
    door.delete(one, scope="leads:write")(lambda request, note_id: Answer())
    change = {"body": NoteChange, "example": {"text": "Hat sich erledigt."}, "versioned": True}
    schemas.OPERATIONS = {
        "GET /v1/notes": description.Described(
            "list_notes", answers={200: description.page_of(Note)}, query={"tag": "Those that have all of these."}
        ),
        f"GET {one}": description.Described("get_note", answers={200: Note}, versioned=True),
        f"PUT {one}": description.Described("put_note", answers={200: Note, 201: Note}, creates_only=True, **change),
        f"PATCH {one}": description.Described(
            "change_note", answers={200: Note}, problems={409: ("conflict",)}, **change
        ),
        f"DELETE {one}": description.Described("delete_note", answers={204: None}, versioned=True),
    }
    schemas.__spec__ = ModuleSpec(schemas.__name__, None)
    monkeypatch.setitem(sys.modules, resource.__name__, resource)
    monkeypatch.setitem(sys.modules, schemas.__name__, schemas)
    monkeypatch.setattr(api, "DOORS", {**api.DOORS, "notes": ("/v1/notes", one)})
    document = openapi.document.__wrapped__()
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    return {path: methods for path, methods in document["paths"].items() if path.startswith("/v1/notes")}


def test_a_new_resource_is_described_in_a_few_lines(notes: dict[str, Any]) -> None:
    one = notes["/v1/notes/{note_id}"]
    statuses = {method: list(operation["responses"]) for method, operation in one.items()}
    headers = {
        method: [each["name"] for each in operation["parameters"] if each["in"] == "header"]
        for method, operation in one.items()
    }

    assert statuses == {
        "get": ["200", "304", "400", "401", "403", "404", "500", "503"],
        "put": ["200", "201", "400", "401", "403", "404", "412", "413", "415", "422", "500", "503"],
        "patch": ["200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "500", "503"],
        "delete": ["204", "400", "401", "403", "404", "412", "422", "500", "503"],
    }
    assert headers == {
        "get": ["If-None-Match"],
        "put": ["Idempotency-Key", "If-Match", "If-None-Match"],
        "patch": ["Idempotency-Key", "If-Match"],
        "delete": ["Idempotency-Key", "If-Match"],
    }
    assert one["get"]["responses"]["200"]["headers"].keys() == {"X-Request-Id", "ETag"}
    assert one["put"]["responses"]["201"]["headers"].keys() == {
        "X-Request-Id", "Location", "ETag", "Idempotent-Replayed",
    }  # fmt: skip
    assert list(one["patch"]["requestBody"]["content"]) == ["application/json", "application/merge-patch+json"]


def test_lists_of_values_and_of_names_are_told_apart(notes: dict[str, Any]) -> None:
    listing = {each["name"]: each for each in notes["/v1/notes"]["get"]["parameters"]}

    assert listing["fields"]["explode"] is False
    assert "explode" not in listing["tag"]
    assert listing["fields"]["schema"]["items"] == {"type": "string", "enum": ["id", "text", "price"]}
    assert listing["tag"]["schema"] == {"type": "array", "items": ANY_TEXT}
    assert listing["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}


def test_an_operation_has_everything_that_a_reader_needs(key: str) -> None:
    operation = OPERATIONS[key]
    good = [status for status in operation["responses"] if status < "400"]

    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", operation["operationId"])
    assert operation["summary"]
    assert len(operation["summary"]) <= 120
    assert [tag["description"] for tag in DOCUMENT["tags"] if [tag["name"]] == operation["tags"]] != [""]
    assert good
    assert {"500", "503"} <= operation["responses"].keys()
    assert all(parameter["description"] for parameter in operation["parameters"] if parameter["in"] != "path")
    assert all("example" in body or body["schema"] == {"type": "string"} for body in bodies(operation))


def test_it_asks_for_the_key_and_the_scope_that_the_door_asks_for() -> None:
    asked = {
        f"{each.method} {each.path}": []
        if each.scope == PUBLIC
        else [{"key": [each.scope] if each.scope != ANY_KEY else []}]
        for door in api.doors()
        for each in door.operations
    }

    assert {key: operation["security"] for key, operation in OPERATIONS.items()} == asked
    assert {scope for security in asked.values() for each in security for scope in each["key"]} <= set(SCOPES)


def test_every_operation_id_stands_once() -> None:
    assert len({operation["operationId"] for operation in OPERATIONS.values()}) == len(OPERATIONS)


def test_every_schema_says_what_it_is_and_has_an_example_that_fits() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    bare = [name for name, schema in schemas.items() if not schema.get("description")]
    unfit = {
        name: faults
        for name, schema in schemas.items()
        for example in schema["examples"]
        if (faults := contract.faults_of(example, {"$ref": f"#/components/schemas/{name}"}))
    }

    assert bare == []
    assert unfit == {}


def test_every_example_of_a_body_fits(key: str) -> None:
    for body in bodies(OPERATIONS[key]):
        if "example" in body:
            assert contract.faults_of(body["example"], body["schema"]) == []


def test_every_problem_has_an_example_that_fits_with_the_status_it_comes_with() -> None:
    for name, response in DOCUMENT["components"]["responses"].items():
        content = response["content"]["application/problem+json"]
        status = int(name.partition(".")[0])
        for code in content["examples"]:
            example = DOCUMENT["components"]["examples"][code]["value"]
            assert contract.faults_of(example, content["schema"]) == []
            assert (example["code"], example["status"]) == (code, status)
            assert code in CODES


def test_every_field_of_a_lead_is_in_it() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    writable = {name for name, field in LEAD_FIELDS.items() if not field.read_only}

    assert schemas["Lead"]["properties"].keys() == LEAD_FIELDS.keys()
    assert schemas["LeadCreate"]["properties"].keys() == writable | {"email", "phone"}
    assert set(leads.KEPT) == LEAD_FIELDS.keys() - writable


def test_links_lead_from_what_was_made_and_from_the_first_of_a_list_to_what_can_be_done_with_it() -> None:
    made, listed = (OPERATIONS[f"{method} /v1/fields"]["responses"] for method in ("POST", "GET"))
    users = OPERATIONS["POST /v1/users"]["responses"]

    assert made["201"]["links"]["change_field"]["parameters"] == {"field_name": "$response.body#/name"}
    assert listed["200"]["links"]["get_field"]["parameters"] == {"field_name": "$response.body#/data/0/name"}
    assert users["201"]["links"]["change_user"]["parameters"] == {"user_id": "$response.body#/id"}


def test_it_names_no_model_twice() -> None:
    class Money(description.Made):
        """Another one."""

    with pytest.raises(ValueError, match="two models are called Money"):
        components.components([leads.Lead, list[Money]])


# ── true ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_operation_has_a_story() -> None:
    assert STORIES.keys() == OPERATIONS.keys()


def test_the_api_gives_every_good_answer_that_is_declared_and_each_is_as_declared(key: str, desk: Desk) -> None:
    STORIES[key](desk)

    declared = {int(status) for status in OPERATIONS[key]["responses"] if status < "400"}
    assert {status for seen, status in desk.contract.seen if seen == key and status < 400} == declared


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda lead: lead.pop("title"), '"title" is a required property'),
        (lambda lead: lead.update(nickname="Änni"), "Additional properties are not allowed ('nickname'"),
        (lambda lead: lead.update(version="7"), '"7" is not of type "integer"'),
        (lambda lead: lead.update(received_at="gestern"), '"gestern" is not a "date-time"'),
        (lambda lead: lead.update(kind="lost"), '"lost" is not one of'),
        (lambda lead: lead["phones"][0].pop("valid"), '"valid" is a required property'),
    ],
)
def test_an_answer_that_is_not_as_declared_is_found(change: Any, complaint: str) -> None:
    lead = json.loads(json.dumps(DOCUMENT["components"]["schemas"]["Lead"]["examples"][0]))
    change(lead)

    (fault,) = contract.faults_of(lead, {"$ref": "#/components/schemas/Lead"})
    assert complaint in fault


JSON = {"X-Request-Id": "r", "Content-Type": "application/json"}
BUSY = {"X-Request-Id": "r", "Content-Type": "application/problem+json", "Retry-After": "1"}
DELETED = json.dumps(DOCUMENT["components"]["examples"]["lead_deleted"]["value"]).encode()


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (Reply(202, JSON, b"{}"), "undeclared status; {}"),
        (Reply(200, JSON | {"Content-Type": "text/html"}, b"ok"), "text/html instead of application/json"),
        (Reply(200, JSON, b""), "no body"),
        (Reply(200, {"Content-Type": "application/json"}, b'{"status": "ok"}'), "no header X-Request-Id"),
        (Reply(200, JSON | {"ETag": '"1"'}, b'{"status": "ok"}'), "undeclared header ETag"),
        (Reply(200, JSON, b'{"status": "bad"}'), 'status: "bad" is not one of "ok"'),
        (Reply(503, BUSY, DELETED), "the code lead_deleted is not declared"),
    ],
)
def test_an_answer_beside_the_document_is_found(reply: Reply, complaint: str) -> None:
    with pytest.raises(contract.Broken) as raised:
        contract.Contract()("GET", "/health", reply)
    assert str(raised.value) == f"GET /health → {reply.status}: {complaint}"


def test_a_desk_watches_its_answers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.domain.lead.SHOWN", ())

    with pytest.raises(contract.Broken, match='POST /v1/leads → 201: : "honorific" is a required property'):
        desk.create(name="Änne Öztürk")


# ── served ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_anybody_gets_it_and_may_keep_it_for_a_while(desk: Desk) -> None:
    reply = desk.visitor.get("/openapi.json")
    again = desk.visitor.get("/openapi.json", headers={"If-None-Match": reply.headers["ETag"]})

    assert reply.json == json.loads(json.dumps(DOCUMENT))
    assert reply.headers["Cache-Control"] == "public, max-age=300"
    assert reply.headers["Content-Type"] == "application/json"
    assert (again.status, again.body) == (304, b"")
