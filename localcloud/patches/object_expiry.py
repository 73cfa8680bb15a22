"""Objects end after the days that their bucket's lifecycle gives them.

Upstream (ministack 1.5.33): `services/s3.py` keeps what PutBucketLifecycleConfiguration says (`_bucket_lifecycle`),
gives it back, and never acts on it. Here whole days of `Expiration` hold, looked after with a request to S3, at most
once a minute; a rule's other filters than its prefix, transitions and older versions are not looked at.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

#: Seconds between two looks.
PAUSE = 60


def apply() -> None:
    from ministack.services import s3

    go_on = s3.handle_request
    looked_at = -float(PAUSE)

    async def expire_and_go_on(*arguments: Any, **named: Any) -> tuple[Any, ...]:
        nonlocal looked_at
        if time.monotonic() - looked_at >= PAUSE:
            looked_at = time.monotonic()
            _expire(datetime.now(UTC))
        answer: tuple[Any, ...] = await go_on(*arguments, **named)
        return answer

    s3.handle_request = expire_and_go_on


def _expire(now: datetime) -> None:
    from ministack.services import s3

    for bucket, rules in list(s3._bucket_lifecycle.items()):
        for prefix, days in _days(rules):
            objects = s3._buckets[bucket]["objects"]
            over = [key for key, each in objects.items() if key.startswith(prefix) and _age(each, now) > days]
            for key in over:
                s3._delete_object(bucket, key)


def _days(rules: Any) -> list[tuple[str, timedelta]]:
    """(prefix, how long) of the rules that are in force; rules that could not be read are kept as text."""
    found = []
    for rule in rules if isinstance(rules, list) else ():
        days = (rule.get("Expiration") or {}).get("Days")
        prefix = rule.get("Prefix") or (rule.get("Filter") or {}).get("Prefix") or ""
        if days and rule.get("Status") == "Enabled":
            found.append((prefix, timedelta(days=int(days))))
    return found


def _age(each: dict[str, Any], now: datetime) -> timedelta:
    return now - datetime.fromisoformat(each["last_modified"].replace("Z", "+00:00"))
