"""Least privilege: one policy file per function, no wildcard but below a bucket of ours."""

from __future__ import annotations

import json
import re

import pytest

from infra import package

CHALICE = package.ROOT / ".chalice"
CONFIG = json.loads((CHALICE / "config.json").read_text())["stages"]["prod"]["lambda_functions"]
POLICIES = {name: json.loads((CHALICE / it["iam_policy_file"]).read_text()) for name, it in CONFIG.items()}
#: function → its name in the template's roles and log groups
NAMES = {"api_handler": "ApiHandler", **{name: name.capitalize() for name in POLICIES if name != "api_handler"}}
LOGS = {**NAMES, "api_handler": "Api"}


def test_every_function_has_a_policy_file_of_its_own(by_type):
    files = [function["iam_policy_file"] for function in CONFIG.values()]

    assert len(set(files)) == len(files) == len(by_type("AWS::Serverless::Function"))
    assert {path.name for path in (package.ROOT / ".chalice").glob("policy-*.json")} == set(files)


@pytest.mark.parametrize("name", POLICIES)
def test_the_packaged_role_is_the_file_and_nothing_more(template, by_type, name):
    role = by_type("AWS::IAM::Role")[f"{NAMES[name]}Role"]

    assert [policy["PolicyDocument"] for policy in role["Policies"]] == [POLICIES[name]]
    assert "ManagedPolicyArns" not in role
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("name", POLICIES)
def test_actions_and_resources_are_named(name):
    for statement in POLICIES[name]["Statement"]:
        assert statement["Effect"] == "Allow"
        assert re.fullmatch(r"[A-Za-z]+", statement["Sid"])
        assert all(re.fullmatch(r"(dynamodb|s3|sqs|logs):[A-Za-z]+", action) for action in statement["Action"])
        for resource in statement["Resource"]:
            [(intrinsic, value)] = resource.items()
            if intrinsic == "Fn::GetAtt":
                assert value[1] == ("StreamArn" if "dynamodb:GetRecords" in statement["Action"] else "Arn")
            else:
                assert intrinsic == "Fn::Sub"
                assert re.fullmatch(r"\$\{CrmTable\.Arn\}/index/[a-z]+|\$\{[A-Za-z]+Bucket\.Arn\}/([a-z]+/)*\*", value)


@pytest.mark.parametrize("name", POLICIES)
def test_a_function_writes_its_own_logs_only(name):
    logs = [it for it in POLICIES[name]["Statement"] if it["Action"][0].startswith("logs:")]

    assert [statement["Resource"] for statement in logs] == [[{"Fn::GetAtt": [f"{LOGS[name]}Logs", "Arn"]}]]


@pytest.mark.parametrize("name", ["imports", "mail", "intake", "work"])
def test_a_queue_function_takes_from_its_own_queue_only(name):
    taken = [
        resource
        for statement in POLICIES[name]["Statement"]
        if "sqs:ReceiveMessage" in statement["Action"]
        for resource in statement["Resource"]
    ]

    assert taken == [{"Fn::GetAtt": [f"{name.capitalize()}Queue", "Arn"]}]
