"""An object that cannot be written to the disk is not acknowledged.

Upstream (ministack 1.5.33): `services/s3.py`, `_persist_object` logs a warning when the disk is full or the file cannot
be written, and PutObject answers 200; the object is gone with the process.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    from ministack.services import s3

    atomic_write = s3._atomic_write
    persist_object = s3._persist_object

    def persist_or_fail(bucket: str, key: str, obj: Any) -> None:
        failures: list[Exception] = []

        def remembering_write(*arguments: Any, **named: Any) -> Any:
            try:
                return atomic_write(*arguments, **named)
            except Exception as error:
                failures.append(error)
                raise

        s3._atomic_write = remembering_write
        try:
            persist_object(bucket, key, obj)
        finally:
            s3._atomic_write = atomic_write
        if failures:
            raise failures[0]

    s3._persist_object = persist_or_fail
