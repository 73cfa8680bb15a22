"""Spam through the form's door: put aside with its reason, answered like any other post, let in with its time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

import altcha
import pytest

from chalicelib.domain.form import Form, Spam, of_record
from chalicelib.services import form_times, proofs, workspace
from chalicelib.store import records, transport
from tests import wire
from tests.api.client import Reply
from tests.captcha_provider import Provider
from tests.desk import BROWSER, URLENCODED, Desk
from tests.faults.harness import Injector

AENNE = {"name": "Änne Öztürk", "email": "aenne@example.de", "phone": "0176 04069012", "message": "Bitte um Rückruf"}
JOERG = {"name": "Jörg Müßig", "email": "joerg@example.org", "phone": "030 12345678", "message": "Bitte um Rückruf"}
ADVERT = "Die besten Uhren der Stadt: https://uhren.example/kaufen"


def made(name: str = "frm_messe", **definition: Any) -> Form:
    """A form of its own, without a limit unless it says one."""
    spam = {"per_minute": None, **definition.pop("spam", {})}
    records.put("FORM", name, {"name": "Messe", "spam": spam, **definition})
    workspace.forget()
    return of_record(name, {"spam": spam, **definition})


def post(desk: Desk, fields: dict[str, str], form: str = "frm_messe", **headers: str) -> Reply:
    reply = desk.post(fields, form=form, **headers)
    assert reply.status == 200, reply.text
    return reply


def outcome(desk: Desk, reply: Reply) -> tuple[str, str | None]:
    receipt = desk.receipt(reply.json["receipt_id"])
    return receipt["outcome"], receipt["reason"]


def from_ip(
    desk: Desk, ip: str, fields: dict[str, str], form: str = "frm_messe", accept: str = "application/json"
) -> Reply:
    headers = {"Content-Type": URLENCODED, "Accept": accept}
    return desk.visitor.request("POST", f"/f/{form}", body=urlencode(fields).encode(), headers=headers, ip=ip)


# ── each rule ─────────────────────────────────────────────────────────────────────────────────────────────────────


def too_fast(desk: Desk) -> dict[str, str]:
    return {"_t": form_times.stamp("frm_messe", desk.world.clock.now())}


def stamped_for_another(desk: Desk) -> dict[str, str]:
    return {"_t": form_times.stamp("frm_demo", desk.world.clock.now())}


@pytest.mark.parametrize(
    ("reason", "fields", "headers"),
    [
        ("honeypot", lambda desk: {"_gotcha": "x"}, {}),
        ("too_fast", too_fast, {}),
        ("bad_time", lambda desk: {"_t": "abc.def"}, {}),
        ("bad_time", stamped_for_another, {}),
        ("other_host", lambda desk: {}, {"Origin": "https://evil.example"}),
        ("other_host", lambda desk: {}, {"Origin": "null", "Referer": "https://evil.example/kaefer.example"}),
        ("many_links", lambda desk: {"message": "https://a.example " * 5}, {}),
    ],
)
def test_spam_is_put_aside_and_thanked_like_anybody(
    desk: Desk, reason: str, fields: Callable[[Desk], dict[str, str]], headers: dict[str, str]
) -> None:
    made(hosts=["kaefer.example"])

    honest = post(desk, AENNE, Origin="https://kaefer.example")
    robot = post(desk, {**JOERG, **fields(desk)}, **headers)
    page = desk.post({**JOERG, "name": "J. Müßig", **fields(desk)}, form="frm_messe", accept=BROWSER, **headers)

    assert (robot.status, {**robot.json, "receipt_id": ""}) == (200, {**honest.json, "receipt_id": ""})
    assert (page.status, page.headers["Location"]) == (303, "/f/frm_messe/thanks?lang=en")
    assert outcome(desk, robot) == ("quarantined", reason)
    assert [lead["name"] for lead in desk.leads()] == ["Änne Öztürk"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://www.kaefer.example"},
        {"Referer": "https://www.kaefer.example:8443/kontakt"},
        {"Origin": "https://leads.example.de"},  # our own page
    ],
)
def test_a_post_of_the_forms_hosts_of_ours_and_of_nobody_knows_where_makes_a_lead(
    desk: Desk, headers: dict[str, str]
) -> None:
    made(hosts=["*.kaefer.example"])

    assert outcome(desk, post(desk, AENNE, **headers)) == ("created", None)


def test_a_page_that_stayed_open_for_days_and_a_form_without_a_time_are_no_spam(desk: Desk) -> None:
    made()
    page = desk.visitor.get("/f/frm_messe").text
    (stamped,) = re.findall(r'name="_t" value="([^"]+)"', page)
    desk.wait(3 * 24 * 3600)

    assert outcome(desk, post(desk, {**AENNE, "_t": stamped})) == ("created", None)
    assert outcome(desk, post(desk, JOERG)) == ("created", None)


def test_who_sends_an_empty_form_keeps_the_time_at_which_he_saw_it_first(desk: Desk) -> None:
    made()
    (stamped,) = re.findall(r'name="_t" value="([^"]+)"', desk.visitor.get("/f/frm_messe").text)
    desk.wait(60)

    again = desk.post({"_t": stamped}, form="frm_messe", accept=BROWSER)

    assert (again.status, re.findall(r'name="_t" value="([^"]+)"', again.text)) == (422, [stamped])
    assert outcome(desk, post(desk, {**AENNE, "_t": stamped})) == ("created", None)


def test_the_form_of_a_form_may_switch_rules_off(desk: Desk) -> None:
    made(spam={"honeypot": False, "least_seconds": 0, "most_links": None, "repeated_text": False})
    spam = {"_hp": "x", "_t": "forged", "message": ADVERT + " https://a.example" * 9}

    assert outcome(desk, post(desk, {**AENNE, **spam})) == ("created", None)
    assert outcome(desk, post(desk, {**JOERG, **spam})) == ("created", None)


# ── the same text from others ─────────────────────────────────────────────────────────────────────────────────────


def test_the_same_text_with_a_link_from_somebody_else_is_put_aside(desk: Desk) -> None:
    made()

    first = post(desk, {**AENNE, "message": ADVERT})
    second = post(desk, {**JOERG, "message": ADVERT.upper().replace(" ", "  ")})
    other_text = post(desk, {"name": "C", "email": "c@example.de", "message": f"Anders: {ADVERT}"})
    no_link = [post(desk, {**person, "message": "Wie alle hier"}) for person in (AENNE, JOERG)]
    elsewhere = post(desk, {**JOERG, "message": ADVERT}, form="frm_demo")
    desk.wait(25 * 3600)
    next_day = post(desk, {"name": "D", "email": "d@example.de", "message": ADVERT})

    assert outcome(desk, first) == ("created", None)
    assert outcome(desk, second) == ("quarantined", "repeated_text")
    assert outcome(desk, other_text)[0] == "created"
    assert [outcome(desk, reply)[0] for reply in no_link] == ["attached", "created"]
    assert outcome(desk, elsewhere)[0] == "attached"
    assert outcome(desk, next_day)[0] == "created"


def test_who_corrects_or_repeats_himself_is_nobody_else(desk: Desk) -> None:
    made()
    text = {"message": ADVERT, "_key": "k1"}

    outcomes = [
        outcome(desk, post(desk, fields))[0]
        for fields in (
            {"name": "Änne", "email": "aenne@exmaple.de", **text},
            {"name": "Änne", "email": "aenne@example.de", **text},  # the same visit
            {"name": "Änne", "email": "aenne@example.de", **text, "_key": "k2"},  # the same address
            {"name": "Änne", "email": "aenne@example.de", "phone": "0176 04069012", **text, "_key": "k3"},
            {"name": "A. Öztürk", "phone": "0176 04069012", **text, "_key": "k4"},
        )
    ]

    assert outcomes == ["created", "created", "attached", "attached", "attached"]


def test_a_hidden_address_that_all_visitors_send_is_no_text(desk: Desk) -> None:
    made()
    listing = {"objekt": "https://kaefer.example/objekte/" + "4711" * 20, "message": ""}

    assert [outcome(desk, post(desk, {**person, **listing}))[0] for person in (AENNE, JOERG)] == ["created", "created"]


# ── release and replay ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_put_aside_is_listed_with_its_reason_and_released_with_its_time(desk: Desk) -> None:
    made(hosts=["kaefer.example"])
    reply = post(desk, {**AENNE, "message": "https://a.example " * 5}, Origin="https://evil.example")
    desk.wait(29 * 24 * 3600)

    (listed,) = desk.receipts("?outcome=quarantined&source=web_form")
    released = desk.client.post(f"/v1/intake/receipts/{listed['id']}/release")
    again = desk.client.post(f"/v1/intake/receipts/{listed['id']}/release")

    assert (listed["id"], listed["reason"]) == (reply.json["receipt_id"], "other_host")
    assert listed["explanation"] == (
        "It was sent from a page on another host than those of the form. It has more links than the form allows."
    )
    (lead,) = desk.leads()
    assert (released.json["outcome"], released.json["lead_id"]) == ("created", lead["id"])
    assert again.json == released.json
    assert (lead["name"], lead["received_at"]) == ("Änne Öztürk", listed["received_at"])
    assert desk.receipts("?outcome=quarantined") == []


def test_a_receipt_has_no_end(desk: Desk) -> None:
    made()
    post(desk, {**AENNE, "_hp": "x"})

    (receipt,) = desk.world.of_type("receipt")

    assert "expires" not in receipt


@pytest.mark.parametrize("late", [0, 6 * 3600])
def test_a_replay_decides_as_the_door_would_have(desk: Desk, late: int) -> None:
    """The process dies after the receipt; the sweep reads what the door had noted."""
    made(hosts=["kaefer.example"])
    spam = {"_t": form_times.stamp("frm_messe", desk.world.clock.now())}
    receipts = [_left_pending(desk, {**AENNE, **fields}, **headers) for fields, headers in (
        (spam, {}), ({"_key": "2"}, {"Origin": "https://evil.example"}), ({"_key": "3"}, {}),
    )]  # fmt: skip
    desk.wait(late + 150)
    desk.sweep()

    settled = [desk.receipt(receipt) for receipt in receipts]

    assert [(each["outcome"], each["reason"]) for each in settled] == [
        ("quarantined", "too_fast"), ("quarantined", "other_host"), ("created", None),
    ]  # fmt: skip


def _left_pending(desk: Desk, fields: dict[str, str], **headers: str) -> str:
    """The receipt of a post whose transaction and queue did not answer."""
    from tests.faults.harness import internal_error

    def down(call: wire.Call, go: Callable[[], wire.Reply]) -> wire.Reply:
        broken = call.operation == "TransactWriteItems" or call.service == "sqs"
        return internal_error(call, go) if broken else go()

    with wire.standing_at_the_wire(down):
        reply = post(desk, fields, **headers)
    assert desk.receipt(reply.json["receipt_id"])["outcome"] == "pending"
    return str(reply.json["receipt_id"])


# ── how many posts may come ───────────────────────────────────────────────────────────────────────────────────────


def person(number: int) -> dict[str, str]:
    return {"name": f"Besuch {number:03}", "email": f"besuch{number}@example.de"}


def test_more_than_a_few_posts_a_minute_are_queued_and_more_than_many_refused(desk: Desk) -> None:
    made(spam={"per_minute": 3, "at_most_per_minute": 8})

    replies = [from_ip(desk, "203.0.113.7", person(number)) for number in range(10)]
    page = from_ip(desk, "203.0.113.7", AENNE, accept=BROWSER)
    waiting = desk.world.waiting("intake")
    at_once = len(desk.leads())
    desk.work_off("intake")

    assert [reply.status for reply in replies] == [200] * 8 + [429] * 2
    assert {(*reply.json,) for reply in replies[:8]} == {("message", "redirect_url", "receipt_id")}
    assert replies[9].json["code"] == "too_many_requests"
    # a post each 7.5 seconds, less what has passed since
    assert 1 <= int(replies[9].headers["Retry-After"]) <= 8
    assert (page.status, page.headers["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert "in a minute" in page.text
    assert (at_once, waiting) == (3, 5)
    assert sorted(lead["name"] for lead in desk.leads()) == [f"Besuch {number:03}" for number in range(8)]
    assert {desk.receipt(reply.json["receipt_id"])["outcome"] for reply in replies[:8]} == {"created"}


def test_another_address_another_form_and_another_minute_have_limits_of_their_own(desk: Desk) -> None:
    made(spam={"per_minute": 1, "at_most_per_minute": 1})
    made("frm_laden", spam={"per_minute": 1, "at_most_per_minute": 1})

    first, over = (from_ip(desk, "203.0.113.7", person(number)) for number in (1, 2))
    neighbour = from_ip(desk, "203.0.113.8", person(3))
    other_form = from_ip(desk, "203.0.113.7", person(4), "frm_laden")
    desk.world.clock.wait(61)
    later = from_ip(desk, "203.0.113.7", person(5))

    assert [reply.status for reply in (first, over, neighbour, other_form, later)] == [200, 429, 200, 200, 200]


def test_of_ipv6_the_line_counts_and_of_nothing_nothing(desk: Desk) -> None:
    made(spam={"per_minute": 1, "at_most_per_minute": 1})
    addresses = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "::ffff:203.0.113.9", "203.0.113.9"]

    found = [from_ip(desk, ip, person(number)).status for number, ip in enumerate([*addresses, "", "", "unknown"])]

    assert found == [200, 429, 200, 200, 429, 200, 200, 200]


def test_the_post_of_a_person_costs_one_request_more_and_a_second_one_two(desk: Desk) -> None:
    made(spam={"per_minute": 10})
    from_ip(desk, "203.0.113.9", person(0))  # settings are read

    operations = []
    for number in (1, 2):
        with wire.standing_at_the_wire(counted := Injector()):
            from_ip(desk, "203.0.113.7", {**person(number), "_key": str(number)})
        operations.append(counted.operations)

    assert operations == [
        ["UpdateItem", "PutItem", "TransactWriteItems"],
        ["UpdateItem", "UpdateItem", "PutItem", "TransactWriteItems"],
    ]


@pytest.mark.parametrize("kind", ["throttle", "time-out before", "time-out after", "internal error", "conflict"])
def test_a_limit_that_cannot_be_counted_lets_everybody_in_after_one_attempt(desk: Desk, kind: str) -> None:
    made(spam={"per_minute": 10})
    from_ip(desk, "203.0.113.9", person(0))

    with wire.standing_at_the_wire(injector := Injector({0: kind})):
        reply = from_ip(desk, "203.0.113.7", {**AENNE, "_key": "k"})

    assert outcome(desk, reply) == ("created", None)
    assert injector.struck == [(kind, "dynamodb", "UpdateItem")]
    assert injector.operations == ["UpdateItem", "PutItem", "TransactWriteItems"]


def test_where_there_is_no_queue_a_post_over_the_limit_is_taken_in_at_once(desk: Desk) -> None:
    made(spam={"per_minute": 1})
    from_ip(desk, "203.0.113.7", person(0))

    def no_queue(call: wire.Call, go: Callable[[], wire.Reply]) -> wire.Reply:
        return call.refuse("InternalFailure", "no", 500) if call.service == "sqs" else go()

    with wire.standing_at_the_wire(no_queue):
        reply = from_ip(desk, "203.0.113.7", AENNE)

    assert outcome(desk, reply) == ("created", None)


def test_a_double_click_over_the_limit_is_one_submission(desk: Desk) -> None:
    made(spam={"per_minute": 1})
    from_ip(desk, "203.0.113.7", person(0))

    first, second = (from_ip(desk, "203.0.113.7", {**AENNE, "_key": "k"}) for _ in range(2))
    desk.work_off("intake")

    assert first.json == second.json
    assert outcome(desk, first) == ("created", None)
    assert len(desk.receipts()) == 2


# ── evidence of the address ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("canary", ["203.0.113.251", "2001:db8:77:88:99aa:bbcc:ddee:ff01"])
def test_of_an_address_only_a_hash_is_kept_and_the_same_one_each_time(
    desk: Desk, canary: str, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    made(spam={"per_minute": 1, "captcha": {"provider": "altcha"}})

    replies = [from_ip(desk, canary, fields) for fields in (AENNE, {**AENNE, "message": ADVERT}, {**JOERG, "_hp": "x"})]
    desk.work_off("intake")
    desk.client.post(f"/v1/intake/receipts/{replies[0].json['receipt_id']}/release")
    other = from_ip(desk, "203.0.113.1", {**JOERG, "name": "J. Müßig"})
    shown = [desk.receipt(reply.json["receipt_id"]) for reply in (*replies, other)]
    (lead,) = desk.leads()
    (created,) = [entry for entry in desk.timeline(lead["id"]) if entry["type"] == "created"]

    hashes = [receipt["meta"]["address_hash"] for receipt in shown]
    assert hashes[0] == hashes[1] == hashes[2] != hashes[3]
    assert re.fullmatch("[0-9a-f]{16}", hashes[0])
    assert created["data"]["address_hash"] == hashes[0]
    everything = json.dumps([desk.world.items(), desk.world.derived(), logged(), shown, lead, created], default=str)
    assert AENNE["email"] in everything
    for text in (canary, canary[: canary.rfind(":")] if ":" in canary else canary):
        assert text not in everything


# ── captcha: our own ──────────────────────────────────────────────────────────────────────────────────────────────


def proof(desk: Desk, form: str = "frm_messe") -> str:
    """What a browser finds for a new challenge."""
    challenge = altcha.Challenge.from_dict(desk.visitor.get(f"/f/{form}/challenge").json)
    solution = altcha.solve_challenge(challenge)
    assert solution
    return altcha.Payload(challenge, solution).to_base64()


ALTCHA = {"captcha": {"provider": "altcha"}}


@pytest.mark.parametrize("name", ["_captcha", "altcha"])
@pytest.mark.parametrize("secret", ["", "a secret of the form"])
def test_a_solved_challenge_is_good_for_one_post(desk: Desk, name: str, secret: str) -> None:
    made(spam={"captcha": {"provider": "altcha", "secret": secret}})
    found = proof(desk)

    first = post(desk, {**AENNE, name: found})
    second = post(desk, {**JOERG, name: found})

    assert outcome(desk, first) == ("created", None)
    assert outcome(desk, second) == ("quarantined", "captcha_reused")
    (stored,) = [item for item in desk.world.derived() if item["type"] == "used_proof"]
    assert stored["expires"] > desk.world.clock.now().timestamp()


def test_a_post_whose_answer_was_lost_brings_the_same_proof_and_is_the_same(desk: Desk) -> None:
    made(spam=ALTCHA)
    fields = {**AENNE, "_captcha": proof(desk), "_key": "k1"}

    first = post(desk, fields)
    second = post(desk, fields)

    assert (second.json, outcome(desk, second)) == (first.json, ("created", None))
    assert desk.receipt(first.json["receipt_id"])["deliveries"] == 2
    assert [receipt["outcome"] for receipt in desk.receipts()] == ["created"]


@pytest.mark.parametrize("key", [{"_key": "k1"}, {}])
def test_a_post_that_died_after_its_proof_was_noted_is_not_taken_for_another(desk: Desk, key: dict[str, str]) -> None:
    from tests.faults.harness import Crash

    made(spam=ALTCHA)
    fields = {**AENNE, "_captcha": proof(desk), **key}

    def dies(call: wire.Call, go: Callable[[], wire.Reply]) -> wire.Reply:
        if call.operation == "PutItem" and call.body["TableName"] == "crm":
            raise Crash("before the receipt")
        return go()

    with wire.standing_at_the_wire(dies), pytest.raises(Crash):
        post(desk, fields)

    assert len([item for item in desk.world.derived() if item["type"] == "used_proof"]) == 1
    assert outcome(desk, post(desk, fields)) == ("created", None)


def _changed(found: str, **solution: object) -> str:
    payload = altcha.Payload.from_base64(found).to_dict()
    payload["solution"] |= solution
    return altcha.Payload.from_dict(payload).to_base64()


def _of_easier(found: str) -> str:
    payload = altcha.Payload.from_base64(found).to_dict()
    payload["challenge"]["parameters"]["keyPrefix"] = ""
    return altcha.Payload.from_dict(payload).to_base64()


def _of_own(found: str) -> str:
    challenge = altcha.create_challenge("SHA-256", 1, counter=3, hmac_secret="mine", data={"form": "frm_messe"})
    solution = altcha.solve_challenge(challenge)
    assert solution
    return altcha.Payload(challenge, solution).to_base64()


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (lambda found: "", "captcha_missing"),
        (lambda found: "  ", "captcha_missing"),
        (lambda found: "x", "captcha_failed"),
        (lambda found: found[:-8], "captcha_failed"),
        (lambda found: "ü" * 50, "captcha_failed"),
        (lambda found: found * 50, "captcha_failed"),
        (lambda found: "W10=", "captcha_failed"),  # []
        (lambda found: "eyJjaGFsbGVuZ2UiOiAxLCAic29sdXRpb24iOiAyfQ==", "captcha_failed"),
        (lambda found: _changed(found, counter=1, derivedKey="00"), "captcha_failed"),
        (lambda found: _changed(found, counter="1e9"), "captcha_failed"),
        (_of_easier, "captcha_failed"),
        (_of_own, "captcha_failed"),
    ],
)
def test_what_is_no_proof_is_put_aside_and_thanked(desk: Desk, spoilt: Callable[[str], str], reason: str) -> None:
    made(spam=ALTCHA)

    reply = post(desk, {**AENNE, "_captcha": spoilt(proof(desk))})

    assert outcome(desk, reply) == ("quarantined", reason)


def test_the_proof_of_one_form_is_none_for_another(desk: Desk) -> None:
    made("frm_laden", spam={"captcha": {"provider": "altcha", "secret": "the same"}})
    made(spam={"captcha": {"provider": "altcha", "secret": "the same"}})

    reply = post(desk, {**AENNE, "_captcha": proof(desk, "frm_laden")})

    assert outcome(desk, reply) == ("quarantined", "captcha_failed")


def test_a_proof_is_good_for_twenty_minutes(desk: Desk) -> None:
    made(spam=ALTCHA)
    found, too_old = proof(desk), proof(desk)

    desk.world.clock.wait(19 * 60)
    in_time = post(desk, {**AENNE, "_captcha": found})
    desk.world.clock.wait(2 * 60)
    late = post(desk, {**JOERG, "_captcha": too_old})

    assert outcome(desk, in_time) == ("created", None)
    assert outcome(desk, late) == ("quarantined", "captcha_expired")


def test_where_it_cannot_be_noted_that_a_proof_was_used_it_counts(desk: Desk) -> None:
    made(spam=ALTCHA)
    found = proof(desk)

    def down(call: wire.Call, go: Callable[[], wire.Reply]) -> wire.Reply:
        marks = call.body.get("TableName") == "crm-derived" and call.operation == "PutItem"
        return call.refuse("InternalServerError", "no", 500) if marks else go()

    with wire.standing_at_the_wire(down):
        reply = post(desk, {**AENNE, "_captcha": found})

    assert outcome(desk, reply) == ("created", None)


def test_a_post_that_came_while_nothing_could_be_read_was_not_proven(desk: Desk) -> None:
    made(spam=ALTCHA)
    body = {**AENNE, "_captcha": proof(desk)}
    workspace.forget()

    def down(call: wire.Call, go: Callable[[], wire.Reply]) -> wire.Reply:
        return call.refuse("InternalServerError", "no", 500) if call.service == "dynamodb" else go()

    with wire.standing_at_the_wire(down):
        reply = post(desk, body)
    desk.work_off("intake")

    assert outcome(desk, reply) == ("quarantined", "captcha_unavailable")


def test_a_challenge_costs_a_little_and_says_what_it_is_for(desk: Desk) -> None:
    made(spam=ALTCHA)

    reply = desk.visitor.get("/f/frm_messe/challenge")
    other = desk.visitor.get("/f/frm_messe/challenge")

    asked = reply.json["parameters"]
    assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert (asked["algorithm"], asked["cost"], asked["keyLength"]) == ("SHA-256", 1, 32)
    assert len(asked["keyPrefix"]) == 32
    assert asked["data"] == {"form": "frm_messe"}
    assert 0 <= asked["expiresAt"] - desk.world.clock.now().timestamp() - 1_200 + 5 <= 5
    assert other.json["parameters"]["salt"] != asked["salt"]
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(reply.json))
    assert solution
    assert solution.counter < proofs.MOST_TRIES


@pytest.mark.parametrize("captcha", [None, {"provider": "turnstile", "site_key": "s", "secret": "x"}])
def test_who_has_no_such_captcha_has_no_challenge(desk: Desk, captcha: dict[str, str] | None) -> None:
    made(spam={"captcha": captcha} if captcha else {})

    assert desk.visitor.get("/f/frm_messe/challenge").status == 404
    assert desk.visitor.get("/f/frm_nobody/challenge").status == 404


# ── captcha: of others ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["turnstile", "hcaptcha"])
def asked(request: pytest.FixtureRequest, desk: Desk) -> str:
    """A form with a captcha of others; the name of its proof."""
    made(
        hosts=["kaefer.example"],
        spam={"captcha": {"provider": request.param, "site_key": "site", "secret": "0x_canary_secret"}},
    )
    return {"turnstile": "cf-turnstile-response", "hcaptcha": "h-captcha-response"}[request.param]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, {"success": True, "hostname": "kaefer.example"}, None),
        (200, {"success": True, "hostname": "leads.example.de"}, None),  # our own page
        (200, {"success": True, "hostname": "evil.example"}, "captcha_wrong_host"),
        (200, {"success": False, "error-codes": ["timeout-or-duplicate"]}, "captcha_reused"),
        (200, {"success": False, "error-codes": ["invalid-input-response"]}, "captcha_failed"),
        (503, {}, "captcha_unavailable"),
        (200, b"<html>", "captcha_unavailable"),
    ],
)
def test_a_captcha_of_others_is_asked_about_and_whatever_it_says_the_visitor_is_thanked(
    desk: Desk,
    asked: str,
    provider: Provider,
    status: int,
    body: object,
    reason: str | None,
) -> None:
    provider.status, provider.body = status, body

    reply = post(desk, {**AENNE, asked: "proof-of-a-person"})

    assert outcome(desk, reply) == ("quarantined" if reason else "created", reason)
    assert [fields["response"] for _, fields in provider.asked] == ["proof-of-a-person"]


def test_a_retry_does_not_ask_again_and_without_a_proof_nobody_is_asked(
    desk: Desk,
    asked: str,
    provider: Provider,
    logged: Callable[[], list[dict[str, Any]]],
) -> None:
    provider.body = {"success": True}
    fields = {**AENNE, asked: "proof-of-a-person", "_key": "k"}

    first = post(desk, fields)
    provider.body = {"success": False, "error-codes": ["timeout-or-duplicate"]}
    second = post(desk, fields)
    none = post(desk, JOERG)

    assert (first.json, outcome(desk, first)) == (second.json, ("created", None))
    assert outcome(desk, none) == ("quarantined", "captcha_missing")
    assert len(provider.asked) == 1
    kept = json.dumps([desk.world.items(), desk.world.derived(), logged(), desk.leads()], default=str)
    assert kept.count("0x_canary_secret") == 1  # in the form's own record


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("captcha", "script", "policy"),
    [
        (None, "", "default-src 'none'; style-src 'sha256-…'; form-action *; base-uri 'none'; frame-ancestors *"),
        (
            {"provider": "altcha"},
            "../embed/captcha.js",
            "default-src 'none'; style-src 'sha256-…'; form-action *; base-uri 'none'; frame-ancestors *;"
            " script-src 'self'; connect-src 'self'",
        ),
        (
            {"provider": "turnstile", "site_key": '1x"<'},
            "https://challenges.cloudflare.com/turnstile/v0/api.js",
            "default-src 'none'; style-src 'sha256-…'; form-action *; base-uri 'none'; frame-ancestors *;"
            " script-src https://challenges.cloudflare.com; frame-src https://challenges.cloudflare.com",
        ),
        (
            {"provider": "hcaptcha", "site_key": '1x"<'},
            "https://js.hcaptcha.com/1/api.js?hl=en",
            "default-src 'none'; style-src 'sha256-…' https://hcaptcha.com https://*.hcaptcha.com; form-action *;"
            " base-uri 'none'; frame-ancestors *; script-src https://hcaptcha.com https://*.hcaptcha.com;"
            " frame-src https://hcaptcha.com https://*.hcaptcha.com;"
            " connect-src https://hcaptcha.com https://*.hcaptcha.com",
        ),
    ],
)
def test_the_page_has_the_forms_captcha_and_a_policy_for_it(
    desk: Desk, captcha: dict[str, str] | None, script: str, policy: str
) -> None:
    made(spam={"captcha": captcha} if captcha else {})

    page = desk.visitor.get("/f/frm_messe")

    assert re.findall(r'<script async src="([^"]+)"></script>', page.text) == ([script] if script else [])
    assert ("data-captcha" in page.text) == bool(captcha)
    assert '1x"<' not in page.text
    assert re.sub("sha256-[^']+", "sha256-…", page.headers["Content-Security-Policy"]) == policy


def test_the_script_is_known_by_its_tag(desk: Desk) -> None:
    script = desk.visitor.get("/embed/captcha.js")
    again = desk.visitor.get("/embed/captcha.js", headers={"If-None-Match": script.headers["ETag"]})

    assert (script.status, script.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert "leadgerCaptcha" in script.text
    assert again.status == 304


def test_a_page_is_shown_without_its_time_where_it_cannot_be_signed(desk: Desk) -> None:
    made()
    desk.visitor.get("/f/frm_messe")
    from chalicelib.services import documents

    documents.forget()

    def down(call: wire.Call, go: Callable[[], wire.Reply]) -> wire.Reply:
        return call.refuse("InternalServerError", "no", 500) if call.operation == "Query" else go()

    with wire.standing_at_the_wire(down):
        page = desk.visitor.get("/f/frm_messe")

    assert page.status == 200
    assert 'name="_t"' not in page.text


def test_what_a_form_remembers_goes_by_itself(desk: Desk) -> None:
    made(spam={"per_minute": 5, "captcha": {"provider": "altcha"}})
    from_ip(desk, "203.0.113.7", {**AENNE, "message": ADVERT, "_captcha": proof(desk)})

    now = desk.world.clock.now().timestamp()
    ends = {item["type"]: item["expires"] - now for item in desk.world.derived() if "expires" in item}

    assert {name for name in ends if name in ("form_buckets", "used_proof", "sent_text")} == {
        "form_buckets", "used_proof", "sent_text",
    }  # fmt: skip
    assert 60 < ends["form_buckets"] < 180
    assert 1_100 < ends["used_proof"] <= 1_200
    assert 86_000 < ends["sent_text"] <= 86_400
    assert asdict(Spam())["per_minute"] == 10
    assert transport.client()
