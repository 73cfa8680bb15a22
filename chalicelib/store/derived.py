"""What the stream's consumer keeps beside what it derives: checkpoints and the recount's flag; and the gauges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib import settings
from chalicelib.domain import ids
from chalicelib.domain.derived import COUNTING, IDLE, WRITING, Change, Notes, Recounting
from chalicelib.domain.gauges import COUNT, Column, Tally
from chalicelib.domain.lead import Lead
from chalicelib.domain.times import parse, rfc3339
from chalicelib.store import items, keys, leads, transport
from chalicelib.store.transport import Action, Check, Delete, Put, Update

CONSUMER = "derive"
#: The stream keeps its records for a day.
CHECKPOINT_FOR = timedelta(days=7)
NOTES_FOR = timedelta(days=3)
_SUM = "sum_"


# ── the stream ────────────────────────────────────────────────────────────────────────────────────────────────────


def change_of(record: Mapping[str, Any], at: datetime) -> Change | None:
    """A record of the stream, as Lambda hands it over; None if it is not about a lead.

    Args:
        at: aware, UTC; `ApproximateCreationDateTime`.
    """
    told = record["dynamodb"]
    pk, sk = told["Keys"]["pk"]["S"], told["Keys"]["sk"]["S"]
    if sk != keys.LEAD_SORT or not pk.startswith("L#"):
        return None
    before, after = (_lead_of(told.get(name)) for name in _IMAGES)
    return Change(int(told["SequenceNumber"]), at, pk.removeprefix("L#"), before, after)


_IMAGES = ("OldImage", "NewImage")


def _lead_of(image: Mapping[str, Any] | None) -> Lead | None:
    """The lead in an image; None where there is none, or only the mark of one that was purged."""
    item = items.decode(image) if image else {}
    return leads.lead_of(item) if item.get("type") == "lead" else None


# ── checkpoint and flag ───────────────────────────────────────────────────────────────────────────────────────────


def standing(shard: str) -> tuple[int | None, Recounting]:
    """How far the shard was followed (None: not yet), and whether a recount is at work; read consistently."""
    place = keys.checkpoint(CONSUMER, shard)
    found = transport.batch_get([place, keys.RECOUNT], consistent=True, table=settings.derived_table())
    checkpoint = found.get(place)
    return int(checkpoint["sequence"]) if checkpoint else None, _recounting_of(found.get(keys.RECOUNT))


def recounting() -> Recounting:
    """Whether a recount is at work, read consistently."""
    return _recounting_of(transport.get(keys.RECOUNT, table=settings.derived_table()))


def move_on(shard: str, seen: int | None, sequence: int, at: datetime) -> Update:
    """The shard is followed up to `sequence`, if it still stands at `seen`. Refused under `checkpoint`."""
    values: dict[str, Any] = {
        ":type": "checkpoint",
        ":sequence": str(sequence),
        ":expires": _expires(at + CHECKPOINT_FOR),
    }
    condition = "attribute_not_exists(pk)"
    if seen is not None:
        condition, values[":seen"] = "#sequence = :seen", str(seen)
    return Update(
        "checkpoint",
        keys.checkpoint(CONSUMER, shard),
        "SET #type = :type, #sequence = :sequence, #expires = :expires",
        condition,
        values,
        settings.derived_table(),
    )


def still(seen: Recounting) -> Check:
    """The transaction holds only while the flag is as `seen`. Refused under `recount`."""
    condition, values = _as_seen(seen)
    return Check("recount", keys.RECOUNT, condition, values, settings.derived_table())


def set_recounting(seen: Recounting, after: Recounting) -> Put:
    """The flag as a recount leaves it, if it is still as `seen`. Refused under `recount`."""
    condition, values = _as_seen(seen)
    item = {
        "pk": keys.RECOUNT[0],
        "sk": keys.RECOUNT[1],
        "type": "recount",
        "epoch": after.epoch,
        "state": after.state,
        "until": rfc3339(after.until) if after.until else None,
        "noted": after.noted,
        "buckets": after.buckets,
        "noted_until": rfc3339(after.noted_until) if after.noted_until else None,
    }
    return Put("recount", item, condition, values, settings.derived_table())


def _as_seen(seen: Recounting) -> tuple[str, dict[str, Any]]:
    if not seen.epoch:
        return "attribute_not_exists(pk)", {}
    return "#epoch = :epoch AND #state = :state", {":epoch": seen.epoch, ":state": seen.state}


def _recounting_of(item: Mapping[str, Any] | None) -> Recounting:
    if not item:
        return Recounting()
    assert item["state"] in (IDLE, COUNTING, WRITING)
    times = {name: parse(item[name]) for name in ("until", "noted_until") if name in item}
    return Recounting(item["epoch"], item["state"], noted=item["noted"], buckets=item["buckets"], **times)


# ── notes of a recount ────────────────────────────────────────────────────────────────────────────────────────────


def bucket_of(lead_id: str, buckets: int) -> int:
    """In which item a lead's version is noted."""
    return ids.decode(lead_id) % buckets


def note(epoch: int, buckets: int, version_by_lead: Mapping[str, int], at: datetime) -> None:
    """Write at which versions a recount has counted the leads. Raises Unavailable."""
    versions: list[dict[str, int]] = [{} for _ in range(buckets)]
    for lead_id, version in version_by_lead.items():
        versions[bucket_of(lead_id, buckets)][lead_id] = version
    transport.batch_put(
        (
            _noted_item(keys.noted(epoch, number), at, {"versions": noted})
            for number, noted in enumerate(versions)
            if noted
        ),
        table=settings.derived_table(),
    )


def notes_on(lead_ids: Iterable[str], recounting: Recounting) -> Notes:
    """What the recount in force knows of some leads, read consistently."""
    epoch, wanted = recounting.noted, sorted(set(lead_ids))
    places = [keys.begun(epoch, lead_id) for lead_id in wanted]
    if recounting.buckets:
        places += [keys.noted(epoch, bucket_of(lead_id, recounting.buckets)) for lead_id in wanted]
    found = transport.batch_get(places, consistent=True, table=settings.derived_table())
    versions: dict[str, int] = {}
    for item in found.values():
        versions |= item.get("versions", {})
    return Notes(versions, frozenset(lead_id for lead_id in wanted if keys.begun(epoch, lead_id) in found))


def note_begun(epoch: int, lead_id: str, at: datetime) -> Put:
    """A lead's first version was counted after the recount. Refused under `begun`."""
    item = _noted_item(keys.begun(epoch, lead_id), at, {})
    return Put(f"begun:{lead_id}", item, "", {}, settings.derived_table())


def _noted_item(place: tuple[str, str], at: datetime, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"pk": place[0], "sk": place[1], "type": "note", "expires": _expires(at + NOTES_FOR), **more}


# ── gauges ────────────────────────────────────────────────────────────────────────────────────────────────────────


def add(column: Column, tally: Mapping[str, int]) -> Update:
    """Let counters of a column move."""
    names = {(COUNT if name == COUNT else _SUM + name): number for name, number in sorted(tally.items())}
    expression = "SET #type = :type ADD " + ", ".join(f"#{name} :{name}" for name in names)
    values = {":type": "gauge", **{f":{name}": number for name, number in names.items()}}
    return Update(_gauge_name(column), keys.gauge(*column), expression, "", values, settings.derived_table())


def replace(column: Column, tally: Mapping[str, int]) -> Action:
    """The counters of a column as they were recounted."""
    if not tally:
        return Delete(_gauge_name(column), keys.gauge(*column), "", {}, settings.derived_table())
    return Put(_gauge_name(column), gauge_of(column, tally), "", {}, settings.derived_table())


def gauge_of(column: Column, tally: Mapping[str, int]) -> dict[str, Any]:
    """The counters of a column as an item."""
    pk, sk = keys.gauge(*column)
    sums = {_SUM + name: number for name, number in tally.items() if name != COUNT}
    return {"pk": pk, "sk": sk, "type": "gauge", COUNT: tally.get(COUNT, 0), **sums}


def board(whose: str) -> dict[str, Tally]:
    """The counters of all columns of a board, by status; eventually consistent, one request."""
    tallies: dict[str, Tally] = {}
    for page in transport.pages("#pk = :pk", {":pk": keys.gauges(whose)}, table=settings.derived_table()):
        tallies |= {item["sk"]: tally_of(item) for item in page}
    return tallies


def column_of(item: Mapping[str, Any]) -> Column:
    """Of which column an item of the type `gauge` is."""
    return str(item["pk"]).removeprefix("G#"), str(item["sk"])


def tally_of(item: Mapping[str, Any]) -> Tally:
    """The counters that an item of the type `gauge` holds."""
    sums = {name.removeprefix(_SUM): number for name, number in item.items() if name.startswith(_SUM)}
    return {COUNT: item.get(COUNT, 0), **sums}


def _gauge_name(column: Column) -> str:
    return f"gauge:{column[0]}/{column[1]}"


# ── the whole table ───────────────────────────────────────────────────────────────────────────────────────────────


def everything() -> Iterator[list[dict[str, Any]]]:
    """All derived data, page by page, read consistently. Only recount and doctor may do this."""
    return transport.scan_pages(table=settings.derived_table())


def forget_checkpoints(found: Iterable[Mapping[str, Any]]) -> None:
    """Remove checkpoints: the stream begins anew. Raises Unavailable."""
    for item in found:
        transport.delete((item["pk"], item["sk"]), table=settings.derived_table())


def _expires(at: datetime) -> int:
    return int(at.timestamp())
