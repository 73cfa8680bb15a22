"""CPU of a form post beside a bare botocore transaction, in one run: `python -m benchmarks.form_cpu`.

The post goes through the whole door: app, body, rules, limit, receipt, transaction. Beside it the same transaction is
handed to a client as botocore makes it. Both get canned answers; what is timed is everything in this process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest import mock
from urllib.parse import urlencode

#: Times the bare transaction. The post makes two more requests, and reads, maps, cleans and matches what was sent.
GOAL = 5.0
ROUNDS, REPETITIONS = 9, 20
ENVIRONMENT = {
    "LEADGER_TABLE": "crm", "LEADGER_DERIVED_TABLE": "crm-derived", "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
}  # fmt: skip
FIELDS = {
    "vorname": "Änne", "nachname": "Öztürk", "telefon": "0176 04069012", "e-mail": "aenne@example.de",
    "nachricht": "Bitte rufen Sie mich nach 17 Uhr zurück. " * 12, "_page": "https://kaefer.example/pv?utm_source=x",
    "_key": "k1",
}  # fmt: skip


def main() -> int:
    """Print both and their ratio; 1 if it is over the goal."""
    post, bare = measure()
    print(f"form post: {post * 1000:.2f} ms of CPU, a bare transaction {bare * 1000:.2f} ms: {post / bare:.2f} "
          f"(goal ≤ {GOAL})")  # fmt: skip
    return int(post / bare > GOAL)


def measure() -> tuple[float, float]:
    """Seconds of CPU of one post, and of its transaction alone. The least of nine rounds each, taken in turns."""
    from chalicelib.services import workspace
    from chalicelib.store import transport

    with mock.patch.dict(os.environ, ENVIRONMENT):
        for cached in (transport.client, transport.session):
            cached.cache_clear()
        workspace.forget()
        sent: list[dict[str, Any]] = []
        ways = [_post(sent), _bare(sent)]
        seconds = [[_cpu(way) for way in ways] for _ in range(ROUNDS)]
        workspace.forget()
        for cached in (transport.client, transport.session):
            cached.cache_clear()
    post, bare = map(min, zip(*seconds, strict=True))
    return post, bare


def _cpu(way: Callable[[], Any]) -> float:
    begun = time.process_time()
    for _ in range(REPETITIONS):
        way()
    return (time.process_time() - begun) / REPETITIONS


def _post(sent: list[dict[str, Any]]) -> Callable[[], Any]:
    """A post through the door; the first one leaves its transaction in `sent`."""
    from app import app
    from chalicelib.store import transport
    from tests.api.client import Client

    events = transport.client().meta.events
    events.register("before-send.dynamodb", _canned)
    events.register("before-send.dynamodb.TransactWriteItems", lambda request, **_: sent.append(_body_of(request)))
    client = Client(app)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}

    def post() -> None:
        reply = client.post("/f/frm_demo", body=urlencode(FIELDS).encode(), headers=headers)
        assert reply.status == 200, reply.text

    post()
    return post


def _bare(sent: list[dict[str, Any]]) -> Callable[[], Any]:
    from botocore.session import Session

    client = Session().create_client("dynamodb", region_name="eu-central-1")
    client.meta.events.register("before-send.dynamodb", _canned)
    actions = sent[0]["TransactItems"]
    return lambda: client.transact_write_items(TransactItems=actions)


def _canned(request: Any, **_: Any) -> Any:
    from botocore.awsrequest import AWSResponse

    operation = str(request.headers["X-Amz-Target"], "ascii").rpartition(".")[2]
    answer = {"GetItem": FORM, "Query": SETTINGS}.get(operation, b"{}")
    return AWSResponse(request.url, 200, {"x-amzn-RequestId": "canned"}, _Body(answer))


def _body_of(request: Any) -> dict[str, Any]:
    return dict(json.loads(request.body))


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._content


def _record(pk: str, sk: str, data: object) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, "type": {"S": "x"}, "data": {"S": json.dumps(data)}}


FORM = json.dumps({"Item": _record("FORM#frm_demo", "#", {"name": "Demo", "hosts": ["kaefer.example"]})}).encode()
SECRET = _record("CFG", "cursor_secret", {"secret": "00" * 32})
SETTINGS = json.dumps({"Items": [SECRET], "Count": 1, "ScannedCount": 1}).encode()

if __name__ == "__main__":
    sys.exit(main())
