"""One write that somebody asked for: who, under which request, at what time, and under which conditions."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import PreconditionFailed
from chalicelib.domain.idempotency import Idempotency


@dataclass(frozen=True)
class Write:
    """What a service is told of a request that changes something.

    Attributes:
        request_id: names the delivery; a repetition by the client is another one.
        at: aware, UTC.
        versions: that the record may have (`If-Match`); None is any.
    """

    caller: Caller
    request_id: str
    at: datetime
    idempotency: Idempotency | None = None
    versions: Set[int] | None = None

    @property
    def origin(self) -> str:
        """What everything made by this request carries."""
        return f"req_{self.caller.id}/{self.request_id}"

    def check_version(self, version: int, current: object) -> None:
        """Raise PreconditionFailed with the `current` record, unless the caller may change this version of it."""
        if self.versions is not None and version not in self.versions:
            raise PreconditionFailed(
                f"The record is at version {version} by now", code="version_mismatch", extra={"current": current}
            )
