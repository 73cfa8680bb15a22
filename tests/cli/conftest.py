"""`leads` as somebody types it, against the app over HTTP with moto beneath it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from tests.desk import Desk
from tests.faults.world import API_KEY
from tests.serving import served

Leads = Callable[..., "Ended"]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Each line of stdout as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def json(self) -> Any:
        """The one line there is."""
        (line,) = self.lines
        return line


def run(*arguments: str, given: str | bytes = b"", **environment: str | None) -> Ended:
    """Type a command; stdout is no terminal, stdin holds what is given."""
    with CliRunner().isolation(input=given, env=environment) as (out, err, _):
        code = main(list(arguments))
    return Ended(code, out.getvalue().decode(), err.getvalue().decode())


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """Where the desk's app can be reached."""
    with served(desk.visitor) as url:
        yield url


@pytest.fixture
def leads(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Leads:
    """`leads …` with address and key of the desk in the environment."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LEADGER_DATA", str(tmp_path))

    def typed(*arguments: str, given: str | bytes = b"", **environment: str | None) -> Ended:
        return run(*arguments, given=given, **{"LEADGER_URL": address, "LEADGER_KEY": API_KEY, **environment})

    return typed
