"""When functions are called by queues, streams and schedules: not before all is deployed, not after the stop began."""

from __future__ import annotations

import threading
import time

#: Set while queues and streams are polled.
_polling = threading.Event()
_schedulers: list = []


def hold() -> None:
    """Keep MiniStack's poller and schedulers, which start while its state is loaded, from calling anything."""
    from ministack.services import eventbridge, lambda_svc, scheduler

    poll_queues, poll_streams = lambda_svc._poll_sqs, lambda_svc._poll_dynamodb_streams
    lambda_svc._poll_sqs = lambda: _polling.is_set() and poll_queues()
    lambda_svc._poll_dynamodb_streams = lambda: _polling.is_set() and poll_streams()
    for module in (eventbridge, scheduler):
        _schedulers.append(module.start_scheduler)
        module.start_scheduler = _do_nothing
    tick_rules, invoke = eventbridge._tick_scheduled_rules, _polling.is_set
    eventbridge._tick_scheduled_rules = lambda: invoke() and tick_rules()


def release() -> None:
    """Let them begin."""
    from ministack.core.concurrency import esm_wake

    _polling.set()
    esm_wake.set()
    while _schedulers:
        _schedulers.pop()()


def drain(seconds: float) -> bool:
    """Wait until the streams are delivered and no invocation runs, then poll no more.

    Queues need no draining: their messages are kept. Records of streams are not.

    Returns:
        Whether all was delivered in that time.
    """
    from ministack.services import lambda_svc

    deadline = time.monotonic() + seconds
    delivered = False
    while not delivered and time.monotonic() < deadline:
        delivered = _streams_are_delivered()
        if not delivered:
            time.sleep(0.05)
    _polling.clear()
    while lambda_svc.executions_in_flight()[0] and time.monotonic() < deadline:
        time.sleep(0.05)
    return delivered and not lambda_svc.executions_in_flight()[0]


def _streams_are_delivered() -> bool:
    from ministack.core.responses import request_scope
    from ministack.services import dynamodb, lambda_svc

    for account, region, mapping in lambda_svc._iter_all_esms():
        source = mapping.get("EventSourceArn", "")
        if ":dynamodb:" not in source or not mapping.get("Enabled", True):
            continue
        table = source.split("/stream/")[0].split("/")[-1]
        with request_scope(account, region):
            end = dynamodb.stream_end_position(table)
            # A mapping that was never polled is at its end: streams begin with the run.
            if lambda_svc._dynamodb_stream_positions.get(mapping["UUID"], 0) < end:
                return False
    return True


def _do_nothing() -> None:
    pass
