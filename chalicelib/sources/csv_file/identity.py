"""What makes two files the same: their bytes, not their names."""

from __future__ import annotations

import hashlib
from typing import IO

_BLOCK = 1024 * 1024


def content_digest(stream: IO[bytes]) -> str:
    """SHA-256 of a seekable stream's bytes, in hex; the stream is at its beginning afterwards."""
    digest = hashlib.sha256()
    stream.seek(0)
    while block := stream.read(_BLOCK):
        digest.update(block)
    stream.seek(0)
    return digest.hexdigest()


def file_identity(digest: str) -> str:
    """The external id of a file with this content digest; the same content under another name has the same."""
    return f"file:{digest}"
