"""The feed of changes: which leads changed, in the order in which that was noted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib import settings
from chalicelib.domain import ids
from chalicelib.store import keys, transport
from chalicelib.store.transport import Put

KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Fed:
    """Some changes that were noted together.

    Attributes:
        place: grows; its first nine characters are the millisecond.
        leads: ids, in order.
    """

    place: str
    leads: list[str]


def feed(lead_ids: Iterable[str], shard: str, sequence: int, at: datetime) -> Put:
    """Note that leads changed. Refused under `changes`."""
    pk, sk = keys.change(at, shard, sequence)
    item = {
        "pk": pk,
        "sk": sk,
        "type": "changes",
        "leads": list(lead_ids),
        "expires": int((at + KEPT_FOR).timestamp()),
    }
    return Put("changes", item, table=settings.derived_table())


def write(puts: Iterable[Put]) -> None:
    """Write notes by themselves. Raises Unavailable."""
    transport.batch_put((put.item for put in puts), table=settings.derived_table())


def since(place: str, until: datetime) -> Iterator[Fed]:
    """What was noted from `place` on (itself included), oldest first; a request a day and page."""
    day, last = moment_of(place).date(), until.astimezone(UTC).date()
    while day <= last:
        condition, values = "#pk = :pk AND #sk >= :place", {":pk": keys.changes(day), ":place": place}
        for page in transport.pages(condition, values, limit=50, table=settings.derived_table()):
            yield from (Fed(item["sk"], list(item["leads"])) for item in page)
        day += timedelta(days=1)


def place_at(at: datetime) -> str:
    """Behind everything that was noted before a moment."""
    return ids.sortable(at)


def moment_of(place: str) -> datetime:
    """The millisecond of a place. Raises KeyError where it is none."""
    return ids.moment(ids.decode(place[: ids.MILLISECOND_WIDTH]))
