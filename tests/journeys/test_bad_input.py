"""Bad input at the real gateway: each a problem with its code and request id, none of them a 5xx."""

from __future__ import annotations

import json
from email.message import Message

import pytest

from tests.journeys.desk import Desk

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

JSON = {"Content-Type": "application/json"}
WITHOUT_KEY = {"Authorization": ""}
CASES: dict[str, tuple[str, str, dict[str, str], bytes | None, int, str]] = {
    "wrong key": ("GET", "/v1/leads", {"Authorization": "Bearer lk_wrong_key"}, None, 401, "unauthenticated"),
    "no key": ("GET", "/v1/leads", WITHOUT_KEY, None, 401, "unauthenticated"),
    "unknown path": ("GET", "/v1/nothing/here", {}, None, 404, "not_found"),
    "unknown path, POST": ("POST", "/nowhere", JSON, b"{}", 404, "not_found"),
    "unknown lead": ("GET", "/v1/leads/lead_0J5Q2M8T3XA", {}, None, 404, "lead_not_found"),
    "method": ("PUT", "/v1/leads", JSON, b"{}", 405, "method_not_allowed"),
    "broken JSON": ("POST", "/v1/leads", JSON, '{"name": "Änne"'.encode(), 400, "broken_json"),
    "unknown parameter": ("GET", "/v1/leads?colour=green", {}, None, 400, "unknown_parameter"),
    "wrong media type": ("POST", "/v1/leads", {"Content-Type": "text/csv"}, b"name", 415, "unsupported_media_type"),
    "300 KB": ("POST", "/v1/leads", JSON, json.dumps({"comment": "x" * 300_000}).encode(), 413, "body_too_large"),
    "5 MB at a form": ("POST", "/f/frm_demo", {"Content-Type": "text/plain"}, b"a=" + b"x" * 5_000_000, 413, ""),
    "unknown form": ("POST", "/f/frm_nobody", {}, b"name=x", 404, "not_found"),
    "wrong webhook key": ("POST", "/hooks/generic/chn_demo?key=x", JSON, b"{}", 401, "delivery_not_verified"),
    "fields": ("POST", "/v1/leads", JSON, b'{"phone": "?", "email": "?", "farbe": 1}', 422, "validation_failed"),
    "NUL and surrogates": ("POST", "/v1/leads", JSON, b'{"name": "\\u0000\\ud800"}', 422, "validation_failed"),
    "deep": ("POST", "/v1/leads", JSON, b'{"custom": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", 422, "validation_failed"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_a_problem(desk: Desk, case: str) -> None:
    method, path, headers, body, status, code = CASES[case]
    key = {"Authorization": f"Bearer {desk.dev['api_key']}"}
    sent = {name: value for name, value in {**key, **headers}.items() if value}

    answer = desk.send(method, path, body, sent)

    problem = answer.json
    assert (answer.status, problem["status"]) == (status, status)
    assert not code or problem["code"] == code
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["X-Request-Id"] != ""
    assert problem["title"]
    print(f"{case}: {answer.status} {problem['code']}")


def test_all_field_errors_come_at_once(desk: Desk) -> None:
    answer = desk.create(phone="?", email="?", farbe="grün", birthdate="gestern")

    assert {error["field"]: error["code"] for error in answer.json["errors"]} == {
        "phone": "invalid_phone", "email": "invalid_email", "farbe": "unknown_field", "birthdate": "invalid_date",
    }  # fmt: skip


def test_a_browser_of_any_page_may_ask_before_it_sends(desk: Desk) -> None:
    headers = {"Origin": "https://kaefer.example", "Access-Control-Request-Method": "POST"}

    answer = desk.send("OPTIONS", "/v1/leads", headers=headers)

    assert isinstance(answer.headers, Message)
    assert answer.status in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
