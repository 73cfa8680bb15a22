"""Webhooks of telephone systems: verified in the provider's own way, then received like anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.api.http import PUBLIC, Answer, Door, Request
from chalicelib.domain.errors import Unauthenticated
from chalicelib.domain.inbound import Raw
from chalicelib.services import workspace

if TYPE_CHECKING:
    from chalicelib.services.intake import Settled

door = Door()


@door.post("/hooks/{provider}/{channel_id}", scope=PUBLIC, query=None, raw=True)
def receive(request: Request, provider: str, channel_id: str) -> Answer:
    """200 with one outcome per event; 401 without a hint where it is not the provider who calls."""
    # each door imports its own readers, and not before it is used: a cold start pays for one
    from chalicelib.services import intake
    from chalicelib.sources import read, telephony

    channel = workspace.channel(channel_id, request.now)
    if not channel or channel.get("provider") != provider or not _is_genuine(request, provider, channel):
        raise Unauthenticated("This delivery cannot be verified", code="delivery_not_verified")
    raw = Raw(
        source=str(channel["kind"]),
        detail=channel_id,
        external_id="",
        received_at=request.now,
        body=request.body,
        content_type=request.headers.get("content-type", ""),
        meta={"provider": provider},
    )
    outcomes = []
    for position, external_id in enumerate(telephony.identities(raw)):
        event = replace(raw, external_id=external_id, meta={**raw.meta, "event": str(position)})
        outcomes.append(_shown(intake.receive(event, read, request.now)))
    return Answer({"outcomes": outcomes})


def _is_genuine(request: Request, provider: str, channel: Mapping[str, Any]) -> bool:
    from chalicelib.sources import telephony

    adapter = telephony.PROVIDERS.get(provider)
    delivery = telephony.Request(
        method=request.method,
        url=request.base_url + request.path,
        headers={name.lower(): value for name, value in request.headers.items()},
        query={name: values[0] for name, values in request.query.items() if len(values) == 1},
        body=request.body,
    )
    return adapter is not None and adapter.verify(delivery, channel)


def _shown(settled: Settled) -> dict[str, Any]:
    outcome = "duplicate" if settled.repeated else settled.outcome
    lead = f"lead_{settled.lead}" if settled.lead else None
    return {
        "receipt_id": f"rcp_{settled.receipt}",
        "outcome": outcome,
        "lead_id": lead,
        "reason": settled.reason,
    }
