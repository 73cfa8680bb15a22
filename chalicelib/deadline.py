"""Until when the caller can wait. A door sets it; what repeats requests asks it before each repetition."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar

#: `time.monotonic()`; None where nobody waits, as in triggers, which have their own time-out.
_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whoever repeats requests inside the block stops repeating after so many seconds."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def passed() -> bool:
    """Whether it is too late to begin anything again."""
    until = _until.get()
    return until is not None and time.monotonic() > until
