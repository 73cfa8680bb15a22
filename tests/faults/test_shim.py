"""What AWS refuses, the shim refuses, and moto alone would not have: one toy table with an index."""

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests import wire
from tests.faults.shim import Refusal, Shim, check_paths


@pytest.fixture
def database(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        client = botocore.session.get_session().create_client("dynamodb")
        create_toy_table(client)
        with wire.standing_at_the_wire(Shim()):
            yield client


def create_toy_table(client):
    client.create_table(
        TableName="toy",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "feed_pk", "feed_sk")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "feed",
                "KeySchema": [
                    {"AttributeName": "feed_pk", "KeyType": "HASH"},
                    {"AttributeName": "feed_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]},
            }
        ],
    )


def item(pk="L#1", **more):
    return {"pk": {"S": pk}, "sk": {"S": "~"}, **more}


def put(pk="L#1", **more):
    return {"Put": {"TableName": "toy", "Item": item(pk, **more)}}


def code_of(operation, **request):
    with pytest.raises(ClientError) as caught:
        operation(**request)
    return caught.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({"feed_pk": {"N": "1"}}, id="an index key of the wrong type"),
        pytest.param({"feed_pk": {"S": ""}}, id="an empty index key"),
        pytest.param({"amount": {"N": "NaN"}}, id="a number that is none"),
        pytest.param({"amount": {"N": "1" * 39}}, id="a number of 39 digits"),
        pytest.param({"tags": {"SS": []}}, id="an empty set"),
        pytest.param({"tags": {"SS": ["a", "a"]}}, id="a set with a member twice"),
        pytest.param({"text": {"S": "ü" * 205_000}}, id="over 400 KB"),
        pytest.param({"pk": {"S": ""}}, id="an empty key"),
        pytest.param({"pk": {"S": "x" * 2049}}, id="a key over 2 KB"),
    ],
)
def test_an_item_that_aws_refuses_is_refused_alone_and_in_a_transaction(database, attributes):
    bad = {**item(), **attributes}

    assert code_of(database.put_item, TableName="toy", Item=bad) == "ValidationException"
    transaction = [{"Put": {"TableName": "toy", "Item": bad}}]
    assert code_of(database.transact_write_items, TransactItems=transaction) == "ValidationException"
    assert wire.all_stored("toy") == []


def test_a_float_is_refused_as_the_service_would(monkeypatch, database):
    database.meta.events.register("before-call.dynamodb", _with_a_float)

    assert code_of(database.put_item, TableName="toy", Item=item(amount={"N": "1.5"})) == "SerializationException"


def _with_a_float(params, **_):
    assert b'{"N": "1.5"}' in params["body"]
    params["body"] = params["body"].replace(b'{"N": "1.5"}', b'{"N": 1.5}')


def test_an_update_that_ends_in_a_wrong_index_key_is_taken_back(database):
    database.put_item(TableName="toy", Item=item(name={"S": "Änne"}))
    update = {
        "TableName": "toy",
        "Key": item(),
        "UpdateExpression": "SET feed_pk = :v, #n = :n",
        "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":v": {"N": "1"}, ":n": {"S": "Ärger"}},
    }

    assert code_of(database.update_item, **update) == "ValidationException"
    transaction = [put("L#2"), {"Update": update}]
    assert code_of(database.transact_write_items, TransactItems=transaction) == "ValidationException"
    assert wire.all_stored("toy") == [item(name={"S": "Änne"})]


@pytest.mark.parametrize(
    "actions",
    [
        pytest.param([put(f"L#{n}") for n in range(101)], id="101 actions"),
        pytest.param([put("L#1"), put("L#1", name={"S": "again"})], id="two actions on one item"),
        pytest.param([put(f"L#{n}", text={"S": "x" * 390_000}) for n in range(11)], id="over 4 MB"),
        pytest.param([{"Delete": {"TableName": "toy", "Key": {"pk": {"S": "L#1"}}}}], id="half a key"),
    ],
)
def test_a_transaction_that_aws_refuses_is_refused(database, actions):
    assert code_of(database.transact_write_items, TransactItems=actions) == "ValidationException"
    assert wire.all_stored("toy") == []


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("SET a.b = :v REMOVE a", {}),
        ("SET #a = :v ADD a :w", {"#a": "a"}),
        ("SET a[1] = :v, a[1].c = :w", {}),
        ("SET a = if_not_exists(a, :v), a = :w", {}),
        ("SET a = :v SET b = :w", {}),
        ("SET pk = :v", {}),
    ],
)
def test_overlapping_or_doubled_paths_are_refused(expression, names):
    with pytest.raises(Refusal):
        check_paths(expression, names, ("pk", "sk"))


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("SET a.b = :v, a.c = list_append(a.c, :w) REMOVE ab DELETE s :x", {}),
        ("SET #set = :v ADD #delete :w", {"#set": "set", "#delete": "delete"}),
        ("ADD open_leads :lead SET #type = :type", {"#type": "type"}),
    ],
)
def test_paths_side_by_side_are_taken(expression, names):
    check_paths(expression, names, ("pk", "sk"))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"ConditionExpression": "attribute_not_exists(status)"}, id="a function's argument"),
        pytest.param({"ConditionExpression": "owner = :o", "ExpressionAttributeValues": {":o": {"S": "-"}}}, id="bare"),
        pytest.param(
            {"ConditionExpression": "attribute_exists(pk)", "ExpressionAttributeNames": {"#n": "name"}},
            id="unused name",
        ),
        pytest.param(
            {"ConditionExpression": "attribute_exists(pk)", "ExpressionAttributeValues": {":v": {"S": "x"}}},
            id="unused value",
        ),
    ],
)
def test_expressions_that_aws_refuses_are_refused(database, request_):
    assert code_of(database.put_item, TableName="toy", Item=item(), **request_) == "ValidationException"


def test_a_token_used_again_has_no_second_effect(database):
    transaction = {"TransactItems": [put("L#1", name={"S": "first"})], "ClientRequestToken": "t1"}
    database.transact_write_items(**transaction)
    database.put_item(TableName="toy", Item=item(name={"S": "changed since"}))

    database.transact_write_items(**transaction)

    assert wire.all_stored("toy") == [item(name={"S": "changed since"})]


def test_a_token_used_for_other_content_is_refused(database):
    database.transact_write_items(TransactItems=[put("L#1")], ClientRequestToken="t1")

    other = {"TransactItems": [put("L#2")], "ClientRequestToken": "t1"}
    assert code_of(database.transact_write_items, **other) == "IdempotentParameterMismatchException"
    assert wire.all_stored("toy") == [item("L#1")]


def test_a_token_of_a_cancelled_transaction_may_be_used_again(database):
    database.put_item(TableName="toy", Item=item("L#1"))
    new = put("L#1", name={"S": "second"})
    new["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
    transaction = {"TransactItems": [new], "ClientRequestToken": "t1"}
    assert code_of(database.transact_write_items, **transaction) == "TransactionCanceledException"
    database.delete_item(TableName="toy", Key=item("L#1"))

    database.transact_write_items(**transaction)

    assert wire.all_stored("toy") == [item("L#1", name={"S": "second"})]


def test_every_failed_action_of_a_transaction_brings_its_old_item(database):
    database.put_item(TableName="toy", Item=item("L#1", name={"S": "Öztürk"}))
    actions = [put(f"L#{n}") for n in (2, 1, 3)]
    for action in actions:
        action["Put"] |= {
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    absent = {
        "ConditionCheck": {
            "TableName": "toy",
            "Key": item("L#9"),
            "ConditionExpression": "attribute_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }

    with pytest.raises(database.exceptions.TransactionCanceledException) as caught:
        database.transact_write_items(TransactItems=[*actions, absent])

    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == [
        "None",
        "ConditionalCheckFailed",
        "None",
        "ConditionalCheckFailed",
    ]
    assert [reason.get("Item") for reason in reasons] == [None, item("L#1", name={"S": "Öztürk"}), None, None]


def test_unprocessed_keys_and_items_are_left_over_and_named(database):
    keys = [item(f"L#{n}") for n in range(10)]
    with wire.standing_at_the_wire(Shim(unprocessed=0.5)):
        writes = {"toy": [{"PutRequest": {"Item": key}} for key in keys]}
        left = database.batch_write_item(RequestItems=writes)["UnprocessedItems"]["toy"]
        stored = wire.all_stored("toy")
        read = database.batch_get_item(RequestItems={"toy": {"Keys": keys}})

    assert 0 < len(left) < 10
    assert len(stored) == 10 - len(left)
    asked_again = read["UnprocessedKeys"]["toy"]["Keys"]
    assert {key["pk"]["S"] for key in asked_again}.isdisjoint(found["pk"]["S"] for found in read["Responses"]["toy"])


def test_a_lagging_index_shows_the_table_before_the_last_write(database):
    query = {
        "TableName": "toy",
        "IndexName": "feed",
        "KeyConditionExpression": "feed_pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "L#0"}},
    }
    with wire.standing_at_the_wire(Shim(lagging=True)):
        for n in "12":
            database.put_item(TableName="toy", Item=item(f"L#{n}", feed_pk={"S": "L#0"}, feed_sk={"S": n}))
        behind = database.query(**query)["Items"]
    present = database.query(**query)["Items"]

    assert [found["pk"]["S"] for found in behind] == ["L#1"]
    assert [found["pk"]["S"] for found in present] == ["L#1", "L#2"]
