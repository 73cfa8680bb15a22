"""What tests on moto share: a workspace that is empty for each of them, and whose ledger adds up after each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import settings

from tests.captcha_provider import Provider, serving
from tests.desk import Desk
from tests.faults.world import Kept, World

# `make test` says the same of the same source each time; `make test-all` looks for what was not thought of.
# No deadline in either: these machines are shared.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None, print_blob=True)
settings.load_profile("repeatable")

MONDAY = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def prepared_world() -> Iterator[tuple[World, Kept]]:
    """Tables, buckets and queues, made once a module; a second or so is too long for each test."""
    with World() as world:
        yield world, world.keep()


@pytest.fixture
def world(prepared_world: tuple[World, Kept]) -> World:
    """An empty workspace on a Monday morning, 9:15 in Berlin; its clock goes on from there."""
    world, empty = prepared_world
    world.put_back(empty)
    world.clock.ahead += MONDAY - world.clock.now()
    return world


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    """The doors of the workspace; whatever a test does, in the end the invariants hold and the ledger adds up."""
    desk = Desk(world)
    yield desk
    assert desk.discrepancies() == []


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A captcha's provider that answers what a test says."""
    with serving() as provider:
        monkeypatch.setenv("LEADGER_TURNSTILE_URL", provider.url)
        monkeypatch.setenv("LEADGER_HCAPTCHA_URL", provider.url)
        yield provider
