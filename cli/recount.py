"""`leads recount`: counts and words are made anew from the leads; says what was off."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from cli import aws, output


@click.command(name="recount")
@aws.options
@output.json_option
def command(stack: str | None, region: str | None, as_json: bool | None) -> None:
    """Rebuild board counts, search words and sums from the leads, and report what was off."""
    try:
        # by name: it comes with the derived data
        from chalicelib.services import recount  # type: ignore[attr-defined,unused-ignore]
    except ImportError as error:
        raise click.UsageError("This version of Leadger has no derived data, and so nothing to recount") from error
    with aws.workspace(stack, region):
        report: Any = recount.run(datetime.now(UTC))
    if output.wants_json(as_json):
        output.emit(asdict(report))
        return
    for drift in report.drift:
        output.say(f"{drift.counter}: showed {drift.shown}, is {drift.counted}")
    output.say(
        f"{report.leads} leads in {report.columns} columns; {len(report.drift)} counters were off, "
        f"{report.words_missing} words were missing, {report.words_stale} led astray"
    )
