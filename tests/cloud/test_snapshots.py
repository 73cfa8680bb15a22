"""A snapshot of the local cloud is there whole or not at all, wherever a kill comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from ministack.core import persistence
from ministack.services import lambda_svc

from localcloud import snapshots


class Killed(BaseException):
    """Stands for `kill -9`: nothing may run after it that makes things good."""


def kill() -> None:
    raise Killed


@pytest.fixture(autouse=True)
def _ministack_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "PERSIST_STATE", True)
    monkeypatch.setattr(persistence, "STATE_DIR", persistence.STATE_DIR)
    monkeypatch.setattr(lambda_svc, "CODE_BLOB_DIR", lambda_svc.CODE_BLOB_DIR)


def test_a_first_snapshot_that_is_killed_half_way_is_none(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        snapshots.take(tmp_path, 1, {"cloudformation": lambda: {"stacks": 1}, "lambda": kill})

    assert snapshots.newest(tmp_path) is None


def test_a_later_snapshot_that_is_killed_half_way_leaves_the_one_before(tmp_path: Path) -> None:
    assert snapshots.take(tmp_path, 1, {"cloudformation": lambda: {"stacks": 1}, "lambda": lambda: {"functions": 1}})
    with pytest.raises(Killed):
        snapshots.take(tmp_path, 2, {"cloudformation": lambda: {"stacks": 2}, "lambda": kill})

    snapshot = snapshots.newest(tmp_path)
    assert snapshot is not None
    snapshots.use(snapshot)
    assert persistence.load_state("cloudformation") == {"stacks": 1}
    assert persistence.load_state("lambda") == {"functions": 1}


def test_the_highest_number_counts_and_the_others_go(tmp_path: Path) -> None:
    for number in (9, 10):
        assert snapshots.take(tmp_path, number, {"sqs": dict})

    assert snapshots.newest(tmp_path) == tmp_path / "snapshot-000010"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["snapshot-000010"]


def test_a_state_that_cannot_be_written_makes_no_snapshot(tmp_path: Path) -> None:
    assert not snapshots.take(tmp_path, 1, {"sqs": lambda: {"not JSON": object()}})

    assert snapshots.newest(tmp_path) is None
