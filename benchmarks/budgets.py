"""What operations cost at DynamoDB beside what they may: `python -m benchmarks.budgets`. Counted, not timed.

The budgets are those of DATA_MODEL; tests/faults/test_budgets.py holds them. Everything runs against moto through the
real doors; the units are worked out by tests/meter.py. Settings, forms and keys are warm, as in a container that has
served a request before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.services import search
from chalicelib.store import records
from tests import moves
from tests.faults import form_stories
from tests.faults.entries import AENNE, JOERG, call, created_by_api, form, over_http
from tests.faults.model import Sent
from tests.faults.settings_entries import FILLED_IN, defined
from tests.faults.world import World
from tests.meter import Meter, metered

ATTACHED = 25
NEWEST = 50


@dataclass(frozen=True)
class Budget:
    """One row of DATA_MODEL's budgets.

    Attributes:
        before: what is there, and what warms the container.
        operation: what is measured.
        requests, write_units, read_units: at most.
    """

    name: str
    before: Callable[[World], object]
    operation: Callable[[World], object]
    requests: int
    write_units: int
    read_units: float


def warmed_by_a_stranger(world: World) -> None:
    """Somebody else came before, by every door."""
    for delivery in (created_by_api(JOERG, "warm"), form(JOERG, "warm"), call("missed", JOERG["phone"], "warm")):
        delivery.send(world)


def limited_form(world: World) -> None:
    """A form that takes ten posts a minute of one address, and knows this one for long."""
    records.put("FORM", "frm_limited", {"name": "Messe", "spam": {"per_minute": 10}})
    form(JOERG, "warm", form="frm_limited").send(world)
    world.clock.wait(7)


def strict_form(world: World) -> None:
    """A form with a limit and a captcha of its own."""
    form_stories.make(world, BROUGHT)
    over_http("GET", "/f/frm_streng")


def known_person(world: World) -> None:
    """The person has an open lead."""
    warmed_by_a_stranger(world)
    created_by_api(AENNE).send(world)


def a_form_with_everything(world: World) -> None:
    """The form has an owner, a rule, a status, own fields and a consent, and somebody has used it."""
    defined(world)
    form(JOERG, "warm", **FILLED_IN).send(world)


def long_history(world: World) -> None:
    """A lead with 25 entries."""
    known_person(world)
    for number in range(ATTACHED):
        form(AENNE, f"k{number}").send(world)
    over_http("GET", "/v1/leads?limit=1")


def fifty_leads(world: World) -> None:
    """Fifty leads and a few more."""
    for number in range(NEWEST + 5):
        created_by_api({"name": f"Müller {number}", "email": f"mueller.{number}@example.de"}).send(world)
    over_http("GET", "/v1/leads?limit=1")


def lead_page(world: World) -> None:
    """The lead with its newest 25 entries."""
    (lead,) = [item for item in world.of_type("lead") if item["name"] == AENNE["name"]]
    shown = over_http("GET", f"/v1/leads/lead_{lead['mine_sk']}?include=timeline")["body"]
    assert len(shown["timeline"]) == ATTACHED


def newest(world: World) -> None:
    """The newest fifty."""
    assert len(over_http("GET", f"/v1/leads?limit={NEWEST}")["body"]["data"]) == NEWEST


def lead_in(status: str, **more: str) -> Callable[[World], object]:
    """The person's lead, moved to a status or deleted."""

    def arrange(world: World) -> None:
        known_person(world)
        changing({"status": status, **more})(world)

    return arrange


def deleted_lead(world: World) -> None:
    """The person's lead, deleted."""
    known_person(world)
    on_lead("DELETE")(world)


def on_lead(method: str, path: str = "", body: object = None) -> Callable[[World], object]:
    """A write of the person's lead."""

    def send(world: World) -> object:
        (lead,) = [item for item in world.of_type("lead") if item["name"] == AENNE["name"]]
        return over_http(method, f"/v1/leads/lead_{lead['pk'].removeprefix('L#')}{path}", json=body)

    return send


def changing(body: object) -> Callable[[World], object]:
    """A merge patch of the person's lead."""
    return on_lead("PATCH", "", body)


def a_full_board(world: World) -> None:
    """Twenty-five leads in each of four statuses, as large as leads are, and their derived data."""
    for number in range(100):
        lead = created_by_api(
            {"name": f"Änne Öztürk {number}", "email": f"aenne.{number}@example.de", "phone": f"+49301234{number:03}"}
        ).send(world)
        status = ("new", "in_process", "processed", "junk")[number % 4]
        if status != "new":
            moves.move(lead["body"]["id"], status, world.clock.now())
    world.catch_up()
    over_http("GET", "/v1/leads?limit=1")


def board(world: World) -> None:
    """Five statuses, 20 cards each."""
    columns = over_http("GET", "/v1/board")["body"]["columns"]
    assert [len(column["cards"]) for column in columns] == [20, 20, 20, 0, 20]


def found(world: World) -> None:
    """One word, 20 hits."""
    assert len(search.find("oeztuerk", 20).cards) == 20


def strict_post(world: World) -> None:
    """A post with its proof."""
    form_stories.posted(BROUGHT, AENNE, "k1", Sent("web_form", "")).send(world)


BROUGHT = form_stories.Brought()
JUNK = {"status": "junk", "lost_reason": "spam"}
BUDGETS = (
    Budget("create by API, phone + e-mail", warmed_by_a_stranger, created_by_api(AENNE).send, 1, 13, 0),
    Budget("create by API with Idempotency-Key", warmed_by_a_stranger, created_by_api(AENNE, "k").send, 1, 15, 0),
    Budget("create by form, phone + e-mail", warmed_by_a_stranger, form(AENNE).send, 2, 16, 0),
    # 2 for the second KB of a lead with own fields and evidence
    Budget("create by form with a definition", a_form_with_everything, form(AENNE, **FILLED_IN).send, 2, 16 + 2, 0),
    Budget("create by form with a limit", limited_form, form(AENNE, form="frm_limited").send, 3, 16 + 1, 0),
    Budget("create by form with a limit and altcha", strict_form, strict_post, 5, 16 + 2, 1),
    # 10 and 2 for the pointer that a call leaves for its later events, which the table of DATA_MODEL does not count
    Budget("attach, claims read first (call)", known_person, call("ended", AENNE["phone"]).send, 3, 10 + 2, 1),
    Budget("attach, not read first (form)", known_person, form(AENNE).send, 3, 18, 0),
    Budget("status change", known_person, changing({"status": "in_process"}), 2, 9, 1),
    Budget("to junk", known_person, changing(JUNK), 2, 13, 1),
    Budget("reopen", lead_in("junk", lost_reason="spam"), changing({"status": "new"}), 2, 13, 1),
    Budget("delete", known_person, on_lead("DELETE"), 2, 13, 1),
    Budget("restore", deleted_lead, on_lead("POST", "/restore"), 2, 13, 1),
    Budget("edit off the card", known_person, changing({"comment": "Neu"}), 2, 4, 1),
    Budget(f"lead page (lead + {ATTACHED} entries)", long_history, lead_page, 1, 0, 3),
    Budget(f"newest {NEWEST}", fifty_leads, newest, 1, 0, 2),
    Budget("board of five statuses, 20 cards each", a_full_board, board, 6, 0, 6),
    Budget("search, one word, 20 hits", a_full_board, found, 2, 0, 11),
)


def measure(budget: Budget, world: World) -> Meter:
    """Run one row in an empty world."""
    budget.before(world)
    with metered() as meter:
        budget.operation(world)
    return meter


def is_kept(budget: Budget, meter: Meter) -> bool:
    """Whether the operation stayed within its budget."""
    return (
        meter.requests <= budget.requests
        and meter.write_units <= budget.write_units
        and meter.read_units <= budget.read_units
    )


def row(budget: Budget, meter: Meter) -> str:
    """Measured and allowed, side by side."""
    other = ", ".join(f"{count} {service}" for service, count in meter.other_requests.items())
    return (
        f"{budget.name:<38} {meter.requests:>3} ≤ {budget.requests:<3} {meter.write_units:>4} ≤ {budget.write_units:<4}"
        f" {meter.read_units:>5} ≤ {budget.read_units:<4} {'' if is_kept(budget, meter) else 'OVER'} {other}"
    )


HEAD = f"{'operation':<38} {'requests':<9} {'write units':<11} {'read units':<12}"


def main() -> int:
    """Print the table; 1 if a budget is exceeded."""
    print(HEAD)
    kept = True
    for budget in BUDGETS:
        with World() as world:
            meter = measure(budget, world)
        print(row(budget, meter))
        kept = kept and is_kept(budget, meter)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
