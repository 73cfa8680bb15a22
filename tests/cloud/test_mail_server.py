"""The mail server: what a program sends by SMTP becomes what SES would have made of it."""

from __future__ import annotations

import asyncio
import json
import smtplib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from localcloud import mail, servers
from localcloud.running import free_ports

MAIL = (
    "From: Zoë Weiß <zoe@example.de>\r\n"
    "To: leads@leadger.test\r\n"
    "Subject: Anfrage\r\n"
    "Message-ID: <1@example.de>\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "\r\n"
    "Bitte ein Angebot für 84,5 m².\r\n"
).encode()


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.broken = False

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        if self.broken:
            raise ConnectionError("the bucket does not answer")
        self.objects[f"{Bucket}/{Key}"] = Body


class Topic:
    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> None:
        self.published.append({"topic": TopicArn, "subject": Subject, "message": json.loads(Message)})


@pytest.fixture
def post() -> mail.Post:
    return mail.Post(Bucket(), Topic(), "leadger-mail", "arn:aws:sns:eu-central-1:000000000000:leadger-mail")


@pytest.fixture
def port(post: mail.Post) -> Iterator[int]:
    """A mail server that listens; it runs in a thread of its own, as a loop."""
    (port,) = free_ports(1)
    loop = asyncio.new_event_loop()
    listener = servers.listen(port, "LEADGER_SMTP_PORT", "the mail server")
    started = threading.Event()

    async def serve() -> None:
        server = await mail.serve(post, listener)
        started.set()
        await ended.wait()
        server.close()
        await server.wait_closed()

    async def make_event() -> asyncio.Event:
        return asyncio.Event()

    ended = loop.run_until_complete(make_event())
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait(5)
    yield port
    loop.call_soon_threadsafe(ended.set)
    thread.join(5)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def send(port: int, content: bytes, sender: str = "zoe@example.de", *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.de", timeout=10) as client:
        client.sendmail(sender, list(recipients) or ["leads@leadger.test"], content, mail_options=["SMTPUTF8"])


def test_the_bucket_gets_the_mail_byte_for_byte_below_the_lines_ses_prepends(post: mail.Post, port: int) -> None:
    send(port, MAIL, "zoe@example.de")
    ((name, stored),) = post.s3.objects.items()
    assert name.startswith("leadger-mail/incoming/")
    assert stored.endswith(MAIL)
    prepended = stored.removesuffix(MAIL).decode().split("\r\n")
    assert prepended[0] == "Return-Path: <zoe@example.de>"
    assert prepended[1].startswith("Received: from 127.0.0.1 ")
    assert prepended[-3:] == ["X-SES-Spam-Verdict: PASS", "X-SES-Virus-Verdict: PASS", ""]


def test_the_notification_names_the_object_and_everyone_of_the_envelope_and_has_no_content(
    post: mail.Post, port: int
) -> None:
    send(port, MAIL, "zoe@example.de", "leads+googleads@leadger.test", "vertrieb@leadger.test")
    (published,) = post.sns.published
    message = published["message"]
    assert published["topic"] == "arn:aws:sns:eu-central-1:000000000000:leadger-mail"
    assert published["subject"] == "Amazon SES Email Receipt Notification"
    assert message["notificationType"] == "Received"
    assert message["receipt"]["recipients"] == ["leads+googleads@leadger.test", "vertrieb@leadger.test"]
    assert message["mail"]["destination"] == message["receipt"]["recipients"]
    assert message["mail"]["source"] == "zoe@example.de"
    assert message["mail"]["commonHeaders"]["from"] == ["Zoë Weiß <zoe@example.de>"]
    assert message["mail"]["commonHeaders"]["messageId"] == "<1@example.de>"
    assert message["receipt"]["spamVerdict"] == message["receipt"]["dmarcVerdict"] == {"status": "PASS"}
    action = message["receipt"]["action"]
    assert (action["type"], action["bucketName"]) == ("S3", "leadger-mail")
    assert f"leadger-mail/{action['objectKey']}" in post.s3.objects
    assert action["objectKey"] == f"incoming/{message['mail']['messageId']}"
    assert "Angebot" not in json.dumps(message, ensure_ascii=False)


def test_a_bounce_with_its_empty_sender_is_taken(post: mail.Post, port: int) -> None:
    send(port, MAIL, "")
    (stored,) = post.s3.objects.values()
    assert stored.startswith(b"Return-Path: <>\r\n")
    assert post.sns.published[0]["message"]["mail"]["source"] == ""


def test_lines_longer_than_the_rfc_allows_cost_no_enquiry(post: mail.Post, port: int) -> None:
    content = MAIL + b"x" * 200_000 + b"\r\n"
    send(port, content)
    (stored,) = post.s3.objects.values()
    assert stored.endswith(content)


def test_leading_dots_are_the_protocols_and_not_the_mails(post: mail.Post, port: int) -> None:
    content = MAIL + b".\r\n..\r\n.Punkt\r\n"
    send(port, content)
    (stored,) = post.s3.objects.values()
    assert stored.endswith(content)


def test_what_cannot_be_stored_is_refused_for_now_so_that_the_sender_keeps_it(post: mail.Post, port: int) -> None:
    post.s3.broken = True
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(port, MAIL)
    assert refused.value.smtp_code == 451
    assert post.sns.published == []


def test_a_mail_of_more_than_40_mb_is_refused_before_it_is_sent(post: mail.Post, port: int) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        send(port, b"Subject: gross\r\n\r\n" + b"x" * 70 + b"\r\n" * (mail.LARGEST_MAIL // 2))
    assert refused.value.smtp_code == 552


def test_headers_that_are_too_many_for_a_notification_are_cut_and_said_to_be() -> None:
    post = mail.Post(Bucket(), Topic(), "leadger-mail", "arn:aws:sns:eu-central-1:000000000000:leadger-mail")
    content = b"".join(b"X-Line-%d: %s\r\n" % (n, b"y" * 500) for n in range(40)) + MAIL
    mail.deliver(post, content, "zoe@example.de", ["leads@leadger.test"], "127.0.0.1", datetime(2026, 3, 1, tzinfo=UTC))
    message = post.sns.published[0]["message"]["mail"]
    assert message["headersTruncated"] is True
    assert len(json.dumps(message["headers"])) < 12_000
    assert message["timestamp"] == "2026-03-01T00:00:00.000Z"
