"""The meter against examples worked out by hand from the DynamoDB Developer Guide."""

import botocore.session
import pytest
from moto import mock_aws

from tests.meter import index_units, item_size, metered, read_units, value_size, write_units
from tests.wire import Index

CARD = Index("feed", ("feed_pk", "feed_sk"), frozenset({"pk", "sk", "feed_pk", "feed_sk", "name"}))


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "Änne"}, 5),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "1234"}, 3),
        ({"N": "-1234"}, 4),
        ({"N": "12000"}, 2),
        ({"N": "0.0012"}, 2),
        ({"N": "12345"}, 4),
        ({"B": b"\x00" * 10}, 10),
        ({"B": "AAAAAAAAAAAAAA=="}, 10),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "cde"]}, 5),
        ({"NS": ["1", "22"]}, 4),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {"ab": {"S": "cde"}}}, 3 + 1 + 2 + 3),
    ],
)
def test_values_weigh_what_the_guide_says(value, size):
    assert value_size(value) == size


def test_an_item_weighs_its_names_and_values():
    assert item_size({"pk": {"S": "L#1"}, "größe": {"N": "42"}}) == 2 + 3 + 7 + 2


def card(name="Änne", text="", since="1", feed="L#0"):
    return {"pk": {"S": "L#1"}, "feed_pk": {"S": feed}, "feed_sk": {"S": since}, "name": {"S": name}, "t": {"S": text}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        pytest.param({}, card(), 1, id="comes"),
        pytest.param(card(), {}, 1, id="goes"),
        pytest.param(card(), card(text="x"), 0, id="something it does not carry changes"),
        pytest.param(card(), card(name="Anne"), 1, id="something it carries changes"),
        pytest.param(card(), card(since="2"), 2, id="its key changes"),
        pytest.param({}, card(name="x" * 1024), 2, id="comes with over 1 KB"),
        pytest.param(card(name="x" * 1024), card(name="x"), 2, id="shrinks from over 1 KB"),
        pytest.param(card(name="x" * 1024), card(name="x" * 2048, since="2"), 5, id="moves and grows"),
        pytest.param({}, {"pk": {"S": "L#1"}}, 0, id="is not in it"),
    ],
)
def test_an_index_entry_costs(before, after, units):
    assert index_units(before, after, CARD) == units


def test_a_write_costs_the_larger_image_doubled_in_a_transaction_but_not_its_indexes():
    small, large = card(), card(text="x" * 1100)

    assert write_units(large, small, [CARD]) == 2
    assert write_units(small, large, [], factor=2) == 4
    assert write_units({}, large, [CARD], factor=2) == 4 + 1


@pytest.mark.parametrize(
    ("size", "how", "units"),
    [
        (0, {}, 0.5),
        (4096, {}, 0.5),
        (4097, {}, 1.0),
        (4097, {"consistent": True}, 2.0),
        (4096, {"transaction": True}, 2.0),
    ],
)
def test_reads_cost_by_4_kb(size, how, units):
    assert read_units(size, **how) == units


@pytest.fixture
def database(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        client = botocore.session.get_session().create_client("dynamodb")
        client.create_table(
            TableName="toy",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "feed_pk", "feed_sk")
            ],
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
        yield client


def toy(number, text="", **more):
    keys = {"pk": {"S": f"L#{number}"}, "sk": {"S": "~"}, "feed_pk": {"S": "L#0"}, "feed_sk": {"S": str(number)}}
    return {**keys, "text": {"S": text}, **more}


def key(number):
    return {"pk": {"S": f"L#{number}"}, "sk": {"S": "~"}}


def test_writes_on_the_wire_are_counted(database):
    with metered() as meter:
        database.put_item(TableName="toy", Item=toy(1))
        database.update_item(
            TableName="toy",
            Key=key(1),
            UpdateExpression="SET feed_sk = :v",
            ExpressionAttributeValues={":v": {"S": "9"}},
        )
        database.delete_item(TableName="toy", Key=key(1))
        database.batch_write_item(RequestItems={"toy": [{"PutRequest": {"Item": toy(2, "x" * 1024)}}]})

    assert [(operation, units) for _, operation, units, _ in meter.calls] == [
        ("PutItem", 1 + 1),
        ("UpdateItem", 1 + 2),
        ("DeleteItem", 1 + 1),
        ("BatchWriteItem", 2 + 1),
    ]
    assert (meter.requests, meter.write_units, meter.read_units) == (4, 10, 0)


def test_a_transaction_is_doubled_and_a_cancelled_one_charged(database):
    database.put_item(TableName="toy", Item=toy(1, "x" * 1024))
    check = {"ConditionCheck": {"TableName": "toy", "Key": key(1), "ConditionExpression": "attribute_exists(pk)"}}
    new = {"Put": {"TableName": "toy", "Item": toy(2), "ConditionExpression": "attribute_not_exists(pk)"}}
    with metered() as meter:
        database.transact_write_items(TransactItems=[check, new])
        with pytest.raises(database.exceptions.TransactionCanceledException):
            database.transact_write_items(TransactItems=[check, new])

    assert [units for _, _, units, _ in meter.calls] == [2 * 2 + 2 * 1 + 1, 2 * 2 + 2 * 1]


def test_reads_on_the_wire_are_counted(database):
    for number in range(5):
        database.put_item(TableName="toy", Item=toy(number, "x" * 3000, name={"S": "n" * 100}))
    page = {
        "TableName": "toy",
        "IndexName": "feed",
        "KeyConditionExpression": "feed_pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "L#0"}, ":no": {"S": "nobody"}},
        "ExpressionAttributeNames": {"#n": "name"},
        "FilterExpression": "#n = :no",
    }
    with metered() as meter:
        database.get_item(TableName="toy", Key=key(1))
        database.get_item(TableName="toy", Key=key(1), ConsistentRead=True)
        database.transact_get_items(TransactItems=[{"Get": {"TableName": "toy", "Key": key(1)}}])
        database.batch_get_item(RequestItems={"toy": {"Keys": [key(1), key(2), key(77)]}})
        assert database.query(**page)["Items"] == []
        database.scan(TableName="toy", ConsistentRead=True)

    assert [(operation, units) for *_, operation, _, units in meter.calls] == [
        ("GetItem", 0.5),
        ("GetItem", 1),
        ("TransactGetItems", 2),
        ("BatchGetItem", 1.5),
        ("Query", 0.5),  # five cards of about 130 bytes, all filtered away again
        ("Scan", 4),  # five items of about 3.2 KB
    ]
