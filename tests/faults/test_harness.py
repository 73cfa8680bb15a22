"""The harness against doors whose faults are known: a good one it must pass, bad ones it must catch."""

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto import mock_aws

from tests import wire
from tests.faults import interleave
from tests.faults.harness import KINDS, REPORTS, Refused, Schedule, Story, play, try_everything
from tests.faults.shim import Shim


@pytest.fixture
def database(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    with mock_aws():
        client = botocore.session.get_session().create_client(
            "dynamodb", config=Config(retries={"mode": "standard", "total_max_attempts": 2})
        )
        client.create_table(
            TableName="toy",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )
        yield client


class Door:
    """Takes one enquiry: a receipt `R#1` and a lead `L#…`, in the manner of `take`."""

    always_redelivered = False

    def __init__(self, database, take):
        self.name = f"toy: {take.__name__}"
        self.database, self.take = database, take
        self.ids = 0

    def reset(self):
        wire.backend("dynamodb").get_table("toy").items.clear()
        self.ids = 0

    def deliver(self):
        self.ids += 1
        try:
            return self.take(self.database, f"L#{self.ids}")
        except (ClientError, BotoCoreError) as error:
            raise Refused(str(error)) from error

    def restart(self):
        pass

    def settle(self):
        pass

    def violations(self, story: Story):
        stored = [item["pk"]["S"] for item in wire.all_stored("toy")]
        leads, receipts = [sum(pk.startswith(kind) for pk in stored) for kind in ("L#", "R#")]
        if leads != receipts or (story.acknowledged and leads != 1):
            return [f"{leads} leads, {receipts} receipts"]
        return []


def put(pk):
    return {"TableName": "toy", "Item": {"pk": {"S": pk}}, "ConditionExpression": "attribute_not_exists(pk)"}


def together(database, lead):
    """Lead and receipt in one transaction; an existing receipt is the answer."""
    try:
        database.transact_write_items(TransactItems=[{"Put": put("R#1")}, {"Put": put(lead)}])
    except database.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise
    return "taken"


def apart_receipt_first(database, lead):
    """Known to be bad: a crash between the two leaves a receipt without a lead."""
    try:
        database.put_item(**put("R#1"))
    except database.exceptions.ConditionalCheckFailedException:
        return "taken"
    database.put_item(**put(lead))
    return "taken"


def apart_lead_first(database, lead):
    """Known to be bad: a crash between the two, and the next delivery makes a second lead."""
    if "Item" in database.get_item(TableName="toy", Key={"pk": {"S": "R#1"}}, ConsistentRead=True):
        return "taken"
    database.put_item(**put(lead))
    database.put_item(**put("R#1"))
    return "taken"


@pytest.fixture
def kept_apart():
    """The toys do not appear in the table of the doors."""
    before = list(REPORTS)
    yield
    REPORTS[:] = before


@pytest.mark.usefixtures("kept_apart")
def test_a_door_that_writes_both_together_passes(database):
    with wire.standing_at_the_wire(Shim()):
        report = try_everything(Door(database, together), doubles=30)

    assert (report.boundaries, report.violations) == (1, [])
    assert report.runs == len(KINDS) + 2 + 3 + 30
    assert report.struck > 30


@pytest.mark.usefixtures("kept_apart")
@pytest.mark.parametrize("take", [apart_receipt_first, apart_lead_first])
def test_a_door_that_writes_lead_and_receipt_apart_is_caught(database, take):
    report = try_everything(Door(database, take), doubles=0)

    caught = {schedule.faults[0][1] for schedule, _ in report.violations if schedule.faults}
    assert {"crash after", "crash before"} <= caught


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_reaches_the_sender_or_kills_the_process(database, kind):
    played = play(Door(database, together), Schedule(((0, kind),)))

    assert played.struck == [(kind, "dynamodb", "TransactWriteItems")]
    assert played.violations == []


def test_an_answer_that_was_lost_had_its_effect(database):
    door = Door(database, together)
    seen = []
    door.violations = lambda story: seen.append(len(wire.all_stored("toy"))) or []

    play(door, Schedule(((0, "time-out before"), (1, "time-out before")), returns=False))
    play(door, Schedule(((0, "time-out before"), (1, "time-out after")), returns=False))

    assert seen == [0, 2]


def test_a_door_that_answers_nonsense_is_caught(database):
    def nonsense(database, lead):
        raise Refused("500", odd=True)

    assert play(Door(database, nonsense)).violations[0] == "500"


def test_all_orders_of_two_actors_are_played_once(database):
    def actor():
        for _ in range(3):
            database.get_item(TableName="toy", Key={"pk": {"S": "x"}})

    orders = [tuple(run.choices) for run in interleave.all_orders(lambda: [actor, actor])]

    assert len(orders) == len(set(orders)) == 20  # 6 over 3
    assert all(sorted(order) == [0, 0, 0, 1, 1, 1] for order in orders)


def test_a_lost_update_is_found_by_interleaving(database):
    """Two actors read, add one and write: some order must lose one."""

    def add_one():
        found = database.get_item(TableName="toy", Key={"pk": {"S": "n"}}, ConsistentRead=True).get("Item", {})
        number = int(found.get("n", {"N": "0"})["N"]) + 1
        database.put_item(TableName="toy", Item={"pk": {"S": "n"}, "n": {"N": str(number)}})

    def reset():
        wire.backend("dynamodb").get_table("toy").items.clear()
        return [add_one, add_one]

    ends = [wire.stored("toy", {"pk": {"S": "n"}})["n"]["N"] for _ in interleave.all_orders(reset)]

    assert sorted(ends) == ["1", "1", "1", "1", "2", "2"]


def test_a_sample_is_the_same_every_time(database):
    def actor():
        for _ in range(3):
            database.get_item(TableName="toy", Key={"pk": {"S": "x"}})

    first, second = [[run.choices for run in interleave.sampled(lambda: [actor, actor, actor], 5)] for _ in range(2)]

    assert first == second
    assert len(first) == 5
