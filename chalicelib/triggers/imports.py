"""Door from the imports bucket: a file was put under incoming/."""

from __future__ import annotations

from typing import Any

from chalice import Blueprint

from chalicelib import clock
from chalicelib.log import observed
from chalicelib.triggers import messages

door = Blueprint(__name__)

#: Milliseconds before the function's end at which an import goes back to the queue.
RESERVE = 15_000


@door.on_sqs_message(queue="leadger-imports", batch_size=1, name="imports")
@observed
def import_file(event: Any) -> dict[str, Any]:
    """Import each object; an import that was interrupted goes on where it stood."""
    from chalicelib.services import imports
    from chalicelib.sources import csv_file, object_events

    worker = imports.Worker(csv_file, clock.now, lambda: messages.in_time(event.context, RESERVE))

    def work(body: str) -> None:
        for key, told in object_events.objects_of(body):
            found = imports.Found(key, told.get("version", ""), "swept" in told)
            imports.import_object(found, worker)

    return messages.each(event, work)
