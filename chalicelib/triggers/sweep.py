"""Door from the clock: what was left in between is taken up again."""

from __future__ import annotations

from typing import Any

from chalice import Blueprint

from chalicelib import clock
from chalicelib.log import observed
from chalicelib.triggers import messages

door = Blueprint(__name__)

#: Milliseconds before the function's end at which the rest is left to the next minute.
RESERVE = 10_000


@door.schedule("rate(1 minute)", name="sweep")
@observed
def sweep(event: Any) -> dict[str, int]:
    """Replay pending receipts, left objects and dead letters; returns how many of each."""
    from chalicelib import sources
    from chalicelib.services import sweep as service
    from chalicelib.sources import mail, object_events

    readers = service.Readers(sources.read, mail.identity, object_events.announced)
    return dict(service.sweep(readers, clock.now(), lambda: messages.in_time(event.context, RESERVE)))
