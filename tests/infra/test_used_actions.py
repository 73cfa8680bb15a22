"""Least privilege (S10): what the functions may do is what they do, action by action, resource by resource.

Every story of the fault harness and every reading call of the API is played, with the table going away at each call,
so that the ways out over queue and bucket are taken too. Each wire call is booked on the function it came from.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from unittest import mock

import pytest

from chalicelib.store import files
from infra import package
from tests import wire
from tests.api.client import Client
from tests.faults.entries import (
    AENNE,
    CSV,
    ENQUIRY,
    MAILED,
    Delivery,
    Entry,
    all_entries,
    at_receipt,
    call,
    created_by_api,
    form,
    handed,
    left_pending,
    mail,
    object_created,
    swept,
    taken_up,
    trigger,
)
from tests.faults.harness import Crash, Injector, Refused, Schedule, play
from tests.faults.lead_writes import made_by_put
from tests.faults.work_stories import asks, worked_on
from tests.faults.world import API_KEY, MOST_RECEIVES, World
from tests.wire import Call, Reply

#: What is played serves all tests of this file.
pytestmark = pytest.mark.xdist_group("used_actions")

Permission = tuple[str, str]

#: module a call came from → policy
FUNCTIONS = {
    "chalicelib.triggers.derive": "derive",
    "chalicelib.triggers.imports": "imports",
    "chalicelib.triggers.inbound_mail": "mail",
    "chalicelib.triggers.intake_queue": "intake",
    "chalicelib.triggers.sweep": "sweep",
    "chalicelib.triggers.work": "work",
    "chalicelib.api.http": "api",
}
RESOURCES = {
    "crm": "CrmTable",
    "crm-derived": "DerivedTable",
    "imports": "ImportsBucket",
    "mail": "MailBucket",
    "files": "FilesBucket",
    "queue intake": "IntakeQueue",
    "queue imports": "ImportsQueue",
    "queue work": "WorkQueue",
    "queue intake-dead-letters": "IntakeDeadLetters",
    "queue imports-dead-letters": "ImportsDeadLetters",
    "queue mail-dead-letters": "MailDeadLetters",
    "queue work-dead-letters": "WorkDeadLetters",
}
#: What makes a reading call read more.
QUERIES = {
    "/v1/board": ("", "?owner_id=none"),
    "/v1/tasks": ("?owner_id=none",),
    "/v1/leads": ("", "?kind=open", "?owner_id=none", "?owner_id=none&kind=open"),
    "/v1/leads/{lead_id}": ("?include=timeline",),
}
TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
OBJECT_ACTIONS = {
    "GetObject": ["s3:GetObject"],
    "HeadObject": ["s3:GetObject"],
    "PutObject": ["s3:PutObject"],
    "CreateMultipartUpload": ["s3:PutObject"],
    "UploadPart": ["s3:PutObject"],
    "CompleteMultipartUpload": ["s3:PutObject"],
    "CopyObject": ["s3:GetObject", "s3:PutObject"],
    "DeleteObject": ["s3:DeleteObject"],
}
#: What IAM asks for instead where the call names a version.
OF_A_VERSION = {"s3:GetObject": "s3:GetObjectVersion", "s3:DeleteObject": "s3:DeleteObjectVersion"}


def permissions_of(call: Call) -> Iterator[Permission]:
    """What IAM asks for a call, as (action, resource)."""
    if call.service == "dynamodb":
        yield from _of_table(call.operation, call.body)
    elif call.service == "sqs":
        name = call.body["QueueUrl"].rsplit("/", 1)[-1]
        yield f"sqs:{call.operation}", RESOURCES[f"queue {name}"]
    else:
        bucket = call.request.url.partition("//")[2].partition("?")[0].replace(".", "/").split("/")
        name = RESOURCES[next(part for part in bucket if part in RESOURCES)]
        if call.operation.startswith("ListObjects"):
            yield "s3:ListBucket", name
        else:
            source = call.request.headers.get("x-amz-copy-source", b"")
            versioned = "versionId=" in call.request.url or b"versionId=" in bytes(source)
            folder = "exports/" if "/exports/" in call.request.url else ""
            for action in OBJECT_ACTIONS[call.operation]:
                yield OF_A_VERSION.get(action, action) if versioned else action, f"{name}/{folder}*"


def _of_table(operation: str, body: dict[str, Any]) -> Iterator[Permission]:
    if operation == "TransactWriteItems":
        for item in body["TransactItems"]:
            for kind, action in item.items():
                yield f"dynamodb:{TRANSACTED[kind]}", RESOURCES[action["TableName"]]
    elif "RequestItems" in body:
        for table in body["RequestItems"]:
            yield f"dynamodb:{operation}", RESOURCES[table]
    elif "IndexName" in body:
        yield f"dynamodb:{operation}", f"{RESOURCES[body['TableName']]}/index/{body['IndexName']}"
    else:
        yield f"dynamodb:{operation}", RESOURCES[body["TableName"]]


def function_of_this_call() -> str | None:
    """The function whose door stands highest in the stack; None for the test's own calls."""
    frame, found = sys._getframe(), None
    while frame:
        found = FUNCTIONS.get(frame.f_globals.get("__name__", ""), found)
        frame = frame.f_back  # type: ignore[assignment]
    return found


@pytest.fixture(scope="module")
def used() -> dict[str, set[Permission]]:
    """function → permissions that were needed."""
    found: dict[str, set[Permission]] = {name: set() for name in FUNCTIONS.values()}

    def book(call: Call, go: Callable[[], Reply]) -> Reply:
        function = function_of_this_call()
        if function:
            found[function].update(permissions_of(call))
        return go()

    # the harness does not sign, and without a signature moto keeps the framing of checksums as part of the object
    plain = mock.patch.dict(os.environ, AWS_REQUEST_CHECKSUM_CALCULATION="when_required")
    with plain, World() as world, wire.standing_at_the_wire(book):
        for entry in (*all_entries(world), *further_entries(world)):
            calls = _calls_of_the_first_delivery(entry)
            play(entry)
            # gone from the start, and right after the receipt: whatever comes later ends in the same two ways out
            for number in range(min(calls, 2)):
                play(entry, Schedule(outage_from=number, returns=False))
            _end_as_dead_letter(entry)
            _read_everything(world)
            entry.leave()
        _import_a_version(world)
    return found


def further_entries(world: World) -> Iterator[Entry]:
    """Raws too large for an item or a message, and every kind of pending receipt taken up in every place."""
    large, huge = (form(AENNE, nachricht=Random(size).randbytes(size).hex()) for size in (8_000, 200_000))
    posts, replay = "POST /f/{form_id}", "POST /v1/intake/receipts/{receipt_id}/replay"
    yield Entry("large form", (posts,), world, large)
    yield Entry("huge form", (posts,), world, huge)

    def queued_whole(world: World) -> None:
        with wire.standing_at_the_wire(Injector(outage_from=0)):
            huge.send(world)

    def handed_out(world: World) -> str:
        world.hand_out("intake", trigger("intake"))
        return "taken"

    waiting = Delivery(handed_out, huge.sent)
    yield Entry("intake: a huge form", ("intake",), world, waiting, arrange=queued_whole, always_redelivered=True)
    known = left_pending(form(AENNE), after="PutItem")
    yield Entry(
        "sweep: a pending form of a known person",
        ("sweep",),
        world,
        Delivery(swept, form(AENNE).sent),
        (created_by_api(AENNE),),
        arrange=known,
        always_redelivered=True,
    )
    yield from bulk_changes(world)
    mailed, announced = mail(ENQUIRY, "incoming/m1", MAILED)
    pending = {
        "form": (form(AENNE), lambda world: None),
        "large form": (large, lambda world: None),
        "missed call": (call("missed", AENNE["phone"]), lambda world: None),
        "mail": (announced, mailed),
    }
    for name, (delivery, first) in pending.items():
        leave = left_pending(delivery, after="PutItem")

        def arrange(world: World, first: Any = first, leave: Any = leave) -> None:
            first(world)
            leave(world)

        for door, take_up in (("intake", taken_up), ("sweep", swept), (replay, at_receipt("replay"))):
            yield Entry(
                f"{door}: a pending {name}",
                (door,),
                world,
                Delivery(take_up, delivery.sent),
                arrange=arrange,
                always_redelivered=door != replay,
                certain=True,
            )


def bulk_changes(world: World) -> Iterator[Entry]:
    """Filters that look elsewhere than at the list of all leads, and a change that takes an external id away."""
    for filters in ({"owner_id": "none"}, {"contact_id": "con_0SARTXT7M8X"}, {"email": AENNE["email"]}):
        ask = asks("/v1/leads/bulk", {"filters": filters, "set": {"external_ids": None}})
        yield Entry(
            f"work: bulk change by {min(filters)}",
            ("work",),
            world,
            Delivery(worked_on(), ()),
            (made_by_put(AENNE),),
            arrange=ask,
            always_redelivered=True,
        )


def _import_a_version(world: World) -> None:
    """The imports bucket keeps versions (infra/buckets.yaml), so S3's messages name one."""
    s3, key = files.client(), "incoming/versioned.csv"
    s3.put_bucket_versioning(Bucket="imports", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="imports", Key=key, Body=CSV.encode())["VersionId"]
    message = object_created(key)
    message["Records"][0]["s3"]["object"]["versionId"] = version
    handed("imports", message)(world)
    assert world.object_keys("imports", "incoming/") == []


def _end_as_dead_letter(entry: Entry) -> None:
    """A message kills the process as often as the queue tries; then the sweep takes it up."""
    if not entry.always_redelivered or entry.doors == ("sweep",):
        return
    entry.reset()
    for _ in range(MOST_RECEIVES):
        with wire.standing_at_the_wire(Injector({0: "crash before"})), contextlib.suppress(Refused, Crash):
            entry.deliver()
        entry.restart()
    entry.settle()


def _calls_of_the_first_delivery(entry: Any) -> int:
    entry.reset()
    with wire.standing_at_the_wire(injector := Injector()), contextlib.suppress(Refused):
        entry.deliver()
    return len(injector.operations)


def _read_everything(world: World) -> None:
    """Every GET of the API that takes no more than an id."""
    from app import app

    client = Client(app, key=API_KEY)
    ids = {
        "lead_id": [f"lead_{item['pk'][2:]}" for item in world.of_type("lead")],
        "receipt_id": [f"rcp_{item['pk'][2:]}" for item in world.of_type("receipt")],
        "import_id": [f"imp_{item['pk'][2:]}" for item in world.of_type("job")],
    }
    for path in app.routes:
        name = path.partition("{")[2].partition("}")[0]
        for value in ids.get(name, []) if name else [""]:
            for query in QUERIES.get(path, ("",)):
                reply = client.request("GET", path.replace(f"{{{name}}}", value) + query)
                assert reply.status < 500, f"GET {path}: {reply.text}"


#: Permissions that no call of ours shows, each with its reason: (functions, action, resource).
UNSEEN = {
    **{
        (name, action, queue): "Lambda's poller takes messages with the function's role"
        for name, queue in (
            ("imports", "ImportsQueue"),
            ("mail", "MailQueue"),
            ("intake", "IntakeQueue"),
            ("work", "WorkQueue"),
        )
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    },
    **{
        (name, action, f"{name.capitalize()}Logs"): "Lambda writes logs with the function's role"
        for name in ("api", "derive", "imports", "mail", "intake", "sweep", "work")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    },
    **{
        ("derive", f"dynamodb:{action}", "CrmTable"): "Lambda's poller reads the stream with the function's role"
        for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    },
    ("derive", "sqs:SendMessage", "DeriveFailures"): "Lambda's poller gives up records with the function's role",
    **{
        ("api", "s3:GetObject", f"{bucket}/*"): "a link to a raw is signed here and followed by whoever got it"
        for bucket in ("FilesBucket", "MailBucket", "ImportsBucket")
    },
    **{
        (name, "s3:ListBucket", bucket): "without it S3 answers 403 instead of 404 for an object that is gone"
        for name, buckets in {
            "api": ("FilesBucket", "MailBucket", "ImportsBucket"),
            "imports": ("FilesBucket", "ImportsBucket"),
            "mail": ("FilesBucket", "MailBucket"),
            "intake": ("FilesBucket", "MailBucket"),
            "sweep": ("FilesBucket",),
            "work": ("FilesBucket",),
        }.items()
        for bucket in buckets
    },
}


def allowed(name: str) -> set[Permission]:
    """What a policy file grants, in the same words."""
    policy = json.loads((package.ROOT / ".chalice" / f"policy-{name}.json").read_text())
    return {
        (action, _resource(resource))
        for statement in policy["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def _resource(resource: dict[str, Any]) -> str:
    if "Fn::GetAtt" in resource:
        return str(resource["Fn::GetAtt"][0])
    return str(resource["Fn::Sub"]).replace("${", "").replace(".Arn}", "")


@pytest.mark.parametrize("name", FUNCTIONS.values())
def test_a_function_may_do_everything_it_does(used, name):
    assert used[name]
    assert sorted(used[name] - allowed(name)) == []


@pytest.mark.parametrize("name", FUNCTIONS.values())
def test_a_function_may_do_nothing_it_does_not_do(used, name):
    explained = {(action, resource) for function, action, resource in UNSEEN if function == name}

    assert sorted(allowed(name) - used[name] - explained) == []
