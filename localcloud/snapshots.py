"""Snapshots of MiniStack's state: each is there whole or not at all.

MiniStack writes a file per service into one folder, over those of before: a kill in between leaves a stack that is
said to be deployed beside functions that are not there. Here each snapshot is a folder of its own, which gets its name
when everything is in it.

Law of the folders: `snapshot-<n>` holds everything before `journal-<n>.jsonl`; the highest n counts.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

logger = logging.getLogger("leadger.local.snapshots")


def newest(folder: Path) -> Path | None:
    """The last whole snapshot, if there is one."""
    whole = [found for found in folder.glob("snapshot-*") if found.suffix != ".new"]
    return max(whole, key=_number, default=None)


def use(snapshot: Path) -> None:
    """Let MiniStack restore its services from here, or save them to here; functions' code with them."""
    from ministack.core import persistence
    from ministack.services import lambda_svc

    persistence.STATE_DIR, lambda_svc.CODE_BLOB_DIR = str(snapshot), str(snapshot / "lambda-blobs")


def take(folder: Path, number: int, states: dict[str, Callable[[], Any]]) -> bool:
    """Write a snapshot and remove the older ones; whether it is complete.

    Args:
        states: each service's state by the service's name; None is nothing to save.
    """
    unfinished = folder / f"snapshot-{number:06d}.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    if not _write(unfinished, states):
        return False
    unfinished.rename(unfinished.with_suffix(""))
    for other in folder.glob("snapshot-*"):
        if other.suffix == ".new" or _number(other) < number:
            shutil.rmtree(other, ignore_errors=True)
    return True


def _write(target: Path, states: dict[str, Callable[[], Any]]) -> bool:
    from ministack.core import persistence

    use(target)
    for name, state_of in states.items():
        state = state_of()
        if state is None:
            continue
        persistence.save_state(name, state)  # logs and swallows its errors
        if not (target / f"{name}.json").exists():
            return False
    return True


def _number(snapshot: Path) -> int:
    return int(snapshot.stem.partition("-")[2])
