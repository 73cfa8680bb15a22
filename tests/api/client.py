"""Calls the app as API Gateway does: the same event, bodies in base64 for every media type, answers through JSON."""

from __future__ import annotations

import base64
import itertools
import json as json_module
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalice.app import CaseInsensitiveMapping, Chalice

STAGE = "prod"

_REQUEST_NUMBERS = itertools.count(1)


class NoSuchPath(LookupError):
    """The gateway answers this one, not the app: see tests/cloud."""


@dataclass(frozen=True)
class Reply:
    """What the gateway would send on.

    Attributes:
        headers: names in any case.
    """

    status: int
    headers: Mapping[str, Any]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json_module.loads(self.body)


class Client:
    """A caller of an app.

    Args:
        key: sent as bearer with every request, unless the request has its own Authorization.
        host: under which it calls; the gateway's own name has `.execute-api.` in it.
        base_path: of the domain's mapping, e.g. `/crm`.
        watch: is shown method, address and reply of each request.
    """

    def __init__(
        self,
        app: Chalice,
        *,
        key: str | None = None,
        host: str = "leads.example.de",
        base_path: str = "",
        watch: Callable[[str, str, Reply], None] | None = None,
    ) -> None:
        self.app = app
        self._watch = watch
        self._key = key
        self._host = host
        self._base_path = base_path

    def get(self, url: str, **options: Any) -> Reply:
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> Reply:
        return self.request("HEAD", url, **options)

    def post(self, url: str, **options: Any) -> Reply:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> Reply:
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> Reply:
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> Reply:
        return self.request("DELETE", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        request_id: str = "",
        ip: str = "203.0.113.7",
    ) -> Reply:
        """Send one request; `json` sets body and Content-Type."""
        sent = {"Host": self._host, "X-Forwarded-Proto": "https"}
        if self._key:
            sent["Authorization"] = f"Bearer {self._key}"
        if json is not None:
            body = json_module.dumps(json, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        event = self._event(method, url, sent, body, request_id or f"request-{next(_REQUEST_NUMBERS)}", ip)
        # Lambda writes the result as JSON: bytes in it would fail there
        result = json_module.loads(json_module.dumps(self.app(event, None)))
        reply = _reply(result)
        if self._watch:
            self._watch(method, url, reply)
        return reply

    def _event(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, request_id: str, ip: str
    ) -> dict[str, Any]:
        address = urlsplit(url)
        pattern, variables = self._route(address.path)
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(address.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        return {
            "resource": pattern,
            "path": self._base_path + address.path,
            "httpMethod": method,
            "headers": dict(headers),
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": variables or None,
            "stageVariables": None,
            "requestContext": {
                "httpMethod": method,
                "resourcePath": pattern,
                "path": (self._base_path or f"/{STAGE}") + address.path,
                "stage": STAGE,
                "requestId": request_id,
                "identity": {"sourceIp": ip},
            },
            "body": base64.b64encode(body).decode() if body else None,
            "isBase64Encoded": bool(body),
        }

    def _route(self, path: str) -> tuple[str, dict[str, str]]:
        """The pattern the gateway would take, fixed steps before variables, and the variables as sent."""
        path = path.rstrip("/")  # it passes over a slash at the end
        found = [(pattern, _match(pattern, path)) for pattern in self.app.routes]
        matching = [(pattern, variables) for pattern, variables in found if variables is not None]
        if not matching:
            raise NoSuchPath(path)
        return min(matching, key=lambda entry: [step.startswith("{") for step in entry[0].split("/")])


def _match(pattern: str, path: str) -> dict[str, str] | None:
    expected, steps = pattern.split("/"), path.split("/")
    if len(expected) != len(steps):
        return None
    variables = {}
    for name, step in zip(expected, steps, strict=True):
        if name.startswith("{") and step:
            variables[name[1:-1]] = step
        elif name != step:
            return None
    return variables


def _reply(result: Mapping[str, Any]) -> Reply:
    headers = result["headers"] | result.get("multiValueHeaders", {})
    raw = result["body"]
    body = base64.b64decode(raw) if result.get("isBase64Encoded") else raw.encode()
    return Reply(result["statusCode"], CaseInsensitiveMapping(headers), body)
