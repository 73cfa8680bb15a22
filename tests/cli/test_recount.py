"""`leads recount`: runs it, and says what was off."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType

import pytest

from chalicelib.domain.errors import Busy, Conflict
from tests.cli.conftest import run
from tests.faults.world import World

NAME = "chalicelib.services.recount"


@dataclass(frozen=True)
class Drift:
    counter: str
    shown: int
    counted: int


@dataclass(frozen=True)
class Report:
    leads: int
    columns: int
    drift: tuple[Drift, ...]
    words_missing: int
    words_stale: int


def recount_that(does: object, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The service, as far as the command knows it."""
    began: list[datetime] = []

    def run_at(at: datetime) -> object:
        began.append(at)
        if isinstance(does, Exception):
            raise does
        return does

    module = ModuleType(NAME)
    module.run = run_at
    monkeypatch.setitem(sys.modules, NAME, module)
    # `from package import module` looks at the package first
    monkeypatch.setattr(sys.modules["chalicelib.services"], "recount", module, raising=False)
    return began


def test_what_was_off_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report(2, 1, (Drift("ALL/new count", 3, 2),), 4, 1)
    began = recount_that(report, monkeypatch)

    ended, table = run("recount"), run("recount", "--table")

    assert ended.json == {
        "leads": 2, "columns": 1, "drift": [{"counter": "ALL/new count", "shown": 3, "counted": 2}],
        "words_missing": 4, "words_stale": 1,
    }  # fmt: skip
    assert table.out.splitlines() == [
        "ALL/new count: showed 3, is 2",
        "2 leads in 1 columns; 1 counters were off, 4 words were missing, 1 led astray",
    ]
    assert (ended.code, ended.err) == (0, "")
    assert began[0].tzinfo is not None


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [(Conflict("A recount is at work"), 1, "A recount is at work"), (Busy("The table is busy"), 3, "try again")],
)
def test_what_keeps_it_from_being_done_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, sentence: str
) -> None:
    recount_that(error, monkeypatch)

    ended = run("recount")

    assert (ended.code, ended.out) == (code, "")
    assert sentence in ended.err


def test_a_version_without_derived_data_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, NAME, None)
    monkeypatch.delattr(sys.modules["chalicelib.services"], "recount", raising=False)

    ended = run("recount")

    assert (ended.code, ended.out) == (2, "")
    assert "has no derived data" in ended.err
