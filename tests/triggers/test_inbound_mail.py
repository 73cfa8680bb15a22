"""The mail door: new persons, replies, machines, and what cannot be read."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from chalicelib.services import workspace
from chalicelib.store import records
from tests.desk import Desk, letter
from tests.faults.world import Message

LATIN_1 = (
    b"From: =?iso-8859-1?q?=C4nne_=D6zt=FCrk?= <aenne@example.de>\r\nTo: leads@leadger.test\r\n"
    b"Subject: =?iso-8859-1?q?Angebot_f=FCr_eine_W=E4rmepumpe?=\r\nMessage-ID: <1@example.de>\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Guten Tag, bitte rufen Sie mich zur\xfcck.\r\n"
)


@pytest.mark.parametrize("content", [letter(), LATIN_1], ids=["utf-8", "latin-1"])
def test_a_mail_of_a_stranger_is_a_lead_in_his_words(desk: Desk, content: bytes) -> None:
    desk.mail(content)

    (lead,) = desk.leads()
    assert (lead["name"], lead["title"]) == ("Änne Öztürk", "Angebot für eine Wärmepumpe")
    assert [email["address"] for email in lead["emails"]] == ["aenne@example.de"]
    assert lead["comment"] == "Guten Tag, bitte rufen Sie mich zurück."
    assert (lead["source"], lead["source_detail"]) == ("email", "leads@leadger.test")
    (created,) = desk.timeline(lead["id"])
    assert created["data"]["what"] == "email"
    assert created["data"]["message_id"] == "1@example.de"


def test_the_same_mail_again_is_no_second_lead(desk: Desk) -> None:
    desk.mail(letter())

    desk.mail(letter(), key="m1-zweite-Zustellung")
    desk.announce_mail("m1")
    desk.work("mail")

    assert len(desk.leads()) == 1
    (receipt,) = desk.receipts()
    assert (receipt["outcome"], receipt["deliveries"]) == ("created", 2)


def test_putting_a_mail_away_is_no_delivery(desk: Desk) -> None:
    desk.mail(letter())
    desk.wait(200)

    desk.sweep()

    assert [receipt["deliveries"] for receipt in desk.receipts()] == [1]
    assert desk.world.object_keys("mail", "incoming/") == []


def test_a_reply_goes_to_the_lead_of_its_thread_whoever_writes_it(desk: Desk) -> None:
    desk.mail(letter())
    (lead,) = desk.leads()
    reply = letter(
        "Noch etwas: am besten vormittags.\n\nAm 23.11.2026 schrieb Leadger:\n> Guten Tag",
        subject="Re: Angebot für eine Wärmepumpe", sender="Büro Öztürk", address="buero@example.net",
        message_id="<2@example.net>", in_reply_to="<1@example.de>",
    )  # fmt: skip

    desk.mail(reply, "m2", sender="buero@example.net")

    assert len(desk.leads()) == 1
    newest, _ = desk.timeline(lead["id"])
    assert (newest["type"], newest["data"]["new_text"]) == ("email", "Noch etwas: am besten vormittags.")
    assert desk.lead(lead["id"]) == lead


def test_a_reply_to_a_reply_is_still_in_the_thread(desk: Desk) -> None:
    desk.mail(letter())
    desk.mail(letter(address="b@example.net", message_id="<2@x>", in_reply_to="<1@example.de>"), "m2", sender="b@x.net")

    desk.mail(letter(address="c@example.net", message_id="<3@x>", in_reply_to="<2@x>"), "m3", sender="c@x.net")

    (lead,) = desk.leads()
    assert [entry["type"] for entry in desk.timeline(lead["id"])] == ["email", "email", "created"]


def test_a_further_mail_of_a_known_address_is_attached(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", email="Aenne@Example.de")

    desk.mail(letter())

    assert [entry["type"] for entry in desk.timeline(lead["id"])] == ["email", "created"]
    assert [receipt["outcome"] for receipt in desk.receipts("?source=email")] == ["attached"]


@pytest.mark.parametrize(
    ("headers", "verdicts", "outcome", "reason"),
    [
        ({"auto_submitted": "auto-replied"}, {}, "ignored", "auto_reply"),
        ({"precedence": "auto_reply"}, {}, "ignored", "auto_reply"),
        ({"x_failed_recipients": "a@b.de"}, {}, "ignored", "bounce"),
        ({"list_id": "<news.example.de>"}, {}, "quarantined", "mailing_list"),
        ({"precedence": "bulk"}, {}, "quarantined", "bulk"),
        ({}, {"spam": "FAIL"}, "quarantined", "spam"),
        ({}, {"virus": "FAIL"}, "quarantined", "virus"),
        ({}, {"dmarc": "FAIL"}, "quarantined", "dmarc_fail"),
    ],
)
def test_what_is_no_letter_of_a_person_is_put_aside_with_the_reason(
    desk: Desk, headers: dict[str, str], verdicts: dict[str, str], outcome: str, reason: str
) -> None:
    lead = desk.created(name="Änne Öztürk", email="aenne@example.de")

    desk.mail(letter(**headers), **verdicts)

    (receipt,) = desk.receipts("?source=email")
    assert (receipt["outcome"], receipt["reason"], receipt["lead_id"]) == (outcome, reason, None)
    assert receipt["explanation"]
    assert len(desk.timeline(lead["id"])) == 1


@pytest.mark.parametrize("verdict", ["GRAY", "DISABLED", "PROCESSING_FAILED"])
def test_a_verdict_that_says_nothing_costs_nobody_the_enquiry(desk: Desk, verdict: str) -> None:
    desk.mail(letter(), spam=verdict, dmarc=verdict)

    assert [receipt["outcome"] for receipt in desk.receipts()] == ["created"]


def test_a_bounce_with_the_null_sender_is_ignored(desk: Desk) -> None:
    desk.mail(letter(address="mailer-daemon@example.de"), sender="<>")

    assert [receipt["outcome"] for receipt in desk.receipts()] == ["ignored"]


def test_our_own_address_does_not_write_to_itself(desk: Desk) -> None:
    desk.mail(letter(address="leads@leadger.test"), sender="leads@leadger.test")

    assert [receipt["reason"] for receipt in desk.receipts()] == ["own_address"]


@pytest.mark.parametrize(
    ("verdicts", "reason"), [({}, "dmarc_fail"), ({"spam": "FAIL"}, "spam"), ({"virus": "FAIL"}, "virus")]
)
def test_a_forged_mail_attaches_to_nobody_not_even_when_it_is_released(
    desk: Desk, verdicts: dict[str, str], reason: str
) -> None:
    lead = desk.created(name="Änne Öztürk", email="aenne@example.de")
    desk.mail(letter(), dmarc="FAIL", **verdicts)
    (receipt,) = desk.receipts("?outcome=quarantined")

    released = desk.client.post(f"/v1/intake/receipts/{receipt['id']}/release").json

    assert receipt["reason"] == reason
    assert len(desk.timeline(lead["id"])) == 1
    assert (released["outcome"], released["lead_id"] != lead["id"]) == ("created", True)


def test_a_forged_answer_does_not_enter_the_thread_when_it_is_released(desk: Desk) -> None:
    desk.mail(letter())
    (lead,) = desk.leads()
    forged = letter(message_id="<2@example.org>", in_reply_to="<1@example.de>", address="joerg@example.org")
    desk.mail(forged, "m2", dmarc="FAIL", spam="FAIL")
    (receipt,) = desk.receipts("?outcome=quarantined")

    released = desk.client.post(f"/v1/intake/receipts/{receipt['id']}/release").json

    assert (released["outcome"], released["lead_id"] != lead["id"]) == ("created", True)
    assert len(desk.timeline(lead["id"])) == 1


def test_a_mail_taken_for_spam_joins_its_lead_when_it_is_released(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", email="aenne@example.de")
    desk.mail(letter(), spam="FAIL")
    (receipt,) = desk.receipts("?outcome=quarantined")

    released = desk.client.post(f"/v1/intake/receipts/{receipt['id']}/release").json

    assert (released["outcome"], released["lead_id"]) == ("attached", lead["id"])


def test_a_mail_without_a_good_sender_extends_no_lead(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", email="aenne@example.de")
    reply = letter(address="aenne@example.de", reply_to="andere@example.net")

    desk.mail(reply, dmarc="GRAY")

    assert desk.lead(lead["id"])["version"] == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b"kein Kopf\r\n\r\nnur Text", b"\xff\xfe" * 500],
    ids=["empty", "NUL", "text", "bytes"],
)
def test_what_cannot_be_read_is_kept_for_a_person(desk: Desk, content: bytes) -> None:
    desk.mail(content)

    (receipt,) = desk.receipts()
    assert (receipt["outcome"], receipt["reason"]) == ("needs_attention", "unreadable_mail")
    assert "/m1?" in desk.receipt(receipt["id"])["raw"]["link"]
    assert desk.world.waiting("mail") == 0


def test_a_mail_with_an_attachment_names_it(desk: Desk) -> None:
    message = EmailMessage()
    message["From"] = "Zoë Çelik <zoe@example.com>"
    message["To"] = "leads@leadger.test"
    message["Subject"] = "Grundriss"
    message["Message-ID"] = "<9@example.com>"
    message.set_content("Anbei der Grundriss.")
    message.add_attachment(b"%PDF-1.7 " * 20, maintype="application", subtype="pdf", filename="Grundriß.pdf")

    desk.mail(message.as_bytes())

    (lead,) = desk.leads()
    (created,) = desk.timeline(lead["id"])
    assert created["data"]["attachments"] == [{"name": "Grundriß.pdf", "type": "application/pdf", "size": 180}]


def test_a_mail_passed_on_by_our_own_website_is_the_visitors(desk: Desk) -> None:
    records.put("CFG", "settings", {"own_domains": ["kaefer.example"]})
    workspace.forget()
    passed_on = letter(sender="Website", address="wordpress@kaefer.example", reply_to="Jörg Müßig <joerg@example.org>")

    desk.mail(passed_on, sender="wordpress@kaefer.example")

    (lead,) = desk.leads()
    assert (lead["name"], lead["emails"][0]["address"]) == ("Jörg Müßig", "joerg@example.org")


def test_an_announcement_of_a_mail_that_is_gone_is_no_news(desk: Desk) -> None:
    desk.announce_mail("gone")

    desk.work("mail")

    assert desk.world.waiting("mail") == 0
    assert desk.world.of_type("receipt") == []


def test_what_is_no_announcement_comes_again_and_ends_as_a_dead_letter(desk: Desk) -> None:
    desk.world.handed_back["mail"].append(Message("no JSON"))

    turns = desk.work_off("mail")

    assert turns == 5
    assert len(desk.world._queue("mail-dead-letters")) == 1
