"""The short way to moto's tables answers what moto answers, and leaves the same behind."""

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests import wire
from tests.faults.floor import floor
from tests.faults.test_shim import create_toy_table, item

OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
NEW = {
    "TableName": "toy",
    "Item": item("L#2", body={"B": b"\x00\xff"}),
    "ConditionExpression": "attribute_not_exists(pk)",
}
TAKEN = {"TableName": "toy", "Item": item("L#1"), "ConditionExpression": "attribute_not_exists(pk)", **OLD}
KEY = {"TableName": "toy", "Key": item("L#1")}
GROW = {
    **KEY,
    "UpdateExpression": "SET #name = :name, events = list_append(events, :event) ADD open_leads :lead REMOVE gone",
    "ConditionExpression": "contains(open_leads, :held) AND attribute_exists(#name)",
    "ExpressionAttributeNames": {"#name": "name"},
    "ExpressionAttributeValues": {
        ":name": {"S": "Änne"},
        ":event": {"L": [{"M": {"at": {"N": "2"}}}]},
        ":lead": {"SS": ["L2"]},
        ":held": {"S": "L1"},
    },
}
SHRINK = {
    **KEY,
    "UpdateExpression": "DELETE open_leads :lead",
    "ExpressionAttributeValues": {":lead": {"SS": ["L1"]}},
}
CHECK = {**KEY, "ConditionExpression": "attribute_exists(nothing)", **OLD}

FEED = {"feed_pk": {"S": "F"}}
NAMES = {"#pk": "pk", "#sk": "sk", "#feed_pk": "feed_pk", "#feed_sk": "feed_sk"}


def query(condition, index=None, **more):
    """A query of the toy's feed, or of an item's own partition."""
    values = {":pk": {"S": "F" if index else "L#1"}, ":a": {"S": "1"}, ":b": {"S": "3"}, ":t": {"S": "~"}}
    used = {name: value for name, value in values.items() if name in condition}
    names = {name: value for name, value in NAMES.items() if name in condition}
    request = {"TableName": "toy", "KeyConditionExpression": condition, "ExpressionAttributeNames": names,
               "ExpressionAttributeValues": used, **({"IndexName": index} if index else {}), **more}  # fmt: skip
    return "query", request


REQUESTS = {
    "query all": query("#pk = :pk", ConsistentRead=True),
    "query begins": query("#pk = :pk AND begins_with(#sk, :t)"),
    "query index": query("#feed_pk = :pk", "feed"),
    "query index backwards": query("#feed_pk = :pk", "feed", ScanIndexForward=False),
    "query between": query("#feed_pk = :pk AND #feed_sk BETWEEN :a AND :b", "feed"),
    "query below": query("#feed_pk = :pk AND #feed_sk < :b", "feed"),
    "query from": query("#feed_pk = :pk AND #feed_sk >= :b", "feed"),
    "query two of four": query("#feed_pk = :pk", "feed", Limit=2),
    "query the last": query("#feed_pk = :pk", "feed", Limit=4),
    "query more than there is": query("#feed_pk = :pk", "feed", Limit=9),
    "query goes on": query(
        "#feed_pk = :pk",
        "feed",
        ScanIndexForward=False,
        Limit=2,
        ExclusiveStartKey={**item("L#3"), **FEED, "feed_sk": {"S": "3"}},
    ),
    "query nothing": query("#pk = :pk AND #sk > :t"),
    "get": ("get_item", KEY),
    "get nothing": ("get_item", {"TableName": "toy", "Key": item("L#9")}),
    "get many": ("batch_get_item", {"RequestItems": {"toy": {"Keys": [item("L#1"), item("L#9")]}}}),
    "write many": (
        "batch_write_item",
        {
            "RequestItems": {
                "toy": [
                    {"PutRequest": {"Item": item("L#2", body={"B": b"\x00\xff"})}},
                    {"PutRequest": {"Item": item("L#1", name={"S": "new"})}},
                    {"DeleteRequest": {"Key": item("L#9")}},
                ]
            }
        },
    ),
    "scan": ("scan", {"TableName": "toy", "ConsistentRead": True}),
    "put": ("put_item", NEW),
    "put where one is": ("put_item", TAKEN),
    "put over": ("put_item", {"TableName": "toy", "Item": item("L#1", name={"S": "new"})}),
    "update": ("update_item", {**GROW, "ReturnValues": "ALL_NEW"}),
    "update what is not there": ("update_item", {**GROW, "Key": item("L#9")}),
    "update makes one": ("update_item", {**SHRINK, "Key": item("L#9"), "UpdateExpression": "ADD open_leads :lead"}),
    "take off": ("update_item", {**SHRINK, "ReturnValues": "ALL_NEW"}),
    "update that moto refuses": ("update_item", {**KEY, "UpdateExpression": "SET a = list_append(name, name)"}),
    "delete": ("delete_item", KEY),
    "transaction": ("transact_write_items", {"TransactItems": [{"Put": NEW}, {"Update": GROW}]}),
    "cancelled": (
        "transact_write_items",
        {
            "TransactItems": [
                {"Put": NEW},
                {"ConditionCheck": CHECK},
                {"Delete": {"TableName": "toy", "Key": item("L#8")}},
            ]
        },
    ),
    "cancelled twice": (
        "transact_write_items",
        {"TransactItems": [{"Put": TAKEN}, {"ConditionCheck": {**CHECK, "Key": item("L#9")}}]},
    ),
}


def outcome(request, *layers):
    operation, arguments = request
    with mock_aws():
        client = botocore.session.get_session().create_client("dynamodb")
        create_toy_table(client)
        events = {"L": [{"M": {"at": {"N": "1"}}}]}
        stored = {"name": {"S": "Öztürk"}, "open_leads": {"SS": ["L1"]}, "events": events, "gone": {"BOOL": True}}
        client.put_item(TableName="toy", Item=item("L#1", **stored))
        for number in "1234":
            row = item(f"L#{number}", name={"S": f"Öztürk {number}"}, more={"S": "x"}, **FEED, feed_sk={"S": number})
            if operation == "query":
                client.put_item(TableName="toy", Item=row)
        with wire.standing_at_the_wire(*layers):
            try:
                answer = getattr(client, operation)(**arguments)
            except ClientError as error:
                answer = error.response
        answer.pop("ResponseMetadata")
        answer.pop("ConsumedCapacity", None)
        answer.pop("ItemCollectionMetrics", None)
        return _sorted(answer), _sorted(wire.all_stored("toy"))


def _sorted(value):
    if isinstance(value, dict):
        return {name: sorted(each) if name == "SS" else _sorted(each) for name, each in value.items()}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", REQUESTS)
def test_the_short_way_answers_and_leaves_what_moto_does(monkeypatch, name):
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    assert outcome(REQUESTS[name], floor) == outcome(REQUESTS[name])


def test_the_short_way_is_taken(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    reached = []

    def beneath(call, go):
        reached.append(call.operation)
        return go()

    outcome(REQUESTS["transaction"], floor, beneath)
    outcome(REQUESTS["cancelled"], floor, beneath)
    assert reached == []
    outcome(REQUESTS["update that moto refuses"], floor, beneath)
    assert reached == ["UpdateItem"]
