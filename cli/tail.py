"""`leads tail`: what is received, as it gets its outcome, until Ctrl-C."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from chalicelib.domain.times import rfc3339
from cli import output, place
from cli.remote import Api, Query
from cli.text import local, shown

#: So long after it was received an outcome is still seen: what a crash left is taken up again within minutes.
LOOKED_BACK = timedelta(minutes=10)
MOST_A_PAGE = 200
#: Of the columns: time, source, outcome, lead, reason.
WIDTHS = (16, 8, 15, 16, 0)

_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@click.command(name="tail")
@click.option("--since", metavar="TIME", help="From when on: 10m, 2h, 1d, a date, or RFC 3339. Else from now.")
@click.option("--source", help="Only of this source.")
@click.option("--every", type=click.FloatRange(0.2), default=2.0, show_default=True, help="Seconds between two looks.")
@click.option("--once", is_flag=True, help="What there is by now, and no more.")
@output.json_option
@place.api_options
def command(since: str | None, source: str | None, every: float, once: bool, as_json: bool | None,
            url: str | None, key: str | None) -> int:  # fmt: skip
    """Follow what is received: time, source, outcome, lead, reason."""
    lines = output.wants_json(as_json)
    try:
        for receipt in followed(place.api(url, key), since, source, None if once else every):
            if lines:
                output.emit(receipt)
            else:
                output.say(told(receipt))
    except KeyboardInterrupt:
        return 0
    return 0


def followed(api: Api, since: str | None, source: str | None, every: float | None) -> Iterator[dict[str, Any]]:
    """Receipts that have an outcome, once for each outcome, the oldest first of those found together.

    Args:
        every: seconds between two looks; None for one look.
    """
    query = [("limit", str(MOST_A_PAGE)), *([("source", source)] if source else [])]
    begun = _begun(since, datetime.now(UTC)) if since else _newest(api)
    # all of a batch have one time: what was received at the very beginning is old
    seen = {} if since else {_name(old): old["received_at"] for old in _found(api, query, begun) if begun}
    start = begun
    while True:
        for receipt in _found(api, query, start):
            if _name(receipt) not in seen:
                seen[_name(receipt)] = receipt["received_at"]
                yield receipt
        if every is None:
            return
        # by the times over there: our clock may be wrong
        start = max(begun, _before(max(seen.values(), default="")))
        seen = {name: at for name, at in seen.items() if at >= start}
        time.sleep(every)


def _newest(api: Api) -> str:
    """When the newest was received; empty if there is none."""
    newest = api.get("/v1/intake/receipts", [("limit", "1")]).body["data"]
    return str(newest[0]["received_at"]) if newest else ""


def _found(api: Api, query: Query, start: str) -> list[dict[str, Any]]:
    """Receipts since then, the oldest first."""
    pages = api.pages("/v1/intake/receipts", [*query, *([("since", start)] if start else [])])
    return [receipt for page in pages for receipt in page][::-1]


def told(receipt: Mapping[str, Any]) -> str:
    """One line."""
    lead = receipt.get("lead_id") or receipt.get("import_id")
    words = (local(receipt["received_at"]), receipt["source"], receipt["outcome"], lead, receipt.get("reason"))
    return "  ".join(f"{shown(word):{width}}" for word, width in zip(words, WIDTHS, strict=True)).rstrip()


def _name(receipt: Mapping[str, Any]) -> tuple[str, str]:
    """A quarantined one that is released has another outcome, and is told again."""
    return receipt["id"], receipt["outcome"]


def _begun(since: str, now: datetime) -> str:
    """RFC 3339. Raises click.UsageError."""
    ago = _AGO.fullmatch(since)
    try:
        at = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}) if ago else datetime.fromisoformat(since)
        return rfc3339(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise click.UsageError("--since is 10m, 2h, 1d, a date, or a time like 2026-11-23T08:15:00Z") from None


def _before(at: str) -> str:
    return rfc3339(datetime.fromisoformat(at) - LOOKED_BACK) if at else ""
