"""The intake queue, for what could not be settled at once, and the dead-letter queues."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib import settings
from chalicelib.domain import ids
from chalicelib.domain.inbound import Raw
from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import files, transport

#: Bytes of a message; SQS takes 256 KB. Larger raws lie in the files bucket, with a pointer in the message.
MOST_MESSAGE_BYTES = 200 * 1024


@dataclass(frozen=True)
class Letter:
    """A message of a dead-letter queue."""

    queue: str
    body: str
    handle: str


@functools.cache
def client() -> Any:
    """The SQS client of this container, made when first needed."""
    return transport.session().create_client("sqs", config=transport.client_config())


def send_receipt(receipt_id: str) -> None:
    """Have a pending receipt taken up again at once. Raises Unavailable."""
    _send({"receipt": receipt_id})


def send_import(key: str, version: str = "", *, swept: bool = False) -> None:
    """Have an import begun, or gone on with from where it stands. Raises Unavailable.

    Args:
        swept: it has been lying about: leave it alone if a worker is at it after all.
    """
    message = {"object": key, "version": version, "swept": "yes" if swept else ""}
    _send({name: value for name, value in message.items() if value}, settings.imports_queue())


def send_work(job_id: str, seconds: int = 0) -> None:
    """Have a job worked on, or gone on with. Raises Unavailable.

    Args:
        seconds: before that, at most 900.
    """
    _send({"job": job_id}, settings.work_queue(), seconds)


def send_raw(raw: Raw) -> None:
    """Put what could not be written to the table into the queue. Raises Unavailable."""
    message: dict[str, Any] = {"raw": packed(raw)}
    if len(json.dumps(message)) > MOST_MESSAGE_BYTES:
        key = f"queued/{raw.received_at:%Y/%m/%d}/{ids.receipt_id(raw.source, raw.external_id)}"
        files.write_hastily("files", key, json.dumps(message).encode())
        message = {"raw_at": key}
    _send(message)


def read_raw(message: Mapping[str, Any]) -> Raw:
    """The raw that a message carries or points to. Raises KeyError, ValueError for a foreign message, NotFound."""
    if "raw_at" in message:
        message = json.loads(files.read("files", message["raw_at"]))
    return unpacked(message["raw"])


def letters() -> Iterator[Letter]:
    """The messages of all dead-letter queues that can be had now; whoever takes them ends it when time is up.

    None comes twice: what is not discarded cannot be seen for longer than a sweep lasts.
    """
    for url in settings.dead_letter_queues():
        while found := _received(url):
            for message in found:
                yield Letter(url, message["Body"], message["ReceiptHandle"])


def _received(url: str) -> list[dict[str, Any]]:
    answer = transport.patiently(
        client().receive_message, QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0, VisibilityTimeout=120
    )
    return list(answer.get("Messages", []))


def role_of(queue: str) -> str:
    """`intake`, `imports`, `mail` or `work`, of the URL of a dead-letter queue."""
    return queue.rsplit("/", 1)[-1].removesuffix("-dead-letters").rsplit("-", 1)[-1]


def discard(letter: Letter) -> None:
    """The letter has its outcome. Raises Unavailable."""
    transport.patiently(client().delete_message, QueueUrl=letter.queue, ReceiptHandle=letter.handle)


def count_letters() -> dict[str, int]:
    """Dead letters by queue name, about."""
    counts = {}
    for url in settings.dead_letter_queues():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = transport.patiently(client().get_queue_attributes, QueueUrl=url, AttributeNames=names)
        counts[url.rsplit("/", 1)[-1]] = sum(int(answer["Attributes"].get(name, 0)) for name in names)
    return counts


def packed(raw: Raw) -> dict[str, Any]:
    """A raw as JSON values."""
    return {
        "source": raw.source,
        "detail": raw.detail,
        "external_id": raw.external_id,
        "received_at": rfc3339(raw.received_at),
        "body": base64.b64encode(raw.body).decode(),
        "content_type": raw.content_type,
        "meta": dict(raw.meta),
    }


def unpacked(message: Mapping[str, Any]) -> Raw:
    """Inverse of `packed`."""
    return Raw(
        source=message["source"],
        detail=message["detail"],
        external_id=message["external_id"],
        received_at=parse(message["received_at"]),
        body=base64.b64decode(message["body"]),
        content_type=message["content_type"],
        meta=message["meta"],
    )


def _send(message: Mapping[str, Any], queue: str | None = None, seconds: int = 0) -> None:
    url, more = queue or settings.intake_queue(), ({"DelaySeconds": seconds} if seconds else {})
    transport.patiently(client().send_message, QueueUrl=url, MessageBody=json.dumps(message), **more)
