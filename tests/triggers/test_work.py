"""Long work: its message may get lost, come twice or kill the worker; the job goes on, once, or says why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.domain.caller import Caller
from chalicelib.domain.write import Write
from chalicelib.services import bulk as service
from chalicelib.services import work, work_kinds
from chalicelib.services.work import Later
from tests import wire
from tests.desk import Context, Desk, handler
from tests.faults.harness import Crash, Injector
from tests.triggers.test_sweep import dying, refusing

PATCH = {"company": "Neu AG"}


def bulk(desk: Desk, **filters: Any) -> str:
    """The job's path."""
    reply = desk.client.post("/v1/leads/bulk", json={"filters": filters, "set": PATCH})
    assert reply.status == 202, reply.text
    return str(reply.headers["Location"]).removeprefix("https://leads.example.de")


def people(desk: Desk, count: int) -> None:
    for number in range(count):
        desk.created(name=f"Jörg Müßig {number}")


def versions(desk: Desk) -> list[int]:
    return [lead["version"] for lead in desk.leads()]


def message(job: str) -> dict[str, str]:
    return {"job": job.rpartition("_")[2]}


def test_a_job_whose_message_was_lost_is_taken_up_by_the_sweep(desk: Desk) -> None:
    people(desk, 2)
    with wire.standing_at_the_wire(refusing("SendMessage", service="sqs")):
        job = bulk(desk)
    assert desk.world.waiting("work") == 0
    desk.wait(300)
    assert desk.sweep() == {}

    desk.wait(61)
    assert desk.sweep() == {"work": 1}
    desk.work_off("work")

    assert desk.get(job)["status"] == "done"
    assert versions(desk) == [2, 2]
    assert desk.sweep() == {}


def test_a_message_that_comes_twice_at_once_is_worked_on_once(desk: Desk) -> None:
    people(desk, 3)
    job = bulk(desk)

    def delivered_again(call: Any, go: Any) -> Any:
        """While the first worker changes its second lead, the message is handed out once more."""
        if call.operation == "TransactWriteItems" and not seen.get("again") and seen.setdefault("n", []) is not None:
            seen["n"].append(1)
            if len(seen["n"]) == 4:
                seen["again"] = True
                event = {"Records": [{"messageId": "m2", "receiptHandle": "h", "body": body, "attributes": {}}]}
                seen["answer"] = handler("work")(event, None)
        return go()

    seen: dict[str, Any] = {}
    body = json.dumps(message(job))
    with wire.standing_at_the_wire(delivered_again):
        desk.work_off("work")

    assert seen["answer"] == {"batchItemFailures": []}
    assert desk.get(job)["result"] == {"changed": 3}
    assert versions(desk) == [2, 2, 2]


def test_a_worker_that_comes_back_too_late_writes_nothing_more(desk: Desk) -> None:
    """It was held up for longer than it may hold the job; another one has taken it."""
    people(desk, 3)
    job = bulk(desk)
    body = json.dumps(message(job))
    seen: dict[str, int] = {"n": 0}

    def held_up(call: Any, go: Any) -> Any:
        if call.operation == "TransactWriteItems":
            seen["n"] += 1
            if seen["n"] == 4:
                desk.wait(3600)
                event = {"Records": [{"messageId": "m2", "receiptHandle": "h", "body": body, "attributes": {}}]}
                handler("work")(event, None)
        return go()

    with wire.standing_at_the_wire(held_up):
        desk.work_off("work")

    assert desk.get(job)["result"] == {"changed": 3}
    assert versions(desk) == [2, 2, 2]


def test_a_lead_that_kills_its_worker_three_times_ends_the_job(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    people(desk, 3)
    job = bulk(desk)
    change, deaths = service.change_one, []

    def deadly(held: Any, *arguments: Any) -> Any:
        if held.work.done == 1:
            deaths.append(held.work.begins)
            raise Crash("the second lead")
        return change(held, *arguments)

    monkeypatch.setattr(service, "change_one", deadly)
    for _ in range(30):
        try:
            desk.sweep()
            desk.work("work")
        except Crash:
            desk.world.restart()
        desk.wait(200)

    told = desk.get(job)
    assert (told["status"], told["done"], told["failure"]["code"]) == ("failed", 1, "gave_up")
    assert len(deaths) == 4  # the first one had come from the beginning
    assert desk.world.waiting("work") == 0


def test_a_step_that_fails_goes_back_to_the_queue_and_ends_after_three_times(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(desk, 1)
    job = bulk(desk)

    def failing(held: Any) -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setitem(work_kinds.WORK, "bulk", failing)
    turns = 0
    while desk.world.waiting("work"):
        desk.work("work")
        turns += 1

    assert turns == 4
    assert desk.get(job)["failure"]["code"] == "gave_up"


def test_a_table_that_is_down_for_an_hour_costs_time_and_nothing_else(desk: Desk) -> None:
    people(desk, 2)
    job = bulk(desk)
    with wire.standing_at_the_wire(refusing("TransactWriteItems")):
        for _ in range(10):
            desk.work("work")
            desk.sweep()
            desk.wait(360)

    for _ in range(3):
        desk.work("work")
        desk.wait(400)
        desk.sweep()

    assert (desk.get(job)["status"], versions(desk)) == ("done", [2, 2])


def test_a_cancelled_job_stops_between_two_leads(desk: Desk) -> None:
    people(desk, 4)
    job = bulk(desk)
    seen: dict[str, Any] = {"n": 0}

    def cancelled(call: Any, go: Any) -> Any:
        if call.operation == "TransactWriteItems":
            seen["n"] += 1
            if seen["n"] == 5:
                seen["reply"] = desk.client.post(f"{job}/cancel", json={})
        return go()

    with wire.standing_at_the_wire(cancelled):
        desk.work_off("work")

    assert (seen["reply"].status, seen["reply"].json["status"]) == (200, "cancelled")
    told = desk.get(job)
    assert (told["status"], told["done"], told["eta_seconds"]) == ("cancelled", 2, 0)
    assert versions(desk) == [2, 2, 1, 1]
    assert desk.sweep() == {}


def test_cancelling_is_repeatable_until_the_job_is_over(desk: Desk) -> None:
    people(desk, 1)
    first, second = bulk(desk), bulk(desk)

    replies = [desk.client.post(f"{first}/cancel", json={}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    without_key = desk.client.post(f"{first}/cancel")
    desk.work_off("work")
    too_late = desk.client.post(f"{second}/cancel")

    assert [reply.json["status"] for reply in (*replies, without_key)] == ["cancelled"] * 3
    assert replies[1].headers["Idempotent-Replayed"] == "true"
    assert (too_late.status, too_late.json["code"]) == (409, "job_finished")
    assert desk.client.post("/v1/jobs/job_0SARTXT7M8X/cancel").status == 404


def test_a_key_cancels_only_what_it_could_have_begun(desk: Desk) -> None:
    people(desk, 1)
    job = bulk(desk)
    reader = Write(Caller("key_reader", frozenset({"leads:read"})), "r-1", desk.world.clock.now())

    with pytest.raises(work.Forbidden) as refused:
        work.cancel(work.own_part(job.rpartition("/")[2]), reader)

    assert refused.value.extra == {"required_scope": "leads:write"}
    desk.work_off("work")


def test_jobs_are_listed_newest_first_and_imports_by_themselves(desk: Desk) -> None:
    people(desk, 1)
    first = bulk(desk)
    desk.wait(1)
    second = bulk(desk)
    desk.drop("liste.csv", "Name;E-Mail\nZoë Weiß;zoe@example.de\n")
    desk.work_off("work")

    listed = desk.get("/v1/jobs?limit=1")
    rest = desk.get(f"/v1/jobs?limit=1&cursor={listed['next_cursor']}")

    assert [each["id"] for page in (listed, rest) for each in page["data"]] == [
        second.rpartition("/")[2], first.rpartition("/")[2],
    ]  # fmt: skip
    assert len(desk.get("/v1/imports")["data"]) == 1
    job = first.rpartition("_")[2]
    assert desk.client.get(f"/v1/imports/imp_{job}").status == 404
    assert desk.client.get(f"/v1/jobs/job_{desk.job()['id'].removeprefix('imp_')}").status == 404
    assert desk.client.get("/v1/jobs/job_1").status == 404


def test_progress_and_the_time_that_is_left_can_be_seen(desk: Desk) -> None:
    people(desk, 8)
    job = bulk(desk)
    desk.work("work", looks=1)
    desk.wait(10)
    desk.work("work", looks=3)

    told = desk.get(job)

    assert (told["status"], told["total"], told["done"], told["result"]) == ("running", 8, 3, {"changed": 3})
    assert 16 <= told["eta_seconds"] <= 19
    desk.work_off("work")


def test_a_step_that_cannot_begin_yet_comes_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = bulk(desk)
    begun = work_kinds.WORK["bulk"]

    def later(held: Any) -> None:
        monkeypatch.setitem(work_kinds.WORK, "bulk", begun)
        raise Later(60)

    monkeypatch.setitem(work_kinds.WORK, "bulk", later)
    with wire.standing_at_the_wire(injector := Injector()):
        desk.work("work")
    assert "SendMessage" in injector.operations
    assert desk.get(job)["status"] == "running"
    desk.work_off("work")

    assert desk.get(job)["status"] == "done"


def test_dead_letters_of_jobs_are_seen_to_and_others_are_left_to_a_person(desk: Desk) -> None:
    people(desk, 1)
    with wire.standing_at_the_wire(dying("SendMessage")), pytest.raises(Crash):
        bulk(desk)
    (job,) = desk.world.of_type("job")
    desk.world.send_dead_letter("work", {"job": job["pk"].removeprefix("J#")})
    desk.world.send_dead_letter("work", {"nonsense": 1})
    desk.wait(400)

    desk.sweep()
    desk.work_off("work")

    assert [(each["queue"], each["count"]) for each in desk.reconciliation()["unaccounted"]] == [
        ("work-dead-letters", 1)
    ]
    assert versions(desk) == [2]


def test_a_function_that_has_no_time_left_gives_its_message_back(desk: Desk) -> None:
    bulk(desk)
    event = {"Records": [{"messageId": "m", "receiptHandle": "h", "body": "{}", "attributes": {}}]}
    from chalicelib.triggers.work import work_on

    assert work_on(event, Context(0)) == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    desk.work_off("work")
