"""The ledger over HTTP: receipts, their raw, replay, release, and the sums."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from chalicelib.api import cursors
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import MOMENT, PAGE, choice
from chalicelib.domain import ids, receipt
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.inbound import OUTCOMES
from chalicelib.domain.problems import problem
from chalicelib.services import ledger, workspace
from chalicelib.store import files, receipts

door = Door()

PERIOD = timedelta(days=30)
#: Bytes of a raw shown in the answer; larger ones are a link that expires.
MOST_SHOWN = 3 * 1024 * 1024
FILTERS = {
    "source": choice(*receipt.WAYS),
    "outcome": choice(receipt.PENDING, *OUTCOMES),
    "since": MOMENT,
    "until": MOMENT,
}


@door.get("/v1/intake/receipts", scope="ledger:read", query={**PAGE, **FILTERS})
def newest(request: Request) -> Answer:
    """Receipts newest first; a page is short only where very many others lie between."""
    secret = workspace.cursor_secret(request.now)
    since, until = _period(request, ids.EPOCH)
    found = receipts.newest(
        since,
        until,
        outcome=request.params["outcome"],
        source=request.params["source"],
        limit=request.params["limit"],
        start=cursors.start_of(request, secret),
    )
    listed = [receipt.shown(each) for each in found.receipts]
    return Answer({"data": listed, "next_cursor": cursors.next_of(request, found.next, secret)})


@door.get("/v1/intake/receipts/{receipt_id}", scope="ledger:read")
def show(request: Request, receipt_id: str) -> Answer:
    """The receipt and the raw as it was received."""
    found = receipts.get(_own_part(receipt_id))
    if found is None:
        raise NotFound("There is no such receipt")
    return Answer({**receipt.shown(found), "content_type": found.content_type or None, "meta": dict(found.meta),
                   "raw": _raw(found)})  # fmt: skip


@door.post("/v1/intake/receipts/{receipt_id}/replay", scope="ledger:write")
def replay(request: Request, receipt_id: str) -> Answer:
    """Run a pending receipt again; without effect where the outcome stands."""
    from chalicelib.services import intake
    from chalicelib.sources import read

    intake.replay(_own_part(receipt_id), read, request.now)
    return _shown(receipt_id)


@door.post("/v1/intake/receipts/{receipt_id}/release", scope="ledger:write")
def release(request: Request, receipt_id: str) -> Answer:
    """Let something quarantined, or kept for a person, into the intake with its original time."""
    from chalicelib.services import intake
    from chalicelib.sources import read

    intake.release(_own_part(receipt_id), read, request.now)
    return _shown(receipt_id)


@door.get("/v1/intake/reconciliation", scope="ledger:read", query={"since": MOMENT, "until": MOMENT})
def reconcile(request: Request) -> Answer:
    """Received = Σ outcomes + pending, and whatever is unaccounted for."""
    since, until = _period(request, request.now - PERIOD)
    return Answer(ledger.reconciliation(since, until, request.now))


def _period(request: Request, earliest: datetime) -> tuple[datetime, datetime]:
    """`since` and `until`; without the latter, what is received in this very second belongs to it."""
    since = request.params["since"] or earliest
    until = request.params["until"] or request.now + timedelta(minutes=1)
    if since >= until:
        raise Invalid([problem("since", "out_of_range", since.isoformat(), range="before 'until'")])
    return since, until


def _shown(receipt_id: str) -> Answer:
    found = receipts.get(_own_part(receipt_id))
    if found is None:
        raise NotFound("There is no such receipt")
    return Answer(receipt.shown(found))


def _raw(found: receipt.Receipt) -> dict[str, Any]:
    if found.body is None and found.body_object:
        role, key = found.body_object
        if files.describe(role, key) is None:
            key = files.kept_key(key, found.id, found.received_at)
        return {"link": files.link(role, key)}
    body = found.body or b""
    if len(body) > MOST_SHOWN:
        return {"base64": base64.b64encode(body[:MOST_SHOWN]).decode(), "cut": True, "bytes": len(body)}
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def _own_part(receipt_id: str) -> str:
    text = ids.strip(receipt_id, "rcp", 16)
    if text is None:
        raise NotFound("There is no such receipt")
    return text
