"""Files of enquiries in the files bucket: kept ones by receipt and number, uploaded ones until somebody posts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.errors import Busy, NotFound
from chalicelib.domain.file_kinds import HEAD, Content
from chalicelib.store import files, transport

ROLE = "files"
#: Seconds in which an upload must begin.
UPLOAD_EXPIRES = 900


def key_of(receipt_id: str, number: int) -> str:
    """Where a file of an enquiry is kept: the same at every attempt, so that a second one writes over the first.

    Args:
        number: from 1, its place among the files received.
    """
    return f"attachments/{receipt_id}/{number}"


def upload_key(form_id: str, random: str) -> str:
    """Where a visitor's upload waits for its post. The bucket removes it after two days (infra/buckets.yaml)."""
    return f"uploads/{form_id}/{random}"


def write(key: str, content: bytes) -> None:
    """Keep a file. Raises Busy: the bucket cannot be written now."""
    _patiently(files.hasty_client().put_object, Key=key, Body=content, ContentType="application/octet-stream")


def copy(source: str, key: str, etag: str) -> bool:
    """Keep an uploaded file; False if it is not the one that was looked at any more. Raises Busy."""
    from botocore.exceptions import ClientError

    place = {"Bucket": files.bucket(ROLE), "Key": source}
    try:
        _patiently(
            files.client().copy_object,
            Key=key,
            CopySource=place,
            CopySourceIfMatch=etag,
            MetadataDirective="REPLACE",
            ContentType="application/octet-stream",
        )
    except ClientError:
        return False
    return True


def look(key: str) -> tuple[Content, str] | None:
    """An object's content, read where it is needed, and its ETag; None if there is none. Raises Busy."""
    from botocore.exceptions import ClientError

    try:
        head = _ranged(key, f"bytes=0-{HEAD - 1}")
    except (NotFound, ClientError) as error:
        if isinstance(error, NotFound) or error.response["Error"]["Code"] == "InvalidRange":
            return None  # an object without a byte has no range; nobody can have sent one
        raise
    beginning, etag = head["Body"], str(head["ETag"])
    size = int(str(head["ContentRange"]).rpartition("/")[2])
    whole: list[bytes] = []

    def read(start: int, length: int) -> bytes:
        if start + length <= len(beginning) or size <= len(beginning):
            return bytes(beginning[start : start + length])
        if not whole:  # a container: its table of contents may be anywhere
            whole.append(_ranged(key, f"bytes=0-{size - 1}")["Body"])
        return whole[0][start : start + length]

    return Content(size, read), etag


def form_for(key: str, size: int) -> Mapping[str, Any]:
    """`url` and `fields` of a POST by which anybody may put this object, of at most `size` bytes, before it expires.

    Nothing is asked of S3.
    """
    bounds = [["content-length-range", 1, size]]
    form: Mapping[str, Any] = files.signer().generate_presigned_post(
        files.bucket(ROLE), key, Conditions=bounds, ExpiresIn=UPLOAD_EXPIRES
    )
    return form


def _ranged(key: str, span: str) -> dict[str, Any]:
    return files.read_object(ROLE, key, Range=span)


def _patiently(operation: Any, **request: Any) -> None:
    """Whatever the bucket says, the enquiry waits: what was refused today may be allowed tomorrow."""
    from botocore.exceptions import ClientError

    try:
        transport.patiently(operation, Bucket=files.bucket(ROLE), **request)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"PreconditionFailed", "412"}:
            raise
        raise Busy("Files cannot be kept now") from error
