"""One local run for all journeys, as `make run` starts it; each journey uses names and numbers of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localcloud.running import RunningCloud
from tests.journeys.desk import Desk


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A local run with a fresh data folder; journeys may kill it, and leave it running."""
    with RunningCloud(tmp_path_factory.mktemp("journeys") / "data") as cloud:
        yield cloud


@pytest.fixture
def desk(cloud: RunningCloud) -> Iterator[Desk]:
    """What a person with dev.json can do; in the end of each journey the ledger adds up and nothing is left over."""
    desk = Desk(cloud)
    yield desk
    desk.everything_is_accounted_for()
