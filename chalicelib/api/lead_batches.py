"""Many writes of leads in one request, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import orjson

from chalicelib import deadline, log
from chalicelib.api import bodies, problems
from chalicelib.api.http import Answer, Door, Request
from chalicelib.domain.cleaning import inside, wrong_type
from chalicelib.domain.errors import Busy, Invalid

if TYPE_CHECKING:
    from chalicelib.services.lead_batches import Item

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


class _Items(msgspec.Struct, forbid_unknown_fields=True):
    """A batch as it is read: what is wrong with an item is that item's result."""

    items: Annotated[list[Any], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)]


@door.post("/v1/leads/batch", scope="leads:write")
def batch(request: Request) -> Answer:
    """207 with one result per item, in order; one that is refused costs the others nothing."""
    from chalicelib.services import lead_batches

    items = request.json(_Items).items
    lead_batches.check_key(request.write, len(items))
    results, replays = [], set()
    for number, sent in enumerate(items):
        result, replayed = _result(request, number, sent)
        results.append(result)
        if "problem" not in result:
            replays.add(replayed)
    return Answer({"results": results}, 207, replayed=replays == {True})


def _result(request: Request, number: int, sent: object) -> tuple[dict[str, Any], bool]:
    """The result of an item, and whether it is that of an earlier request."""
    from chalicelib.services import lead_batches

    try:
        if deadline.passed():
            raise Busy("There was no time left for this item; send it again")
        item = _item(sent)
        written = lead_batches.perform(item, lead_batches.write_of(request.write, number, item))
    except Exception as error:
        told = Invalid(inside(f"items[{number}]", error.problems)) if isinstance(error, Invalid) else error
        refusal = problems.refusal(told, instance=request.path, request_id=request.id)
        if refusal.status >= 500 and not isinstance(error, Busy):
            log.failure("batch_item_failed", error, number=number)
        return {"status": refusal.status, "problem": refusal.document}, False
    body = orjson.loads(written.body) if written.body else {}
    shown = {name: body[name] for name in ("id", "version", "outcome") if name in body}
    return {"status": written.status, **shown}, written.replayed


def _item(sent: object) -> Item:
    from chalicelib.services.lead_batches import Item

    if not isinstance(sent, dict):
        raise Invalid([wrong_type(sent, "an object")])
    read = bodies.read_struct(sent, BatchItem)
    return Item(read.op, read.id, read.external_id, read.if_version, read.data, read.idempotency_key)
