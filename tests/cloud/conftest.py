"""The local cloud for tests: one run for the session, and MiniStack's modules with one patch at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localcloud.running import RunningCloud


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A local run on free ports and a fresh data folder; tests may kill and restart it, and leave it running."""
    with RunningCloud(tmp_path_factory.mktemp("local-cloud") / "data") as cloud:
        yield cloud
