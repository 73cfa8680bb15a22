"""The two tables: there, whole, and kept safe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chalicelib import settings
from cli import aws
from cli.checks import Finding, Level

#: What lists read (infra/tables.yaml).
INDEXES = ("board", "owner", "mine", "feed")
STREAM = "NEW_AND_OLD_IMAGES"
EXPIRY = "expires"


def look(at: datetime) -> Iterator[Finding]:
    """Both tables."""
    dynamodb = aws.client("dynamodb")
    yield from _table(dynamodb, settings.table(), indexes=INDEXES, stream=True)
    yield from _table(dynamodb, settings.derived_table(), indexes=(), stream=False)


def _table(dynamodb: Any, name: str, *, indexes: tuple[str, ...], stream: bool) -> Iterator[Finding]:
    region = dynamodb.meta.region_name
    try:
        found = dynamodb.describe_table(TableName=name)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        yield _problem(f"There is no table {name} in {region}: is the region right, and the stack deployed there?")
        return
    wrong = [*_state(found, indexes), *_kept(dynamodb, name)]
    if stream:
        wrong += _stream(found)
    yield from wrong
    if not any(finding.level == "problem" for finding in wrong):
        yield Finding("tables", "ok", f"{name} in {region}: {found.get('ItemCount', 0)} items, as AWS last counted")


def _state(table: Mapping[str, Any], indexes: tuple[str, ...]) -> Iterator[Finding]:
    name = table["TableName"]
    if table["TableStatus"] != "ACTIVE":
        yield _problem(f"The table {name} is {table['TableStatus']}: nothing can be written to it yet")
    keys = [key["AttributeName"] for key in table["KeySchema"]]
    if keys != ["pk", "sk"]:
        yield _problem(f"The table {name} has the keys {', '.join(keys)} instead of pk, sk: it is none of Leadger's")
    states = {
        index["IndexName"]: index.get("IndexStatus", "ACTIVE") for index in table.get("GlobalSecondaryIndexes", [])
    }
    for index in indexes:
        if index not in states:
            yield _problem(f"The table {name} has no index '{index}': lists that read it fail")
        elif states[index] != "ACTIVE":
            yield _problem(f"The index '{index}' of {name} is {states[index]}: lists that read it are not whole")
    if not table.get("DeletionProtectionEnabled"):
        yield Finding("tables", "warning", f"The table {name} is not protected against deletion")


def _stream(table: Mapping[str, Any]) -> Iterator[Finding]:
    stream = table.get("StreamSpecification") or {}
    if not stream.get("StreamEnabled"):
        yield _problem(f"The stream of {table['TableName']} is off: board, search and changes stand still")
    elif stream.get("StreamViewType") != STREAM:
        yield _problem(f"The stream of {table['TableName']} carries {stream.get('StreamViewType')}, not {STREAM}")


def _kept(dynamodb: Any, name: str) -> Iterator[Finding]:
    # the local cloud takes neither from the template
    level: Level = "warning" if aws.is_local() else "problem"
    expiry = dynamodb.describe_time_to_live(TableName=name).get("TimeToLiveDescription", {})
    if expiry.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING") or expiry.get("AttributeName") != EXPIRY:
        sentence = f"Time to live of {name} is off, or not on '{EXPIRY}': what should expire is kept and paid for"
        yield Finding("tables", level, sentence)
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        sentence = f"Point-in-time recovery of {name} is off: what is deleted by mistake is gone"
        yield Finding("tables", level, sentence)


def _problem(sentence: str) -> Finding:
    return Finding("tables", "problem", sentence)
