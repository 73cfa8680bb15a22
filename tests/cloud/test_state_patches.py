"""Streams, queues and objects: nothing skipped, lost or acknowledged without being kept (patches of MiniStack)."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from localcloud.patches import object_durability, object_expiry, queue_races, stream_batches, stream_positions
from tests.cloud.patching import held_by

TABLE = {
    "TableName": "leadger-crm",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}


@held_by(stream_positions)
@pytest.mark.parametrize("starting_position", ["LATEST", "TRIM_HORIZON"])
def test_what_is_written_after_a_restart_reaches_the_consumer_of_the_stream(starting_position: str) -> None:
    from ministack.services import dynamodb, lambda_svc

    delivered: list[str] = []

    def execute(_function: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        delivered.extend(record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"])
        return {"body": {}}

    def write(key: str) -> None:
        assert dynamodb._put_item({"TableName": "leadger-crm", "Item": {"pk": {"S": key}}})[0] == 200

    lambda_svc._execute_function = execute
    lambda_svc._functions["derive"] = {"config": {"FunctionName": "derive"}, "versions": {}, "aliases": {}}
    created = json.loads(dynamodb._create_table(TABLE)[2])
    mapping = {
        "UUID": "mapping-1",
        "EventSourceArn": created["TableDescription"]["LatestStreamArn"],
        "FunctionName": "derive",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:derive",
        "StartingPosition": starting_position,
        "Enabled": True,
    }
    lambda_svc._esms["mapping-1"] = mapping
    lambda_svc._init_stream_position("mapping-1", mapping["EventSourceArn"], starting_position)
    for lead in ("lead-1", "lead-2", "lead-3"):
        write(lead)
    lambda_svc._poll_dynamodb_streams()
    assert delivered == ["lead-1", "lead-2", "lead-3"]

    saved = lambda_svc.get_state()
    dynamodb._stream_records.clear()  # upstream does not save them
    lambda_svc._esms.clear()
    lambda_svc._dynamodb_stream_positions.clear()
    lambda_svc._restore_state(saved)
    write("lead-4")
    lambda_svc._poll_dynamodb_streams()
    assert delivered == ["lead-1", "lead-2", "lead-3", "lead-4"]


@held_by(stream_batches)
def test_a_batch_of_a_stream_names_its_shard_and_what_was_not_done_comes_again() -> None:
    from ministack.services import dynamodb, lambda_svc

    events: list[dict[str, Any]] = []

    def execute(_function: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        events.append(event)
        last = event["Records"][-1]["dynamodb"]["SequenceNumber"]
        return {"body": {"state": {}, "batchItemFailures": [{"itemIdentifier": last}] if len(events) == 1 else []}}

    lambda_svc._execute_function = execute
    lambda_svc._functions["derive"] = {"config": {"FunctionName": "derive"}, "versions": {}, "aliases": {}}
    created = json.loads(dynamodb._create_table(TABLE)[2])
    lambda_svc._esms["mapping-1"] = {
        "UUID": "mapping-1",
        "EventSourceArn": created["TableDescription"]["LatestStreamArn"],
        "FunctionName": "derive",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:derive",
        "StartingPosition": "TRIM_HORIZON",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "Enabled": True,
    }
    for key in ("lead-1", "lead-2"):
        dynamodb._put_item({"TableName": "leadger-crm", "Item": {"pk": {"S": key}}})
    for _ in range(3):
        lambda_svc._esm_backoff_until.clear()
        lambda_svc._poll_dynamodb_streams()

    delivered = [[record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]] for event in events]
    assert delivered == [["lead-1", "lead-2"], ["lead-1", "lead-2"]]
    assert [event.get("shardId", "") for event in events] == [stream_batches.SHARD] * 2
    assert lambda_svc._execute_function is execute


@held_by(queue_races)
@pytest.mark.parametrize("sender", ["request", "notification"])
def test_a_message_sent_while_a_worker_deletes_another_one_is_kept(sender: str) -> None:
    from ministack.services import s3, sqs

    url = sqs._act_create_queue({"QueueName": "leadger-intake"}, "")["QueueUrl"]
    arn = sqs._queues[url]["attributes"]["QueueArn"]
    sqs._act_send_message({"QueueUrl": url, "MessageBody": "first"}, url)
    handle = sqs._receive_messages_for_esm(url, 1)[0]["receipt_handle"]

    def send() -> None:
        if sender == "request":
            sqs._HANDLERS["SendMessage"]({"QueueUrl": url, "MessageBody": "second"}, url)
        else:
            s3._deliver_event_to_sqs(arn, {"second": True}, "us-east-1")

    sending = threading.Thread(target=send)

    class InterruptedMessages(list):  # type: ignore[type-arg]
        """The moment between reading the messages that stay and putting them in place of the old list."""

        def __iter__(self) -> Any:
            yield from list.__iter__(self)
            if threading.current_thread() is not sending and not sending.ident:
                sending.start()
                sending.join(0.3)

    sqs._queues[url]["messages"] = InterruptedMessages(sqs._queues[url]["messages"])
    sqs._delete_messages_for_esm(url, {handle})
    sending.join()
    assert len(sqs._queues[url]["messages"]) == 1


@held_by(object_durability)
def test_an_object_that_cannot_be_written_to_the_disk_is_not_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ministack.services import s3

    def disk_full(*_arguments: Any, **_named: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(s3, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(s3.os, "open", disk_full)
    failed = False
    try:
        s3._persist_object("leadger-mail", "incoming/1", {"body": b"Subject: Anfrage\r\n"})
    except OSError:
        failed = True
    assert failed


RULES = b"""<LifecycleConfiguration>
<Rule><ID>uploads</ID><Status>Enabled</Status><Filter><Prefix>uploads/</Prefix></Filter>
<Expiration><Days>2</Days></Expiration></Rule>
<Rule><ID>off</ID><Status>Disabled</Status><Filter><Prefix>raw/</Prefix></Filter>
<Expiration><Days>1</Days></Expiration></Rule>
</LifecycleConfiguration>"""


@held_by(object_expiry)
def test_what_the_lifecycle_of_a_bucket_ends_is_gone_and_nothing_else() -> None:
    from ministack.services import s3

    def ask(method: str, path: str, body: bytes = b"", **query: str) -> tuple[Any, ...]:
        parameters = {name: [value] for name, value in query.items()}
        return asyncio.run(s3.handle_request(method, path, {"host": "127.0.0.1"}, body, parameters))  # type: ignore[no-any-return]

    ask("PUT", "/files")
    ask("PUT", "/files", RULES, lifecycle="")
    for key, days in {"uploads/old": 3, "uploads/new": 1, "raw/old": 3, "attachments/uploads/old": 3}.items():
        ask("PUT", f"/files/{key}", b"content")
        then = datetime.now(UTC) - timedelta(days=days)
        s3._buckets["files"]["objects"][key]["last_modified"] = then.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with mock.patch("time.monotonic", return_value=time.monotonic() + 61):
        ask("GET", "/files/raw/old")

    assert sorted(s3._buckets["files"]["objects"]) == ["attachments/uploads/old", "raw/old", "uploads/new"]
