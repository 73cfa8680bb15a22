"""Ids of files that a visitor uploads before the post: they carry what they stand for, signed, and nothing is stored.

`{random}.{size}.{name}.{signature}`, the name in base 64. Whoever holds one may attach that file to a post of the form
it was made for, and do nothing else with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

_LONGEST = 2_000


@dataclass(frozen=True)
class Upload:
    """A file to be uploaded.

    Attributes:
        random: what its place is named by.
        size: bytes, as announced.
        name: as the sender calls it.
    """

    random: str
    size: int
    name: str


def sealed(upload: Upload, form_id: str, secret: bytes) -> str:
    """The id of an upload for a form."""
    told = f"{upload.random}.{upload.size}.{_encoded(upload.name)}"
    return f"{told}.{_signature(told, form_id, secret)}"


def opened(sent: str, form_id: str, secret: bytes) -> Upload | None:
    """The upload that an id stands for; None if we did not make it for this form."""
    told, _, signature = sent.rpartition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(told, form_id, secret).encode()):
        return None
    return read(sent)


def read(sent: str) -> Upload | None:
    """What an id says of itself, unchecked; None if it is none."""
    parts = sent.split(".") if len(sent) <= _LONGEST else []
    if len(parts) != 4 or not parts[1].isascii() or not parts[1].isdecimal():
        return None
    try:
        return Upload(parts[0], int(parts[1]), base64.urlsafe_b64decode(parts[2] + "==").decode())
    except (binascii.Error, ValueError):
        return None


def _encoded(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _signature(told: str, form_id: str, secret: bytes) -> str:
    message = f"upload\0{form_id}\0{told}".encode("utf-8", "replace")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:32]
