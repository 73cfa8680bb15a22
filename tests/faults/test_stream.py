"""The harness would notice a consumer that counts twice: each looser wording of the rule is caught."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.domain.derived import Recounting
from chalicelib.services import derived as service
from chalicelib.store import derived
from tests.faults.entries import all_entries
from tests.faults.harness import try_everything
from tests.faults.world import World

NAME = "stream: new leads"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture(autouse=True)
def _no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is broken on purpose stays out of the table of the session."""
    monkeypatch.setattr("tests.faults.harness.REPORTS", [])


def violations(world: World) -> int:
    (entry,) = [entry for entry in all_entries(world) if entry.name == NAME]
    try:
        return len(try_everything(entry, doubles=0).violations)
    except AssertionError:  # it goes wrong even when nothing goes wrong
        return 1
    finally:
        entry.leave()


def test_with_checkpoints_nothing_counts_twice(world: World) -> None:
    assert violations(world) == 0


def test_a_consumer_without_checkpoints_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "standing", lambda shard: (None, Recounting()))
    whole = service._actions
    monkeypatch.setattr(service, "_actions", lambda *arguments: whole(*arguments)[1:])

    assert violations(world) > 0


def test_a_checkpoint_that_is_written_apart_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    transact = service.transport.transact

    def in_two(actions):
        result = transact(actions[2:])
        return transact(actions[:2]) if isinstance(result, service.Committed) else result

    monkeypatch.setattr(service.transport, "transact", in_two)

    assert violations(world) > 0
