"""Pages of leads in the order of an index, merged over its partitions; what no key serves is filtered on the way."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.store import keys, transport
from chalicelib.store.leads import Cards, card_of, lead_of

#: Items one request looks at; then it answers with what it has, and a cursor.
MOST_EVALUATED = 2_000
#: Items of a read where many may be filtered out.
FILTERED_READ = 200

Item = Mapping[str, Any]
#: An item with its order, and whether there may be more behind it.
_Read = tuple[str, Item, bool]


@dataclass(frozen=True)
class Partition:
    """A stretch of an index.

    Attributes:
        index: `feed`, `board`, `owner` or `mine`.
        key: of the partition.
        prefix: that all sort keys of the stretch have; what comes behind it is the order.
        first, last: bounds of the order, inclusive.
    """

    index: str
    key: str
    prefix: str = ""
    first: str = "!"
    last: str = "~"


@dataclass(frozen=True)
class Named:
    """Leads that are known by their ids; their order is that of the ids."""

    ids: Sequence[str]


def everything(first: str = "!", last: str = "~") -> Partition:
    """All leads by id, in bounds."""
    return Partition("feed", keys.feed(), "", first, last)


def mine(owner: str | None, first: str = "!", last: str = "~") -> Partition:
    """An owner's leads by id, in bounds."""
    return Partition("mine", keys.owned(owner), "", first, last)


def column(status: str) -> Partition:
    """The leads in a status, by arrival there."""
    return Partition("board", keys.board(status))


def owned_column(owner: str | None, status: str) -> Partition:
    """An owner's leads in a status, by arrival there."""
    return Partition("owner", keys.owned(owner), f"{status}#")


def page(
    stretches: Sequence[Partition | Named],
    *,
    descending: bool,
    limit: int,
    after: str | None = None,
    keep: Callable[[Item], bool] | None = None,
) -> Cards:
    """A page of cards, and under `after` in `next` where the following one begins.

    Args:
        after: order of the last item of the page before.
        keep: whether a lead is wanted; None for all.
    Raises:
        Unavailable.
    """
    size = max(limit, FILTERED_READ) if keep else limit
    merged = _Merged([_read(stretch, descending, after, size) for stretch in stretches], descending)
    cards: list[dict[str, Any]] = []
    for evaluated, (position, item) in enumerate(merged, 1):
        if keep is None or keep(item):
            cards.append(card_of(item))
        if len(cards) == limit or evaluated == MOST_EVALUATED:
            return Cards(cards, {"after": position} if merged.has_more() else None)
    return Cards(cards, None)


def whole(cards: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The leads behind cards, in their order; those that are gone are left out. 100 a request."""
    wanted = [keys.lead(str(card["id"]).removeprefix("lead_")) for card in cards]
    found = transport.batch_get(wanted)
    return [lead_of(found[key]) for key in wanted if key in found]


class _Merged:
    """The items of several stretches in one order. The next item of one is read when its turn has come."""

    def __init__(self, stretches: Sequence[Iterator[_Read]], descending: bool) -> None:
        self._stretches = stretches
        self._descending = descending
        self._heads: list[tuple[_Order, int, _Read]] = []
        self._last_has_more = False

    def __iter__(self) -> Iterator[tuple[str, Item]]:
        for number in range(len(self._stretches)):
            self._pull(number)
        while self._heads:
            _, number, (position, item, self._last_has_more) = heapq.heappop(self._heads)
            yield position, item
            self._pull(number)

    def has_more(self) -> bool:
        """Whether there is, or may be, something behind the last item."""
        return bool(self._heads) or self._last_has_more

    def _pull(self, number: int) -> None:
        found = next(self._stretches[number], None)
        if found:
            heapq.heappush(self._heads, (_Order(found[0], self._descending), number, found))


@dataclass(frozen=True)
class _Order:
    text: str
    descending: bool

    def __lt__(self, other: _Order) -> bool:
        return self.text > other.text if self.descending else self.text < other.text


def _read(stretch: Partition | Named, descending: bool, after: str | None, size: int) -> Iterator[_Read]:
    if isinstance(stretch, Named):
        yield from _read_named(stretch, descending, after)
        return
    first, last = _bounds(stretch, descending, after)
    if first > last:
        return
    values = {":pk": stretch.key, ":first": stretch.prefix + first, ":last": stretch.prefix + last}
    condition = f"#{stretch.index}_pk = :pk AND #{stretch.index}_sk BETWEEN :first AND :last"
    start: Mapping[str, Any] | None = None
    while True:
        found = transport.query(condition, values, index=stretch.index, descending=descending, limit=size, start=start)
        start = found.next
        items = _hydrated(found.items) if stretch.index == "mine" else found.items
        for number, item in enumerate(items, 1):
            order = str(item[f"{stretch.index}_sk"]).removeprefix(stretch.prefix)
            yield order, item, number < len(items) or start is not None
        if start is None:
            return


def _read_named(named: Named, descending: bool, after: str | None) -> Iterator[_Read]:
    ids = sorted(set(named.ids), reverse=descending)
    left = [each for each in ids if after is None or (each < after if descending else each > after)]
    for start in range(0, len(left), 100):
        wanted = [keys.lead(each) for each in left[start : start + 100]]
        found = transport.batch_get(wanted)
        for number, key in enumerate(wanted, start + 1):
            if key in found and "feed_pk" in found[key]:
                yield found[key]["feed_sk"], found[key], number < len(left)


def _hydrated(items: Sequence[Item]) -> list[Item]:
    """The leads themselves, in order: an index may be a moment behind, what is gone is left out."""
    wanted = [(item["pk"], item["sk"]) for item in items]
    found = transport.batch_get(wanted)
    return [found[key] for key in wanted if key in found and "mine_pk" in found[key]]


def _bounds(stretch: Partition, descending: bool, after: str | None) -> tuple[str, str]:
    if after is None:
        return stretch.first, stretch.last
    if descending:
        # the largest text before `after`: orders of one list have the same length
        return stretch.first, min(stretch.last, after[:-1] + chr(ord(after[-1]) - 1) + "~")
    return max(stretch.first, after + "!"), stretch.last
