"""Corrections of MiniStack 1.5.33, one per file, each with what upstream does and a test in tests/cloud."""

from __future__ import annotations

from localcloud.patches import (
    binary_media_types,
    function_logs,
    gateway_paths,
    gateway_responses,
    integration_failures,
    mock_integrations,
    object_durability,
    object_expiry,
    queue_races,
    stream_batches,
    stream_positions,
    worker_code,
    worker_log_wait,
    worker_orphans,
)

#: Applied in this order, after the import of MiniStack and before its state is loaded.
PATCHES = (
    binary_media_types,
    function_logs,
    gateway_paths,
    gateway_responses,
    integration_failures,
    mock_integrations,
    object_durability,
    object_expiry,
    queue_races,
    stream_batches,
    stream_positions,
    worker_code,
    worker_log_wait,
    worker_orphans,
)


def apply() -> None:
    for patch in PATCHES:
        patch.apply()
