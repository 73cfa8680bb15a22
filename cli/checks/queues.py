"""The queues and their dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import settings
from cli import aws
from cli.checks import Finding

SUFFIX = "-dead-letters"
ATTRIBUTES = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "RedrivePolicy"]


def look(at: datetime) -> Iterator[Finding]:
    """Every queue that the settings name, and the one that each queue of dead letters belongs to."""
    sqs = aws.client("sqs")
    dead = settings.dead_letter_queues()
    if not dead:
        yield Finding("queues", "problem", "No queue of dead letters is set: what fails for good is seen by nobody")
    main = [settings.intake_queue(), settings.imports_queue(), *(url.removesuffix(SUFFIX) for url in dead)]
    for url in dict.fromkeys(main):
        yield _queue(sqs, url)
    for url in dead:
        yield _letters(sqs, url)


def _queue(sqs: Any, url: str) -> Finding:
    name = url.rsplit("/", 1)[-1]
    attributes = _attributes(sqs, url)
    if attributes is None:
        return _problem(f"There is no queue {name}: what should go by it fails, and waits for the sweep")
    if "RedrivePolicy" not in attributes:
        return _problem(f"The queue {name} has no queue of dead letters: what cannot be done is tried until it expires")
    return Finding("queues", "ok", f"{name}: {_count(attributes)} messages on their way")


def _letters(sqs: Any, url: str) -> Finding:
    name = url.rsplit("/", 1)[-1]
    attributes = _attributes(sqs, url)
    if attributes is None:
        return _problem(f"There is no queue {name}: what fails for good is lost")
    count = _count(attributes)
    if count:
        return _problem(f"{name}: {count} dead letters; the sweep takes them up, the log says why they failed")
    return Finding("queues", "ok", f"{name}: no dead letters")


def _attributes(sqs: Any, url: str) -> dict[str, str] | None:
    try:
        return dict(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=ATTRIBUTES).get("Attributes", {}))
    except ClientError as error:
        if "NonExistentQueue" in error.response["Error"].get("Code", "") or "QueueDoesNotExist" in str(error):
            return None
        raise


def _count(attributes: dict[str, str]) -> int:
    return sum(int(attributes.get(name, 0)) for name in ATTRIBUTES[:2])


def _problem(sentence: str) -> Finding:
    return Finding("queues", "problem", sentence)
