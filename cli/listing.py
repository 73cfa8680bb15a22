"""`leads list`: leads by filter, as many as asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import click

from cli import output, place
from cli.failures import USAGE, Refused
from cli.remote import Api, Query
from cli.text import local, shown

KINDS = ("open", "converted", "junk")
SORTS = ("-created_at", "created_at", "-status_changed_at", "status_changed_at")
#: Of the API.
MOST_A_PAGE = 200
#: On a terminal; the last ones only where there is room.
COLUMNS = ("id", "title", "status", "created", "phone", "email", "source", "company", "amount", "owner_id", "tags")


@click.command(name="list")
@click.option("--status", multiple=True, help="Repeatable.")
@click.option("--kind", type=click.Choice(KINDS))
@click.option("--owner-id", metavar="usr_…|me|none")
@click.option("--source")
@click.option("--created-since", metavar="TIME", help="From; a date or RFC 3339.")
@click.option("--created-until", metavar="TIME", help="Before.")
@click.option("--email")
@click.option("--phone")
@click.option("--external-id", metavar="SYSTEM:ID")
@click.option("--contact-id")
@click.option("--company-id")
@click.option("--import-id", metavar="imp_…")
@click.option("--repeat/--no-repeat", default=None, help="Of who is a contact already, or not.")
@click.option("--tag")
@click.option("--q", metavar="WORDS", help="Search: words, or the last digits of a number.")
@click.option("--sort", type=click.Choice(SORTS))
@click.option("--fields", metavar="A,B", help="Just these fields of each lead.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="All there are.")
@output.json_option
@place.api_options
def command(
    limit: int, everything: bool, as_json: bool | None, url: str | None, key: str | None, **filters: Any
) -> int:
    """List leads, newest first if nothing else is asked for."""
    api = place.api(url, key)
    found = islice(listed(api, query_of(filters), limit), None if everything else limit)
    try:
        if output.wants_json(as_json):
            for lead in found:
                output.emit(lead)
        else:
            _table(list(found), filters["fields"])
    except Refused as refusal:
        if refusal.status not in (400, 422):
            raise
        # it is the filters that were refused
        output.note(f"Error: {refusal.message}")
        return USAGE
    return 0


def query_of(filters: dict[str, Any]) -> list[tuple[str, str]]:
    """Options as the query of `GET /v1/leads`."""
    query = []
    for name, value in filters.items():
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None:
                query.append((name, str(each).lower() if isinstance(each, bool) else str(each)))
    return query


def listed(api: Api, query: Query, limit: int) -> Iterator[dict[str, Any]]:
    """Leads, page after page."""
    for page in api.pages("/v1/leads", [*query, ("limit", str(min(limit, MOST_A_PAGE)))]):
        yield from page


def _table(leads: list[dict[str, Any]], fields: str | None) -> None:
    if not leads:
        output.note("No leads")
        return
    columns = list(leads[0]) if fields else COLUMNS
    output.table(columns, ({name: _cell(lead, name) for name in columns} for lead in leads))


def _cell(lead: dict[str, Any], name: str) -> str:
    if name == "created":
        return local(lead.get("created_at"))
    return local(lead.get(name)) if name.endswith("_at") else shown(lead.get(name))
