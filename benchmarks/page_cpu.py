"""CPU of a page of fifty cards beside PynamoDB's own path, in one run: `python -m benchmarks.page_cpu`. Goal ≤ 0.5.

Both clients get the same bytes from a canned answer; what is timed is everything between the call and Python values.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

GOAL = 0.5
CARDS = 50
ROUNDS, REPETITIONS = 9, 40


def main() -> int:
    """Print both and their ratio; 1 if it is over the goal."""
    ours, theirs = measure()
    print(f"page of {CARDS} cards: {ours * 1000:.2f} ms of CPU, PynamoDB {theirs * 1000:.2f} ms: {ours / theirs:.2f} "
          f"(goal ≤ {GOAL})")  # fmt: skip
    return int(ours / theirs > GOAL)


def measure() -> tuple[float, float]:
    """Seconds of CPU of one page: ours, and PynamoDB's. The least of nine rounds each, taken in turns."""
    environment = {
        "LEADGER_TABLE": "crm", "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    }  # fmt: skip
    with mock.patch.dict(os.environ, environment):
        ways = [_ours(), _theirs()]
        seconds = [[_cpu(way) for way in ways] for _ in range(ROUNDS)]
    ours, theirs = map(min, zip(*seconds, strict=True))
    return ours, theirs


def _cpu(way: Callable[[], Any]) -> float:
    begun = time.process_time()
    for _ in range(REPETITIONS):
        assert len(way()) == CARDS
    return (time.process_time() - begun) / REPETITIONS


def _ours() -> Callable[[], Any]:
    from chalicelib.store import lead_lists, transport

    transport.client.cache_clear()
    transport.session.cache_clear()
    transport.client().meta.events.register("before-send.dynamodb.Query", _canned)
    return lambda: lead_lists.page([lead_lists.everything()], descending=True, limit=CARDS).cards


def _theirs() -> Callable[[], Any]:
    from pynamodb.attributes import BooleanAttribute, ListAttribute, UnicodeAttribute
    from pynamodb.models import Model

    from chalicelib.store.table import CARD, Feed

    class Lead(Model):
        class Meta:
            table_name = "crm"
            region = "eu-central-1"

        pk = UnicodeAttribute(hash_key=True)
        sk = UnicodeAttribute(range_key=True)
        feed = Feed()

    names = [name for name in CARD if name not in {"tags", "repeat"}]
    attributes: dict[str, Any] = {name: UnicodeAttribute(null=True) for name in names}
    attributes |= {"tags": ListAttribute(null=True), "repeat": BooleanAttribute(null=True)}
    whole: Any = type("Card", (Lead,), {"Meta": Lead.Meta, **attributes})
    from botocore.session import Session

    client = Session().create_client("dynamodb", region_name="eu-central-1")
    client.meta.events.register("before-send.dynamodb.Query", _canned)
    whole._get_connection().connection._client = client
    return lambda: [lead.attribute_values for lead in whole.feed.query("L#0", scan_index_forward=False, limit=CARDS)]


def _canned(request: Any, **_: Any) -> Any:
    from botocore.awsrequest import AWSResponse

    return AWSResponse(request.url, 200, {"x-amzn-RequestId": "canned"}, _Body(_BODY))


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._content


def _card(number: int) -> dict[str, Any]:
    lead = f"0SARTXT{number:04}"
    return {
        "pk": {"S": f"L#{lead}"}, "sk": {"S": "~"}, "feed_pk": {"S": "L#0"}, "feed_sk": {"S": lead},
        "type": {"S": "lead"}, "title": {"S": f"Photovoltaik Einfamilienhaus {number}"}, "name": {"S": "Änne Öztürk"},
        "company": {"S": "Öztürk & Söhne GmbH"}, "owner": {"S": "usr_0000000000A"}, "status": {"S": "in_process"},
        "source": {"S": "web_form"}, "amount": {"S": "1234.50"}, "currency": {"S": "EUR"},
        "tags": {"L": [{"S": "messe-2026"}, {"S": "dach"}]}, "repeat": {"BOOL": False},
        "last_activity": {"S": "2026-11-23T09:00:00.000Z"}, "first_phone": {"S": "+4917604069012"},
        "first_email": {"S": "aenne@example.de"}, "received_at": {"S": "2026-11-23T09:00:00.000Z"},
        "status_changed_at": {"S": "2026-11-23T09:00:00.000Z"},
    }  # fmt: skip


_BODY = json.dumps({"Items": [_card(n) for n in range(CARDS)], "Count": CARDS, "ScannedCount": CARDS}).encode()

if __name__ == "__main__":
    sys.exit(main())
