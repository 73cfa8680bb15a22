"""The world that the tests of a module share, and the table of R1, printed at the end of the session."""

import pytest

from tests.faults.harness import REPORTS, table
from tests.faults.world import World


@pytest.fixture(scope="module")
def one_world():
    with World() as world:
        yield world, world.keep()


@pytest.fixture
def world(one_world):
    world, empty = one_world
    world.put_back(empty)
    return world


def pytest_terminal_summary(terminalreporter):
    if REPORTS:
        terminalreporter.section("fault harness: every door, every wire call, every kind")
        for row in table(REPORTS):
            terminalreporter.line(row)
