"""Many writes of leads in one request, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import orjson

from chalicelib import deadline, log
from chalicelib.api import problems
from chalicelib.api.http import Answer, Door, Request
from chalicelib.domain.errors import Busy

door = Door()

MOST_ITEMS = 100
_KEY = msgspec.Meta(
    # `$` alone would let a line break pass in Python, and clients know no `\Z`
    pattern="^[!-~]{1,255}(?![^!-~])$",
    description="As the header, for this item alone: it is done once, whatever batch it comes again in.",
    examples=["order-4711"],
)


class BatchItem(msgspec.Struct, forbid_unknown_fields=True):
    """One write. `external_id` reads `system:id`; `if_version` is the only version that may be changed."""

    op: Literal["create", "update", "upsert", "delete"]
    id: str | None = None
    external_id: str | None = None
    if_version: int | None = None
    data: dict[str, Any] | None = None
    idempotency_key: Annotated[str, _KEY] | None = None


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """At most 100 writes, done in order."""

    items: Annotated[list[BatchItem], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)]


@door.post("/v1/leads/batch", scope="leads:write")
def batch(request: Request) -> Answer:
    """207 with one result per item, in order; one that is refused costs the others nothing."""
    items = request.json(Batch).items
    return Answer({"results": [_result(request, number, item) for number, item in enumerate(items)]}, 207)


def _result(request: Request, number: int, sent: BatchItem) -> dict[str, Any]:
    from chalicelib.services import lead_batches

    item = lead_batches.Item(sent.op, sent.id, sent.external_id, sent.if_version, sent.data, sent.idempotency_key)
    try:
        if deadline.passed():
            raise Busy("There was no time left for this item; send it again")
        written = lead_batches.perform(item, lead_batches.write_of(request.write, number, item))
    except Exception as error:
        refusal = problems.refusal(error, instance=request.path, request_id=request.id)
        if refusal.status >= 500 and not isinstance(error, Busy):
            log.failure("batch_item_failed", error, number=number)
        return {"status": refusal.status, "problem": refusal.document}
    body = orjson.loads(written.body) if written.body else {}
    told = {name: body[name] for name in ("id", "version", "outcome") if name in body}
    return {"status": written.status, **told}
