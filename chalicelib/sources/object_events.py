"""Messages that say an object has arrived: from S3, from SES by SNS, and from ourselves → keys and envelopes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

INCOMING = "incoming/"
_VERDICTS = ("spam", "virus", "spf", "dkim", "dmarc")


def objects_of(body: str) -> list[tuple[str, dict[str, str]]]:
    """The objects that a queue message announces; none for test events.

    Returns:
        `(key, envelope)`; the envelope has `envelope_from`, `envelope_to` (comma separated), `spam_verdict`,
        `virus_verdict`, `spf_verdict`, `dkim_verdict`, `dmarc_verdict` as far as SES tells; `version` of the object
        where its bucket keeps versions; `swept` if the sweep sent it.
    Raises:
        ValueError: the body is no JSON object.
    """
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a message is a JSON object")
    if message.get("Type") == "Notification" and isinstance(message.get("Message"), str):
        return objects_of(message["Message"])
    if "object" in message:
        told = {name: str(message[name]) for name in ("version", "swept") if message.get(name)}
        return [(str(message["object"]), told)]
    if "receipt" in message and "mail" in message:
        return _of_ses(message)
    return [entry for record in message.get("Records", ()) for entry in _of_record(record)]


def announced(body: str) -> list[tuple[str, dict[str, str]]]:
    """As `objects_of`; none for what is no message of that kind."""
    try:
        return objects_of(body)
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _of_record(record: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    if "ses" in record:
        return _of_ses(record["ses"])
    if "Sns" in record:
        return objects_of(record["Sns"]["Message"])
    named = record.get("s3", {}).get("object", {})
    key = unquote_plus(str(named.get("key", "")))
    # folder markers, our own reports and what is kept are no news
    if not key.startswith(INCOMING) or key.endswith("/"):
        return []
    return [(key, {"version": str(named["versionId"])} if named.get("versionId") else {})]


def _of_ses(message: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    receipt, mail = message["receipt"], message["mail"]
    key = str(receipt.get("action", {}).get("objectKey") or INCOMING + str(mail.get("messageId", "")))
    envelope = {
        "envelope_to": ",".join(str(address) for address in receipt.get("recipients") or mail.get("destination") or ()),
    }
    if "source" in mail:
        # empty is the null sender of bounces; without the key it is not known
        envelope["envelope_from"] = str(mail["source"] or "")
    for name in _VERDICTS:
        status = (receipt.get(f"{name}Verdict") or {}).get("status")
        if status:
            envelope[f"{name}_verdict"] = str(status)
    return [(key, envelope)]
