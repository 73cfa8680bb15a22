"""`leads doctor`: each thing that can be set up wrong is named in a sentence; and the invariants."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ConnectTimeoutError
from moto import mock_aws

from chalicelib import log
from chalicelib.store import files, queues, records, transport
from cli import aws
from cli.checks import clock
from tests import wire
from tests.cli.conftest import Ended, run
from tests.faults.world import World

ROOT = Path(__file__).resolve().parent.parent.parent
REGION = "eu-central-1"
STACK = "leadger"
TABLES = {"LEADGER_TABLE": "leadger-crm", "LEADGER_DERIVED_TABLE": "leadger-crm-derived"}
BUCKETS = {f"LEADGER_{role.upper()}_BUCKET": f"leadger-{role}-1" for role in ("imports", "mail", "files")}
CLIENTS = (transport.client, files.client, queues.client)
OUTPUTS = {
    "CrmTable": "leadger-crm", "DerivedTable": "leadger-crm-derived", "ImportsBucket": "leadger-imports-1",
    "MailBucket": "leadger-mail-1", "FilesBucket": "leadger-files-1",
}  # fmt: skip


def client(service: str) -> Any:
    return aws.client(service)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """What the stack makes, as the functions' environment names it."""
    for name in [*os.environ]:
        if name.startswith(("AWS_", "LEADGER_")):
            monkeypatch.delenv(name)
    given = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    for name, value in {**given, **TABLES, **BUCKETS, "LEADGER_DATA": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    with mock_aws(), new_clients():
        make_tables()
        made = make_queues()
        make_buckets(made["imports"])
        monkeypatch.setenv("LEADGER_INTAKE_QUEUE_URL", made["intake"])
        monkeypatch.setenv("LEADGER_IMPORTS_QUEUE_URL", made["imports"])
        dead = [made[f"{name}-dead-letters"] for name in ("intake", "imports", "mail")]
        monkeypatch.setenv("LEADGER_DEAD_LETTER_QUEUE_URLS", ",".join(dead))
        yield


@contextmanager
def new_clients() -> Iterator[None]:
    """Clients of before are of another world. The session stays: it has read what AWS's services look like."""
    for each in CLIENTS:
        each.cache_clear()
    yield
    for each in CLIENTS:
        each.cache_clear()


def make_tables() -> None:
    dynamodb = client("dynamodb")
    for resource in yaml.safe_load((ROOT / "infra/tables.yaml").read_text())["Resources"].values():
        wanted = resource["Properties"]
        name = wanted["TableName"]["Fn::Sub"].replace("${AWS::StackName}", STACK)
        more = {key: wanted[key] for key in ("GlobalSecondaryIndexes",) if key in wanted}
        if "StreamSpecification" in wanted:
            more["StreamSpecification"] = {**wanted["StreamSpecification"], "StreamEnabled": True}
        dynamodb.create_table(TableName=name, KeySchema=wanted["KeySchema"], BillingMode=wanted["BillingMode"],
                              AttributeDefinitions=wanted["AttributeDefinitions"], DeletionProtectionEnabled=True,
                              **more)  # fmt: skip
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted["TimeToLiveSpecification"])
        recovery = wanted["PointInTimeRecoverySpecification"]
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)


def make_queues() -> dict[str, str]:
    sqs, made = client("sqs"), {}
    for name in ("intake", "imports", "mail"):
        dead = f"{name}-dead-letters"
        made[dead] = sqs.create_queue(QueueName=f"{STACK}-{dead}")["QueueUrl"]
        policy = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:123456789012:{STACK}-{dead}", "maxReceiveCount": 5}
        attributes = {"RedrivePolicy": json.dumps(policy)}
        made[name] = sqs.create_queue(QueueName=f"{STACK}-{name}", Attributes=attributes)["QueueUrl"]
    return made


def make_buckets(queue: str) -> None:
    s3 = client("s3")
    closed = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    for name in BUCKETS.values():
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=closed)
    arn = f"arn:aws:sqs:{REGION}:123456789012:{queue.rsplit('/', 1)[-1]}"
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "incoming/"}]}}}  # fmt: skip
    s3.put_bucket_notification_configuration(Bucket="leadger-imports-1",
                                             NotificationConfiguration={"QueueConfigurations": [rule]})  # fmt: skip


def of_level(ended: Ended, level: str) -> list[str]:
    return [line["sentence"] for line in ended.lines if line["level"] == level]


def test_a_healthy_deployment_has_no_finding_but_what_is_well(deployed: None) -> None:
    ended = run("doctor")

    assert (ended.code, ended.err) == (0, "")
    assert of_level(ended, "problem") + of_level(ended, "warning") == []
    assert {line["check"] for line in ended.lines} == {"tables", "clock", "buckets", "queues", "ledger", "settings"}


def test_people_see_a_line_each_and_a_sum(deployed: None) -> None:
    client("sqs").delete_queue(QueueUrl=os.environ["LEADGER_IMPORTS_QUEUE_URL"])

    ended = run("doctor", "--table")

    problems = [line for line in ended.out.splitlines() if line.startswith("PROBLEM")]
    assert problems == [
        "PROBLEM  queues    There is no queue leadger-imports: what should go by it fails, and waits for the sweep"
    ]
    assert ended.out.splitlines()[-1].startswith("1 problems, 0 warnings, ")
    assert ended.code == 1


def update_table(**what: Any) -> None:
    client("dynamodb").update_table(TableName="leadger-crm", **what)


def drop_index() -> None:
    update_table(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "owner"}}])


def no_expiry() -> None:
    wire.backend("dynamodb").get_table("leadger-crm").ttl = {"TimeToLiveStatus": "DISABLED"}


def no_recovery() -> None:
    off = {"PointInTimeRecoveryEnabled": False}
    client("dynamodb").update_continuous_backups(TableName="leadger-crm", PointInTimeRecoverySpecification=off)


def no_table() -> None:
    update_table(DeletionProtectionEnabled=False)
    client("dynamodb").delete_table(TableName="leadger-crm")


def no_derived_table() -> None:
    client("dynamodb").update_table(TableName="leadger-crm-derived", DeletionProtectionEnabled=False)
    client("dynamodb").delete_table(TableName="leadger-crm-derived")


def no_bucket(role: str) -> Callable[[], None]:
    return lambda: client("s3").delete_bucket(Bucket=f"leadger-{role}-1")


def no_queue() -> None:
    client("sqs").delete_queue(QueueUrl=os.environ["LEADGER_INTAKE_QUEUE_URL"])


def no_letters() -> None:
    client("sqs").delete_queue(QueueUrl=os.environ["LEADGER_DEAD_LETTER_QUEUE_URLS"].split(",")[2])


def no_redrive() -> None:
    wire.backend("sqs").queues["leadger-intake"].redrive_policy = None


def a_dead_letter() -> None:
    client("sqs").send_message(QueueUrl=os.environ["LEADGER_DEAD_LETTER_QUEUE_URLS"].split(",")[0], MessageBody="x")


def no_notification() -> None:
    client("s3").put_bucket_notification_configuration(Bucket="leadger-imports-1", NotificationConfiguration={})


def settings(**own: Any) -> Callable[[], None]:
    return lambda: records.put("CFG", "settings", own)


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (no_table, "There is no table leadger-crm in eu-central-1: is the region right, and the stack deployed there?"),
        (no_derived_table, "There is no table leadger-crm-derived in eu-central-1"),
        (drop_index, "The table leadger-crm has no index 'owner'"),
        (lambda: update_table(StreamSpecification={"StreamEnabled": False}), "The stream of leadger-crm is off"),
        (no_expiry, "Time to live of leadger-crm is off"),
        (no_recovery, "Point-in-time recovery of leadger-crm is off"),
        (
            lambda: client("s3").delete_bucket(Bucket="leadger-imports-1"),
            "There is no bucket leadger-imports-1: no file",
        ),
        (no_bucket("mail"), "There is no bucket leadger-mail-1: no mail"),
        (
            lambda: client("s3").delete_bucket(Bucket="leadger-files-1"),
            "There is no bucket leadger-files-1: what is too",
        ),
        (lambda: client("s3").delete_public_access_block(Bucket="leadger-files-1"), "leadger-files-1 is not closed"),
        (no_notification, "leadger-imports-1 does not announce what is put under incoming/"),
        (
            lambda: client("sqs").delete_queue(QueueUrl=os.environ["LEADGER_INTAKE_QUEUE_URL"]),
            "no queue leadger-intake:",
        ),
        (no_letters, "There is no queue leadger-mail-dead-letters: what fails for good is lost"),
        (no_redrive, "The queue leadger-intake has no queue of dead letters"),
        (a_dead_letter, "leadger-intake-dead-letters: 1 dead letters"),
        (settings(time_zone="Europe/Bärlin"), "time_zone, business_hours or holidays cannot be read"),
        (settings(business_hours={"days": [0], "from": "9"}), "time_zone, business_hours or holidays cannot be read"),
        (settings(holidays=["Ostern"]), "time_zone, business_hours or holidays cannot be read"),
        (settings(default_region="Deutschland"), "default_region is no country"),
        (settings(currency="Euro"), "currency is no code of three letters"),
        (settings(on_duplicate={"api": "explode"}), "on_duplicate holds something that is no policy"),
        (settings(lost_reasons=[]), "lost_reasons is empty"),
    ],
)
def test_each_thing_that_is_set_up_wrong_is_named(deployed: None, break_it: Callable[[], None], sentence: str) -> None:
    break_it()

    ended = run("doctor")

    assert ended.code == 1
    assert [found for found in of_level(ended, "problem") if sentence in found], ended.out
    assert "Traceback" not in ended.err


def test_what_works_but_should_not_stay_so_is_a_warning(deployed: None) -> None:
    update_table(DeletionProtectionEnabled=False)
    settings(colour="blau")()

    ended = run("doctor")

    assert ended.code == 0
    assert of_level(ended, "warning") == [
        "The table leadger-crm is not protected against deletion",
        "The setting 'colour' is none of this version's: it has no effect",
    ]


def test_another_region_has_none_of_it(deployed: None) -> None:
    with new_clients():
        ended = run("doctor", "--region", "us-east-1")

    assert ended.code == 1
    assert "There is no table leadger-crm in us-east-1: is the region right" in of_level(ended, "problem")[0]
    assert os.environ["AWS_DEFAULT_REGION"] == REGION


def test_a_stack_that_is_not_there_ends_with_1(deployed: None) -> None:
    ended = run("doctor", "--stack", "leadgr")

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "Error: There is no stack 'leadgr' in eu-central-1: is name and region right?\n"


def test_the_names_come_from_the_stack(deployed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = {"IntakeQueueUrl": os.environ["LEADGER_INTAKE_QUEUE_URL"],
            "ImportsQueueUrl": os.environ["LEADGER_IMPORTS_QUEUE_URL"],
            "DeadLetterQueueUrls": os.environ["LEADGER_DEAD_LETTER_QUEUE_URLS"]}  # fmt: skip
    template = {"Resources": {"Nothing": {"Type": "AWS::SQS::Queue"}},
                "Outputs": {name: {"Value": value} for name, value in {**OUTPUTS, **urls}.items()}}  # fmt: skip
    client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    for name in [*os.environ]:
        if name.startswith("LEADGER_"):
            monkeypatch.delenv(name)

    ended = run("doctor", "--stack", STACK)

    assert (ended.code, ended.err) == (0, "")


def test_every_output_that_names_are_taken_from_is_one_of_the_template() -> None:
    outputs = yaml.safe_load((ROOT / "infra/stack.yaml").read_text())["Outputs"]
    functions = yaml.safe_load((ROOT / "infra/functions.yaml").read_text())["Resources"]
    variables = functions["APIHandler"]["Properties"]["Environment"]["Variables"]

    assert set(aws.OUTPUTS.values()) <= outputs.keys()
    told = [output["Value"] for output in outputs.values()]
    assert aws.OUTPUTS.keys() == {name for name, value in variables.items() if value in told}
    for name, output in aws.OUTPUTS.items():
        assert variables[name] == outputs[output]["Value"]


def test_clocks_that_are_apart_are_told(deployed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
    assert clock.skew(now, now - timedelta(seconds=90)) == clock.skew(now - timedelta(seconds=90), now) == 90

    monkeypatch.setattr(clock, "skew", lambda ours, theirs: 90)
    ended = run("doctor")

    assert of_level(ended, "problem") == ["The clock of this machine is 90 seconds off that of AWS"]


def test_nobody_says_which_one_is_a_wrong_command(deployed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADGER_TABLE")

    ended = run("doctor")

    assert ended.code == 2
    assert "Name it by --stack" in ended.err


def test_aws_that_does_not_answer_ends_with_3(deployed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(service: str) -> Any:
        raise ConnectTimeoutError(endpoint_url="https://dynamodb.example")

    monkeypatch.setattr(aws, "client", silent)

    ended = run("doctor")

    assert ended.code == 3
    assert ended.err == "Error: AWS cannot be reached: ConnectTimeoutError\n"


# ── the ledger, and the invariants ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def operator(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Who has credentials for a world with leads in it."""
    from tests.desk import Desk

    desk = Desk(world)
    desk.created(name="Änne Öztürk", email="aenne@example.de")
    desk.created(name="Jörg Müßig", phone="+4930901820")
    return world


def test_a_table_that_adds_up_has_no_violations(operator: World) -> None:
    ended = run("doctor", "--verify")

    assert (ended.code, ended.lines) == (0, [{"items": len(operator.items()), "violations": 0}])
    assert run("doctor", "--verify", "--table").out.endswith("items read, 0 violations\n")


def test_a_violation_is_told_without_a_persons_data(operator: World) -> None:
    (claim,) = [item for item in operator.of_type("claim") if item["pk"].startswith("E#")]
    transport.delete((claim["pk"], claim["sk"]))

    ended = run("doctor", "--verify")

    assert ended.code == 1
    *violations, summary = ended.lines
    assert {line["invariant"] for line in violations} == {"I2"}
    assert summary == {"items": len(operator.items()), "violations": len(violations)}
    assert "aenne" not in ended.out + ended.err


def test_what_was_only_half_seen_is_no_violation(operator: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, half = operator.items(), [item for item in operator.items() if item["type"] != "claim"]
    scans = [half, whole]
    monkeypatch.setattr(transport, "scan", lambda: iter(scans.pop(0)))

    assert run("doctor", "--verify").code == 0
    assert scans == []


def test_the_log_of_the_services_is_not_mixed_with_the_output(operator: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def scan() -> Iterator[dict[str, Any]]:
        log.event("scanned")
        return iter(operator.items())

    monkeypatch.setattr(transport, "scan", scan)

    assert [list(line) for line in run("doctor", "--verify").lines] == [["items", "violations"]]


def test_what_has_waited_too_long_is_told_with_its_age(operator: World) -> None:
    from tests.desk import Desk

    Desk(operator).put_file("liste.csv", "Name\nÄnne\n")
    from cli.checks import ledger

    sentences = [finding.sentence for finding in ledger.look(operator.clock.now() + timedelta(minutes=20))]

    assert [sentence for sentence in sentences if "imports" in sentence] == [
        "1 objects stand under incoming/ of the imports bucket, the oldest for 20 minutes; does its function fail?"
    ]
