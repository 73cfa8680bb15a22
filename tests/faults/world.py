"""A whole workspace on moto: table, buckets, queues, a movable clock, and everything put back between plays."""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest import mock

from moto import mock_aws

from chalicelib import clock
from chalicelib.services import assignment, keys, settle, workspace
from chalicelib.services.verify import verify
from chalicelib.store import api_keys, files, items, queues, table, transport
from tests import wire
from tests.faults.copies import copies_if_matching
from tests.faults.floor import floor
from tests.faults.shim import Shim
from tests.faults.stream import Shard, Stream

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "LEADGER_TABLE": "crm",
    "LEADGER_DERIVED_TABLE": "crm-derived",
    "LEADGER_IMPORTS_BUCKET": "imports",
    "LEADGER_MAIL_BUCKET": "mail",
    "LEADGER_FILES_BUCKET": "files",
}
TABLES = ("crm", "crm-derived")
BUCKETS = ("imports", "mail", "files")
QUEUES = ("intake", "imports", "mail", "work")
#: As often SQS hands a message out before it becomes a dead letter (infra/queues.yaml).
MOST_RECEIVES = 5
API_KEY = "lk_test_key_of_the_fault_harness"
CALL_KEY = "call-key"


class Clock:
    """The time as everybody sees it: real, moved forward by what was waited."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def wait(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class _Datetime(datetime):
    """`datetime` for the modules that ask it what time it is."""

    clock: Clock

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return cls.clock.now().astimezone(tz) if tz else cls.clock.now().replace(tzinfo=None)


@dataclass
class Message:
    """A message on its way: in a queue, or given back to it."""

    body: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    receives: int = 0


@dataclass
class Kept:
    """Everything that a play may change."""

    tables: dict[str, Any]
    stream: dict[str, Shard]
    objects: dict[str, dict[str, bytes]]
    messages: dict[str, list[Message]]


class World:
    """See the module. Use as a context manager; one at a time."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.shim = Shim(now=self.clock.now)
        self.stream = Stream(self.clock.now)
        self.handed_back: dict[str, list[Message]] = {name: [] for name in QUEUES}
        self._stack = contextlib.ExitStack()
        self._urls: dict[str, str] = {}

    def __enter__(self) -> World:
        self._stack.enter_context(mock.patch.dict(os.environ, ENVIRONMENT))
        self._stack.enter_context(mock_aws())
        for cached in (transport.client, transport.session, files.client, files.signer, queues.client):
            cached.cache_clear()
            self._stack.callback(cached.cache_clear)
        _Datetime.clock = self.clock
        patch = self._stack.enter_context
        patch(mock.patch.object(clock, "datetime", _Datetime))
        patch(mock.patch("moto.s3.models.utcnow", self._now_as_moto_has_it))
        patch(mock.patch.object(transport, "pause", self._pause))
        # parts of an upload have 5 MB; ours are smaller, so that a story has several
        patch(mock.patch("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1))
        # nobody looks at signatures and user agents here, and they cost an eighth of every call
        patch(mock.patch("botocore.signers.RequestSigner.handler", _signed_in_haste))
        patch(mock.patch("botocore.useragent.UserAgentString.to_string", return_value="test"))
        # not `time.sleep` itself: threads that other tests left behind call it, and would move our clock by weeks
        patch(mock.patch.object(transport, "time", SimpleNamespace(sleep=self.clock.wait)))
        altchas_clock = SimpleNamespace(time=lambda: self.clock.now().timestamp(), monotonic=time.monotonic)
        patch(mock.patch("altcha.v2.time", altchas_clock))
        patch(wire.standing_at_the_wire(self.stream, self.shim, copies_if_matching, floor))
        self._create()
        self.restart()
        return self

    def __exit__(self, *error: object) -> None:
        self.restart()
        self._stack.close()

    def _now_as_moto_has_it(self) -> datetime:
        return self.clock.now().replace(tzinfo=None)

    def _pause(self, attempt: int) -> None:
        self.clock.wait(0.05 * 2**attempt)

    def _create(self) -> None:
        table.records().create_table(wait=True)
        # the stream is made at the wire, and moto would keep a copy of every write
        wire.backend("dynamodb").get_table("crm").stream_shard = None
        keys_of_both = [("pk", "HASH"), ("sk", "RANGE")]
        transport.client().create_table(
            TableName=ENVIRONMENT["LEADGER_DERIVED_TABLE"],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys_of_both],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys_of_both],
        )
        for name in BUCKETS:
            region = {"LocationConstraint": ENVIRONMENT["AWS_DEFAULT_REGION"]}
            files.client().create_bucket(Bucket=name, CreateBucketConfiguration=region)
        for name in (*QUEUES, *(f"{name}-dead-letters" for name in QUEUES)):
            self._urls[name] = queues.client().create_queue(QueueName=name)["QueueUrl"]
        os.environ["LEADGER_INTAKE_QUEUE_URL"] = self._urls["intake"]
        os.environ["LEADGER_IMPORTS_QUEUE_URL"] = self._urls["imports"]
        os.environ["LEADGER_WORK_QUEUE_URL"] = self._urls["work"]
        os.environ["LEADGER_DEAD_LETTER_QUEUE_URLS"] = ",".join(self._urls[f"{name}-dead-letters"] for name in QUEUES)
        workspace.prepare(api_key=API_KEY, call_key=CALL_KEY, at=self.clock.now())
        # its use is noted for all hours to come: what a request does is what the tests look at
        key = api_keys.get(keys.digest_of(API_KEY))
        assert key
        api_keys.mark_used(key, datetime(2089, 1, 1, tzinfo=UTC))

    # ── life and death ────────────────────────────────────────────────────────────────────────────────────────────

    def restart(self) -> None:
        """Another process: what the last one knew by heart is gone. (Clients are kept: they know nothing.)"""
        workspace.forget()
        keys.forget()
        assignment.forget()
        settle.id_source.cache_clear()

    def keep(self) -> Kept:
        """The present state, to come back to."""
        messages = {name: list(self._queue(name)) + list(self.handed_back.get(name, [])) for name in self._urls}
        return Kept(
            {name: copy.deepcopy(self._table(name).items) for name in TABLES},
            self.stream.keep(),
            {name: _bodies(self._bucket(name).keys) for name in BUCKETS},
            messages,
        )

    def put_back(self, kept: Kept) -> None:
        """Everything as it was; only time has gone on."""
        for name, items_of_table in kept.tables.items():
            self._table(name).items = copy.deepcopy(items_of_table)
        self.stream.put_back(kept.stream)
        for name, objects in kept.objects.items():
            self._bucket(name).keys.clear()
            for key, body in objects.items():
                self.put_object(name, key, body)
        for name in self._urls:
            self._take(name)
        for name, messages in kept.messages.items():
            self.handed_back[name] = [Message(message.body) for message in messages]
        self.shim.forget()
        self.restart()
        self.clock.wait(1)

    # ── what is there ─────────────────────────────────────────────────────────────────────────────────────────────

    def items(self) -> list[dict[str, Any]]:
        """Every item of the table as plain values, past the wire."""
        return [items.decode(_with_bytes(item)) for item in wire.all_stored("crm")]

    def derived(self) -> list[dict[str, Any]]:
        """Every item of the table that can be rebuilt, past the wire."""
        return [items.decode(_with_bytes(item)) for item in wire.all_stored("crm-derived")]

    def of_type(self, *types: str) -> list[dict[str, Any]]:
        """Items of some types."""
        return [item for item in self.items() if item.get("type") in types]

    def put_object(self, bucket: str, key: str, body: bytes) -> None:
        """An object that AWS or a person puts there, not over our wire."""
        wire.backend("s3").put_object(bucket, key, body)

    def later(self, seconds: float) -> None:
        """Time passes; messages that nobody deleted can be seen again."""
        self.clock.wait(seconds)
        for queue in wire.backend("sqs").queues.values():
            queue.pending_messages.clear()
            for message in queue._messages:
                message.visible_at = 0

    def is_quiet(self) -> bool:
        """Nothing is left to be done: no message, no pending receipt, no object under `incoming/`."""
        return not (
            any(len(self._queue(name)) + len(self.handed_back.get(name, ())) for name in self._urls)
            or self.stream.pending
            or any(receipt["outcome"] == "pending" for receipt in self.of_type("receipt"))
            or any(job["status"] in ("queued", "running") for job in self.of_type("job"))
            or any(job["status"] == "running" for job in self.of_type("import"))
            or any(self.object_keys(bucket, "incoming/") for bucket in ("imports", "mail"))
        )

    def object_keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Names of the objects in a bucket."""
        return sorted(key for key in self._bucket(bucket).keys if key.startswith(prefix))

    def violations(self) -> list[str]:
        """What the invariants say, and what should have been settled by now and is not."""
        wrong = [str(violation) for violation in verify(self.items(), self.derived())]
        for receipt in self.of_type("receipt"):
            if receipt["outcome"] == "pending":
                wrong.append(f"R1 receipt {receipt['pk']}: still pending after the sweep")
            if receipt.get("attempts", 0) and receipt["outcome"] == "needs_attention":
                wrong.append(f"R1 receipt {receipt['pk']}: given up after {receipt['attempts']} attempts")
        for job in self.of_type("job"):
            if job["status"] in ("queued", "running", "failed"):
                wrong.append(f"R5 job {job['pk']}: {job['status']} {job.get('failure', '')}")
        for job in self.of_type("import"):
            if job["status"] == "running":
                wrong.append(f"R5 import {job['pk']}: still running after the sweep")
        for name in self._urls:
            left = len(self._queue(name)) + len(self.handed_back.get(name, []))
            if left:
                wrong.append(f"R5 queue {name}: {left} messages left")
        if self.stream.pending:
            wrong.append(f"R5 stream: {self.stream.pending} records left")
        for bucket in ("imports", "mail"):
            wrong += [f"R5 object {bucket}/{key}: left over" for key in self.object_keys(bucket, "incoming/")]
        return wrong

    # ── stream ────────────────────────────────────────────────────────────────────────────────────────────────────

    def catch_up(self) -> None:
        """Derived data follow until nothing is left to be followed. What the function raises comes out."""
        while self.stream.hand_out(follow):
            pass

    # ── queues ────────────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, queue: str, body: Mapping[str, Any]) -> None:
        """A message from AWS itself, not over our wire."""
        self.handed_back[queue].append(Message(json.dumps(body)))

    def send_dead_letter(self, queue: str, body: Mapping[str, Any]) -> None:
        """A message that failed too often."""
        wire.backend("sqs").send_message(f"{queue}-dead-letters", json.dumps(body))

    def waiting(self, queue: str) -> int:
        """Messages in a queue."""
        return len(self._queue(queue)) + len(self.handed_back[queue])

    def hand_out(self, queue: str, handler: Callable[[dict[str, Any], Any], Any], batch: int = 10) -> bool:
        """Everything in the queue once, in batches, as Lambda's poller does; failures go back. False: nothing there.

        A crash gives the whole batch back, and goes on through this function.
        """
        messages = self._take(queue) + self.handed_back[queue]
        self.handed_back[queue] = []
        for start in range(0, len(messages), batch):
            part = messages[start : start + batch]
            for message in part:
                message.receives += 1
            try:
                answer = handler(_sqs_event(part), None)
            except BaseException as error:
                self._give_back(queue, part)
                if not isinstance(error, Exception):
                    self.handed_back[queue] += messages[start + batch :]
                    raise
                continue
            failed = {each["itemIdentifier"] for each in (answer or {}).get("batchItemFailures", [])}
            self._give_back(queue, [message for message in part if message.id in failed])
        return bool(messages)

    def _give_back(self, queue: str, messages: list[Message]) -> None:
        for message in messages:
            if message.receives < MOST_RECEIVES:
                self.handed_back[queue].append(message)
            else:
                backend = wire.backend("sqs")
                backend.send_message(f"{queue}-dead-letters", message.body)

    def _take(self, queue: str) -> list[Message]:
        """All messages of moto's queue, taken out of it."""
        found = wire.backend("sqs").queues[queue]
        messages = [Message(message.body) for message in found._messages]
        found._messages.clear()
        found.deleted_messages.clear()
        found.pending_message_groups.clear()
        return messages

    def _queue(self, name: str) -> list[Any]:
        return wire.backend("sqs").queues[name]._messages

    def _table(self, name: str) -> Any:
        return wire.backend("dynamodb").get_table(name)

    def _bucket(self, name: str) -> Any:
        return wire.backend("s3").buckets[name]


def _signed_in_haste(signer: Any, operation_name: Any = None, request: Any = None, **_: Any) -> None:
    """In the place of botocore's signer: only what moto reads, which is the region and the form of the body."""
    if "X-Amz-Trailer" in request.headers:
        request.headers["X-Amz-Content-SHA256"] = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    scope = f"test/20260101/{signer.region_name}/{signer.signing_name}/aws4_request"
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}"


class Unhurried:
    """What Lambda tells a function of itself; its time is never up."""

    aws_request_id = "request-of-the-stream"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def follow(event: dict[str, Any], context: Any) -> Any:
    """The function behind the stream."""
    from chalicelib.triggers import derive

    return derive.follow(event, context or Unhurried())


def _sqs_event(messages: list[Message]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": message.id,
                "receiptHandle": message.id,
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "awsRegion": "eu-central-1",
            }
            for message in messages
        ]
    }


def _bodies(objects: Any) -> dict[str, bytes]:
    """The objects of moto's bucket. It closes what is deleted: they have to be made anew."""
    return {key: objects[key].value for key in objects}


def _with_bytes(value: Any) -> Any:
    """moto keeps binary values as base 64; botocore would have decoded them."""
    if isinstance(value, dict):
        return {
            name: base64.b64decode(content) if name == "B" and isinstance(content, str) else _with_bytes(content)
            for name, content in value.items()
        }
    return [_with_bytes(each) for each in value] if isinstance(value, list) else value
