"""Whether the function answers at all; asks nothing of the tables."""

from __future__ import annotations

from chalicelib.api.http import PUBLIC, Answer, Door, Request

door = Door()


@door.get("/health", scope=PUBLIC)
def show(request: Request) -> Answer:
    """`{"status": "ok"}`."""
    return Answer({"status": "ok"})
