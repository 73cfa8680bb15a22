"""What became of a call, told from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def call_result(events: Iterable[Mapping[str, Any]]) -> str:
    """What became of a call: `answered`, `voicemail`, `missed`, `ended` or `ringing`.

    Args:
        events: the entries of its events in any order, twice or with gaps: `{"event", "duration"?, …}`.
    """
    heard = [dict(event) for event in events]
    happened = {event.get("event") for event in heard}
    spoken = any(event.get("event") == "ended" and (event.get("duration") or 0) > 0 for event in heard)
    if "voicemail" in happened:
        return "voicemail"
    # A duration alone does not say that anybody answered: some systems count the announcement.
    if "answered" in happened or (spoken and "missed" not in happened):
        return "answered"
    if "missed" in happened:
        return "missed"
    return "ended" if "ended" in happened else "ringing"
