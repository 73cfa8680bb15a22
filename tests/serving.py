"""The app over HTTP, as the gateway serves it: for tools that need an address. Beneath it moto, beside it the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from chalicelib.api.http import METHODS
from tests.api.client import Client, NoSuchPath, Reply

_NOT_FOUND = {"type": "/docs/problems#not_found", "title": "Not found", "status": 404, "code": "not_found"}
_Start = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[dict[str, Any], _Start], Iterable[bytes]]


@contextmanager
def served(client: Client) -> Iterator[str]:
    """The address under which a client's app answers, one request after the other: moto loses writes of threads."""
    with listening(wsgi(client)) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def listening(application: Application, port: int = 0) -> Iterator[int]:
    """The port on 127.0.0.1 under which an application answers. 0: any."""
    # a thread for each connection: browsers open some that they send nothing over, and one server would wait for those
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.port
    finally:
        _stop(server, thread)


def _stop(server: BaseWSGIServer, thread: threading.Thread) -> None:
    server.shutdown()
    thread.join()
    server.server_close()


def wsgi(client: Client) -> Application:
    """A client as a WSGI application, which answers one request at a time."""
    one_at_a_time = threading.Lock()

    def application(environ: dict[str, Any], start: _Start) -> Iterable[bytes]:
        with one_at_a_time:
            reply = _answered(client, environ)
        headers = [(name, str(value)) for name, value in reply.headers.items()]
        start(f"{reply.status} -", [*headers, ("Content-Length", str(len(reply.body)))])
        return [reply.body]

    return application


def _answered(client: Client, environ: Mapping[str, Any]) -> Reply:
    method = environ["REQUEST_METHOD"]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    try:
        if method not in METHODS:
            raise NoSuchPath(method)
        # as it was sent: WSGI's own path is decoded already
        return client.request(method, environ["REQUEST_URI"], body=body, headers=_headers(environ))
    except NoSuchPath:
        sent = {"Content-Type": "application/problem+json", "X-Request-Id": "of-the-gateway"}
        return Reply(404, sent, json.dumps({**_NOT_FOUND, "detail": "", "request_id": "of-the-gateway"}).encode())


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    sent = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and name != "HTTP_HOST"
    }
    return sent | ({"Content-Type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {})


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: what matters the tool reports."""
