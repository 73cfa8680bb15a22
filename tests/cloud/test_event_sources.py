"""What our design leans on in queues, notifications and mappings, kept by MiniStack itself, and when they are held."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud import event_sources
from tests.cloud.patching import ministack

ARN = "arn:aws:sqs:us-east-1:000000000000:"


class Mapping:
    """A queue with a dead-letter queue and a function that reads it; `poll` does what MiniStack's thread does."""

    def __init__(self, **mapping: Any) -> None:
        from ministack.services import lambda_svc, sqs

        self._lambda, self._sqs = lambda_svc, sqs
        self.dead_letters = sqs._act_create_queue({"QueueName": "leadger-intake-dead-letters"}, "")["QueueUrl"]
        redrive = {"deadLetterTargetArn": f"{ARN}leadger-intake-dead-letters", "maxReceiveCount": 2}
        attributes = {"VisibilityTimeout": "360", "RedrivePolicy": json.dumps(redrive)}
        request = {"QueueName": "leadger-intake", "Attributes": attributes}
        self.url = sqs._act_create_queue(request, "")["QueueUrl"]
        self.events: list[dict[str, Any]] = []
        self.answer: Any = {"batchItemFailures": []}
        lambda_svc._execute_function = self._execute
        lambda_svc._functions["intake"] = {"config": {"FunctionName": "intake"}, "versions": {}, "aliases": {}}
        lambda_svc._esms["mapping-1"] = {
            "UUID": "mapping-1",
            "EventSourceArn": f"{ARN}leadger-intake",
            "FunctionName": "intake",
            "Enabled": True,
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            **mapping,
        }

    def _execute(self, _function: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        answer = self.answer(event) if callable(self.answer) else self.answer
        return answer if isinstance(answer, dict) and "error" in answer else {"body": answer}

    def send(self, *texts: str) -> None:
        for text in texts:
            self._sqs._act_send_message({"QueueUrl": self.url, "MessageBody": text}, self.url)

    def poll(self) -> None:
        self._lambda._esm_backoff_until.clear()
        self._lambda._poll_sqs()
        self.wait()

    def wait(self) -> None:
        deadline = time.monotonic() + 5
        while self._lambda._esm_inflight and time.monotonic() < deadline:
            time.sleep(0.005)

    def let_visibility_end(self) -> None:
        for message in self._sqs._queues[self.url]["messages"]:
            message["visible_at"] = 0

    def texts(self, url: str) -> list[str]:
        return [message["body"] for message in self._sqs._queues[url]["messages"]]

    def delivered(self) -> list[list[str]]:
        return [[record["body"] for record in event["Records"]] for event in self.events]


@pytest.fixture
def emulator() -> Iterator[None]:
    from ministack.services import lambda_svc, sqs

    with ministack():
        for store in (lambda_svc._esms, lambda_svc._functions, sqs._queues, sqs._queue_name_to_url):
            store._data.clear()
        yield


@pytest.mark.usefixtures("emulator")
def test_of_a_batch_only_what_failed_comes_again_and_not_before_its_visibility_ends() -> None:
    mapping = Mapping()
    mapping.send("eins", "zwei", "drei")
    mapping.answer = lambda event: {"batchItemFailures": [{"itemIdentifier": event["Records"][1]["messageId"]}]}
    mapping.poll()
    assert mapping.texts(mapping.url) == ["zwei"]
    mapping.poll()
    mapping.answer = {"batchItemFailures": []}
    mapping.let_visibility_end()
    mapping.poll()
    assert mapping.delivered() == [["eins", "zwei", "drei"], ["zwei"]]
    assert mapping.events[1]["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"
    assert mapping.texts(mapping.url) == []


@pytest.mark.usefixtures("emulator")
def test_a_batch_whose_function_crashes_comes_again_whole_and_then_is_a_dead_letter() -> None:
    mapping = Mapping()
    mapping.send("eins", "zwei")
    mapping.answer = {"error": True, "body": {"errorMessage": "gone", "errorType": "Exception"}}
    for _ in range(3):
        mapping.poll()
        mapping.let_visibility_end()
    assert mapping.delivered() == [["eins", "zwei"], ["eins", "zwei"]]
    assert mapping.texts(mapping.url) == []
    assert mapping.texts(mapping.dead_letters) == ["eins", "zwei"]


@pytest.mark.usefixtures("emulator")
def test_no_more_batches_run_at_once_than_the_mapping_allows() -> None:
    mapping = Mapping(BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    at_work = threading.Semaphore(0)
    mapping.answer = lambda _event: at_work.acquire(timeout=5) and {"batchItemFailures": []}
    mapping.send("eins", "zwei", "drei", "vier")
    for _ in range(6):
        mapping._lambda._poll_sqs()
        time.sleep(0.01)
    assert mapping.delivered() == [["eins"], ["zwei"]]
    at_work.release(4)
    mapping.wait()
    mapping.poll()
    mapping.poll()
    assert mapping.delivered() == [["eins"], ["zwei"], ["drei"], ["vier"]]


@pytest.mark.usefixtures("emulator")
def test_only_objects_under_the_prefix_are_notified_and_their_keys_are_encoded_as_on_aws() -> None:
    from ministack.services import s3

    mapping = Mapping()
    s3._buckets["leadger-imports"] = {"objects": {}, "region": "us-east-1", "created": ""}
    s3._bucket_notifications["leadger-imports"] = (
        "<NotificationConfiguration><QueueConfiguration><Id>incoming</Id>"
        f"<Queue>{ARN}leadger-intake</Queue><Event>s3:ObjectCreated:*</Event>"
        "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>incoming/</Value></FilterRule></S3Key></Filter>"
        "</QueueConfiguration></NotificationConfiguration>"
    )
    sqs_policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]}
    mapping._sqs._queues[mapping.url]["attributes"]["Policy"] = json.dumps(sqs_policy)
    for key in ("results/imp_1/report.json", "incoming/Jörgs Liste März.csv"):
        s3._fire_s3_event("leadger-imports", key, "s3:ObjectCreated:Put", size=3, etag='"1"')
    (text,) = mapping.texts(mapping.url)
    assert json.loads(text)["Records"][0]["s3"]["object"]["key"] == "incoming/J%C3%B6rgs+Liste+M%C3%A4rz.csv"


@pytest.mark.usefixtures("emulator")
def test_nothing_is_polled_while_held_and_what_waited_is_delivered_after_the_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ministack.services import eventbridge, scheduler

    started: list[str] = []
    for module in (eventbridge, scheduler):
        monkeypatch.setattr(module, "start_scheduler", lambda name=module.__name__: started.append(name))
    monkeypatch.setattr(eventbridge, "_tick_scheduled_rules", lambda: started.append("tick"))
    mapping = Mapping()
    mapping.send("eins")
    event_sources.hold()
    try:
        for module in (eventbridge, scheduler):
            module.start_scheduler()
        mapping.poll()
        assert (mapping.delivered(), started) == ([], [])
        event_sources.release()
        mapping.poll()
        assert mapping.delivered() == [["eins"]]
        assert sorted(started) == ["ministack.services.eventbridge", "ministack.services.scheduler"]
        assert event_sources.drain(1)
        mapping.send("zwei")
        mapping.poll()
        assert mapping.delivered() == [["eins"]]
        assert mapping.texts(mapping.url) == ["zwei"]
    finally:
        event_sources._polling.clear()


@pytest.mark.usefixtures("emulator")
def test_a_stop_waits_until_the_stream_is_delivered() -> None:
    from ministack.services import dynamodb, lambda_svc

    dynamodb._tables._data.clear()
    table = {
        "TableName": "leadger-crm",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
    arn = json.loads(dynamodb._create_table(table)[2])["TableDescription"]["LatestStreamArn"]
    mapping = Mapping(EventSourceArn=arn, StartingPosition="LATEST")
    lambda_svc._init_stream_position("mapping-1", arn, "LATEST")
    dynamodb._put_item({"TableName": "leadger-crm", "Item": {"pk": {"S": "lead-1"}}})
    event_sources._polling.set()
    assert not event_sources.drain(0.2)
    event_sources._polling.set()
    threading.Timer(0.2, lambda_svc._poll_dynamodb_streams).start()
    assert event_sources.drain(5)
    assert [len(event["Records"]) for event in mapping.events] == [1]
    assert not event_sources._polling.is_set()
