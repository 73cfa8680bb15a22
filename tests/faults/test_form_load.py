"""1,000 posts, 50 at a time, a tenth of them sent twice, while the table throttles, times out and fails: all are there.

Where the wire fails, which of fifty goes next, and who sends twice are drawn by a seed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

import pytest

from chalicelib.services import workspace
from chalicelib.store import records
from tests import wire
from tests.api.client import Client
from tests.faults.entries import app, settle
from tests.faults.harness import KINDS, can_happen
from tests.faults.interleave import run_once
from tests.faults.world import World
from tests.wire import Call, Reply

AT_ONCE = 50
#: Share of the posts that repeat the key and the values of an earlier one, and of the wire calls that go wrong.
REPEATED, FAILING = 0.1, 0.15
TROUBLE = tuple(kind for kind in KINDS if not kind.startswith("crash"))
#: How often a visitor sends again who was told to come again.
MOST_TRIES = 4


@dataclass
class Weather:
    """A layer for `tests.wire`: now and then a call goes wrong."""

    random: Random
    struck: Counter[str] = field(default_factory=Counter)

    def __call__(self, call: Call, go: Callable[[], Reply]) -> Reply:
        kind = self.random.choice(TROUBLE) if self.random.random() < FAILING else ""
        if not kind or not can_happen(kind, call.operation):
            return go()
        self.struck[kind] += 1
        return KINDS[kind](call, go)


@dataclass(frozen=True)
class Visitor:
    """Somebody who fills in the form once; whoever sends twice is the same one."""

    number: int

    def post(self) -> tuple[int, dict[str, object]]:
        """Send until it is taken, like a script that was told to come again. Returns the last status and body."""
        name, ip = f"Besuch {self.number:04}", f"203.0.{self.number // 200}.{self.number % 200}"
        body = urlencode({"name": name, "email": f"besuch{self.number}@example.de", "_key": f"k{self.number}"}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        for _ in range(MOST_TRIES):
            reply = Client(app()).post("/f/frm_demo", body=body, headers=headers, ip=ip)
            if reply.status != 503:
                break
        return reply.status, json.loads(reply.body)


@pytest.mark.parametrize("posts", [200, pytest.param(1_000, marks=pytest.mark.long)])
def test_posts_at_once_in_bad_weather_are_all_there_and_none_twice(world: World, posts: int) -> None:
    records.put("FORM", "frm_demo", {"name": "Demo"})
    workspace.forget()
    random = Random(f"{posts} posts")
    distinct = int(posts * (1 - REPEATED))
    visitors = [Visitor(number) for number in range(distinct)]
    visitors += [Visitor(random.randrange(distinct)) for _ in range(posts - distinct)]
    random.shuffle(visitors)
    weather = Weather(random)

    answers: list[tuple[Visitor, tuple[int, dict[str, object]]]] = []
    with wire.standing_at_the_wire(weather):
        for start in range(0, posts, AT_ONCE):
            batch = visitors[start : start + AT_ONCE]
            run = run_once([visitor.post for visitor in batch], random.choice)
            answers += zip(batch, run.results, strict=True)
        settle(world)
    settle(world)

    receipts = {f"rcp_{item['pk'].removeprefix('R#')}": item for item in world.of_type("receipt")}
    told = {(visitor, status, str(body.get("receipt_id"))) for visitor, (status, body) in answers}
    leads = Counter(lead["name"] for lead in world.of_type("lead"))
    lost, twice = distinct - len(leads), leads.total() - len(leads)
    print(f"{posts} posts, {AT_ONCE} at a time, {posts - distinct} of them again, {weather.struck.total()} calls fail")
    print(f"{len(receipts)} receipts of {distinct} keys, {lost} lost, {twice} twice")
    assert {status for _, status, _ in told} == {200}
    assert len(told) == distinct  # equal keys, equal answers
    assert {receipt for *_, receipt in told} == receipts.keys()
    assert Counter(receipt["outcome"] for receipt in receipts.values()) == {"created": distinct}
    assert leads == {f"Besuch {number:04}": 1 for number in range(distinct)}
    assert weather.struck.keys() == set(TROUBLE)
    assert world.violations() == []
