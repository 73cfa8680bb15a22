"""`leads doctor`: is everything there and well? With `--verify`: does everything in the table add up?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cli import aws, output
from cli.failures import FAILED

if TYPE_CHECKING:
    from cli.checks import Finding

MARKS = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}


@click.command(name="doctor")
@click.option("--verify", "verifying", is_flag=True, help="Read the whole table and check every invariant.")
@aws.options
@output.json_option
def command(verifying: bool, stack: str | None, region: str | None, as_json: bool | None) -> int:
    """Look at tables, queues, buckets, ledger and settings as an operator would."""
    lines = output.wants_json(as_json)
    with aws.workspace(stack, region):
        return _verify(lines) if verifying else _look(lines)


def _look(lines: bool) -> int:
    from cli import checks

    found = _shown(checks.look(datetime.now(UTC)), lines)
    if not lines:
        output.say(f"{found['problem']} problems, {found['warning']} warnings, {found['ok']} well")
    return FAILED if found["problem"] else 0


def _shown(findings: Iterable[Finding], lines: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for finding in findings:
        counts[finding.level] += 1
        if lines:
            output.emit(asdict(finding))
        else:
            output.say(f"{MARKS[finding.level]:7}  {finding.check:8}  {finding.sentence}")
    return counts


def _verify(lines: bool) -> int:
    items, violations = _violations(lines)
    if violations:
        # a scan is no moment: what was being written is half seen. What is really wrong is so twice.
        items, again = _violations(lines)
        violations = [each for each in violations if each in again]
    for invariant, subject, detail in violations:
        if lines:
            output.emit({"invariant": invariant, "subject": subject, "detail": detail})
        else:
            output.say(f"{invariant} {subject}: {detail}")
    if lines:
        output.emit({"items": items, "violations": len(violations)})
    else:
        output.say(f"{items} items read, {len(violations)} violations")
    return FAILED if violations else 0


def _violations(lines: bool) -> tuple[int, list[tuple[str, str, str]]]:
    """How many items there are, and what is wrong with them: invariant, subject, sentence."""
    from chalicelib.services.verify import verify
    from chalicelib.store import transport

    items = []
    with output.progress("Items", quiet=lines) as advance:
        for item in transport.scan():
            items.append(item)
            advance(1)
    return len(items), [(each.invariant, each.subject, each.detail) for each in verify(items)]
