"""The journal: what was acknowledged before `kill -9` is there after the replay, exactly."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.journal import Journal, Recorder
from tests.cloud.patching import ministack

TABLE = {
    "TableName": "leadger-crm",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "owner")],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "owner",
            "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


class Emulator:
    """Tables and queues of one run after the other, over one journal folder; `kill` forgets all but the journal."""

    def __init__(self, folder: Path) -> None:
        from ministack.services import dynamodb, sqs

        self._folder = folder
        self._dynamodb, self._sqs = dynamodb, sqs
        self._plain = dict(vars(dynamodb)), dict(vars(sqs)), dict(sqs._HANDLERS)
        self._create()
        self.start()

    def _create(self) -> None:
        self._dynamodb._create_table(TABLE)
        self.queue_url = self._sqs._act_create_queue({"QueueName": "leadger-intake"}, "")["QueueUrl"]

    def start(self) -> int:
        self.journal = Journal(self._folder)
        recorder = Recorder(self.journal)
        count = recorder.replay()
        recorder.attach()
        self.journal.open_next()
        return count

    def kill(self) -> None:
        self.journal.close()
        for module, plain in zip((self._dynamodb, self._sqs), self._plain, strict=False):
            vars(module).update(plain)
        self._sqs._HANDLERS.update(self._plain[2])
        self._dynamodb._tables._data.clear()
        self._sqs._queues._data.clear()
        self._sqs._queue_name_to_url._data.clear()
        self._create()

    def dynamodb(self, action: str, **request: Any) -> tuple[int, dict[str, Any]]:
        headers = {"x-amz-target": f"DynamoDB_20120810.{action}"}
        body = json.dumps(request).encode()
        status, _, answer = asyncio.run(self._dynamodb.handle_request("POST", "/", headers, body, {}))
        return status, json.loads(answer)

    def sqs(self, action: str, **request: Any) -> dict[str, Any]:
        return asyncio.run(self._sqs._dispatch(action, {"QueueUrl": self.queue_url, **request}, self.queue_url))

    def items(self) -> list[dict[str, Any]]:
        found = self.dynamodb("Scan", TableName="leadger-crm")[1]["Items"]
        return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    def items_by_owner(self, owner: str) -> int:
        return self.dynamodb(
            "Query",
            TableName="leadger-crm",
            IndexName="owner",
            KeyConditionExpression="#o = :o",
            ExpressionAttributeNames={"#o": "owner"},
            ExpressionAttributeValues={":o": {"S": owner}},
        )[1]["Count"]

    def messages(self) -> list[str]:
        return [message["body"] for message in self._sqs._queues[self.queue_url]["messages"]]


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with ministack():
        from ministack.services import dynamodb, sqs

        for store in (dynamodb._tables, sqs._queues, sqs._queue_name_to_url):
            store._data.clear()
        emulator = Emulator(tmp_path / "journal")
        yield emulator
        emulator.journal.close()


def put(sort: str, **attributes: str) -> dict[str, Any]:
    item = {"pk": {"S": "lead"}, "sk": {"S": sort}, **{name: {"S": value} for name, value in attributes.items()}}
    return {"TableName": "leadger-crm", "Item": item}


def test_every_kind_of_write_is_there_again_after_a_kill(emulator: Emulator) -> None:
    key = {"TableName": "leadger-crm", "Key": {"pk": {"S": "lead"}, "sk": {"S": "1"}}}
    emulator.dynamodb("PutItem", **put("1", name="Änne Öztürk", owner="usr_1"))
    emulator.dynamodb("PutItem", **put("2", name="gone"))
    emulator.dynamodb("DeleteItem", TableName="leadger-crm", Key=put("2")["Item"])
    for _ in range(3):
        emulator.dynamodb(
            "UpdateItem", **key, UpdateExpression="ADD v :one", ExpressionAttributeValues={":one": {"N": "1"}}
        )
    emulator.dynamodb("BatchWriteItem", RequestItems={"leadger-crm": [{"PutRequest": {"Item": put("3")["Item"]}}]})
    emulator.dynamodb("TransactWriteItems", TransactItems=[{"Put": put("4", owner="usr_1")}, {"Put": put("5")}])
    before = emulator.items()
    assert [item["sk"]["S"] for item in before] == ["1", "3", "4", "5"]
    assert before[0]["v"] == {"N": "3"}

    emulator.kill()
    assert emulator.items() == []
    emulator.start()
    assert emulator.items() == before
    assert emulator.items_by_owner("usr_1") == 2


def test_a_refused_write_leaves_nothing_in_the_journal(emulator: Emulator) -> None:
    emulator.dynamodb("PutItem", **put("1", name="first"))
    lines = sum(1 for _ in emulator.journal.records())
    again = {**put("1", name="second"), "ConditionExpression": "attribute_not_exists(pk)"}
    assert emulator.dynamodb("PutItem", **again)[0] == 400
    assert emulator.dynamodb("TransactWriteItems", TransactItems=[{"Put": put("2")}, {"Put": again}])[0] == 400
    assert sum(1 for _ in emulator.journal.records()) == lines


def test_a_transaction_is_one_line_and_so_is_there_whole_or_not_at_all(emulator: Emulator, tmp_path: Path) -> None:
    emulator.dynamodb("PutItem", **put("0"))
    emulator.dynamodb("TransactWriteItems", TransactItems=[{"Put": put(str(n))} for n in range(1, 34)])
    file = max((tmp_path / "journal").glob("*.jsonl"))
    content = file.read_bytes()
    assert content.count(b"\n") == 2
    for cut in (1, 2, len(content) // 2):
        file.write_bytes(content[:-cut])  # as the kill may leave the last line
        emulator.kill()
        emulator.start()
        assert [item["sk"]["S"] for item in emulator.items()] == ["0"]


def test_messages_sent_and_not_deleted_come_back_and_deleted_ones_do_not(emulator: Emulator) -> None:
    for text in ("eins", "zwei", "drei"):
        emulator.sqs("SendMessage", MessageBody=text)
    batch = [{"Id": "a", "MessageBody": "vier"}, {"Id": "b", "MessageBody": "fünf"}]
    emulator.sqs("SendMessageBatch", Entries=batch)
    taken = emulator.sqs("ReceiveMessage", MaxNumberOfMessages=3)["Messages"]
    emulator.sqs("DeleteMessage", ReceiptHandle=taken[0]["ReceiptHandle"])
    emulator.sqs("DeleteMessageBatch", Entries=[{"Id": "x", "ReceiptHandle": taken[1]["ReceiptHandle"]}])

    emulator.kill()
    emulator.start()
    assert emulator.messages() == ["drei", "vier", "fünf"]
    # the third was in the hands of a worker that is dead now
    assert {m["Body"] for m in emulator.sqs("ReceiveMessage", MaxNumberOfMessages=10)["Messages"]} == {
        "drei",
        "vier",
        "fünf",
    }


def test_messages_of_event_source_mappings_are_journaled_like_requests(emulator: Emulator) -> None:
    from ministack.services import sqs

    emulator.sqs("SendMessage", MessageBody="eins")
    emulator.sqs("SendMessage", MessageBody="zwei")
    handles = {message["receipt_handle"] for message in sqs._receive_messages_for_esm(emulator.queue_url, 1)}
    sqs._delete_messages_for_esm(emulator.queue_url, handles)
    emulator.kill()
    emulator.start()
    assert emulator.messages() == ["zwei"]


def test_a_journal_may_be_replayed_over_a_state_that_holds_its_effects_already(emulator: Emulator) -> None:
    """A kill between the snapshot and the removal of the older journal leaves both."""
    emulator.sqs("SendMessage", MessageBody="eins")
    emulator.dynamodb("PutItem", **put("1", name="Jörg"))
    emulator.dynamodb("PutItem", **put("2", name="gone"))
    emulator.dynamodb("DeleteItem", TableName="leadger-crm", Key=put("2")["Item"])
    before = emulator.items()
    emulator.journal.close()
    Recorder(Journal(emulator.journal._folder)).replay()
    assert (emulator.items(), emulator.messages()) == (before, ["eins"])


@pytest.mark.parametrize("seed", range(20))
def test_any_sequence_of_writes_and_kills_ends_where_it_would_have_without_kills(emulator: Emulator, seed: int) -> None:
    chance = random.Random(seed)
    expected: dict[str, str] = {}
    waiting: list[str] = []
    for step in range(60):
        sort, value = str(chance.randrange(8)), f"Müller {step}"
        match chance.randrange(7):
            case 0 | 1:
                emulator.dynamodb("PutItem", **put(sort, name=value))
                expected[sort] = value
            case 2:
                emulator.dynamodb("DeleteItem", TableName="leadger-crm", Key=put(sort)["Item"])
                expected.pop(sort, None)
            case 3:
                other = str((int(sort) + 1) % 8)
                writes = [
                    {"Put": put(sort, name=value)},
                    {"Delete": {"TableName": "leadger-crm", "Key": put(other)["Item"]}},
                ]
                emulator.dynamodb("TransactWriteItems", TransactItems=writes)
                expected[sort] = value
                expected.pop(other, None)
            case 4:
                emulator.sqs("SendMessage", MessageBody=value)
                waiting.append(value)
            case 5:
                taken = emulator.sqs("ReceiveMessage", VisibilityTimeout=0).get("Messages", [])
                for message in taken:
                    emulator.sqs("DeleteMessage", ReceiptHandle=message["ReceiptHandle"])
                    waiting.remove(message["Body"])
            case 6:
                emulator.kill()
                emulator.start()
    emulator.kill()
    emulator.start()
    assert {item["sk"]["S"]: item["name"]["S"] for item in emulator.items()} == expected
    assert emulator.messages() == waiting


def test_a_snapshot_makes_only_the_older_files_useless(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.open_next() == (1, [])
    journal.append({"items": [["table", "a", "b", None]]})
    _, older = journal.open_next()
    journal.append({"items": [["table", "c", "d", None]]})
    assert [file.name for file in older] == ["journal-000001.jsonl"]
    for file in older:
        file.unlink()
    assert list(journal.records()) == [{"items": [["table", "c", "d", None]]}]
    journal.close()
    assert Journal(tmp_path).open_next() == (3, [tmp_path / "journal-000002.jsonl"])


def test_a_write_that_cannot_be_journaled_is_not_acknowledged(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(_descriptor: int, _line: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("localcloud.journal.os.write", disk_full)
    with pytest.raises(OSError, match="No space left"):
        emulator.dynamodb("PutItem", **put("1"))
    with pytest.raises(OSError, match="No space left"):
        emulator.sqs("SendMessage", MessageBody="eins")
