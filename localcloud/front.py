"""The public API on its own port: `/<path>` here is `/<path>` of the deployed stage, as behind a domain of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, quote

logger = logging.getLogger("leadger.local.front")

#: Bytes of a body that Lambda takes: 6 MB of an event whose body is base64.
LARGEST_BODY = 4_500_000
#: What is read and thrown away of a larger body, so that the sender sees the answer and not a broken connection.
_LARGEST_DISCARDED = 100_000_000
#: Requests handed on at once, and so workers of the API function; the rest waits. A worker is a Python process.
_AT_ONCE = 8

_HOP_BY_HOP = {"connection", "expect", "keep-alive", "transfer-encoding", "upgrade"}
_TITLES = {413: "Too large", 502: "Bad gateway", 503: "Busy"}


class Front:
    """An ASGI application; it answers 503 until `open` names the API, and again after `close`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._target: tuple[str, str] | None = None
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._running = 0

    def open(self, api_id: str, stage: str) -> None:
        self._target = (api_id, stage)

    async def close(self, seconds: float) -> None:
        """Refuse new requests and wait for those that run."""
        self._target = None
        for _ in range(int(seconds / 0.05)):
            if not self._running:
                return
            await asyncio.sleep(0.05)

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        if scope["type"] == "lifespan":
            await run_lifespan(receive, send)
        elif scope["type"] == "http":
            self._running += 1
            try:
                await self._answer(scope, receive, send)
            finally:
                self._running -= 1
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1003})

    async def _answer(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        if self._target is None:
            detail = "The local cloud is starting or stopping; try again."
            await _send(send, *_problem(503, "busy", detail, scope["path"]))
            return
        headers = self._headers(scope)
        try:
            body = await _read_body(receive, headers)
        except _TooLarge:
            detail = f"The body is larger than {LARGEST_BODY} bytes, all that Lambda takes."
            await _send(send, *_problem(413, "too_large", detail, scope["path"]))
            return
        except _Disconnected:
            return
        async with self._turn:
            response = await self._call(scope, headers, body)
        await _send(send, *response, is_head=scope["method"] == "HEAD")

    def _headers(self, scope: dict[str, Any]) -> dict[str, str]:
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
            if name in headers:  # RFC 9110, 5.2 and RFC 9113, 8.2.3
                headers[name] += ("; " if name == "cookie" else ", ") + value
            else:
                headers[name] = value
        # API Gateway adds these to every request.
        headers.setdefault("x-forwarded-proto", scope.get("scheme", "http"))
        headers.setdefault("x-forwarded-port", str(self._port))
        return headers

    async def _call(self, scope: dict[str, Any], headers: dict[str, str], body: bytes) -> tuple[int, dict, bytes]:
        from ministack.services import apigateway_v1

        if self._target is None:
            return _problem(503, "busy", "The local cloud is stopping.", scope["path"])
        api_id, stage = self._target
        sent = {name: value for name, value in headers.items() if name not in _HOP_BY_HOP}
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        try:
            return await apigateway_v1.handle_execute(api_id, stage, scope["method"], scope["path"], sent, body, query)
        except Exception:
            logger.exception("%s %s", scope["method"], scope["path"])
            return _problem(502, "internal_error", "The local cloud failed; see its log.", scope["path"])


class _TooLarge(Exception):
    pass


class _Disconnected(Exception):
    pass


async def _read_body(receive: Callable, headers: dict[str, str]) -> bytes:
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > LARGEST_BODY and "expect" in headers:
        raise _TooLarge  # the sender waits for our word before it sends the body
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        if not message.get("more_body") or size > _LARGEST_DISCARDED:
            break
    if size > LARGEST_BODY:
        raise _TooLarge
    return b"".join(chunks)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _problem(status: int, code: str, detail: str, path: str) -> tuple[int, dict, bytes]:
    request_id = secrets.token_hex(8)
    problem = {
        "type": f"/docs/problems#{code}",
        "title": _TITLES[status],
        "status": status,
        "detail": detail,
        "code": code,
        "instance": quote(path, errors="replace"),
        "request_id": request_id,
    }
    headers = {
        "Content-Type": "application/problem+json",
        "X-Request-Id": request_id,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Location, Retry-After, X-Request-Id, Idempotent-Replayed",
    }
    if status == 503:
        headers["Retry-After"] = "1"
    return status, headers, json.dumps(problem).encode()


async def _send(
    send: Callable[[dict], Awaitable[None]], status: int, headers: dict, body: bytes | str, *, is_head: bool = False
) -> None:
    content = body if isinstance(body, bytes) else body.encode()
    has_body = status not in (204, 304) and status >= 200
    # the gateway names a type even where there is nothing that could have one
    left_out = {"content-length", "date", *_HOP_BY_HOP, *(() if has_body else ("content-type",))}
    lines = [
        (name.lower().encode("latin-1"), _encoded(one))
        for name, value in headers.items()
        for one in (value if isinstance(value, list | tuple) else [value])
        if name.lower() not in left_out
    ]
    # MiniStack keeps hypercorn from sending Date anywhere in this process.
    lines.append((b"date", formatdate(usegmt=True).encode()))
    # of HEAD it would be that of GET's body, which nobody has here
    if has_body and not is_head:
        lines.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": int(status), "headers": lines})
    await send({"type": "http.response.body", "body": content if has_body else b""})


def _encoded(value: object) -> bytes:
    try:
        return str(value).encode("latin-1")
    except UnicodeEncodeError:
        return str(value).encode()


async def run_lifespan(receive: Callable, send: Callable) -> None:
    """Answer the ASGI server's start and stop; there is nothing to do at either."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
