"""Large objects written in parts, which S3 keeps until the upload is completed, or for the days the bucket says."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.store import files, transport

#: Bytes; all parts of an upload but the last have at least 5 MB, and there are at most 10,000 of them.
PART_BYTES = 8 * 1024 * 1024


def begin(role: str, key: str, content_type: str) -> str:
    """Begin an upload; its id. Raises Unavailable."""
    answer = transport.patiently(
        files.client().create_multipart_upload, Bucket=files.bucket(role), Key=key, ContentType=content_type
    )
    return str(answer["UploadId"])


def write_part(role: str, key: str, upload: str, number: int, body: bytes) -> str:
    """Write part `number`, from 1; its ETag. Written again, it is replaced. Raises Unavailable."""
    answer = transport.patiently(
        files.client().upload_part,
        Bucket=files.bucket(role),
        Key=key,
        UploadId=upload,
        PartNumber=number,
        Body=body,
    )
    return str(answer["ETag"])


def complete(role: str, key: str, upload: str, etags: Sequence[str]) -> None:
    """Make the object of its parts; nothing if that was done before. Raises Unavailable."""
    from botocore.exceptions import ClientError

    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    try:
        transport.patiently(
            files.client().complete_multipart_upload,
            Bucket=files.bucket(role),
            Key=key,
            UploadId=upload,
            MultipartUpload={"Parts": parts},
        )
    except ClientError as error:
        # the answer to the first attempt was lost: the upload is gone, because the object is there
        if error.response["Error"]["Code"] != "NoSuchUpload" or files.describe(role, key) is None:
            raise
