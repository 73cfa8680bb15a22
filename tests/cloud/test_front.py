"""The front: what a client sends is what the API gets, and what is too much or too early is said as a problem."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.front import LARGEST_BODY, Front
from tests.cloud.patching import ministack

PORT = 8000


def exchange(front: Front, scope: dict[str, Any], *chunks: bytes) -> tuple[int, dict[str, str], bytes]:
    return asyncio.run(exchange_in_loop(front, scope, *chunks))


async def exchange_in_loop(front: Front, scope: dict[str, Any], *chunks: bytes) -> tuple[int, dict[str, str], bytes]:
    """One request, its body in these chunks."""
    left = list(chunks) or [b""]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await front(scope, receive, send)
    headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def request(method: str = "POST", path: str = "/v1/leads", query: bytes = b"", **headers: str) -> dict[str, Any]:
    lines = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {
        "type": "http", "method": method, "path": path, "query_string": query, "scheme": "http",
        "headers": [(b"host", b"127.0.0.1:8000"), *lines],
    }  # fmt: skip


def opened(answer: Callable[..., Any]) -> Front:
    """A front whose API answers by this coroutine function; inside `ministack()` only."""
    from ministack.services import apigateway_v1

    apigateway_v1.handle_execute = answer
    front = Front(PORT)
    front.open("api1", "prod")
    return front


def test_the_api_gets_method_path_query_headers_and_bytes_as_they_were_sent() -> None:
    calls: list[tuple[Any, ...]] = []

    async def answer(*call: Any) -> tuple[int, dict[str, Any], bytes]:
        calls.append(call)
        return 201, {"Location": "/v1/leads/lead_1", "Set-Cookie": ["a=1", "b=2"]}, b"{}"

    scope = request(
        "PATCH", "/f/frm_demo", b"a=1&a=%C3%A4&b=", host_name="x", x_forwarded_for="203.0.113.7, 10.0.0.1",
        content_type="application/x-www-form-urlencoded", authorization="Bearer lk_dev_1", transfer_encoding="chunked",
    )  # fmt: skip
    with ministack():
        status, headers, body = exchange(opened(answer), scope, b"name=M\xfc", b"ller\x00")
    api_id, stage, method, path, sent, content, query = calls[0]
    assert (api_id, stage, method, path, content) == ("api1", "prod", "PATCH", "/f/frm_demo", b"name=M\xfcller\x00")
    assert query == {"a": ["1", "ä"], "b": [""]}
    assert sent["host"] == "127.0.0.1:8000"
    assert sent["x-forwarded-for"] == "203.0.113.7, 10.0.0.1"
    assert sent["authorization"] == "Bearer lk_dev_1"
    assert (sent["x-forwarded-proto"], sent["x-forwarded-port"]) == ("http", "8000")
    assert "transfer-encoding" not in sent  # the body is whole by now
    assert (status, headers["location"], body) == (201, "/v1/leads/lead_1", b"{}")
    assert headers["content-length"] == "2"


def test_repeated_header_lines_are_joined_as_rfc_9110_says() -> None:
    calls: list[tuple[Any, ...]] = []

    async def answer(*call: Any) -> tuple[int, dict[str, Any], bytes]:
        calls.append(call)
        return 200, {}, b""

    scope = request(cookie="a=1", accept="text/html")
    scope["headers"] += [(b"cookie", b"b=2"), (b"accept", b"application/json")]
    with ministack():
        exchange(opened(answer), scope)
    assert calls[0][4]["cookie"] == "a=1; b=2"
    assert calls[0][4]["accept"] == "text/html, application/json"


@pytest.mark.parametrize(("size", "status"), [(LARGEST_BODY - 1, 200), (LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)])
def test_a_body_of_more_than_lambda_takes_is_a_413_problem(size: int, status: int) -> None:
    async def answer(*call: Any) -> tuple[int, dict[str, Any], bytes]:
        return 200, {}, str(len(call[5])).encode()

    with ministack():
        given, headers, body = exchange(opened(answer), request(), b"x" * (size // 2), b"x" * (size - size // 2))
    assert given == status
    if status == 200:
        assert body == str(size).encode()
        return
    problem = json.loads(body)
    assert headers["content-type"] == "application/problem+json"
    assert problem == {
        "type": "/docs/problems#too_large",
        "title": "Too large",
        "status": 413,
        "detail": f"The body is larger than {LARGEST_BODY} bytes, all that Lambda takes.",
        "code": "too_large",
        "instance": "/v1/leads",
        "request_id": headers["x-request-id"],
    }


def test_before_all_is_ready_the_answer_is_a_503_problem_with_retry_after() -> None:
    status, headers, body = exchange(Front(PORT), request("GET", "/health"))
    problem = json.loads(body)
    assert (status, headers["retry-after"], problem["code"]) == (503, "1", "busy")
    assert problem["instance"] == "/health"
    assert problem["request_id"] == headers["x-request-id"]


def test_a_closed_front_waits_for_what_runs_and_refuses_what_comes() -> None:
    async def both() -> tuple[Any, Any]:
        begun = asyncio.Event()

        async def answer(*_call: Any) -> tuple[int, dict[str, Any], bytes]:
            begun.set()
            await asyncio.sleep(0.2)
            return 200, {}, b"done"

        front = opened(answer)
        running = asyncio.create_task(exchange_in_loop(front, request("GET")))
        await begun.wait()
        await front.close(5)
        assert running.done()
        return await running, await exchange_in_loop(front, request("GET"))

    with ministack():
        finished, refused = asyncio.run(both())
    assert (finished[0], finished[2], refused[0]) == (200, b"done", 503)


def test_forty_requests_are_answered_with_at_most_eight_in_the_api_at_once() -> None:
    at_once, most = 0, 0

    async def answer(*_call: Any) -> tuple[int, dict[str, Any], bytes]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1
        return 200, {}, b""

    async def forty() -> list[Any]:
        front = opened(answer)
        return await asyncio.gather(*(exchange_in_loop(front, request("GET")) for _ in range(40)))

    with ministack():
        answers = asyncio.run(forty())
    assert [status for status, _, _ in answers] == [200] * 40
    assert most == 8


@pytest.mark.parametrize(
    ("method", "status", "left_out"),
    [("HEAD", 200, "content-length"), ("DELETE", 204, "content-type"), ("GET", 304, "content-type")],
)
def test_nothing_is_said_of_a_body_that_is_not_sent(method: str, status: int, left_out: str) -> None:
    async def answer(*call: Any) -> tuple[int, dict[str, Any], bytes]:
        return status, {"Content-Type": "application/json", "ETag": '"1"'}, b""

    with ministack():
        given, headers, body = exchange(opened(answer), request(method))

    assert (given, headers["etag"], body) == (status, '"1"', b"")
    assert left_out not in headers
