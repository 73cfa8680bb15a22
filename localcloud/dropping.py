"""`python -m localcloud put FILE`: what an upload by an S3 client does, for those who have none at hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from botocore.exceptions import ConnectionError

from localcloud import deployment
from localcloud.settings import Refused, Settings

_USAGE = "usage: python -m localcloud put FILE      (FILE - : the content comes from standard input)"


def put(settings: Settings, arguments: list[str]) -> None:
    """Put a file under `incoming/` in the imports bucket of the run that uses this data folder.

    Args:
        arguments: the file; with a second argument `-` its content comes from standard input and the first names it.
    Raises:
        Refused: no such file, or nothing runs.
    """
    if len(arguments) not in (1, 2) or (len(arguments) == 2 and arguments[1] != "-"):
        raise Refused(_USAGE)
    name = Path(arguments[0]).name
    content = sys.stdin.buffer.read() if len(arguments) == 2 else _read(Path(arguments[0]))
    try:
        dev = json.loads(settings.dev_file.read_text())
    except FileNotFoundError:
        raise Refused(f"Nothing runs on {settings.data}; start it with make run.") from None
    s3 = deployment.client("s3", _of_the_run(settings, dev))
    try:
        s3.put_object(Bucket=dev["imports_bucket"], Key=f"incoming/{name}", Body=content)
    except ConnectionError:
        # a run that was killed leaves its dev.json behind
        raise Refused(f"Nothing runs on {settings.data} any more; start it with make run.") from None
    print(f"s3://{dev['imports_bucket']}/incoming/{name}")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error


def _of_the_run(settings: Settings, dev: dict[str, str]) -> Settings:
    from dataclasses import replace

    return replace(settings, aws_port=int(dev["aws_endpoint_url"].rpartition(":")[2]))
