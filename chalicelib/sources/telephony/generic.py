"""Calls of any system that can send JSON: `{"call_id", "event", "direction", "from", "to", "at", "duration"?}`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.inbound import Raw
from chalicelib.sources.telephony.provider import EVENTS, CallEvent, Provider, Request, json_object, same, text_of


class Generic(Provider):
    """The form is ours; the random key in the address says that the sender was given it by us."""

    name = "generic"
    events_by_word: Mapping[str, str] = {event: event for event in EVENTS}
    directions_by_word: Mapping[str, str] = {
        "in": "in",
        "inbound": "in",
        "incoming": "in",
        "out": "out",
        "outbound": "out",
        "outgoing": "out",
    }

    def verify(self, request: Request, channel: Mapping[str, Any]) -> bool:
        """Whether `?key=` is the channel's."""
        return same(request.query.get("key", ""), str(channel.get("key") or ""))

    def parse(self, raw: Raw) -> list[CallEvent]:
        """The one event of a delivery."""
        sent = json_object(raw.body)
        return [
            CallEvent(
                call_id=text_of(sent.get("call_id")),
                event=self.event_of(sent.get("event")),
                word=text_of(sent.get("event"), 40),
                direction=self.direction_of(sent.get("direction")),
                caller=text_of(sent.get("from"), 100),
                called=text_of(sent.get("to"), 100),
                at=_moment(sent.get("at")),
                duration=_seconds(sent.get("duration")),
            )
        ]


#: Larger numbers are milliseconds since 1970: as seconds, this is the year 5138.
_MOST_SECONDS = 10**11


def _moment(value: object) -> datetime | None:
    """RFC 3339, or seconds or milliseconds since 1970, also as text; without an offset it is UTC."""
    try:
        if isinstance(value, str) and value.strip().isdecimal() and 9 <= len(value.strip()) <= 13:
            value = int(value)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip().replace("z", "Z"))
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) >= _MOST_SECONDS else value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _seconds(value: object) -> int | None:
    """Whole seconds from a number or its text; None when it is none."""
    try:
        seconds = int(float(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < 10**7 else None
