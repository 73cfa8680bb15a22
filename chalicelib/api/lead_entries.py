"""What people add to a lead, over HTTP: notes, activities, tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from chalicelib.api import http
from chalicelib.api.bodies import timely
from chalicelib.api.http import Answer, Door, Request
from chalicelib.domain.errors import Invalid
from chalicelib.domain.problems import problem
from chalicelib.domain.times import rfc3339
from chalicelib.services import existing

door = Door()

LONGEST_TEXT = 20_000


class NewNote(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody notes."""

    text: str


class NewActivity(msgspec.Struct, forbid_unknown_fields=True):
    """A call, mail or meeting that somebody had.

    Attributes:
        direction: `out` is an answer of ours.
        at: when it was.
    """

    type: Literal["call", "email", "meeting"]
    at: datetime
    text: str = ""
    direction: Literal["in", "out"] | None = None


@door.post("/v1/leads/{lead_id}/notes", scope="leads:write")
def note(request: Request, lead_id: str) -> Answer:
    """A note on the timeline."""
    from chalicelib.services import notes

    text = _text(request.json(NewNote).text, needed=True)
    return http.of_write(notes.add(existing.own_part(lead_id), "note", {"text": text}, request.write))


@door.post("/v1/leads/{lead_id}/activities", scope="leads:write")
def activity(request: Request, lead_id: str) -> Answer:
    """A call, mail or meeting on the timeline; the first outgoing one is the first response."""
    from chalicelib.services import notes

    sent = request.json(NewActivity)
    at = timely(sent.at, "at")
    data = {"direction": sent.direction, "text": _text(sent.text), "occurred_at": rfc3339(at)}
    told = {name: value for name, value in data.items() if value}
    responded = min(at, request.now) if sent.direction == "out" else None
    return http.of_write(notes.add(existing.own_part(lead_id), sent.type, told, request.write, responded_at=responded))


@door.post("/v1/leads/{lead_id}/tasks", scope="leads:write")
def task(request: Request, lead_id: str) -> Answer:
    """Something to do about the lead."""
    from chalicelib.services import tasks

    return http.of_write(tasks.create(existing.own_part(lead_id), request.json(), request.write))


def _text(text: str, *, needed: bool = False) -> str:
    if needed and not text.strip():
        raise Invalid([problem("text", "required")])
    if len(text) > LONGEST_TEXT:
        raise Invalid([problem("text", "too_long", text, limit=LONGEST_TEXT)])
    if any(0xD800 <= ord(sign) <= 0xDFFF or sign == "\0" for sign in text):
        raise Invalid([problem("text", "invalid_text", text)])
    return text.strip()
