"""`leads export`: leads as a file, made over there and fetched when it is done."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import click
import urllib3

from cli import output, place
from cli.failures import Failed, Remote
from cli.listing import KINDS
from cli.remote import Api, host_of, pool_for, reason_of
from cli.text import clean

#: Seconds between two looks, from and up to.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
BLOCK = 1 << 16


@click.command(name="export")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    required=True,
    help="The file, which is there whole or not at all; - is standard output.",
)
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), help="Else by the file's name, else csv.")
@click.option("--fields", metavar="A,B", help="Just these fields of each lead.")
@click.option("--status", multiple=True, help="Repeatable.")
@click.option("--kind", type=click.Choice(KINDS))
@click.option("--owner-id", metavar="usr_…|none")
@click.option("--source")
@click.option("--tag")
@click.option("--created-since", metavar="TIME")
@click.option("--created-until", metavar="TIME")
@click.option("--import-id", metavar="imp_…")
@click.option("--id", "export_id", metavar="exp_…", help="Fetch one that was begun before.")
@output.json_option
@place.api_options
def command(out: Path, form: str | None, fields: str | None, export_id: str | None, as_json: bool | None,
            url: str | None, key: str | None, **filters: Any) -> None:  # fmt: skip
    """Export leads to a file."""
    asked = {name: list(value) if isinstance(value, tuple) else value for name, value in filters.items() if value}
    if export_id and (asked or fields or form):
        raise click.UsageError("--id is of an export that has its filters, fields and format")
    api = place.api(url, key)
    export = api.get(_path(export_id)).body if export_id else begun(api, asked, form or _form_of(out), fields)
    try:
        export = finished(api, export, quiet=bool(as_json))
    except KeyboardInterrupt:
        raise Failed(f"It is still being made. Fetch it with: leads export --id {export['id']} --out …") from None
    with written(out) as stream:
        size = fetch(str(export["url"]), stream)
    told = {"id": export["id"], "leads": export.get("done"), "bytes": size, "file": str(out)}
    if str(out) == "-":
        return
    if output.wants_json(as_json):
        output.emit(told)
    else:
        output.say(f"{told['leads']} leads, {size} bytes: {out}")


def begun(api: Api, filters: Mapping[str, Any], form: str, fields: str | None) -> dict[str, Any]:
    """Ask for an export."""
    body: dict[str, Any] = {"filters": dict(filters), "format": form}
    if fields:
        body["fields"] = [name.strip() for name in fields.split(",") if name.strip()]
    return dict(api.post("/v1/exports", body).body)


def finished(api: Api, export: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    """Wait until it is done. Raises Failed where it will never be."""
    pause = FIRST_PAUSE
    with output.progress("Leads", quiet=quiet) as advance:
        while True:
            advance(done=export.get("done") or 0, total=export.get("total"))
            match export["status"]:
                case "done" if export.get("url"):
                    return export
                case "done":
                    raise Failed(f"{export['id']} is not kept any more; export again")
                case "failed" | "cancelled":
                    why = (export.get("failure") or {}).get("detail") or export["status"]
                    raise Failed(f"{export['id']} was not made: {clean(str(why))}")
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)
            export = api.get(_path(export["id"])).body


@contextmanager
def written(out: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when all of it is written; only its owner may read it, for it is full of people."""
    if str(out) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        descriptor, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part")
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, out)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def fetch(url: str, stream: IO[bytes]) -> int:
    """What a link leads to, whole; without our key, which is not for who keeps files. Raises Remote."""
    try:
        answer = pool_for(url).request("GET", url, preload_content=False, redirect=False)
        if answer.status != 200:
            raise Remote(f"{host_of(url)} does not give the file ({answer.status})")
        counted = _Counted(stream)
        shutil.copyfileobj(answer, counted, BLOCK)
        return counted.bytes
    except urllib3.exceptions.HTTPError as error:
        raise Remote(f"{host_of(url)} does not give the whole file: {reason_of(error)}") from error


class _Counted:
    """A stream that knows how much was written to it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.bytes = 0

    def write(self, content: bytes) -> int:
        self.bytes += len(content)
        return self._stream.write(content)


def _form_of(out: Path) -> str:
    return "jsonl" if out.suffix.lower() in (".jsonl", ".ndjson") else "csv"


def _path(export_id: str) -> str:
    return f"/v1/exports/{quote(export_id, safe='')}"
