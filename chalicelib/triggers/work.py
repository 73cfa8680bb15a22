"""Door from the work queue: bulk changes, exports and other long work, from where each stands."""

from __future__ import annotations

import json
from typing import Any

from chalice import Blueprint

from chalicelib import clock
from chalicelib.log import observed
from chalicelib.triggers import messages

door = Blueprint(__name__)

#: Milliseconds before the function's end at which a job goes back to the queue.
RESERVE = 30_000


@door.on_sqs_message(queue="leadger-work", batch_size=1, name="work")
@observed
def work_on(event: Any) -> dict[str, Any]:
    """Go on with each job; one that was interrupted goes on where it stood."""
    from chalicelib.services import work
    from chalicelib.services.work_kinds import WORK

    worker = work.Worker(clock.now, lambda: messages.in_time(event.context, RESERVE))
    return messages.each(event, lambda body: work.run(json.loads(body)["job"], WORK, worker))
