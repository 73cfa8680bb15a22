"""A stream's event names its shard, and what the function says it did not do comes again.

Upstream (ministack 1.5.33): `services/lambda_svc.py`, `_poll_dynamodb_streams` hands over records without the members
of a tumbling window (`TumblingWindowInSeconds` is not known), of which `shardId` is one; and it looks only at whether
the function failed, not at `batchItemFailures` (`ReportBatchItemFailures`): a batch that was done in part is taken for
done. Here it counts as failed and comes again whole; AWS would begin with the first record that is named.
"""

from __future__ import annotations

from typing import Any

#: MiniStack's streams have one.
SHARD = "shardId-00000000000000000000-00000000"


def apply() -> None:
    from ministack.services import lambda_svc

    poll = lambda_svc._poll_dynamodb_streams

    def poll_with_windows() -> bool:
        execute = lambda_svc._execute_function

        def execute_with_window(function: dict[str, Any], event: dict[str, Any], *rest: Any, **more: Any) -> Any:
            if not _is_of_a_stream(event):
                return execute(function, event, *rest, **more)
            result = execute(function, {**event, **_window()}, *rest, **more)
            return _failed(result) if _is_done_in_part(result) else result

        # other threads may meet it, too: it changes nothing for what is not of a stream
        lambda_svc._execute_function = execute_with_window
        try:
            return bool(poll())
        finally:
            lambda_svc._execute_function = execute

    lambda_svc._poll_dynamodb_streams = poll_with_windows


def _is_of_a_stream(event: Any) -> bool:
    records = (event.get("Records") if isinstance(event, dict) else None) or [{}]
    return bool(records[0].get("eventSource") == "aws:dynamodb")


def _window() -> dict[str, Any]:
    return {"shardId": SHARD, "window": {}, "state": {}, "isFinalInvokeForWindow": False,
            "isWindowTerminatedEarly": False}  # fmt: skip


def _is_done_in_part(result: dict[str, Any]) -> bool:
    body = result.get("body")
    return not result.get("error") and isinstance(body, dict) and bool(body.get("batchItemFailures"))


def _failed(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "error": True, "body": {"errorType": "BatchItemFailures", "errorMessage": "done in part"}}
