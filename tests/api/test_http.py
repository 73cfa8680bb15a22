"""The wrapper of every view: what it asks for, in which order, and what every answer has."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.api.http import ANY_KEY, METHODS, PUBLIC, Answer, Door, Request, page, see_other
from chalicelib.api.parameters import PAGE
from chalicelib.domain.caller import ANYBODY
from chalicelib.domain.errors import Busy, Conflict, Invalid, NotFound, Problem
from tests.api.client import Client
from tests.api.conftest import CALLERS, READER, WRITER

Clients = Callable[..., Client]
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def door_that(view: Callable[..., Answer], method: str = "post", path: str = "/v1/leads", **options: Any) -> Door:
    door = Door()
    getattr(door, method)(path, **{"scope": "leads:write"} | options)(view)
    return door


def echo(request: Request, **variables: str) -> Answer:
    return Answer(request.json() | variables)


def noting(seen: list[Any], of: Callable[[Request], Any]) -> Callable[..., Answer]:
    """A view that keeps something of its request."""

    def view(request: Request, **_: str) -> Answer:
        seen.append(of(request))
        return Answer()

    return view


def nothing(request: Request, **_: str) -> Answer:
    return Answer()


def test_a_view_sees_the_request_as_it_was_sent(client_of: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Request] = []
    monkeypatch.setattr(clock, "now", lambda: NOON)
    door = door_that(
        noting(seen, lambda request: request),
        path="/v1/leads/{lead_id}/notes",
        query=None,
    )

    client_of(door).post(
        "/v1/leads/lead%5F0J5Q2M8T3XA/notes?tag=neu&tag=hei%C3%9F&q=a+b",
        body=b'{"text": "Gr\xc3\xbc\xc3\x9fe"}',
        headers={"Content-Type": "application/json; charset=utf-8", "X-Anything": "here"},
        request_id="c0ffee",
        ip="198.51.100.4",
    )

    [request] = seen
    assert request.id == "c0ffee"
    assert request.method == "POST"
    assert request.path == "/v1/leads/lead_0J5Q2M8T3XA/notes"
    assert request.path_pattern == "/v1/leads/{lead_id}/notes"
    assert request.path_parameters == {"lead_id": "lead_0J5Q2M8T3XA"}
    assert request.query == {"tag": ["neu", "heiß"], "q": ["a b"]}
    assert request.headers["x-ANYTHING"] == "here"
    assert request.content_type == "application/json"
    assert request.body == '{"text": "Grüße"}'.encode()
    assert request.json() == {"text": "Grüße"}
    assert request.caller == CALLERS[WRITER]
    assert request.ip == "198.51.100.4"
    assert request.base_url == "https://leads.example.de"
    assert request.now == NOON


def test_path_variables_reach_the_view_by_name_and_decoded(client_of: Clients) -> None:
    door = door_that(echo, method="put", path="/v1/leads/external/{system}/{external_id}")

    reply = client_of(door).put("/v1/leads/external/shop/M%C3%BCller%20%2B1", json={})

    assert reply.json == {"system": "shop", "external_id": "Müller +1"}


@pytest.mark.parametrize(
    "body", [b"", b"name=M\xfcller", b"\x00\x01\xff\xfe", b"--x\r\n\r\n--x--", "Grüße".encode("utf-16")]
)
def test_a_raw_door_gets_every_body_byte_for_byte(client_of: Clients, body: bytes) -> None:
    seen: list[bytes] = []
    door = door_that(noting(seen, lambda request: request.body), path="/f/x", scope=PUBLIC, raw=True)

    client_of(door).post("/f/x", body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert seen == [body]


def test_every_answer_has_the_standard_headers(client_of: Clients) -> None:
    client = client_of(door_that(echo))

    for reply in (client.post("/v1/leads", json={}, request_id="r1"), client.post("/v1/leads", request_id="r1")):
        assert reply.headers["X-Request-Id"] == "r1"
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["Access-Control-Expose-Headers"] == (
            "ETag,Location,Retry-After,X-Request-Id,Idempotent-Replayed"
        )
        assert "Access-Control-Allow-Credentials" not in reply.headers


def test_preflights_allow_exactly_our_headers_on_v1_and_forms_only(client_of: Clients) -> None:
    doors = [door_that(nothing, path=path, scope=PUBLIC) for path in ("/v1/a", "/f/{form_id}", "/hooks/x", "/health")]

    routes = client_of(*doors).app.routes

    origins = {path: getattr(methods["POST"].cors, "allow_origin", None) for path, methods in routes.items()}
    assert origins == {"/v1/a": "*", "/f/{form_id}": "*", "/hooks/x": None, "/health": None}
    assert routes["/v1/a"]["POST"].cors.get_access_control_headers() == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Headers": "Authorization,Content-Type,If-Match,If-None-Match,Idempotency-Key",
        "Access-Control-Expose-Headers": "ETag,Location,Retry-After,X-Request-Id,Idempotent-Replayed",
        "Access-Control-Max-Age": "3600",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def test_values_are_written_in_the_forms_of_the_contract(client_of: Clients) -> None:
    value = {
        "at": NOON,
        "amount": Decimal("12.50"),
        "count": Decimal(3),
        "scopes": frozenset({"b", "a"}),
        "names": ("Ä", "ß"),
    }

    reply = client_of(door_that(lambda request: Answer(value))).post("/v1/leads")

    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json == {
        "at": "2026-11-23T12:00:00.000Z",
        "amount": 12.5,
        "count": 3,
        "scopes": ["a", "b"],
        "names": ["Ä", "ß"],
    }


def test_a_created_record_has_location_and_etag(client_of: Clients) -> None:
    answer = Answer({"id": "lead_1"}, 201, location="/v1/leads/lead_1", version=1)

    reply = client_of(door_that(lambda request: answer)).post("/v1/leads")

    assert (reply.status, reply.headers["Location"], reply.headers["ETag"]) == (201, "/v1/leads/lead_1", '"1"')


@pytest.mark.parametrize(
    ("options", "base_url", "location"),
    [
        ({}, "https://leads.example.de", "/v1/leads/lead_1"),
        ({"base_path": "/crm"}, "https://leads.example.de/crm", "/crm/v1/leads/lead_1"),
        (
            {"host": "a1b2c3.execute-api.eu-central-1.amazonaws.com"},
            "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/prod",
            "/prod/v1/leads/lead_1",
        ),
    ],
    ids=["own domain", "base path", "the gateway's name"],
)
def test_addresses_are_those_of_outside(
    client_of: Clients, options: dict[str, str], base_url: str, location: str
) -> None:
    door = door_that(lambda request: Answer({"at": request.base_url}, 201, location="/v1/leads/lead_1"))

    reply = client_of(door, **options).post("/v1/leads")

    assert reply.json == {"at": base_url}
    assert reply.headers["Location"] == location


def test_a_location_among_the_headers_of_a_stored_answer_is_the_same(client_of: Clients) -> None:
    answer = Answer(b"{}", 201, headers={"Location": "/v1/leads/lead_1"}, replayed=True)

    reply = client_of(door_that(lambda request: answer), base_path="/crm").post("/v1/leads")

    assert reply.headers["Location"] == "/crm/v1/leads/lead_1"


def test_the_configured_address_wins(client_of: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGER_PUBLIC_URL", "https://anfragen.example.de/crm/")
    door = door_that(lambda request: Answer({"at": request.base_url}, 201, location="/v1/leads/lead_1"))

    reply = client_of(door).post("/v1/leads")

    assert reply.json == {"at": "https://anfragen.example.de/crm"}
    assert reply.headers["Location"] == "/crm/v1/leads/lead_1"


def test_a_replayed_answer_says_so_and_is_sent_as_it_was_stored(client_of: Clients) -> None:
    answer = Answer(b'{"id":"lead_1"}', 201, replayed=True)

    reply = client_of(door_that(lambda request: answer)).post("/v1/leads")

    assert (reply.status, reply.body, reply.headers["Idempotent-Replayed"]) == (201, b'{"id":"lead_1"}', "true")


def test_a_page_and_a_redirect_are_possible(client_of: Clients) -> None:
    shown = door_that(lambda request: page("<p>Grüße</p>", 422), path="/f/a", scope=PUBLIC)
    sent = door_that(lambda request: see_other("https://müller.de/danke?a=ü\r\nX: y"), path="/f/b", scope=PUBLIC)
    client = client_of(shown, sent)

    html, redirect = client.post("/f/a"), client.post("/f/b")

    assert (html.status, html.headers["Content-Type"], html.text) == (422, "text/html; charset=utf-8", "<p>Grüße</p>")
    assert redirect.status == 303
    assert redirect.headers["Location"] == "https://m%C3%BCller.de/danke?a=%C3%BC%0D%0AX:%20y"
    assert redirect.body == b""


def test_head_is_get_without_body(client_of: Clients) -> None:
    client = client_of(door_that(lambda request: Answer({"a": 1}, version=7), method="get", scope="leads:read"))

    get, head = client.get("/v1/leads"), client.head("/v1/leads")

    assert (head.status, head.headers["ETag"], head.headers["Content-Type"]) == (200, '"7"', "application/json")
    assert (get.body, head.body) == (b'{"a":1}', b"")


def test_head_of_a_problem_has_its_status_and_no_body(client_of: Clients) -> None:
    def missing(request: Request) -> Answer:
        raise NotFound("There is no lead 'lead_1'")

    reply = client_of(door_that(missing, method="get", scope="leads:read")).head("/v1/leads")

    assert (reply.status, reply.body) == (404, b"")


@pytest.mark.parametrize(
    ("tags", "status"),
    [('"7"', 304), ('W/"7"', 304), ('"6", "7"', 304), ("*", 304), ('"6"', 200), ("7", 200), ("", 200)],
)
def test_a_known_version_is_not_sent_again(client_of: Clients, tags: str, status: int) -> None:
    client = client_of(door_that(lambda request: Answer({"a": 1}, version=7), method="get", scope="leads:read"))

    reply = client.get("/v1/leads", headers={"If-None-Match": tags})

    assert (reply.status, reply.headers["ETag"]) == (status, '"7"')
    assert reply.body == (b"" if status == 304 else b'{"a":1}')


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("*", None),
        ('"7"', {7}),
        ('"7", W/"8"', {7, 8}),
        ('"abc"', set()),
        ("7", set()),
        ('"9999999999999999999999"', set()),
    ],
)
def test_if_match_names_versions(client_of: Clients, header: str | None, expected: set[int] | None) -> None:
    seen: list[Any] = []
    door = door_that(noting(seen, lambda request: request.if_match), method="patch")

    client_of(door).patch("/v1/leads", json={}, headers={"If-Match": header} if header else {})

    assert seen == [expected]


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/json", False),
        ("application/json, text/html", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_browser_is_known_by_its_accept(client_of: Clients, accept: str, html: bool) -> None:
    seen: list[bool] = []
    door = door_that(noting(seen, lambda request: request.wants_html), path="/f/x", scope=PUBLIC)

    client_of(door).post("/f/x", headers={"Accept": accept})

    assert seen == [html]


def test_methods_that_a_path_does_not_know_are_405_with_allow(client_of: Clients) -> None:
    door = Door()
    door.get("/v1/leads", scope="leads:read")(nothing)
    door.post("/v1/leads", scope="leads:write")(nothing)
    client = client_of(door, key=None)

    replies = {method: client.request(method, "/v1/leads") for method in METHODS}

    assert {method for method, reply in replies.items() if reply.status == 405} == {"PUT", "PATCH", "DELETE"}
    assert replies["PUT"].headers["Allow"] == "GET, HEAD, POST"
    assert replies["PUT"].json["code"] == "method_not_allowed"
    assert "allow" not in replies["PUT"].json


def test_without_a_good_key_nothing_else_is_looked_at(client_of: Clients) -> None:
    client = client_of(door_that(echo), key=None)

    for headers in (
        {},
        {"Authorization": ""},
        {"Authorization": "Basic dXNlcjpwdw=="},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer lk_"},
        {"Authorization": f"Bearer {WRITER}x"},
        {"Authorization": f"Bearer {WRITER} {WRITER}"},
        {"Authorization": WRITER},
        {"Authorization": "Bearer lk_ünsinn_00000000"},
    ):
        reply = client.post("/v1/leads?nonsense=1", body=b"{" * 300_000, headers=headers)

        assert (reply.status, reply.json["code"]) == (401, "unauthenticated"), headers
        assert reply.headers["WWW-Authenticate"] == 'Bearer realm="leadger"'
        assert WRITER not in reply.text


def test_the_scheme_of_the_key_may_be_written_in_any_case(client_of: Clients) -> None:
    client = client_of(door_that(nothing), key=None)

    assert client.post("/v1/leads", headers={"Authorization": f"bearer  {WRITER}"}).status == 200


def test_a_key_without_the_scope_is_told_which_one_before_its_body_is_read(client_of: Clients) -> None:
    reply = client_of(door_that(echo), key=READER).post("/v1/leads", body=b"{", request_id="r7")

    assert reply.status == 403
    assert reply.json == {
        "type": "/docs/problems#scope_missing",
        "title": "The key lacks a scope",
        "status": 403,
        "detail": "This key lacks the scope 'leads:write'",
        "code": "scope_missing",
        "instance": "/v1/leads",
        "request_id": "r7",
        "required_scope": "leads:write",
    }


def test_any_key_will_do_where_no_scope_is_asked(client_of: Clients) -> None:
    door = door_that(lambda request: Answer({"name": request.caller.name}), "get", "/v1/me", scope=ANY_KEY)

    assert client_of(door, key=READER).get("/v1/me").json == {"name": "Auswertung"}
    assert client_of(door, key=None).get("/v1/me").status == 401


def test_a_public_door_does_not_even_look_at_a_key(client_of: Clients) -> None:
    seen: list[Any] = []
    door = door_that(noting(seen, lambda request: request.caller), path="/f/x", scope=PUBLIC)

    client_of(door, key="lk_nonsense_0000").post("/f/x")

    assert seen == [ANYBODY]


def test_unknown_parameters_are_refused_by_name(client_of: Clients) -> None:
    door = door_that(nothing, "get", "/v1/leads", scope="leads:read", query=PAGE)

    reply = client_of(door).get("/v1/leads?limt=5&x=1&limit=201")

    assert reply.status == 400
    assert reply.json["errors"] == [
        {
            "field": "limt",
            "parameter": "limt",
            "code": "unknown_parameter",
            "detail": "There is no parameter 'limt' here",
        },
        {"field": "x", "parameter": "x", "code": "unknown_parameter", "detail": "There is no parameter 'x' here"},
        {
            "field": "limit",
            "parameter": "limit",
            "code": "invalid_parameter",
            "detail": "'limit' is not as expected: a whole number from 1 to 200",
        },
    ]


@pytest.mark.parametrize(
    ("method", "content_type", "status"),
    [
        ("POST", "application/json", 200),
        ("POST", "Application/JSON; charset=UTF-8", 200),
        ("POST", "application/merge-patch+json", 415),
        ("PATCH", "application/merge-patch+json", 200),
        ("PATCH", "application/json", 200),
        ("PUT", "application/merge-patch+json", 415),
        ("POST", "text/plain", 415),
        ("POST", "application/x-www-form-urlencoded", 415),
        ("POST", "application/jsonp", 415),
        ("POST", "", 415),
        ("GET", "text/xml", 200),
        ("HEAD", "nonsense", 200),
        ("DELETE", "text/plain", 200),
    ],
)
def test_the_media_type_matters_where_a_body_is_read(
    client_of: Clients, method: str, content_type: str, status: int
) -> None:
    doors = [
        door_that(nothing, name, scope=ANY_KEY, path="/v1/x") for name in ("get", "post", "put", "patch", "delete")
    ]

    reply = client_of(*doors).request(
        method, "/v1/x", body=b"{}", headers={"Content-Type": content_type} if content_type else {}
    )

    assert reply.status == status
    if status == 415:
        assert reply.json["code"] == "unsupported_media_type"


def test_a_packed_body_is_415(client_of: Clients) -> None:
    reply = client_of(door_that(echo)).post("/v1/leads", json={}, headers={"Content-Encoding": "gzip"})

    assert (reply.status, reply.json["detail"]) == (415, "Send the body without Content-Encoding")


def test_an_action_needs_neither_body_nor_media_type(client_of: Clients) -> None:
    assert client_of(door_that(nothing)).post("/v1/leads").status == 200


def test_a_body_of_300_kilobytes_is_413_and_256_are_not(client_of: Clients) -> None:
    client = client_of(door_that(nothing))
    as_json = {"Content-Type": "application/json"}

    fits = client.post("/v1/leads", body=b" " * 256 * 1024, headers=as_json)
    over = client.post("/v1/leads", body=b" " * (256 * 1024 + 1), headers=as_json)

    assert fits.status == 200
    assert (over.status, over.json["code"], over.json["max_bytes"]) == (413, "body_too_large", 262_144)


def test_a_raw_door_takes_four_megabytes_and_no_more(client_of: Clients) -> None:
    client = client_of(door_that(nothing, path="/f/x", scope=PUBLIC, raw=True))

    assert client.post("/f/x", body=b"x" * 4 * 1024 * 1024).status == 200
    assert client.post("/f/x", body=b"x" * (4 * 1024 * 1024 + 1)).status == 413


def test_field_errors_are_told_all_at_once_with_pointers(client_of: Clients) -> None:
    def refuse(request: Request) -> Answer:
        raise Invalid(
            [
                Problem("phones[0].e164", "invalid_phone", "'12' is no phone number", "12"),
                Problem('custom["a/b.c"]', "unknown_field", "There is no field 'a/b.c' here"),
            ]
        )

    reply = client_of(door_that(refuse)).post("/v1/leads", request_id="r9")

    assert reply.status == 422
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json == {
        "type": "/docs/problems#validation_failed",
        "title": "Values cannot be used",
        "status": 422,
        "detail": "phones[0].e164: '12' is no phone number; custom[\"a/b.c\"]: There is no field 'a/b.c' here",
        "code": "validation_failed",
        "instance": "/v1/leads",
        "request_id": "r9",
        "errors": [
            {
                "field": "phones[0].e164",
                "pointer": "/phones/0/e164",
                "code": "invalid_phone",
                "detail": "'12' is no phone number",
            },
            {
                "field": 'custom["a/b.c"]',
                "pointer": "/custom/a~1b.c",
                "code": "unknown_field",
                "detail": "There is no field 'a/b.c' here",
            },
        ],
    }


def test_members_of_an_error_are_sent_but_never_instead_of_the_standards(client_of: Clients) -> None:
    def refuse(request: Request) -> Answer:
        raise Conflict("There is one already", code="duplicate", extra={"existing_id": "lead_1", "status": 200})

    reply = client_of(door_that(refuse)).post("/v1/leads")

    assert (reply.status, reply.json["status"], reply.json["existing_id"]) == (409, 409, "lead_1")


def test_busy_says_when_to_come_back(client_of: Clients) -> None:
    def refuse(request: Request) -> Answer:
        raise Busy("The table did not answer in time", extra={"retry_after": 3} if request.query else None)

    client = client_of(door_that(refuse, query=None))

    assert [client.post(path).headers["Retry-After"] for path in ("/v1/leads", "/v1/leads?x=1")] == ["1", "3"]
    assert client.post("/v1/leads").status == 503


def test_a_bug_is_a_500_that_tells_the_caller_nothing_and_the_log_where(
    client_of: Clients, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    def fail(request: Request) -> Answer:
        raise KeyError("Änne Öztürk, +49 176 04069012")

    reply = client_of(door_that(fail)).post("/v1/leads", json={"name": "Änne Öztürk"}, request_id="r500")

    assert reply.status == 500
    assert reply.json == {
        "type": "/docs/problems#internal_error",
        "title": "Something failed here",
        "status": 500,
        "detail": "Something failed here",
        "code": "internal_error",
        "instance": "/v1/leads",
        "request_id": "r500",
    }
    [line] = logged()
    assert (line["message"], line["error"], line["correlation_id"]) == ("request_failed", "KeyError", "r500")
    assert (line["method"], line["path_pattern"]) == ("POST", "/v1/leads")
    assert line["stack"][-1].startswith("tests/api/test_http.py:")
    assert "ztürk" not in json.dumps(line, ensure_ascii=False)
    assert "04069012" not in json.dumps(line)


@pytest.mark.parametrize("body", [object(), 2**70, "\ud800", {1: 2}], ids=["object", "2^70", "surrogate", "int key"])
def test_an_answer_that_cannot_be_written_is_a_500_problem(client_of: Clients, body: object) -> None:
    reply = client_of(door_that(lambda request: Answer(body))).post("/v1/leads")

    assert (reply.status, reply.json["code"]) == (500, "internal_error")


def test_a_problem_whose_members_cannot_be_written_is_a_500_problem(client_of: Clients) -> None:
    def refuse(request: Request) -> Answer:
        raise Conflict("no", extra={"current": object()})

    reply = client_of(door_that(refuse)).post("/v1/leads")

    assert (reply.status, reply.json["code"]) == (500, "internal_error")


def test_the_instance_is_always_a_uri(client_of: Clients) -> None:
    door = door_that(nothing, path="/v1/leads/{lead_id}", scope=ANY_KEY)

    reply = client_of(door, key=None).post("/v1/leads/%C3%A4%0A%22%ff")

    assert reply.json["instance"] == "/v1/leads/%C3%A4%0A%22%EF%BF%BD"


@pytest.mark.parametrize("key", ["", "mit leer", "ümlaut", "x" * 256, "tab\tkey", "zeile\n"])
def test_an_idempotency_key_that_is_none_is_refused(client_of: Clients, key: str) -> None:
    reply = client_of(door_that(nothing)).post("/v1/leads", headers={"Idempotency-Key": key})

    assert (reply.status, reply.json["code"]) == (400, "invalid_header")


def test_an_idempotency_key_stands_for_caller_key_and_request(client_of: Clients) -> None:
    seen: list[Any] = []
    doors = [
        door_that(noting(seen, lambda request: request.idempotency), method, path, query=None)
        for method in ("post", "patch")
        for path in ("/v1/a", "/v1/b")
    ]
    client = client_of(*doors)

    def stands_for(method: str, url: str, body: object, key: str = "k1") -> Any:
        client.request(method, url, json=body, headers={"Idempotency-Key": key})
        return seen.pop()

    first = stands_for("POST", "/v1/a?x=1&y=2", {"name": "Ö"})
    assert stands_for("POST", "/v1/a?y=2&x=1", {"name": "Ö"}) == first
    others = [
        stands_for("PATCH", "/v1/a?x=1&y=2", {"name": "Ö"}),
        stands_for("POST", "/v1/b?x=1&y=2", {"name": "Ö"}),
        stands_for("POST", "/v1/a?x=1", {"name": "Ö"}),
        stands_for("POST", "/v1/a?x=2&y=1", {"name": "Ö"}),
        stands_for("POST", "/v1/a?x=1&y=2", {"name": "O"}),
    ]
    assert {other.key_hash for other in others} == {first.key_hash}
    assert len({first.fingerprint, *(other.fingerprint for other in others)}) == 6
    assert stands_for("POST", "/v1/a?x=1&y=2", {"name": "Ö"}, key="k2").key_hash != first.key_hash


def test_two_callers_may_choose_the_same_key_and_reads_have_none(client_of: Clients) -> None:
    seen: list[Any] = []
    door = Door()
    for add in (door.get, door.post):
        add("/v1/a", scope=ANY_KEY)(noting(seen, lambda request: request.idempotency))
    keyed = {"headers": {"Idempotency-Key": "k1"}}

    for key in (READER, WRITER):
        client_of(door, key=key).post("/v1/a", **keyed)
    client_of(door).get("/v1/a", **keyed)
    client_of(door).post("/v1/a")

    assert seen[0].key_hash != seen[1].key_hash
    assert seen[2:] == [None, None]


def test_the_same_method_of_a_path_cannot_be_registered_twice(client_of: Clients) -> None:
    with pytest.raises(ValueError, match="POST /v1/leads is registered twice"):
        client_of(door_that(nothing), door_that(echo))
