"""Many writes of leads in one request: each its own transaction, with its own answer."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import external_ids
from chalicelib.domain.caller import Caller
from chalicelib.domain.cleaning import inside
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.idempotency import Idempotency, idempotency
from chalicelib.domain.problems import problem
from chalicelib.domain.write import Write
from chalicelib.services import answering, existing, lead_changes, leads, upserts
from chalicelib.services.answering import Written


@dataclass(frozen=True)
class Item:
    """One write of a batch.

    Attributes:
        op: `create`, `update`, `upsert` or `delete`.
        id: `lead_…`; or `external_id` as `system:id`.
        if_version: the only version that may be changed.
        key: an Idempotency-Key for this write alone.
    """

    op: str
    id: str | None = None
    external_id: str | None = None
    if_version: int | None = None
    data: Mapping[str, Any] | None = None
    key: str | None = None


def check_key(whole: Write, items: int) -> None:
    """Raise KeyReused where the batch's key stands for another body, as far as any of these items was done under it."""
    key = whole.idempotency
    answering.refuse_another(whole, [_derived(key, number).key_hash for number in range(items)] if key else ())


def write_of(whole: Write, number: int, item: Item) -> Write:
    """The write of one item: named after the batch, with its own key, or one made of the batch's if that has one."""
    return replace(
        whole,
        request_id=f"{whole.request_id}#{number}",
        idempotency=_own(whole, item) if item.key else whole.idempotency and _derived(whole.idempotency, number),
        versions=None if item.if_version is None else frozenset({item.if_version}),
    )


def perform(item: Item, write: Write) -> Written:
    """One item. Raises what the single operations raise, problems named from the item's own members on."""
    data = item.data or {}
    match item.op:
        case "create":
            with _below_data():
                return leads.create(data, sent=json.dumps(data).encode(), write=write, policy=None)
        case "upsert":
            named = _external(item)
            with _below_data():
                return upserts.upsert(*named, data, sent=json.dumps(data).encode(), write=write)
        case "update":
            lead_id = _lead_of(item, write.caller)
            with _below_data():
                return lead_changes.edit(lead_id, data, write)
        case _:
            return lead_changes.delete(_lead_of(item, write.caller), write)


@contextlib.contextmanager
def _below_data() -> Iterator[None]:
    try:
        yield
    except Invalid as error:
        raise Invalid(inside("data", error.problems)) from error


def _lead_of(item: Item, viewer: Caller) -> str:
    if item.id:
        return existing.own_part(item.id)
    lead = existing.of_external_id(*_external(item), viewer)
    if lead is None:
        raise NotFound("There is no lead with this id", code="lead_not_found")
    return lead.id


def _external(item: Item) -> tuple[str, str]:
    if not item.external_id:
        raise Invalid([problem("external_id" if item.op == "upsert" else "id", "required")])
    return external_ids.read(item.external_id)


def _own(whole: Write, item: Item) -> Idempotency:
    said = [item.op, item.id, item.external_id, item.if_version, item.data]
    body = json.dumps(said, sort_keys=True).encode()
    return idempotency(whole.caller, item.key or "", method="POST", path="/v1/leads/batch", query=(), body=body)


def _derived(key: Idempotency, number: int) -> Idempotency:
    return Idempotency(hashlib.sha256(f"{key.key_hash}#{number}".encode()).hexdigest(), key.fingerprint)
