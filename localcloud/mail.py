"""The mail server: what SES does on AWS, from the SMTP dialogue to the object in the mail bucket and the notification.

The content goes to the bucket, who it was for (the envelope) only into the notification, which is published on the
mail topic as the S3 action of a receipt rule does. It is answered 250 when the object and the message are stored.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.parser import BytesHeaderParser
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from localcloud.settings import HOST, REGION

logger = logging.getLogger("leadger.local.mail")

#: Bytes of a mail, as SES receives them.
LARGEST_MAIL = 40 * 1024 * 1024
_PREFIX = "incoming/"
_DATE_LINE = "%a, %d %b %Y %H:%M:%S +0000 (UTC)"
#: Bytes of header lines that SES puts into a notification before it sets `headersTruncated`.
_HEADERS_IN_NOTIFICATION = 10_240
_SUBJECT = "Amazon SES Email Receipt Notification"


@dataclass(frozen=True)
class Post:
    """Where received mail goes; clients are botocore's and blocking."""

    s3: Any
    sns: Any
    bucket: str
    topic_arn: str


class _Dialogue(SMTP):
    #: Bytes of one line. RFC 5321 allows 1,000; an enquiry is not refused because its sender broke no lines.
    line_length_limit = 1_000_000


class Receiver:
    """aiosmtpd's handler: one DATA, one object, one notification."""

    def __init__(self, post: Post) -> None:
        self._post = post

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        sender = (envelope.mail_from or "").removeprefix("<>")  # aiosmtpd's word for the empty one
        recipients = [str(address) for address in envelope.rcpt_tos]
        try:
            message_id = await asyncio.to_thread(
                deliver, self._post, content, sender, recipients, _peer(session), datetime.now(UTC)
            )
        except Exception as error:
            logger.exception("a mail from %s could not be stored", sender)
            return f"451 4.3.0 Not stored, try again later ({type(error).__name__})"
        return f"250 2.0.0 OK {message_id}"


def serve(post: Post, listener: Any) -> Any:
    """An asyncio server of SMTP on the listening socket; await it."""

    def protocol() -> SMTP:
        return _Dialogue(
            Receiver(post), data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, hostname="inbound.leadger.test",
            ident="Leadger", loop=asyncio.get_running_loop(),
        )  # fmt: skip

    return asyncio.get_running_loop().create_server(protocol, sock=listener)


def deliver(post: Post, content: bytes, sender: str, recipients: list[str], peer: str, at: datetime) -> str:
    """Store a mail and announce it.

    Args:
        content: the mail as sent, lines ended by CRLF.
        sender: the envelope's, empty for a bounce.
        at: aware, UTC.
    Returns:
        the message id, which is also the name of the object under `incoming/`.
    """
    message_id = secrets.token_hex(20)
    key = _PREFIX + message_id
    raw = _trace_lines(message_id, sender, recipients, peer, at) + content
    post.s3.put_object(Bucket=post.bucket, Key=key, Body=raw)
    notification = _notification(message_id, content, sender, recipients, at, post.bucket, key)
    post.sns.publish(TopicArn=post.topic_arn, Subject=_SUBJECT, Message=json.dumps(notification))
    logger.info("mail %s for %s", message_id, ", ".join(recipients))
    return message_id


def _peer(session: Session) -> str:
    peer = session.peer
    return str(peer[0]) if isinstance(peer, tuple) else HOST


def _trace_lines(message_id: str, sender: str, recipients: list[str], peer: str, at: datetime) -> bytes:
    """What SES prepends to every mail it stores."""
    lines = [
        f"Return-Path: <{sender}>",
        f"Received: from {peer} ([{peer}])",
        f" by inbound-smtp.{REGION}.amazonaws.com with SMTP id {message_id}",
        f" for {recipients[0]};" if recipients else " ;",
        f" {at.strftime(_DATE_LINE)}",
        "X-SES-Spam-Verdict: PASS",
        "X-SES-Virus-Verdict: PASS",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _notification(
    message_id: str, content: bytes, sender: str, recipients: list[str], at: datetime, bucket: str, key: str
) -> dict[str, Any]:
    timestamp = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
    headers, common, truncated = _headers(content)
    passed = {"status": "PASS"}
    return {
        "notificationType": "Received",
        "mail": {
            "timestamp": timestamp,
            "source": sender,
            "messageId": message_id,
            "destination": recipients,
            "headersTruncated": truncated,
            "headers": headers,
            "commonHeaders": common,
        },
        "receipt": {
            "timestamp": timestamp,
            "processingTimeMillis": 1,
            "recipients": recipients,
            "spamVerdict": passed,
            "virusVerdict": passed,
            "spfVerdict": passed,
            "dkimVerdict": passed,
            "dmarcVerdict": passed,
            "action": {"type": "S3", "bucketName": bucket, "objectKeyPrefix": _PREFIX, "objectKey": key},
        },
    }


def _headers(content: bytes) -> tuple[list[dict[str, str]], dict[str, Any], bool]:
    """Header lines as name and value, the common ones by name, and whether they were too many."""
    parsed = BytesHeaderParser(policy=policy.compat32).parsebytes(content[: 4 * _HEADERS_IN_NOTIFICATION])
    lines: list[dict[str, str]] = []
    size = 0
    for name, value in parsed.raw_items():
        text = str(value).encode("ascii", "surrogateescape").decode("utf-8", "replace")
        size += len(name) + len(text)
        if size > _HEADERS_IN_NOTIFICATION:
            return lines, _common(lines), True
        lines.append({"name": name, "value": text})
    return lines, _common(lines), False


def _common(lines: list[dict[str, str]]) -> dict[str, Any]:
    value_by_name = {line["name"].lower(): line["value"] for line in reversed(lines)}
    common: dict[str, Any] = {}
    for name, key in (
        ("return-path", "returnPath"),
        ("date", "date"),
        ("message-id", "messageId"),
        ("subject", "subject"),
    ):
        if name in value_by_name:
            common[key] = value_by_name[name]
    for name, key in (("from", "from"), ("to", "to"), ("cc", "cc"), ("reply-to", "replyTo")):
        if name in value_by_name:
            common[key] = [part.strip() for part in value_by_name[name].split(",")]
    return common
