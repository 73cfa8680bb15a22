"""Many creates: packed into batches that the API takes, each with a key that makes it happen once."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.failures import Refused
from cli.lines import Line
from cli.remote import Api

#: What `POST /v1/leads/batch` takes: items, bytes and names of one body, a little less than it does.
MOST_ITEMS, MOST_BYTES, MOST_NAMES = 100, 250_000, 990
#: Around each lead: `op`, `data`, `idempotency_key`.
NAMES_AROUND, BYTES_AROUND = 3, 150
#: Where a batch has a lead: what its problems are named with before the lead's own fields.
_PLACE, _POINTER = re.compile(r"^items\[\d+\]\.data\.?"), re.compile(r"^/items/\d+/data")
#: Of an item that there was no time for: it comes again, until this often in a row nothing was done.
BUSY, MOST_STALLS = 503, 5


@dataclass(frozen=True)
class Result:
    """What became of a line.

    Attributes:
        number: of the line.
        status: as HTTP has it; 400 for what was not sent.
    """

    number: int
    status: int
    answer: Mapping[str, Any]

    @property
    def problem(self) -> Mapping[str, Any] | None:
        """Why there is no lead."""
        return self.answer.get("problem")

    @property
    def outcome(self) -> str:
        """`created`, `attached` …, or `failed`."""
        return "failed" if self.status >= 400 else str(self.answer.get("outcome", "created"))

    def shown(self) -> dict[str, Any]:
        """The result as a line of JSON."""
        return {"line": self.number, "status": self.status, **self.answer}


class Sender:
    """Sends lines.

    Args:
        run_id: makes the keys: the same line in the same run is done once.
        on_duplicate: a batch cannot say it; then each lead is a request of its own.
    """

    def __init__(
        self, api: Api, run_id: str, on_duplicate: str | None, wait: Callable[[float], object] = time.sleep
    ) -> None:
        self.run_id = run_id
        self._api = api
        self._policy = on_duplicate
        self._wait = wait
        self._times: Counter[bytes] = Counter()

    def batches(self, lines: Iterable[Line]) -> Iterator[list[Line]]:
        """The lines in order, as many together as the API takes at once."""
        batch: list[Line] = []
        size = names = 0
        for line in lines:
            more_size, more_names = line.size + BYTES_AROUND, _names(line.data) + NAMES_AROUND
            full = len(batch) >= MOST_ITEMS or size + more_size > MOST_BYTES or names + more_names > MOST_NAMES
            if batch and full:
                yield batch
                batch, size, names = [], 0, 0
            batch.append(line)
            size, names = size + more_size, names + more_names
        if batch:
            yield batch

    def send(self, batch: Sequence[Line]) -> list[Result]:
        """The results in the order of the lines. Raises Remote."""
        keyed = [(line, self._key(line.data)) for line in batch if line.data is not None]
        one_by_one = self._policy is not None
        done = dict(self._singly(keyed) if one_by_one else self._together(keyed))
        return [
            Result(line.number, int(done[line.number].pop("status")), done[line.number])
            if line.number in done
            else Result(line.number, 400, {"problem": line.problem})
            for line in batch
        ]

    def _key(self, data: Mapping[str, Any]) -> str:
        """Of run and content; two equal lines are two leads, in whatever order they come."""
        content = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).digest()
        self._times[content] += 1
        words = f"{self.run_id}\0{self._policy or ''}\0{self._times[content]}\0".encode("utf-8", "surrogatepass")
        return f"leads-{hashlib.sha256(words + content).hexdigest()}"

    def _singly(self, keyed: Iterable[tuple[Line, str]]) -> Iterator[tuple[int, dict[str, Any]]]:
        for line, key in keyed:
            try:
                reply = self._api.post("/v1/leads", line.data, key=key, query=[("on_duplicate", str(self._policy))])
            except Refused as refusal:
                yield line.number, {"status": refusal.status, "problem": refusal.problem}
            else:
                told = {name: reply.body[name] for name in ("id", "version", "outcome") if name in reply.body}
                yield line.number, {"status": reply.status, **told}

    def _together(self, keyed: Sequence[tuple[Line, str]]) -> Iterator[tuple[int, dict[str, Any]]]:
        """All in one request; where one of them spoils it for the others, in halves."""
        left, stalls = list(keyed), 0
        while left:
            items = [{"op": "create", "data": line.data, "idempotency_key": key} for line, key in left]
            try:
                results = self._api.post("/v1/leads/batch", {"items": items}).body["results"]
            except Refused as refusal:
                yield from self._in_halves(left, refusal)
                return
            judged = list(zip(left, map(_of_the_line, results), strict=True))
            busy = [each for each, result in judged if result["status"] == BUSY and stalls < MOST_STALLS]
            yield from ((each[0].number, dict(result)) for each, result in judged if each not in busy)
            stalls = 0 if len(busy) < len(left) else stalls + 1
            left = busy
            if left:
                self._wait(0.5 * 2**stalls)

    def _in_halves(self, keyed: Sequence[tuple[Line, str]], refusal: Refused) -> Iterator[tuple[int, dict[str, Any]]]:
        if len(keyed) == 1:
            yield keyed[0][0].number, {"status": refusal.status, "problem": refusal.problem}
            return
        middle = len(keyed) // 2
        yield from self._together(keyed[:middle])
        yield from self._together(keyed[middle:])


def _of_the_line(result: dict[str, Any]) -> dict[str, Any]:
    """A result whose problems name the line's own fields: who wrote the line knows of no batch."""
    for error in result.get("problem", {}).get("errors", ()):
        error["field"] = _PLACE.sub("", error["field"])
        error["pointer"] = _POINTER.sub("", error["pointer"])
    return result


def _names(value: Any) -> int:
    if isinstance(value, Mapping):
        return len(value) + sum(_names(each) for each in value.values())
    return sum(_names(each) for each in value) if isinstance(value, list) else 0
