"""An import: one file, its rows and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain import ids
from chalicelib.domain.times import rfc3339

RUNNING, DONE, FAILED = "running", "done", "failed"
#: What can become of a row.
ROW_OUTCOMES = ("created", "updated", "attached", "skipped", "rejected")


@dataclass(frozen=True)
class Job:
    """An import.

    Attributes:
        id: 11 characters, without prefix.
        receipt: of the file, without prefix.
        object_version: of the object, where its bucket keeps versions; else empty.
        status: `running`, `done` or `failed`: the file as a whole is none that can be imported.
        cursor: rows that have their outcome; all before it, none behind.
        counts: outcome → rows.
        first_millisecond: where the range of ids reserved for its rows begins.
        columns: column of the file → lead field, or None.
        options: by which its first worker opened the file; whoever goes on with it counts the same rows.
        begun_at, begins: the cursor at which the last worker began, and how many have begun there.
        problems: why it failed.
        updated_at: when a row was last settled; aware, UTC.
    """

    id: str
    receipt: str
    object_key: str
    object_version: str
    status: str
    total: int
    first_millisecond: int
    updated_at: datetime
    cursor: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""
    columns: Mapping[str, str | None] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    begun_at: int = -1
    begins: int = 0
    problems: tuple[Mapping[str, Any], ...] = ()

    @property
    def file_name(self) -> str:
        """The last part of its key."""
        return self.object_key.rsplit("/", 1)[-1]

    def outcomes(self) -> dict[str, int]:
        """Rows by outcome, those that are none left out."""
        return {name: number for name, number in self.counts.items() if number}

    def rows_left(self) -> int:
        """Rows that have no outcome yet."""
        return self.total - self.cursor


@dataclass(frozen=True)
class JobRow:
    """A row that did not simply become a lead of its own.

    Attributes:
        position: from 0, blank rows not counted.
        number: as a spreadsheet shows it.
        outcome: of `ROW_OUTCOMES`.
        code, sentence: why, for rejected ones; cells as written then.
    """

    position: int
    number: int
    outcome: str
    lead: str | None = None
    code: str = ""
    sentence: str = ""
    cells: tuple[str, ...] = ()
    problems: tuple[Mapping[str, Any], ...] = ()


def shown(job: Job) -> dict[str, Any]:
    """The job as the API shows it."""
    counts = {name: job.counts.get(name, 0) for name in ROW_OUTCOMES}
    return {
        "id": f"imp_{job.id}",
        "status": job.status,
        "object_key": job.object_key,
        "receipt_id": f"rcp_{job.receipt}",
        "encoding": job.encoding,
        "delimiter": job.delimiter,
        "columns": dict(job.columns),
        "problems": [dict(problem) for problem in job.problems],
        "rows": {"total": job.total, "done": job.cursor, **counts},
        "created_at": rfc3339(ids.created_at(job.id)),
        "updated_at": rfc3339(job.updated_at),
    }
