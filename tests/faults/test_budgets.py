"""DATA_MODEL's budgets, counted through the real doors; `make bench` prints the same table."""

import pytest

from benchmarks.budgets import BUDGETS, HEAD, is_kept, measure, row


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: budget.name)
def test_an_operation_stays_within_its_budget(one_world, budget):
    world, empty = one_world
    world.put_back(empty)

    meter = measure(budget, world)

    print(HEAD, row(budget, meter), *meter.calls, sep="\n")
    assert is_kept(budget, meter), row(budget, meter)
