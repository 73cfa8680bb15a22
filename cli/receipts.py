"""`leads receipts`: what was received and what became of it; what was put aside is let in."""

from __future__ import annotations

from itertools import islice
from urllib.parse import quote

import click

from chalicelib.domain.inbound import OUTCOMES
from chalicelib.domain.receipt import PENDING, WAYS
from cli import output, place
from cli.failures import FAILED, Refused
from cli.text import local, shown

COLUMNS = ("id", "received_at", "source", "outcome", "reason", "lead_id", "source_detail", "explanation")
MOST_A_PAGE = 200


@click.group(name="receipts")
def command() -> None:
    """List what was received, and let in what was put aside."""


@command.command(name="list")
@click.option("--outcome", type=click.Choice((PENDING, *OUTCOMES)))
@click.option("--source", type=click.Choice(WAYS))
@click.option("--since", metavar="TIME", help="From; a date or RFC 3339.")
@click.option("--until", metavar="TIME", help="Before.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="All there are.")
@output.json_option
@place.api_options
def show_all(outcome: str | None, source: str | None, since: str | None, until: str | None, limit: int,
             everything: bool, as_json: bool | None, url: str | None, key: str | None) -> None:  # fmt: skip
    """List receipts, newest first, with the reason where there is no lead."""
    asked = {"outcome": outcome, "source": source, "since": since, "until": until}
    query = [("limit", str(min(limit, MOST_A_PAGE))), *((name, each) for name, each in asked.items() if each)]
    pages = place.api(url, key).pages("/v1/intake/receipts", query)
    found = islice((each for page in pages for each in page), None if everything else limit)
    if output.wants_json(as_json):
        for each in found:
            output.emit(each)
        return
    rows = [{name: local(each[name]) if name.endswith("_at") else shown(each.get(name)) for name in COLUMNS}
            for each in found]  # fmt: skip
    if rows:
        output.table(COLUMNS, rows)
    else:
        output.note("No receipts")


@command.command()
@click.argument("receipt_ids", metavar="rcp_…", nargs=-1, required=True)
@output.json_option
@place.api_options
def release(receipt_ids: tuple[str, ...], as_json: bool | None, url: str | None, key: str | None) -> int:
    """Let in what was quarantined or needs attention, with the time it came; again is the same."""
    api, lines, failed = place.api(url, key), output.wants_json(as_json), False
    for receipt_id in receipt_ids:
        try:
            receipt = api.post(f"/v1/intake/receipts/{quote(receipt_id, safe='')}/release", None).body
        except Refused as refusal:
            failed = True
            output.note(f"{receipt_id}: {refusal.message}")
            continue
        if lines:
            output.emit(receipt)
        else:
            output.say(" ".join(filter(None, (receipt["outcome"], receipt_id, shown(receipt.get("lead_id"))))))
    return FAILED if failed else 0
