"""Objects: raws, mails, dropped files and reports. Buckets are named by their role."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote

from chalicelib import settings
from chalicelib.domain.errors import NotFound
from chalicelib.store import transport

INCOMING = "incoming/"
KEPT = "kept/"
#: Seconds; objects are larger than items.
READ_TIMEOUT = 20
#: Seconds for what somebody waits for: if S3 hangs, the raw goes elsewhere.
HASTY_TIMEOUT = 3


#: Whatever somebody sent us is not run by a browser.
SAVED_NOT_SHOWN = {
    "ResponseContentDisposition": "attachment",
    "ResponseContentType": "application/octet-stream",
}


@dataclass(frozen=True)
class Waiting:
    """An object that stands under `incoming/`."""

    key: str
    size: int
    since: datetime


@functools.cache
def client() -> Any:
    """The S3 client of this container, made when first needed."""
    return transport.session().create_client("s3", config=transport.client_config(READ_TIMEOUT))


@functools.cache
def hasty_client() -> Any:
    """As `client`, for writes that have another place to go to."""
    return transport.session().create_client("s3", config=transport.client_config(HASTY_TIMEOUT))


@functools.cache
def signer() -> Any:
    """As `client`, for links and forms that somebody else follows: nothing is asked of S3.

    They name the bucket's own region: botocore's default is the global address, which redirects for the first hours of
    a bucket (botocore, `signers._should_use_global_endpoint`).
    """
    regional = transport.client_config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return transport.session().create_client("s3", config=regional)


def bucket(role: str) -> str:
    """The bucket's name for a role: `imports`, `mail` or `files`."""
    return {"imports": settings.imports_bucket, "mail": settings.mail_bucket, "files": settings.files_bucket}[role]()


def write(role: str, key: str, body: bytes | IO[bytes], content_type: str = "application/octet-stream") -> None:
    """Write an object whole; a stream is read from its beginning. Raises Unavailable."""

    def put_whole(**request: Any) -> dict[str, Any]:
        if not isinstance(body, bytes):
            body.seek(0)
        return dict(client().put_object(Body=body, **request))

    transport.patiently(put_whole, Bucket=bucket(role), Key=key, ContentType=content_type)


def write_hastily(role: str, key: str, body: bytes) -> None:
    """Write an object whole, in one attempt of 3 seconds. Raises whatever goes wrong."""
    hasty_client().put_object(Bucket=bucket(role), Key=key, Body=body)


def read(role: str, key: str) -> bytes:
    """An object's bytes. Raises NotFound, Unavailable."""
    return bytes(read_object(role, key)["Body"])


def read_object(role: str, key: str, **more: str) -> dict[str, Any]:
    """The S3 answer for an object, `Body` being its bytes. Raises NotFound, Unavailable.

    Args:
        more: `Range="bytes=0-99"`.
    """

    def get_whole(**request: Any) -> dict[str, Any]:
        answer = client().get_object(**request)
        return {**answer, "Body": answer["Body"].read()}

    return _found(get_whole, role, key, **more)


def open_object(role: str, key: str, version: str = "") -> dict[str, Any]:
    """The S3 answer for an object, `Body` unread. Raises NotFound, Unavailable."""
    return _found(client().get_object, role, key, **({"VersionId": version} if version else {}))


def _found(operation: Callable[..., Any], role: str, key: str, **request: Any) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    try:
        return transport.patiently(operation, Bucket=bucket(role), Key=key, **request)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchVersion", "404"}:
            raise NotFound("The object is gone", code="object_gone") from error
        raise


def read_received(role: str, key: str, receipt_id: str, day: datetime) -> bytes:
    """The bytes of something received, also where it is kept by now. Raises NotFound, Unavailable."""
    try:
        return read(role, key)
    except NotFound:
        return read(role, kept_key(key, receipt_id, day))


def kept_key(key: str, receipt_id: str, day: datetime) -> str:
    """Where an object from `incoming/` is kept once it has its outcome.

    Args:
        receipt_id: keeps two files of one name apart.
        day: when the receipt's object was received.
    """
    return f"{KEPT}{day:%Y/%m/%d}/{receipt_id}/{key.removeprefix(INCOMING)}"


def is_kept(key: str) -> bool:
    """Whether an object has been moved out of the way already."""
    return key.startswith(KEPT)


def describe(role: str, key: str) -> dict[str, Any] | None:
    """Size, metadata and ETag of an object, or None. Raises Unavailable."""
    from botocore.exceptions import ClientError

    try:
        return transport.patiently(client().head_object, Bucket=bucket(role), Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
            return None
        raise


def incoming(role: str) -> Iterator[Waiting]:
    """What stands under `incoming/`; folder markers of 0 bytes are left out."""
    more: Mapping[str, Any] = {}
    while True:
        answer = transport.patiently(client().list_objects_v2, Bucket=bucket(role), Prefix=INCOMING, **more)
        for entry in answer.get("Contents", []):
            if not entry["Key"].endswith("/"):
                yield Waiting(entry["Key"], entry["Size"], entry["LastModified"])
        if not answer.get("IsTruncated"):
            return
        more = {"ContinuationToken": answer["NextContinuationToken"]}


def keep(role: str, key: str, receipt_id: str, day: datetime, version: str = "") -> None:
    """Move an object that has its outcome from `incoming/` to `kept/yyyy/mm/dd/`.

    Args:
        version: moves just this one: what has been put under the same name since then stays.
    """
    name, only = bucket(role), ({"VersionId": version} if version else {})
    source = {"Bucket": name, "Key": key, **only}
    transport.patiently(client().copy_object, Bucket=name, Key=kept_key(key, receipt_id, day), CopySource=source)
    transport.patiently(client().delete_object, Bucket=name, Key=key, **only)


def link(role: str, key: str, seconds: int = 900, *, name: str = "", content_type: str = "") -> str:
    """A link to an object that expires; whoever follows it gets a file.

    Args:
        name: of that file, safe for people (`domain.attachments`); by default the key's.
        content_type: of what is safe to be taken for what it is.
    """
    place = {"Bucket": bucket(role), "Key": key}
    shown = {"ResponseContentDisposition": _disposition(name)} if name else {}
    shown |= {"ResponseContentType": content_type} if content_type else {}
    parameters = {**place, **SAVED_NOT_SHOWN, **shown}
    return str(signer().generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds))


def _disposition(name: str) -> str:
    """RFC 6266: the name in ASCII for old clients, and as it is where it is not ASCII."""
    plain = unicodedata.normalize("NFKD", name.translate(_UMLAUTS)).encode("ascii", "ignore").decode()
    plain = "".join(sign if sign.isalnum() or sign in " .-_()+,=@" else "_" for sign in plain).strip()
    plain = f"file{plain}" if plain.startswith(".") or not plain else plain
    extended = f"; filename*=UTF-8''{quote(name, safe='')}" if plain != name else ""
    return f'attachment; filename="{plain}"{extended}'


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
