"""Several writers on one lead, in whatever order: nothing lost, nothing doubled, every history whole."""

import itertools
import time
from datetime import timedelta
from random import Random

import pytest

from tests.faults.entries import AENNE, created_by_api, form, over_http, settle
from tests.faults.harness import REPORTS, Refused, Report
from tests.faults.interleave import sampled
from tests.faults.test_interleavings import matters

#: Plays of sets of writers in `make test`; in `make test-all` every set in as many orders.
ENOUGH, MANY = 520, 25
MONTH = timedelta(days=31)


def patch(body):
    return lambda lead, world: over_http("PATCH", f"/v1/leads/lead_{lead}", json=body)


def purge(lead, world):
    """As the sweep does, a month ahead."""
    from chalicelib.services.purge import purge

    return purge(lead, world.clock.now() + MONTH)


WRITERS = {
    "edit": patch({"comment": "Neu", "phone": "+49 30 555123"}),
    "close": patch({"status": "junk", "lost_reason": "spam"}),
    "reopen": patch({"status": "new"}),
    "delete": lambda lead, world: over_http("DELETE", f"/v1/leads/lead_{lead}"),
    "restore": lambda lead, world: over_http("POST", f"/v1/leads/lead_{lead}/restore"),
    "purge": purge,
    "form": lambda lead, world: form(AENNE).send(world),
    "upsert": lambda lead, world: over_http("PUT", "/v1/leads/external/crm/1", json={"email": AENNE["email"]}),
}
BEGINNINGS = {
    "open": (),
    "junk": ("close",),
    "deleted": ("delete",),
}


def play(world, size, orders, enough=None):
    """Sets of `size` writers from every beginning, in a shuffled order until it is enough; the report."""
    report = Report(f"{size} writers on one lead", 0)
    REPORTS.append(report)
    began, empty = time.perf_counter(), world.keep()
    begun = {}
    for beginning, before in BEGINNINGS.items():
        world.put_back(empty)
        begun[beginning] = begin(world, before)
    sets = [(beginning, *names) for beginning in BEGINNINGS
            for names in itertools.combinations_with_replacement(WRITERS, size)]  # fmt: skip
    Random(size).shuffle(sets)
    for number, names in enumerate(sets):
        if enough and report.runs >= enough:
            break
        lead, kept = begun[names[0]]
        play_set(world, kept, lead, names, orders, number, report)
    report.seconds = time.perf_counter() - began
    return report


def begin(world, before):
    """One lead, with an id of another system, and what was done to it: its id, and the world."""
    created_by_api(AENNE).send(world)
    (item,) = world.of_type("lead")
    lead = item["pk"].removeprefix("L#")
    over_http("PATCH", f"/v1/leads/lead_{lead}", json={"external_ids": {"crm": "1"}})
    for name in before:
        WRITERS[name](lead, world)
    settle(world)
    return lead, world.keep()


def play_set(world, kept, lead, names, orders, seed, report):
    def reset():
        world.put_back(kept)
        return [lambda name=name: WRITERS[name](lead, world) for name in names[1:]]

    for run in sampled(reset, orders, matters, seed):
        settle(world)
        odd = [repr(r) for r in run.results if isinstance(r, BaseException) and not is_an_answer(r)]
        wrong = world.violations() + odd
        report.runs += 1
        report.boundaries = max(report.boundaries, len(run.choices))
        if wrong:
            report.violations.append(((names, run.choices), wrong))


def is_an_answer(error):
    """Who comes too late is told so: not found, conflict, another version, or to come again."""
    return (isinstance(error, Refused) and not error.odd) or "→ 4" in str(error)


@pytest.mark.parametrize("name", ["edit", "upsert"])
def test_ten_who_change_one_lead_at_once_all_get_through(world, name):
    """Each says something else, and nobody says what version they mean."""
    lead, kept = begin(world, ())

    def told(number):
        if name == "edit":
            return patch({"comment": str(number)})(lead, world)
        return over_http("PUT", "/v1/leads/external/crm/1", json={"comment": str(number)})

    def reset():
        world.put_back(kept)
        return [lambda number=number: told(number) for number in range(10)]

    (version,) = (item["version"] for item in world.of_type("lead"))
    played = 0
    for run in sampled(reset, 20, matters):
        settle(world)
        played += 1
        assert [answer["status"] for answer in run.results] == [200] * 10
        assert sorted(answer["body"]["version"] for answer in run.results) == list(range(version + 1, version + 11))
        assert not world.violations()
    assert played == 20


@pytest.mark.parametrize(("size", "orders"), [(2, 15), (3, 4)])
def test_writers_on_one_lead(world, size, orders):
    report = play(world, size, orders, ENOUGH)

    assert report.runs >= 500
    assert not report.violations, str(report)


@pytest.mark.long
@pytest.mark.parametrize("size", [2, 3])
def test_writers_on_one_lead_in_many_more_orders(world, size):
    report = play(world, size, MANY)

    assert not report.violations, str(report)
