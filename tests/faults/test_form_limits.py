"""Posts at the very same moment: none is lost, none is counted as none, and a proof is good once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from chalicelib.services import workspace
from chalicelib.store import form_marks, records
from tests.faults import form_stories
from tests.faults.entries import AENNE, JOERG, form, over_http, settle, told
from tests.faults.interleave import all_orders, at_once, run_once, sampled
from tests.faults.model import Sent
from tests.faults.world import World

ADDRESS = "0123456789abcdef"


def counting(world: World, per_minute: int, at_most: int) -> Callable[[], str]:
    """One more post of the address."""
    now = world.clock.now()
    return lambda: form_marks.count_post("frm_1", ADDRESS, now, per_minute=per_minute, at_most=at_most).course


@pytest.mark.parametrize(
    ("actors", "before", "expected"),
    [
        (2, 0, {"taken": 2}),
        (2, 1, {"taken": 1, "queued": 1}),
        (2, 3, {"queued": 1, "refused": 1}),
        (3, 0, {"taken": 2, "queued": 1}),
    ],
)
def test_containers_that_count_at_once_let_no_more_through_than_one_would(
    world: World, actors: int, before: int, expected: dict[str, int]
) -> None:
    kept = world.keep()

    def reset() -> list[Callable[[], str]]:
        world.put_back(kept)
        for _ in range(before):
            counting(world, 2, 4)()
        return [counting(world, 2, 4)] * actors

    results = [Counter(run.results) for run in all_orders(reset, 150)]

    assert len(results) > 1
    assert all(result == expected for result in results)


def test_very_many_at_once_are_queued_where_none_gets_its_turn(world: World) -> None:
    courses = Counter(at_once([counting(world, 10, 60)] * 50))

    assert courses["taken"] <= 10
    assert courses["taken"] + courses["queued"] == 50


def test_fifty_posts_of_one_address_at_once_are_all_there_after_the_queue(world: World) -> None:
    records.put("FORM", "frm_demo", {"name": "Demo", "spam": {"per_minute": 10}})
    workspace.forget()
    visitors = [{"name": f"Frau {number:02}", "email": f"frau{number}@example.de"} for number in range(50)]
    over_http("GET", "/v1/leads?limit=1")

    posts = [form(visitor, f"k{number}") for number, visitor in enumerate(visitors)]
    run = run_once([lambda post=post: post.send(world) for post in posts], Random(7).choice)
    queued = world.waiting("intake")
    settle(world)

    assert [result for result in run.results if isinstance(result, Exception)] == []
    assert queued >= 40
    assert told(world)[-1] == "50 web_form created"
    assert world.violations() == []


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ((AENNE, "k0"), ["1 web_form created"]),
        ((JOERG, "k1"), ["1 web_form created", "1 web_form quarantined"]),
    ],
    ids=["the same post", "another one"],
)
def test_one_proof_brought_twice_at_once_is_good_for_one_submission(
    world: World, second: tuple[dict[str, str], str], expected: list[str]
) -> None:
    """A double click is one submission with one proof; a proof that is passed on is good for one of the two."""
    brought, sent = form_stories.Brought(), Sent("web_form", "")
    form_stories.make(world, brought)
    kept, ends = world.keep(), set()
    posts = [form_stories.posted(brought, *each, sent, proof_of="k0") for each in ((AENNE, "k0"), second)]

    def reset() -> list[Callable[[], object]]:
        world.put_back(kept)
        return [lambda post=post: post.send(world) for post in posts]

    for run in sampled(reset, 60):
        settle(world)
        assert [result for result in run.results if isinstance(result, Exception)] == []
        assert world.violations() == []
        ends.add(tuple(line for line in told(world) if line.startswith("1 web_form")))

    assert ends == {tuple(expected)}
