"""Killed in the middle, called all at once: every acknowledged lead is there, exactly once, and the ledger adds up."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.journeys.desk import Answer, Desk, eventually

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

#: Requests at a time.
AT_ONCE = 20
CREATES = 200
CALLS = 200


def test_200_creates_survive_kill_9_in_the_middle(desk: Desk) -> None:
    """Each has an Idempotency-Key: who got no answer sends again, and gets the first one's."""
    before = desk.reconciliation()["received"]
    acknowledged: dict[int, Answer] = {}
    half = threading.Event()

    def create(number: int) -> None:
        try:
            answer = desk.create(key=f"kill-{number}", name=f"Kunde {number:03}", email=f"kunde{number}@example.net")
        except OSError:
            return  # killed
        if answer.status == 201:
            acknowledged[number] = answer
        if len(acknowledged) >= CREATES // 2:
            half.set()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = [pool.submit(create, number) for number in range(CREATES)]
        assert half.wait(60), f"only {len(acknowledged)} were acknowledged"
        desk.cloud.kill()
        for each in under_way:
            each.result()
    first = dict(acknowledged)
    seconds = desk.cloud.restart()
    kept = {card["id"] for card in desk.cards()}
    lost = [answer.json["id"] for answer in first.values() if answer.json["id"] not in kept]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(create, range(CREATES)))
    desk.sweep()

    assert lost == []
    assert len(acknowledged) == CREATES
    assert {number: answer.body for number, answer in first.items()} == {
        number: acknowledged[number].body for number in first
    }
    names = Counter(card["name"] for card in desk.cards() if str(card["name"]).startswith("Kunde "))
    assert names == {f"Kunde {number:03}": 1 for number in range(CREATES)}
    sums = desk.everything_is_accounted_for()
    assert sums["received"] == before + CREATES
    print(f"kill -9 during {CREATES} creates: {len(first)} acknowledged before, 0 lost, 0 twice, 0 pending; "
          f"started again in {seconds:.1f} s")  # fmt: skip


@pytest.mark.parametrize("by", ["replay", pytest.param("sweep", marks=pytest.mark.long)])
def test_forms_and_calls_survive_kill_9_in_the_middle(desk: Desk, by: str) -> None:
    """Their senders do not come back. What was left pending is run again by hand, or by the sweep after two minutes."""
    before = desk.reconciliation()["received"]
    acknowledged: list[str] = []

    def post(number: int) -> None:
        try:
            if number % 2:
                answer = desk.post_form(
                    name=f"Besuch {number}", email=f"besuch{number}@{by}.example", _key=f"{by}{number}"
                )
                taken = [answer.json["receipt_id"]] if answer.status == 200 else []
            else:
                answer = desk.call(f"{by}-{number}", f"+49 211 {55 if by == 'sweep' else 44}{number:04}")
                taken = [each["receipt_id"] for each in answer.json["outcomes"]] if answer.status == 200 else []
        except OSError:
            return  # killed
        acknowledged.extend(taken)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = [pool.submit(post, number) for number in range(80)]
        eventually(lambda: len(acknowledged), lambda number: number >= 30, seconds=60)
        desk.cloud.kill()
        for each in under_way:
            each.result()
    desk.cloud.restart()
    pending = desk.receipts("&outcome=pending")
    if by == "replay":
        for receipt in pending:
            desk.replay(receipt["id"])
    else:
        eventually(desk.reconciliation, lambda sums: sums["pending"] == 0, seconds=240)

    receipts = {receipt["id"]: receipt for receipt in desk.receipts()}
    assert len(acknowledged) >= 30
    assert [receipt for receipt in acknowledged if receipt not in receipts] == []
    assert {receipts[receipt]["outcome"] for receipt in acknowledged} == {"created"}
    assert before + len(acknowledged) <= desk.everything_is_accounted_for()["received"] <= before + 80
    print(f"kill -9 during 80 forms and calls: {len(acknowledged)} acknowledged, 0 lost; "
          f"{len(pending)} left pending, settled by the {by}")  # fmt: skip


def test_20_requests_at_once_with_one_key_make_one_lead_and_get_equal_answers(desk: Desk) -> None:
    def create(_: int) -> Answer:
        return desk.create(key="zugleich", name="Görkem Şahin", email="goerkem@example.net")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(create, range(AT_ONCE)))

    # who loses a race for longer than two seconds is told to come again
    answers = [create(0) if answer.status in (409, 503) else answer for answer in answers]
    assert {(answer.status, answer.body) for answer in answers} == {(201, answers[0].body)}
    assert len(desk.leads_of(email="goerkem@example.net")) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1


def test_many_calls_of_one_number_at_once_are_one_lead_with_an_entry_for_each(desk: Desk) -> None:
    before = desk.reconciliation()["received"]
    numbers = count()
    started = time.monotonic()

    def call(_: int) -> Answer:
        return desk.call(f"sturm-{next(numbers)}", "0511 7654321", at="2026-11-23T10:00:00Z")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(call, range(CALLS)))
    sums = eventually(desk.reconciliation, lambda sums: sums["pending"] == 0, seconds=60)
    seconds = time.monotonic() - started

    assert {answer.status for answer in answers} == {200}
    assert sums["received"] == before + CALLS
    (lead,) = desk.leads_of(phone="+495117654321")
    kinds = Counter(entry["type"] for entry in desk.timeline(lead["id"]))
    assert kinds == {"created": 1, "call": CALLS - 1, "task": 1}
    called = {event["call_id"] for entry in desk.timeline(lead["id"]) for event in entry["data"].get("events", ())}
    assert len(called) == CALLS
    print(f"{CALLS} calls of one number, {AT_ONCE} at a time: 1 lead, {kinds['call']} entries, 1 task, {seconds:.1f} s")


def test_a_restart_keeps_all_data(desk: Desk) -> None:
    created = desk.create(name="Renée Ångström", phone="+46 8 123 456", comment="Übermorgen").json
    before = desk.cards()

    desk.cloud.restart()

    assert desk.cards() == before
    shown = desk.get(f"/v1/leads/{created['id']}")
    assert json.dumps(shown) == json.dumps({name: value for name, value in created.items() if name in shown})
