"""The template holds what we promise: nothing gets lost, nothing is open, the gateway speaks like we do."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.api.problem_codes import CODES
from infra import package
from infra.template import merge_template

FOURTEEN_DAYS = 14 * 24 * 3600
QUEUE_FUNCTIONS = {"Imports": "ImportsQueue", "Mail": "MailQueue", "Intake": "IntakeQueue", "Work": "WorkQueue"}


def cfn_lint(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from cfnlint.runner import main; sys.exit(main())"]
    command += [str(path), "--regions", "eu-central-1", "us-east-1"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_cfn_lint_finds_nothing(template):
    result = cfn_lint(package.TEMPLATE)

    assert result.returncode == 0, result.stdout + result.stderr


def test_cfn_lint_finds_nothing_in_what_sam_makes_of_it(expanded, tmp_path):
    path = tmp_path / "expanded.json"
    path.write_text(json.dumps(expanded))

    result = cfn_lint(path)

    assert result.returncode == 0, result.stdout + result.stderr


def test_cfn_lint_would_find_a_mistake(template, tmp_path):
    template = json.loads(json.dumps(template))
    template["Resources"]["IntakeQueue"]["Properties"]["MessageRetentionPeriods"] = FOURTEEN_DAYS
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(template))

    result = cfn_lint(path)

    assert result.returncode != 0
    assert "MessageRetentionPeriods" in result.stdout


def test_chalice_finds_its_configuration_right():
    """`chalice package` alone does not look."""
    program = """
from chalice.cli.factory import CLIFactory
from chalice.deploy.validate import validate_configuration
validate_configuration(CLIFactory("").create_config_obj("prod"))
""".replace('""', repr(str(package.ROOT)))

    result = subprocess.run(
        [sys.executable, "-W", "error:You are currently running", "-c", program],
        cwd=package.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr


def test_no_two_parts_define_the_same_thing():
    assert {"Resources", "Parameters", "Conditions", "Outputs"} == merge_template().keys()


def test_the_runtime_is_the_interpreter_that_compiled_the_byte_code(by_type):
    runtimes = {function["Runtime"] for function in by_type("AWS::Serverless::Function").values()}

    assert runtimes == {"python{}.{}".format(*sys.version_info)}


def test_every_setting_the_code_reads_is_set_for_every_function(by_type):
    tree = ast.parse((package.ROOT / "chalicelib/settings.py").read_text())
    read = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("LEADGER_")
        and " " not in node.value
    }

    for name, function in by_type("AWS::Serverless::Function").items():
        variables = function["Environment"]["Variables"]
        assert read <= variables.keys(), name
        assert {key for key in variables if key.startswith("LEADGER_")} <= read, name


def test_the_tables_are_the_ones_the_store_declares(by_type):
    from chalicelib.store import table

    declared = {}
    for index in (table.Board, table.Owner, table.Mine, table.Feed):
        schema = index._get_schema()
        projection = {"ProjectionType": schema["projection"]["ProjectionType"]}
        if names := schema["projection"].get("NonKeyAttributes"):
            projection["NonKeyAttributes"] = sorted(names)
        declared[index.Meta.index_name] = (schema["key_schema"], projection)
    crm = by_type("AWS::DynamoDB::Table")["CrmTable"]
    packaged = {}
    for index in crm["GlobalSecondaryIndexes"]:
        projection = dict(index["Projection"])
        if "NonKeyAttributes" in projection:
            projection["NonKeyAttributes"] = sorted(projection["NonKeyAttributes"])
        packaged[index["IndexName"]] = (index["KeySchema"], projection)

    assert packaged == declared
    assert crm["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert crm["StreamSpecification"] == {"StreamViewType": table.Record.Meta.stream_view_type}


def test_no_index_projects_more_than_dynamodb_takes(by_type):
    """20 attributes an index, 100 in all; neither moto nor the local cloud looks."""
    projected = [
        index["Projection"].get("NonKeyAttributes", [])
        for index in by_type("AWS::DynamoDB::Table")["CrmTable"]["GlobalSecondaryIndexes"]
    ]

    assert max(map(len, projected)) <= 20
    assert sum(map(len, projected)) <= 100


@pytest.mark.parametrize("name", ["CrmTable", "DerivedTable"])
def test_a_table_cannot_be_lost_by_mistake(template, name):
    table = template["Resources"][name]

    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


@pytest.mark.parametrize("name", ["ImportsBucket", "MailBucket", "FilesBucket"])
def test_a_bucket_is_encrypted_never_public_and_kept(template, name):
    bucket = template["Resources"][name]
    properties = bucket["Properties"]
    policy = template["Resources"][f"{name}Policy"]["Properties"]

    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert list(properties["PublicAccessBlockConfiguration"].values()) == [True] * 4
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert {"AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"} <= {
        key for rule in properties["LifecycleConfiguration"]["Rules"] for key in rule
    }
    assert policy["Bucket"] == {"Ref": name}
    assert policy["PolicyDocument"]["Statement"][0] == {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_exports_end_after_the_days_that_links_are_given_for(by_type):
    from chalicelib.services.exports import KEPT_FOR

    rules = by_type("AWS::S3::Bucket")["FilesBucket"]["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}

    assert days == {"exports/": KEPT_FOR.days, "uploads/": 2}


def test_a_page_of_any_host_may_post_to_the_files_bucket_and_read_nothing(by_type):
    buckets = by_type("AWS::S3::Bucket")
    open_to_pages = {name: each["CorsConfiguration"] for name, each in buckets.items() if "CorsConfiguration" in each}

    assert open_to_pages == {
        "FilesBucket": {"CorsRules": [{"AllowedMethods": ["POST"], "AllowedOrigins": ["*"], "MaxAge": 3600}]}
    }


@pytest.mark.parametrize(("function", "queue"), QUEUE_FUNCTIONS.items())
def test_a_queue_loses_nothing(template, expanded, function, queue):
    properties = template["Resources"][queue]["Properties"]
    time_out = template["Resources"][function]["Properties"]["Timeout"]
    letters = template["Resources"][properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
    mappings = [
        it["Properties"]
        for it in expanded["Resources"].values()
        if it["Type"] == "AWS::Lambda::EventSourceMapping" and it["Properties"]["FunctionName"] == {"Ref": function}
    ]

    assert properties["MessageRetentionPeriod"] == letters["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert properties["VisibilityTimeout"] >= 6 * time_out
    assert properties["RedrivePolicy"]["maxReceiveCount"] == 5
    assert properties["SqsManagedSseEnabled"] is letters["SqsManagedSseEnabled"] is True
    assert [mapping["FunctionResponseTypes"] for mapping in mappings] == [["ReportBatchItemFailures"]]
    assert mappings[0]["EventSourceArn"] == {"Fn::Sub": f"${{{queue}.Arn}}"}
    assert mappings[0]["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_dead_letters_are_known_to_the_functions_and_watched(template, by_type):
    letters = {name for name in by_type("AWS::SQS::Queue") if name.endswith("DeadLetters")}
    joined = by_type("AWS::Serverless::Function")["Sweep"]["Environment"]["Variables"]["LEADGER_DEAD_LETTER_QUEUE_URLS"]
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in by_type("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }

    assert len(letters) == len(QUEUE_FUNCTIONS)
    assert {part["Ref"] for part in joined["Fn::Join"][1]} == letters
    # the failures of the stream are no work that could be taken up: a person has to let a recount run
    assert watched == {*letters, "DeriveFailures"}


def test_every_function_and_queue_has_an_alarm_that_tells_somebody(by_type):
    alarms = by_type("AWS::CloudWatch::Alarm").values()
    functions = {a["Dimensions"][0]["Value"]["Ref"] for a in alarms if a["MetricName"] == "Errors"}
    queues = {
        a["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for a in alarms
        if a["MetricName"] == "ApproximateAgeOfOldestMessage"
    }

    assert functions == by_type("AWS::Serverless::Function").keys()
    assert queues == set(QUEUE_FUNCTIONS.values())
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms)


def test_logs_go_to_our_own_groups_and_end(by_type):
    groups = by_type("AWS::Logs::LogGroup")
    used = {
        name: function["LoggingConfig"]["LogGroup"]["Ref"]
        for name, function in by_type("AWS::Serverless::Function").items()
    }

    assert set(used.values()) == groups.keys()
    assert len(set(used.values())) == len(used)
    assert all("RetentionInDays" in group for group in groups.values())


def test_only_what_is_dropped_starts_an_import(by_type):
    bucket = by_type("AWS::S3::Bucket")["ImportsBucket"]

    assert bucket["NotificationConfiguration"]["QueueConfigurations"] == [
        {
            "Event": "s3:ObjectCreated:*",
            "Queue": {"Fn::GetAtt": ["ImportsQueue", "Arn"]},
            "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "incoming/"}]}},
        }
    ]


def test_mail_reaches_the_bucket_before_it_is_announced(by_type):
    rule = by_type("AWS::SES::ReceiptRule")["MailRule"]["Rule"]
    subscription = by_type("AWS::SNS::Subscription")["MailSubscription"]

    assert rule["Actions"] == [
        {
            "S3Action": {
                "BucketName": {"Ref": "MailBucket"},
                "ObjectKeyPrefix": "incoming/",
                "TopicArn": {"Ref": "MailTopic"},
            }
        }
    ]
    assert rule["ScanEnabled"] is True
    assert subscription["Endpoint"] == {"Fn::GetAtt": ["MailQueue", "Arn"]}
    assert "NotificationConfiguration" not in by_type("AWS::S3::Bucket")["MailBucket"]


def gateway_responses(template):
    definition = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    return definition["x-amazon-apigateway-gateway-responses"]


def test_the_gateway_answers_with_our_problems(template):
    responses = gateway_responses(template)
    for kind, response in responses.items():
        problem = json.loads(response["responseTemplates"]["application/json"])
        headers = response["responseParameters"]
        code = problem["code"]

        assert list(problem) == ["type", "title", "status", "detail", "code", "instance", "request_id"], kind
        assert problem["type"] == f"/docs/problems#{code}", kind
        assert problem["title"] == CODES[code].title, kind
        assert problem["status"] == response["statusCode"], kind
        assert (problem["instance"], problem["request_id"]) == ("$context.path", "$context.requestId"), kind
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'", kind
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'", kind
        assert headers["gatewayresponse.header.X-Request-Id"] == "context.requestId", kind
        assert ("gatewayresponse.header.Retry-After" in headers) == (response["statusCode"] == 503), kind


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("MISSING_AUTHENTICATION_TOKEN", 404),
        ("RESOURCE_NOT_FOUND", 404),
        ("REQUEST_TOO_LARGE", 413),
        ("THROTTLED", 503),
        ("QUOTA_EXCEEDED", 503),
        ("INTEGRATION_FAILURE", 503),
        ("INTEGRATION_TIMEOUT", 503),
        ("DEFAULT_5XX", 503),
        ("DEFAULT_4XX", 400),
    ],
)
def test_the_gateway_answers_with_the_right_status(template, kind, status):
    assert gateway_responses(template)[kind]["statusCode"] == status


def test_every_body_reaches_the_function_byte_for_byte(template):
    definition = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]

    assert definition["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def test_a_preflight_survives_binary_media_types(template):
    """With */* a mock integration fails unless its body is made text."""
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    preflights = [path["options"] for path in paths.values() if "options" in path]

    assert preflights, "no route answers a preflight"
    assert {it["x-amazon-apigateway-integration"]["contentHandling"] for it in preflights} == {"CONVERT_TO_TEXT"}


def test_a_preflight_has_the_headers_that_every_answer_has(template):
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]

    for preflight in (path["options"] for path in paths.values() if "options" in path):
        told = preflight["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
        assert told["method.response.header.Cache-Control"] == "'no-store'"
        assert told["method.response.header.X-Content-Type-Options"] == "'nosniff'"
        assert {"Cache-Control", "X-Content-Type-Options"} <= preflight["responses"]["200"]["headers"].keys()


def test_the_stream_reaches_its_function_whole_in_order_and_with_its_shard(expanded):
    """The checkpoints are by shard, and an event names its shard only if the mapping has a window."""
    [mapping] = [
        it["Properties"]
        for it in expanded["Resources"].values()
        if it["Type"] == "AWS::Lambda::EventSourceMapping" and it["Properties"]["FunctionName"] == {"Ref": "Derive"}
    ]
    [pattern] = [json.loads(it["Pattern"]) for it in mapping["FilterCriteria"]["Filters"]]

    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["CrmTable", "StreamArn"]}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["TumblingWindowInSeconds"] > 0
    assert mapping.get("ParallelizationFactor", 1) == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRecordAgeInSeconds"] < 24 * 3600
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["DeriveFailures", "Arn"]}
    assert pattern == {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "L#"}]}, "sk": {"S": ["~"]}}}}


def test_a_stream_that_falls_behind_tells_somebody(by_type):
    alarms = by_type("AWS::CloudWatch::Alarm").values()

    assert [a["Dimensions"][0]["Value"] for a in alarms if a["MetricName"] == "IteratorAge"] == [{"Ref": "Derive"}]


def test_the_sweep_is_neither_repeated_nor_late(expanded):
    config = expanded["Resources"]["SweepEventInvokeConfig"]["Properties"]
    rule = expanded["Resources"]["SweepSweepEvent"]["Properties"]

    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 60)
    assert rule["ScheduleExpression"] == "rate(1 minute)"
