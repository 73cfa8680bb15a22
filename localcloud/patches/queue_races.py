"""A message sent while another one is deleted is not lost.

Upstream (ministack 1.5.33): `services/sqs.py` deletes by building a new list of messages and putting it in the queue.
The workers' threads do so under `_queues_lock` (`_delete_messages_for_esm`), but requests (`_act_send_message`,
`_act_delete_message`, …) and notifications of S3, SNS and EventBridge change the list without it: what is appended
after the new list was built and before it is put in place is gone.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

_LOCKED_HELPERS = ("_expire_retained", "_dlq_sweep", "_collect_msgs", "_refresh_counts")
_LOCKED_ACTIONS = {
    "SendMessage": "_act_send_message",
    "SendMessageBatch": "_act_send_message_batch",
    "DeleteMessage": "_act_delete_message",
    "DeleteMessageBatch": "_act_delete_message_batch",
    "PurgeQueue": "_act_purge_queue",
    "ChangeMessageVisibility": "_act_change_visibility",
    "ChangeMessageVisibilityBatch": "_act_change_visibility_batch",
}


def apply() -> None:
    from ministack.services import eventbridge, s3, sns, sqs

    # Reentrant: the workers' functions hold it when they call the helpers.
    lock = sqs._queues_lock = threading.RLock()
    for name in _LOCKED_HELPERS:
        setattr(sqs, name, _under(lock, getattr(sqs, name)))
    for action, name in _LOCKED_ACTIONS.items():
        sqs._HANDLERS[action] = _under(lock, getattr(sqs, name))
        setattr(sqs, name, sqs._HANDLERS[action])
    s3._deliver_event_to_sqs = _under(lock, s3._deliver_event_to_sqs)
    sns._deliver_to_sqs = _under(lock, sns._deliver_to_sqs)
    eventbridge._dispatch_to_sqs = _under(lock, eventbridge._dispatch_to_sqs)


def _under(lock: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def locked(*arguments: Any, **named: Any) -> Any:
        with lock:
            return function(*arguments, **named)

    return locked
