"""This machine's clock beside that of AWS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from chalicelib import settings
from cli import aws
from cli.checks import Finding

#: Seconds. AWS refuses signatures that are 300 off; recount and `--since` go by this clock.
MOST = 30


def look(at: datetime) -> Iterator[Finding]:
    """How far the two are apart; `at` is when the look began, the answer comes a moment later."""
    dynamodb = aws.client("dynamodb")
    try:
        answer = dynamodb.describe_table(TableName=settings.table())
    except dynamodb.exceptions.ResourceNotFoundException as error:
        answer = error.response
    now = datetime.now(UTC)
    told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if not told:
        yield Finding("clock", "warning", "AWS does not say what time it is")
        return
    apart = skew(now, parsedate_to_datetime(told))
    if apart > MOST:
        yield Finding("clock", "problem", f"The clock of this machine is {apart} seconds off that of AWS")
    else:
        yield Finding("clock", "ok", "The clock of this machine is that of AWS")


def skew(ours: datetime, theirs: datetime) -> int:
    """Seconds, whole, between two clocks."""
    return round(abs((ours - theirs).total_seconds()))
