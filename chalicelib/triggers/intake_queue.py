"""Door from the intake queue: what could not be settled at once."""

from __future__ import annotations

from typing import Any

from chalice import Blueprint

from chalicelib import clock
from chalicelib.log import observed
from chalicelib.triggers import messages

door = Blueprint(__name__)


@door.on_sqs_message(queue="leadger-intake", batch_size=10, name="intake")
@observed
def receive_queued(event: Any) -> dict[str, Any]:
    """Settle what each message stands for."""
    from chalicelib import sources
    from chalicelib.services import sweep

    return messages.each(event, lambda body: sweep.take_up_message(body, sources.read, clock.now()))
