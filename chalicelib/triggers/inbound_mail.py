"""Door from the mail bucket: a mail has arrived."""

from __future__ import annotations

from typing import Any

from chalice import Blueprint

from chalicelib import clock
from chalicelib.log import observed
from chalicelib.triggers import messages

door = Blueprint(__name__)


@door.on_sqs_message(queue="leadger-mail", batch_size=1, name="mail")
@observed
def receive_mail(event: Any) -> dict[str, Any]:
    """Receive each mail."""
    from chalicelib import sources
    from chalicelib.services import mails
    from chalicelib.sources import mail, object_events

    def work(body: str) -> None:
        for key, envelope in object_events.objects_of(body):
            mails.receive_object(key, envelope, sources.read, mail.identity, clock.now())

    return messages.each(event, work)
