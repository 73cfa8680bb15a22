"""What reading costs does not depend on how much is stored: `python -m benchmarks.any_number`.

The store is filled past the wire. Counted are requests and read units at 1,000, 10,000 and 100,000 leads: each
operation must cost the same at all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from chalicelib import settings
from chalicelib.domain import gauges, search
from chalicelib.domain.ids import LOW_BITS, encode, milliseconds
from chalicelib.domain.lead import Lead
from chalicelib.domain.pipeline import DEFAULT_STATUSES
from chalicelib.services import keys as keys_of_callers
from chalicelib.services import workspace
from chalicelib.store import derived as store
from chalicelib.store import items, keys, leads
from tests.faults.entries import over_http
from tests.faults.world import World
from tests.meter import Meter, metered

NUMBERS = (1_000, 10_000, 100_000)
#: The lead in the middle that is read by itself.
PICKED = "picked"

Cost = tuple[int, float]


def lists(query: str) -> Callable[[World, str], object]:
    """A page of a list."""
    return lambda world, picked: over_http("GET", f"/v1/leads?{query}")


READS: dict[str, Callable[[World, str], object]] = {
    "newest 50": lists("limit=50"),
    "oldest 50": lists("limit=50&sort=created_at"),
    "column, 20 cards": lists("limit=20&status=in_process"),
    "two columns, 20 cards": lists("limit=20&status=in_process&status=new"),
    "an owner's newest 50": lists("limit=50&owner_id=none"),
    "an owner's column, 20 cards": lists("limit=20&owner_id=none&status=in_process"),
    "by e-mail": lists("email=person.500@example.de"),
    "whole leads, 50": lists("limit=50&fields=comment"),
    "open ones by creation, filtered": lists("limit=50&kind=open&sort=-created_at"),
    "a lead": lambda world, picked: over_http("GET", f"/v1/leads/lead_{picked}"),
    "a lead's page": lambda world, picked: over_http("GET", f"/v1/leads/lead_{picked}?include=timeline"),
}
#: Of what is derived from the leads; tests hold its budgets.
DERIVED_READS: dict[str, Callable[[World, str], object]] = {
    "board, 20 cards a column": lambda world, picked: over_http("GET", "/v1/board"),
    "search, one word": lists("limit=20&q=mueller"),
}


def fill(world: World, number: int, *, derived: bool = False) -> str:
    """So many leads, a minute apart, in all open statuses and junk; the id of one in the middle.

    Args:
        derived: their words and counters as well, as a recount writes them.
    """
    table = world._table("crm")
    counted: dict[gauges.Column, gauges.Tally] = {}
    statuses = [status for status in DEFAULT_STATUSES if status.kind != "converted"]
    begin = world.clock.now() - timedelta(minutes=number)
    picked = ""
    for position in range(number):
        at = begin + timedelta(minutes=position)
        status = statuses[position % len(statuses)]
        identity = encode(milliseconds(at) << (LOW_BITS + 1) | 7)
        person = f"person.{position}@example.de"
        lead = Lead(
            identity, 1, f"req_fill/{position}", status.id, status.kind, at, "api", at, at,
            values={"name": f"Müller {position}", "title": f"Müller {position}", "comment": "Dach",
                    "emails": [{"id": 1, "address": person, "type": "work"}]},
            next_value_id=2,
        )  # fmt: skip
        table.put_item(items.encode(leads.item_of(lead)))
        if lead.kind == "open":
            claim = {"pk": f"E#{person}", "sk": "#", "type": "claim", "open_leads": {identity}}
            table.put_item(items.encode(claim))
        if derived:
            gauges.add(counted, gauges.counted(lead))
            _find(world, lead)
        if position == number // 2:
            picked = identity
    for column, tally in counted.items():
        _put_derived(world, store.gauge_of(column, tally))
    return picked


def _find(world: World, lead: Lead) -> None:
    for word in search.tokens_of(lead.values):
        pk, sk = keys.token(word, lead.id)
        _put_derived(world, {"pk": pk, "sk": sk, "type": "token"})


def _put_derived(world: World, item: Mapping[str, Any]) -> None:
    world._table(settings.derived_table()).put_item(items.encode(item))


def cost(world: World, read: Callable[[World, str], object], picked: str) -> Cost:
    """Requests and read units of one read."""
    workspace.forget()
    keys_of_callers.forget()
    read(world, picked)  # settings and key are warm then, and for the next 30 seconds
    with metered() as meter:
        read(world, picked)
    return _cost(meter)


def measure(world: World, number: int, *, derived: bool = False) -> dict[str, Cost]:
    """Every read's cost in a store of so many leads; `derived`: of board and search, too."""
    picked = fill(world, number, derived=derived)
    reads = READS | (DERIVED_READS if derived else {})
    return {name: cost(world, read, picked) for name, read in reads.items()}


def _cost(meter: Meter) -> Cost:
    return meter.requests, meter.read_units


def table(measured: dict[int, dict[str, Cost]]) -> Sequence[str]:
    """A line per read: its cost at each number of leads."""
    rows = [f"{'requests, read units at':<34}" + "".join(f"{number:>14,}" for number in measured)]
    for name in next(iter(measured.values())):
        costs = [measured[number][name] for number in measured]
        told = "".join(f"{requests:>8} {units:>5}" for requests, units in costs)
        rows.append(f"{name:<34}{told}{'' if len(set(costs)) == 1 else '  DIFFERS'}")
    return rows


def main(numbers: Sequence[int] = NUMBERS) -> int:
    """Print the table; 1 if anything costs more where more is stored."""
    measured: dict[int, dict[str, Any]] = {}
    for number in numbers:
        with World() as world:
            measured[number] = measure(world, number, derived=True)
    rows = table(measured)
    print(*rows, sep="\n")
    return int(any(row.endswith("DIFFERS") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
