"""The sweep and the intake queue: what was left in between is taken up, once, and an input that kills is given up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from chalicelib.domain.inbound import Raw
from chalicelib.domain.receipt import MOST_ATTEMPTS
from chalicelib.services import sweep
from chalicelib.sources import SOURCES
from chalicelib.store import queues
from tests import wire
from tests.desk import URLENCODED, Desk, letter
from tests.faults.harness import Crash
from tests.wire import Call, Reply

ROOT = Path(__file__).parents[2]
JOERG = {"name": "Jörg Müßig", "telefon": "030 12345678", "e-mail": "joerg@example.org", "_key": "a1b2"}


def refusing(*operations: str, service: str = "dynamodb", times: int = 1_000) -> Callable[[Call, Any], Reply]:
    """A layer that answers these operations with an internal error, so often."""
    left = [times]

    def layer(call: Call, go: Callable[[], Reply]) -> Reply:
        if call.service == service and call.operation in operations and left[0]:
            left[0] -= 1
            return call.refuse("InternalServerError", "The request could not be completed.", 500)
        return go()

    return layer


def dying(operation: str) -> Callable[[Call, Any], Reply]:
    """A layer by which the process dies before an operation."""

    def layer(call: Call, go: Callable[[], Reply]) -> Reply:
        if call.operation == operation:
            raise Crash(operation)
        return go()

    return layer


TABLE_IS_DOWN = ("PutItem", "UpdateItem", "GetItem", "BatchGetItem", "Query", "TransactWriteItems")
CANNOT_BE_WRITTEN = ("PutItem", "UpdateItem", "TransactWriteItems")


def left_pending(desk: Desk) -> None:
    """A form post whose process died right after its receipt was written."""
    with wire.standing_at_the_wire(dying("TransactWriteItems")), pytest.raises(Crash):
        desk.post(JOERG)


# When something is down


@pytest.mark.parametrize("down", [CANNOT_BE_WRITTEN, TABLE_IS_DOWN], ids=["writes", "everything"])
def test_while_the_table_is_down_a_visitor_is_thanked_and_his_post_lands_later_once(
    desk: Desk, down: tuple[str, ...]
) -> None:
    with wire.standing_at_the_wire(refusing(*down)):
        first, again = desk.post(JOERG), desk.post(JOERG)
    assert (first.status, again.json) == (200, first.json)
    assert desk.leads() == []
    assert desk.world.waiting("intake") == 2

    desk.work_off("intake")

    (lead,) = desk.leads()
    assert lead["name"] == "Jörg Müßig"
    (receipt,) = desk.receipts()
    assert (receipt["id"], receipt["outcome"]) == (first.json["receipt_id"], "created")
    assert desk.post(JOERG).json == first.json


def test_a_post_keeps_the_time_it_came_at_also_when_it_lands_later(desk: Desk) -> None:
    at = desk.world.clock.now()
    with wire.standing_at_the_wire(refusing(*CANNOT_BE_WRITTEN)):
        desk.post(JOERG)
    desk.wait(6 * 3600)
    desk.work_off("intake")

    (receipt,) = desk.receipts()
    assert receipt["received_at"][:16] == at.isoformat()[:16]


def test_a_large_post_waits_beside_the_queue(desk: Desk) -> None:
    with wire.standing_at_the_wire(refusing(*CANNOT_BE_WRITTEN)):
        desk.post({**JOERG, "nachricht": "Wärmepumpe " * 30_000})
    assert desk.world.object_keys("files", "queued/")

    desk.work_off("intake")

    (lead,) = desk.leads()
    assert lead["comment"].startswith("Wärmepumpe Wärmepumpe")


def test_a_call_is_taken_in_while_the_table_cannot_be_written(desk: Desk) -> None:
    with wire.standing_at_the_wire(refusing(*CANNOT_BE_WRITTEN)):
        outcome = desk.call("missed", "030 12345678")
    desk.work_off("intake")

    assert outcome["outcome"] == "pending"
    assert desk.receipt(outcome["receipt_id"])["outcome"] == "created"
    assert len(desk.tasks()) == 1


def test_where_nothing_can_be_written_the_sender_is_told_to_come_again(desk: Desk) -> None:
    down = refusing(*TABLE_IS_DOWN), refusing("SendMessage", service="sqs"), refusing("PutObject", service="s3")
    with wire.standing_at_the_wire(*down):
        reply = desk.post(JOERG)
        unverified = desk.visitor.post("/hooks/generic/chn_demo?key=x", json={"call_id": "c-1"})
        created = desk.create(name="Jörg Müßig")

    for refused in (reply, unverified, created):
        assert (refused.status, refused.json["code"], refused.headers["Retry-After"]) == (503, "busy", "1")
    assert desk.world.of_type("receipt", "lead") == []
    assert desk.post(JOERG).status == 200


def test_a_transaction_that_fails_leaves_the_receipt_to_the_queue_at_once(desk: Desk) -> None:
    with wire.standing_at_the_wire(refusing("TransactWriteItems")):
        reply = desk.post(JOERG)
    assert reply.status == 200
    assert desk.reconciliation()["pending"] == 1
    assert desk.world.waiting("intake") == 1

    desk.work_off("intake")

    assert desk.receipt(reply.json["receipt_id"])["outcome"] == "created"
    assert desk.reconciliation()["pending"] == 0


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_transaction_that_fails_now_and_then_is_tried_again(desk: Desk, failures: int) -> None:
    with wire.standing_at_the_wire(refusing("TransactWriteItems", times=failures)):
        reply = desk.create(name="Jörg Müßig", email="joerg@example.org")

    assert reply.status == 201
    assert len(desk.leads()) == 1


# What died in between


def test_a_receipt_left_pending_is_settled_by_the_sweep_after_two_minutes(desk: Desk) -> None:
    left_pending(desk)
    assert desk.reconciliation()["pending"] == 1
    assert desk.sweep() == {}
    desk.wait(125)

    assert desk.sweep() == {"receipt": 1}

    (lead,) = desk.leads()
    assert lead["name"] == "Jörg Müßig"
    assert desk.reconciliation()["pending"] == 0
    assert desk.sweep() == {}


def test_a_receipt_that_waits_for_five_minutes_is_unaccounted_for(desk: Desk) -> None:
    left_pending(desk)
    assert desk.reconciliation()["unaccounted"] == []
    desk.wait(305)

    (late,) = desk.reconciliation()["unaccounted"]

    assert (late["kind"], late["source"], late["outcome"]) == ("receipt", "web_form", "pending")


def test_a_sender_who_comes_again_continues_what_was_left(desk: Desk) -> None:
    left_pending(desk)

    desk.post(JOERG)

    assert [receipt["outcome"] for receipt in desk.receipts()] == ["created"]
    assert len(desk.leads()) == 1


def test_an_input_that_kills_the_process_is_given_up_after_three_attempts(desk: Desk) -> None:
    left_pending(desk)
    died = 0
    for _ in range(MOST_ATTEMPTS + 2):
        desk.wait(125)
        with wire.standing_at_the_wire(dying("TransactWriteItems")):
            try:
                desk.sweep()
            except Crash:
                died += 1
                continue
        break
    desk.sweep()

    assert died >= MOST_ATTEMPTS
    (receipt,) = desk.receipts("?outcome=needs_attention")
    assert (receipt["reason"], receipt["attempts"]) == ("replays_failed", MOST_ATTEMPTS)
    released = desk.client.post(f"/v1/intake/receipts/{receipt['id']}/release")
    assert released.json["outcome"] == "created"


def test_an_outage_spoils_nothing_however_long_it_lasts(desk: Desk) -> None:
    left_pending(desk)
    for _ in range(MOST_ATTEMPTS + 3):
        desk.wait(125)
        with wire.standing_at_the_wire(refusing("TransactWriteItems")):
            assert desk.sweep() == {"failed": 1}

    desk.wait(125)
    assert desk.sweep() == {"receipt": 1}

    assert [receipt["outcome"] for receipt in desk.receipts()] == ["created"]


def test_a_mail_nobody_announced_is_found_and_put_away(desk: Desk) -> None:
    desk.world.put_object("mail", "incoming/m1", letter())
    desk.wait(1_900)
    assert desk.sweep() == {}
    desk.wait(300)

    assert desk.sweep() == {"mail": 1}

    assert [lead["name"] for lead in desk.leads()] == ["Änne Öztürk"]
    (kept,) = desk.world.object_keys("mail")
    assert kept.startswith("kept/")


def test_a_mail_is_the_queues_for_as_long_as_that_tries_it() -> None:
    """A sweep that came first would know nothing of what the mail service said of the sender."""
    queue = yaml.safe_load((ROOT / "infra" / "queues.yaml").read_text())["Resources"]["MailQueue"]["Properties"]
    function = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]["prod"]["lambda_functions"]["mail"]
    tried_for = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]

    assert timedelta(seconds=tried_for + function["lambda_timeout"]) <= sweep.MAIL_FOR


def failing_first(desk: Desk, **verdicts: str) -> None:
    """A mail whose first delivery by the queue comes to nothing; six minutes later there is another."""
    with wire.standing_at_the_wire(refusing(*TABLE_IS_DOWN)):
        desk.mail(letter(), **verdicts)
    for _ in range(5):
        desk.wait(60)
        assert desk.sweep() == {}
    desk.wait(60)
    desk.work("mail")


def test_a_mail_that_was_not_taken_at_first_keeps_what_the_mail_service_said(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", email="aenne@example.de")

    failing_first(desk)

    (receipt,) = desk.receipts("?source=email")
    assert (receipt["outcome"], receipt["lead_id"], receipt["deliveries"]) == ("attached", lead["id"], 1)


def test_spam_that_was_not_taken_at_first_is_spam(desk: Desk) -> None:
    failing_first(desk, spam="FAIL")

    assert [(receipt["outcome"], receipt["reason"]) for receipt in desk.receipts()] == [("quarantined", "spam")]


def test_a_file_nobody_announced_is_found_and_put_away(desk: Desk) -> None:
    desk.put_file("Messe Köln.csv", "Name\nÄnne Öztürk\n")
    desk.wait(400)

    assert desk.sweep() == {"import": 1}
    desk.work_off("imports")

    assert desk.job()["status"] == "done"
    assert desk.world.object_keys("imports", "incoming/") == []
    assert any(key.endswith("/Messe Köln.csv") for key in desk.world.object_keys("imports", "kept/"))


def test_a_file_that_waits_behind_others_is_not_sent_for_every_minute(desk: Desk) -> None:
    desk.put_file("Messe Köln.csv", "Name\nÄnne Öztürk\n")
    desk.announce_file("Messe Köln.csv")
    desk.wait(400)

    swept = [desk.sweep() for _ in range(25) if desk.wait(60) is None]
    desk.wait(400)
    later = desk.sweep()

    assert swept == [{"import": 1}, *([{}] * 24)]
    assert later == {"import": 1}
    assert desk.world.waiting("imports") == 3


def test_a_file_put_over_one_that_was_sent_for_is_sent_for(desk: Desk) -> None:
    desk.put_file("liste.csv", "Name\nÄnne Öztürk\n")
    desk.wait(400)
    desk.sweep()
    desk.put_file("liste.csv", "Name\nJörg Müßig\n")
    desk.wait(400)

    assert desk.sweep() == {"import": 1}


def test_a_message_that_could_not_be_sent_is_sent_a_minute_later(desk: Desk) -> None:
    desk.put_file("liste.csv", "Name\nÄnne Öztürk\n")
    desk.wait(400)
    with wire.standing_at_the_wire(refusing("SendMessage", service="sqs")):
        failed = desk.sweep()
    desk.wait(60)

    assert (failed, desk.sweep()) == ({"failed": 1}, {"import": 1})


def test_a_released_file_that_waits_is_not_sent_for_every_minute(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("chalicelib.sources.csv_file.count_rows", lambda table: 1 // 0)
        desk.drop("liste.csv", "Name\nÄnne Öztürk\n")
    desk.client.post(f"/v1/intake/receipts/{desk.receipts()[0]['id']}/release")

    for _ in range(10):
        desk.wait(130)
        desk.sweep()

    assert desk.world.waiting("imports") == 2


def test_an_outage_spoils_no_file_however_long_it_lasts(desk: Desk) -> None:
    desk.put_file("Messe Köln.csv", "Name\nÄnne Öztürk\n")
    desk.wait(400)
    desk.sweep()
    for _ in range(MOST_ATTEMPTS + 2):
        with wire.standing_at_the_wire(refusing("TransactWriteItems")):
            desk.work("imports")
        desk.wait(2_000)
        desk.sweep()

    desk.work_off("imports")

    assert [(receipt["outcome"], receipt["attempts"]) for receipt in desk.receipts()] == [("accepted", 1)]
    assert [lead["name"] for lead in desk.leads()] == ["Änne Öztürk"]


def test_a_file_that_kills_its_workers_is_left_to_a_person_who_may_try_it_again(desk: Desk) -> None:
    desk.put_file("Messe Köln.csv", "Name\nÄnne Öztürk\n")
    for _ in range(MOST_ATTEMPTS):
        desk.wait(2_000)
        desk.sweep()
        with wire.standing_at_the_wire(dying("TransactWriteItems")), pytest.raises(Crash):
            desk.work("imports")
    desk.work_off("imports")
    (given_up,) = desk.receipts()

    desk.client.post(f"/v1/intake/receipts/{given_up['id']}/release")
    desk.work_off("imports")

    assert (given_up["outcome"], given_up["reason"], given_up["attempts"]) == (
        "needs_attention", "replays_failed", MOST_ATTEMPTS,
    )  # fmt: skip
    assert [lead["name"] for lead in desk.leads()] == ["Änne Öztürk"]
    assert [receipt["attempts"] for receipt in desk.receipts()] == [1]


def test_one_that_fails_costs_the_others_nothing(desk: Desk) -> None:
    left_pending(desk)
    desk.world.put_object("mail", "incoming/m1", letter())
    desk.wait(2_200)
    with wire.standing_at_the_wire(refusing("GetObject", service="s3")):
        swept = desk.sweep()

    assert swept == {"receipt": 1, "failed": 1}
    assert desk.sweep() == {"mail": 1}


def test_a_sweep_that_cannot_list_one_kind_sees_to_the_others(desk: Desk) -> None:
    desk.world.put_object("mail", "incoming/m1", letter())
    desk.wait(2_200)
    with wire.standing_at_the_wire(refusing("Query")):
        swept = desk.sweep()

    assert swept.get("mail") == 1


def test_without_time_the_rest_is_left_to_the_next_minute(desk: Desk) -> None:
    for number in range(3):
        desk.world.put_object("mail", f"incoming/m{number}", letter(message_id=f"<{number}@example.de>"))
    desk.wait(2_200)

    assert desk.sweep(looks=2) == {"mail": 2}
    assert desk.sweep() == {"mail": 1}


# Dead letters


def dead_letter(desk: Desk, body: str, queue: str = "intake") -> None:
    wire.backend("sqs").send_message(f"{queue}-dead-letters", body)


def test_a_dead_letter_of_the_intake_queue_is_taken_up(desk: Desk) -> None:
    with wire.standing_at_the_wire(refusing(*CANNOT_BE_WRITTEN)):
        desk.post(JOERG)
    (message,) = desk.world._take("intake")
    dead_letter(desk, message.body)

    assert desk.sweep() == {"letter": 1}

    assert [lead["name"] for lead in desk.leads()] == ["Jörg Müßig"]
    assert desk.reconciliation()["unaccounted"] == []


def raw_post(number: int, at: datetime) -> str:
    raw = Raw("web_form", "frm_demo", f"frm_demo:{number}", at, f"name=Kunde+{number}".encode(), URLENCODED)
    return json.dumps({"raw": queues.packed(raw)})


def test_all_dead_letters_are_taken_up_in_one_minute_if_there_is_time(desk: Desk) -> None:
    for number in range(25):
        dead_letter(desk, raw_post(number, desk.world.clock.now()))

    assert desk.sweep() == {"letter": 25}

    assert desk.reconciliation()["outcomes"] == {"created": 25}
    assert desk.sweep() == {}


def test_dead_letters_end_with_the_time_and_go_on_when_they_can_be_seen_again(desk: Desk) -> None:
    for number in range(25):
        dead_letter(desk, raw_post(number, desk.world.clock.now()))

    first = desk.sweep(looks=12)
    desk.wait(125)
    second = desk.sweep()

    assert (first, second) == ({"letter": 12}, {"letter": 13})


def test_letters_that_stay_are_looked_at_once_a_minute(desk: Desk) -> None:
    """Their object stands there yet: they are neither thrown away nor taken out again and again."""
    desk.put_file("liste.csv", "Name\nÄnne Öztürk\n")
    for _ in range(12):
        dead_letter(desk, json.dumps({"object": "incoming/liste.csv"}), "imports")

    assert desk.sweep() == {"letter": 12}

    assert len(desk.world._queue("imports-dead-letters")) == 12


@pytest.mark.parametrize(
    ("verdicts", "outcome", "reason"),
    [
        ({}, "attached", None),
        ({"dmarc": "FAIL"}, "quarantined", "dmarc_fail"),
        ({"spam": "FAIL"}, "quarantined", "spam"),
    ],
)
def test_a_mail_that_failed_five_times_is_taken_up_with_what_the_mail_service_said(
    desk: Desk, verdicts: dict[str, str], outcome: str, reason: str | None
) -> None:
    desk.created(name="Änne Öztürk", email="aenne@example.de")
    with wire.standing_at_the_wire(refusing(*TABLE_IS_DOWN)):
        desk.mail(letter(), **verdicts)
        desk.work_off("mail")
    desk.wait(1_900)

    swept = desk.sweep()

    (receipt,) = desk.receipts("?source=email")
    assert (receipt["outcome"], receipt["reason"], receipt["source_detail"]) == (outcome, reason, "leads@leadger.test")
    assert swept == {"letter": 1}
    assert (desk.world._queue("mail-dead-letters"), desk.world.object_keys("mail", "incoming/")) == ([], [])


def test_a_dead_letter_of_a_mail_that_is_gone_is_thrown_away(desk: Desk) -> None:
    desk.announce_mail("m1")
    (message,) = desk.world.handed_back["mail"]
    desk.world.handed_back["mail"].clear()
    dead_letter(desk, message.body, "mail")

    assert desk.sweep() == {"letter": 1}

    assert desk.world._queue("mail-dead-letters") == []


def test_a_mail_that_kills_its_readers_is_left_to_a_person_also_from_the_dead_letters(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killing(*arguments: Any) -> Any:
        raise Crash("the reader")

    monkeypatch.setitem(SOURCES, "email", killing)
    with pytest.raises(Crash):
        desk.mail(letter())
    while desk.world.waiting("mail"):
        with pytest.raises(Crash):
            desk.work("mail")
    for _ in range(MOST_ATTEMPTS):
        desk.wait(2_000)
        with pytest.raises(Crash):
            desk.sweep()
    for _ in range(2):
        desk.wait(130)
        desk.sweep()

    assert [(receipt["outcome"], receipt["reason"]) for receipt in desk.receipts()] == [
        ("needs_attention", "replays_failed")
    ]
    assert (desk.world._queue("mail-dead-letters"), desk.world.object_keys("mail", "incoming/")) == ([], [])


def test_dead_letters_are_unaccounted_for_until_then(desk: Desk) -> None:
    dead_letter(desk, json.dumps({"receipt": "0000000000000000"}), "imports")

    assert desk.reconciliation()["unaccounted"] == [
        {"kind": "dead_letters", "queue": "imports-dead-letters", "count": 1}
    ]


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}", '{"raw": {}}', "\u0000Änne"])
def test_a_dead_letter_that_is_none_of_ours_is_kept_for_a_person(desk: Desk, body: str) -> None:
    dead_letter(desk, body)

    desk.sweep()

    (receipt,) = desk.receipts()
    assert (receipt["outcome"], receipt["source"]) == ("needs_attention", "unknown")
    assert desk.receipt(receipt["id"])["raw"] == {"text": body}
    assert desk.sweep() == {}


def test_a_message_that_fails_comes_again_alone(desk: Desk) -> None:
    with wire.standing_at_the_wire(refusing(*CANNOT_BE_WRITTEN)):
        desk.post(JOERG)
    desk.world.send("intake", {"receipt": "0000000000000000"})

    desk.work("intake")

    assert [lead["name"] for lead in desk.leads()] == ["Jörg Müßig"]
    assert desk.world.waiting("intake") == 1
