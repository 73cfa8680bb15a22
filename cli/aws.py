"""The table itself, for who has AWS credentials: names of a stack, of the environment, or of a local run."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from cli import place
from cli.failures import Failed, Remote
from cli.text import clean

_Command = Callable[..., Any]

#: Name of the logger of `chalicelib.log`.
EVENTS = "leadger-events"

#: Setting of the functions → output of the stack (infra/stack.yaml).
OUTPUTS = {
    "LEADGER_TABLE": "CrmTable",
    "LEADGER_DERIVED_TABLE": "DerivedTable",
    "LEADGER_IMPORTS_BUCKET": "ImportsBucket",
    "LEADGER_MAIL_BUCKET": "MailBucket",
    "LEADGER_FILES_BUCKET": "FilesBucket",
    "LEADGER_INTAKE_QUEUE_URL": "IntakeQueueUrl",
    "LEADGER_IMPORTS_QUEUE_URL": "ImportsQueueUrl",
    "LEADGER_DEAD_LETTER_QUEUE_URLS": "DeadLetterQueueUrls",
}
#: The stack of a local run.
LOCAL_STACK = "leadger"
#: Not of ours while a local run is meant.
FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "AWS_REGION")


def options(command: _Command) -> _Command:
    """`--stack` and `--region` on a command."""
    region = click.option("--region", help="Of AWS; else as the AWS tools have it.")
    stack = click.option("--stack", help="Name of the CloudFormation stack; else LEADGER_TABLE …, else the local run.")
    return stack(region(command))


@contextmanager
def workspace(stack: str | None, region: str | None) -> Iterator[None]:
    """The environment that the services expect, while the block runs; what goes wrong with AWS is a sentence.

    Raises:
        click.UsageError: nobody says which table.
        Failed, Remote.
    """
    before = dict(os.environ)
    events = logging.getLogger(EVENTS)
    was_silent, events.disabled = events.disabled, True  # its lines go to stdout, which is ours here
    try:
        with told():
            os.environ.update(_environment(stack, region))
            yield
    finally:
        events.disabled = was_silent
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def told() -> Iterator[None]:
    """Errors of AWS and of our own store as Remote, with a sentence."""
    from botocore import exceptions

    from chalicelib.domain.errors import Busy, LeadgerError

    try:
        yield
    except exceptions.NoCredentialsError as error:
        raise Remote("There are no AWS credentials here (aws configure, or AWS_PROFILE)") from error
    except exceptions.NoRegionError as error:
        raise click.UsageError("Name the region: --region, or AWS_DEFAULT_REGION") from error
    except exceptions.ClientError as error:
        code = error.response["Error"].get("Code", "")
        raise Remote(clean(f"AWS refuses {error.operation_name}: {code}. {WHY.get(code, '')}".rstrip())) from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        raise Remote(f"AWS cannot be reached: {type(error).__name__}") from error
    except exceptions.BotoCoreError as error:
        raise Remote(clean(str(error))) from error
    except Busy as error:
        raise Remote(clean(f"{error.detail}; try again")) from error
    except LeadgerError as error:
        raise Failed(clean(error.detail)) from error


#: Code of AWS → what it likely means.
WHY = {
    "AccessDenied": "These credentials may not do this",
    "AccessDeniedException": "These credentials may not do this",
    "ExpiredToken": "The credentials have expired; sign in again",
    "ExpiredTokenException": "The credentials have expired; sign in again",
    "UnrecognizedClientException": "These credentials are not known",
    "InvalidClientTokenId": "These credentials are not known",
    "SignatureDoesNotMatch": "The secret is wrong, or the clock of this machine",
    "RequestTimeTooSkewed": "The clock of this machine is wrong",
    "ResourceNotFoundException": "There is no such table here: is the region right?",
}


def _environment(stack: str | None, region: str | None) -> dict[str, str]:
    named = {"AWS_DEFAULT_REGION": region, "AWS_REGION": region} if region else {}
    if stack:
        os.environ.update(named)
        return {**named, **_of_stack(stack)}
    if os.environ.get("LEADGER_TABLE"):
        return named
    local = place.dev()
    if local is None:
        raise click.UsageError("Which one? Name it by --stack, or start a local run with 'make run'")
    for name in FOREIGN:
        os.environ.pop(name, None)
    dummy = {
        "AWS_ENDPOINT_URL": local["aws_endpoint_url"],
        "AWS_DEFAULT_REGION": local["region"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    os.environ.update(dummy)
    return {**dummy, **_of_stack(LOCAL_STACK)}


def _of_stack(name: str) -> dict[str, str]:
    from botocore.exceptions import ClientError

    cloudformation = client("cloudformation")
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"].get("Code") != "ValidationError":
            raise
        region = cloudformation.meta.region_name
        raise Failed(clean(f"There is no stack '{name}' in {region}: is name and region right?")) from error
    told: Mapping[str, str] = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    missing = [output for output in OUTPUTS.values() if output not in told]
    if missing:
        raise Failed(f"The stack '{name}' is {found['StackStatus']} and does not say {', '.join(missing)}")
    return {setting: told[output] for setting, output in OUTPUTS.items()}


def is_local() -> bool:
    """Whether it is an imitation of AWS that is asked."""
    return bool(os.environ.get("AWS_ENDPOINT_URL"))


def client(service: str) -> Any:
    """A client of AWS that does not keep anybody waiting."""
    from botocore.config import Config

    from chalicelib.store import transport

    retries = {"mode": "standard", "total_max_attempts": 3}
    config = Config(connect_timeout=3, read_timeout=20, retries=retries, s3={"addressing_style": "path"})
    return transport.session().create_client(service, config=config)
