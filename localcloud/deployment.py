"""Deploys what `make package` makes through MiniStack's CloudFormation, the way it goes to AWS."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from localcloud.settings import REGION, STACK, Refused, Settings

logger = logging.getLogger("leadger.local.deployment")

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGE = _ROOT / ".build" / "package"
_ARTIFACTS = "leadger-local-artifacts"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_SECONDS_TO_DEPLOY = 120

#: Resource types that are left out of the local stack, each with the reason.
LEFT_OUT: dict[str, str] = {}

#: Conditions of policy statements that are left out, each with the reason.
STATEMENTS_LEFT_OUT = {
    '{"Bool": {"aws:SecureTransport": "false"}}': "refuses plain HTTP, which the local cloud speaks",
}

#: Parameter → variable of the environment that gives a local run another value: a provider of a test's own.
PARAMETERS = {"TurnstileUrl": "LEADGER_TURNSTILE_URL", "HcaptchaUrl": "LEADGER_HCAPTCHA_URL"}


@dataclass(frozen=True)
class Stack:
    """What the run needs to know of the deployed stack."""

    api_id: str
    stage: str
    #: Environment of the API function: names of tables, buckets, queues.
    environment: dict[str, str]
    #: Physical id by logical id.
    resources: dict[str, str]
    #: Stands for the package and for what deployed it.
    fingerprint: str


def package(environment: dict[str, str]) -> None:
    """Bring .build/package up to date.

    Args:
        environment: the variables the run was started with; pip may need its proxy or index.
    Raises:
        Refused: packaging failed; its own output has been shown.
    """
    result = subprocess.run([sys.executable, "-m", "infra.package"], cwd=_ROOT, env=environment, check=False)
    if result.returncode:
        raise Refused("Packaging failed; the lines above say why (make package runs it alone).")


def deploy(settings: Settings) -> Stack:
    """Create or update the stack, unless the same package was deployed before; blocking, needs the AWS endpoint."""
    template = json.loads((_PACKAGE / "template.json").read_text())
    archive = (_PACKAGE / "deployment.zip").read_bytes()
    parameters = [{"ParameterKey": "ApiDocs", "ParameterValue": "on" if settings.docs else "off"}]
    fingerprint = _fingerprint(template, archive, parameters)
    cloudformation, s3 = client("cloudformation", settings), client("s3", settings)
    status = _status(cloudformation)
    note = settings.data / "deployed"
    if status.endswith("_COMPLETE") and note.exists() and note.read_text() == fingerprint:
        logger.info("the stack is up to date")
        return _describe(settings, template, fingerprint)
    logger.info("deploying; the stack is %s", status or "new")
    note.unlink(missing_ok=True)
    _put_artifacts(s3, template, archive)
    _apply(cloudformation, status, parameters)
    return _describe(settings, template, fingerprint)


def note_as_deployed(settings: Settings, stack: Stack) -> None:
    """Let the next start deploy only what changed since; called when the stack is part of a snapshot."""
    (settings.data / "deployed").write_text(stack.fingerprint)


def client(service: str, settings: Settings) -> Any:
    """A botocore client of the local AWS endpoint, with the dummy credentials."""
    import botocore.session
    from botocore.config import Config

    session = botocore.session.get_session()
    return session.create_client(
        service,
        region_name=REGION,
        endpoint_url=settings.aws_endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, read_timeout=90),
    )


def _fingerprint(template: dict[str, Any], archive: bytes, parameters: list[dict[str, str]]) -> str:
    digest = hashlib.sha256(json.dumps([local_form(template, ""), parameters], sort_keys=True).encode())
    digest.update(hashlib.sha256(archive).digest())
    digest.update(metadata.version("ministack").encode())
    for patch in sorted((Path(__file__).parent / "patches").glob("*.py")):
        digest.update(patch.read_bytes())  # some take effect while the stack is deployed
    return digest.hexdigest()


def _put_artifacts(s3: Any, template: dict[str, Any], archive: bytes) -> None:
    if _ARTIFACTS not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=_ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
    key = f"{hashlib.sha256(archive).hexdigest()[:16]}.zip"
    for old in s3.list_objects_v2(Bucket=_ARTIFACTS).get("Contents", []):
        s3.delete_object(Bucket=_ARTIFACTS, Key=old["Key"])
    s3.put_object(Bucket=_ARTIFACTS, Key=key, Body=archive)
    s3.put_object(Bucket=_ARTIFACTS, Key="template.json", Body=json.dumps(local_form(template, key)).encode())


def local_form(template: dict[str, Any], code_key: str) -> dict[str, Any]:
    """The template with its code in S3, as `aws cloudformation package` would leave it, less what is left out."""
    resources = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] in LEFT_OUT:
            continue
        if resource["Type"] == "AWS::Serverless::Function":
            properties = {**resource["Properties"], "CodeUri": f"s3://{_ARTIFACTS}/{code_key}"}
            resource = {**resource, "Properties": properties}
        if resource["Type"] == "AWS::S3::BucketPolicy":
            resource = _less_statements(resource)
        if resource:
            resources[name] = resource
    return {**template, "Parameters": _parameters(template.get("Parameters", {})), "Resources": resources}


def _parameters(declared: dict[str, Any]) -> dict[str, Any]:
    """With the values of this environment as defaults."""
    given = {name: os.environ.get(variable) for name, variable in PARAMETERS.items()}
    return {
        name: {**parameter, "Default": given[name]} if given.get(name) else parameter
        for name, parameter in declared.items()
    }


def _less_statements(policy: dict[str, Any]) -> dict[str, Any]:
    """A bucket policy without the statements that are left out; nothing if none remains."""
    document = policy["Properties"]["PolicyDocument"]
    kept = [it for it in document["Statement"] if json.dumps(it.get("Condition")) not in STATEMENTS_LEFT_OUT]
    properties = {**policy["Properties"], "PolicyDocument": {**document, "Statement": kept}}
    return {**policy, "Properties": properties} if kept else {}


def _apply(cloudformation: Any, status: str, parameters: list[dict[str, str]]) -> None:
    if status in ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        cloudformation.delete_stack(StackName=STACK)
        _await(cloudformation, ends={"", "DELETE_COMPLETE"})
        status = ""
    operation = cloudformation.update_stack if status else cloudformation.create_stack
    url = f"{cloudformation.meta.endpoint_url}/{_ARTIFACTS}/template.json"
    try:
        operation(StackName=STACK, TemplateURL=url, Parameters=parameters, Capabilities=_CAPABILITIES)
    except cloudformation.exceptions.ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise Refused(f"The template cannot be deployed: {error.response['Error']['Message']}") from error
    reached = _await(cloudformation, ends={"CREATE_COMPLETE", "UPDATE_COMPLETE"})
    if reached not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise Refused(
            f"The stack could not be deployed ({reached}): {_reasons(cloudformation)}\n"
            "If the data folder is of no value, remove it (it is .local, or LEADGER_DATA) and start again."
        )


def _await(cloudformation: Any, ends: set[str]) -> str:
    deadline = time.monotonic() + _SECONDS_TO_DEPLOY
    while time.monotonic() < deadline:
        status = _status(cloudformation)
        if status in ends or (status and not status.endswith("IN_PROGRESS")):
            return status
        time.sleep(0.05)
    return "timed out"


def _status(cloudformation: Any) -> str:
    """The stack's status, empty when there is none."""
    try:
        status: str = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    except cloudformation.exceptions.ClientError:
        return ""
    return "" if status == "DELETE_COMPLETE" else status


def _reasons(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "; ".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason')}" for event in reversed(failed)
    )


def _describe(settings: Settings, template: dict[str, Any], fingerprint: str) -> Stack:
    listed = client("cloudformation", settings).describe_stack_resources(StackName=STACK)["StackResources"]
    resources = {resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "") for resource in listed}
    function = client("lambda", settings).get_function_configuration(FunctionName=resources["APIHandler"])
    return Stack(
        api_id=resources["RestAPI"],
        stage=template["Resources"]["RestAPI"]["Properties"]["StageName"],
        environment=function.get("Environment", {}).get("Variables", {}),
        resources=resources,
        fingerprint=fingerprint,
    )
