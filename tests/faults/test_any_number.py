"""Reading costs the same with 1,000 and with 10,000 leads stored; `make bench` goes on to 100,000."""

import pytest

from benchmarks.any_number import READS, fill, measure, table
from tests.faults.entries import over_http
from tests.faults.world import World

#: One worker fills the stores for all.
pytestmark = pytest.mark.xdist_group("any number")


@pytest.fixture(scope="module")
def measured():
    costs = {}
    for number in (1_000, 10_000):
        with World() as world:
            costs[number] = measure(world, number)
    print(*table(costs), sep="\n")
    return costs


@pytest.mark.parametrize("read", READS)
def test_a_read_costs_the_same_at_any_number_of_leads(measured, read):
    assert measured[1_000][read] == measured[10_000][read]


def test_a_walk_of_sevens_sees_each_lead_once_while_others_are_created():
    """With 300 leads; tests/journeys walks 5,000 on the local cloud."""
    with World() as world:
        fill(world, 300)
        stored = {f"lead_{item['pk'].removeprefix('L#')}" for item in world.of_type("lead")}
        seen, cursor, pages = [], "", 0
        while cursor is not None:
            answer = over_http("GET", f"/v1/leads?limit=7{cursor and f'&cursor={cursor}'}")["body"]
            seen += [lead["id"] for lead in answer["data"]]
            cursor = answer["next_cursor"]
            pages += 1
            if pages % 10 == 0:
                over_http("POST", "/v1/leads", json={"name": f"Später {pages}"})

    print(
        f"{len(stored)} leads in {pages} pages of 7: {len(stored & set(seen))} seen, {len(seen) - len(set(seen))} twice"
    )
    assert stored <= set(seen)
    assert len(seen) == len(set(seen))
