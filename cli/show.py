"""`leads show`: one lead and what happened to it, to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

import click
from rich.table import Table
from rich.text import Text

from cli import output, place
from cli.text import clean, local, shown

#: What people need not see, or see elsewhere.
HIDDEN = frozenset({"id", "title", "version", "kind", "timeline"})
UNTOLD = frozenset({"raw", "events", "id", "receipt_id", "received_at"})
MOST_A_PAGE = 200
#: Characters of an entry.
LONGEST = 500


@click.command(name="show")
@click.argument("lead_id")
@click.option("--entries", type=click.IntRange(0), default=25, show_default=True, help="Of the timeline, newest first.")
@output.json_option
@place.api_options
def command(lead_id: str, entries: int, as_json: bool | None, url: str | None, key: str | None) -> None:
    """Show a lead and its timeline."""
    api = place.api(url, key)
    path = f"/v1/leads/{quote(lead_id, safe='')}"
    lead = api.get(path).body
    pages = api.pages(f"{path}/timeline", [("limit", str(max(1, min(entries, MOST_A_PAGE))))])
    timeline = list(islice((entry for page in pages for entry in page), entries)) if entries else []
    if output.wants_json(as_json):
        output.emit({**lead, "timeline": timeline})
    else:
        _read(lead, timeline)


def _read(lead: Mapping[str, Any], timeline: list[dict[str, Any]]) -> None:
    output.say(f"{shown(lead['title'])} · {lead['id']} · version {lead['version']}")
    console = output.console()
    fields = Table.grid(padding=(0, 2))
    for name, value in lead.items():
        text = local(value) if name.endswith("_at") and value else shown(value)
        if name not in HIDDEN and text and value is not False:
            fields.add_row(Text(name), Text(text))
    console.print(fields)
    entries = Table.grid(padding=(0, 2))
    for entry in timeline:
        who = " ".join(filter(None, (clean(str(entry.get("source") or "")), clean(str(entry.get("by") or "")))))
        entries.add_row(Text(local(entry["at"])), Text(clean(entry["type"])), Text(who), Text(told(entry)))
    if timeline:
        console.print(Text("\nTimeline"), entries, sep="\n")


def told(entry: Mapping[str, Any]) -> str:
    """What an entry says, on one line; the raw is left out."""
    data = dict(entry.get("data") or {})
    match entry["type"]:
        case "updated":
            said = "; ".join(_changes(data.pop("changes", {})))
        case "status_changed":
            said = f"{shown(data.pop('from', None))} → {shown(data.pop('to', None))}"
        case "note":
            said = shown(data.pop("text", None))
        case _:
            said = ""
    rest = shown({name: value for name, value in data.items() if name not in UNTOLD})
    text = "; ".join(filter(None, (said, rest)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _changes(changes: Mapping[str, Any]) -> Iterator[str]:
    for name, change in changes.items():
        yield f"{clean(name)}: {shown(change.get('before')) or '–'} → {shown(change.get('after')) or '–'}"
