"""What an operator would look at, one module a matter: each names what is wrong in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Literal

from cli.text import clean

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: `warning` is for what works, but should not stay so.
        sentence: what was found, and what it means where it is not well; no data of people.
    """

    check: str
    level: Level
    sentence: str


#: Matter → module; its `look(at)` gives findings.
CHECKS: Mapping[str, str] = {
    "tables": "cli.checks.tables",
    "clock": "cli.checks.clock",
    "buckets": "cli.checks.buckets",
    "queues": "cli.checks.queues",
    "ledger": "cli.checks.ledger",
    "settings": "cli.checks.workspace",
}


def look(at: datetime) -> Iterator[Finding]:
    """Every finding; that a matter cannot be looked at is one, too. Raises what says that nobody can be asked."""
    from botocore.exceptions import ClientError

    from chalicelib.domain.errors import Busy
    from chalicelib.store.transport import Unprocessable

    for matter, module in CHECKS.items():
        check: Callable[[datetime], Iterator[Finding]] = import_module(module).look
        try:
            yield from check(at)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            yield Finding(matter, "problem", clean(f"Cannot be looked at: AWS refuses {error.operation_name} ({code})"))
        except (Busy, Unprocessable) as error:
            yield Finding(matter, "problem", clean(f"Cannot be looked at: {error}"))
