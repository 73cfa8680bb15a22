"""Reading costs the same with 1,000 and with 10,000 leads stored; `make bench` goes on to 100,000."""

import pytest

from benchmarks.any_number import READS, measure, table
from tests.faults.world import World


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
