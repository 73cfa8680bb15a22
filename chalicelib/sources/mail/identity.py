"""What makes two mails the same, and the keys under which a thread is found."""

from __future__ import annotations

import hashlib
import re

from chalicelib.sources.mail.mime import Headers, read_headers

#: Newest references looked at.
MOST_REFERENCES = 20
_MESSAGE_ID = re.compile(r"<([^<>]{1,998})>")
#: Headers by the sender that are the same in every copy. All others may be added, changed or folded anew on the way:
#: Received, Return-Path, X-SES-…, Authentication-Results, ARC-…, DKIM-Signature; and To differs between copies.
_SENDERS_OWN = ("from", "reply-to", "subject", "date")


def identity(body: bytes) -> str:
    """The external id of a mail: hash of its Message-ID, hash of what the sender wrote. Never raises.

    The same mail delivered to two addresses, or twice, has the same; line ends and what servers add do not count.
    A forged or reused Message-ID with other content has another. Without Message-ID the content alone decides.
    """
    headers, start = read_headers(body, 0, len(body)) if body else (Headers([]), 0)
    digest = hashlib.blake2b(digest_size=16)
    for name in _SENDERS_OWN:
        digest.update(f"{name}:{' '.join(headers.raw(name).split())}\n".encode("utf-8", "replace"))
    digest.update(body[start:].replace(b"\r\n", b"\n").rstrip())
    own = message_ids(headers.raw("message-id"))
    return f"{_hash(own[0]) if own else 'content'}-{digest.hexdigest()}"


def thread_key(message_id: str) -> str:
    """`mail#` + hash of a Message-ID with or without its brackets: where the store finds the lead of a thread."""
    return f"mail#{_hash(message_id)}"


def follows(headers: Headers) -> tuple[str, ...]:
    """Keys of the mails this one answers, best first: In-Reply-To, then References, newest first; at most 20."""
    named = message_ids(headers.raw("in-reply-to")) + message_ids(headers.raw("references"))[::-1]
    return tuple(thread_key(message_id) for message_id in dict.fromkeys(named))[:MOST_REFERENCES]


def leaves(headers: Headers) -> tuple[str, ...]:
    """The key under which answers to this mail will find its lead; nothing without a Message-ID."""
    return tuple(thread_key(message_id) for message_id in message_ids(headers.raw("message-id"))[:1])


def message_ids(text: str) -> list[str]:
    """The ids of a header, brackets and blanks gone; a lone id without brackets counts."""
    text = text[-16_384:]
    found = ["".join(inner.split()) for inner in _MESSAGE_ID.findall(text)]
    bare = text.strip()
    if not found and bare and len(bare) < 1_000:
        found = bare.split()
    return [message_id for message_id in found if message_id]


def _hash(message_id: str) -> str:
    stripped = message_id.strip().strip("<>")
    return hashlib.blake2b(stripped.encode("utf-8", "replace"), digest_size=16).hexdigest()
