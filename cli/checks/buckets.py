"""The three buckets: there, closed, and announcing what is put into them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.store import files
from cli import aws
from cli.checks import Finding

ROLES = ("imports", "mail", "files")
CLOSED = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def look(at: datetime) -> Iterator[Finding]:
    """All of them."""
    s3 = aws.client("s3")
    for role in ROLES:
        name = files.bucket(role)
        wrong = list(_wrong(s3, role, name))
        yield from wrong or [Finding("buckets", "ok", f"{name} is there and closed")]


def _wrong(s3: Any, role: str, name: str) -> Iterator[Finding]:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        yield _missing(role, name, error)
        return
    if not _is_closed(s3, name):
        yield Finding("buckets", "problem", f"The bucket {name} is not closed to the public: it holds what people sent")
    if role == "imports" and not _announces(s3, name):
        yield Finding("buckets", "problem", f"The bucket {name} does not announce what is put under incoming/: "
                                            "dropped files wait until the sweep finds them")  # fmt: skip


def _missing(role: str, name: str, error: ClientError) -> Finding:
    lost = {
        "imports": "no file can be dropped",
        "mail": "no mail can come in",
        "files": "what is too large for the table cannot be kept",
    }[role]
    match error.response["Error"].get("Code"):
        case "404" | "NoSuchBucket":
            return Finding("buckets", "problem", f"There is no bucket {name}: {lost}")
        case "403":
            return Finding(
                "buckets", "problem", f"The bucket {name} is closed to these credentials, or somebody else's"
            )
        case "301":
            return Finding("buckets", "problem", f"The bucket {name} lies in another region: {lost}")
        case code:
            return Finding("buckets", "problem", f"The bucket {name} cannot be looked at ({code})")


def _is_closed(s3: Any, name: str) -> bool:
    try:
        block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error.response["Error"].get("Code") == "NoSuchPublicAccessBlockConfiguration":
            return False
        raise
    return all(block.get(each) for each in CLOSED)


def _announces(s3: Any, name: str) -> bool:
    told = s3.get_bucket_notification_configuration(Bucket=name).get("QueueConfigurations", [])
    return any(
        rule["Value"] in ("incoming/", "incoming")
        for each in told
        for rule in each.get("Filter", {}).get("Key", {}).get("FilterRules", [])
        if rule["Name"].lower() == "prefix"
    )
