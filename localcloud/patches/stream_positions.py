"""A stream consumer starts at the beginning of its stream after a restart.

Upstream (ministack 1.5.33): `services/lambda_svc.py` saves the position of each DynamoDB stream consumer
(`dynamodb_stream_positions` of `get_state`), but `services/dynamodb.py` does not save the records, so the stream begins
at 0 again and as many records as were read before are skipped silently. A consumer without position is no better off:
`_poll_dynamodb_streams` puts one that starts at LATEST behind the first record it meets.
"""

from __future__ import annotations


def apply() -> None:
    from ministack.services import lambda_svc

    restore_state = lambda_svc._restore_state

    def restore_and_rewind(data: dict) -> None:
        restore_state(data)
        lambda_svc._dynamodb_stream_positions._data.clear()
        for account, region, mapping in lambda_svc._iter_all_esms():
            source = mapping.get("EventSourceArn", "")
            if ":dynamodb:" in source and "/stream/" in source:
                lambda_svc._dynamodb_stream_positions.set_scoped(account, region, mapping["UUID"], 0)

    lambda_svc._restore_state = restore_and_rewind
