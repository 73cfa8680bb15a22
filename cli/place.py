"""Where commands go: an address and a key, as options, environment or the `dev.json` of a local run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from cli.remote import Api

_Command = Callable[..., Any]


def data_folder() -> Path:
    """Folder of the local run's state: LEADGER_DATA."""
    return Path(os.environ.get("LEADGER_DATA") or ".local")


def dev() -> dict[str, Any] | None:
    """What a local run told of itself, None where none runs."""
    try:
        return dict(json.loads((data_folder() / "dev.json").read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{data_folder() / 'dev.json'} cannot be read: {type(error).__name__}") from error


def api_options(command: _Command) -> _Command:
    """`--url` and `--key` on a command."""
    key = click.option("--key", envvar="LEADGER_KEY", help="API key, better given as LEADGER_KEY.", metavar="lk_…")
    url = click.option("--url", envvar="LEADGER_URL", help="Address of Leadger, or LEADGER_URL.", metavar="URL")
    return url(key(command))


def api(url: str | None, key: str | None) -> Api:
    """The API that a command is for. Raises click.UsageError."""
    if url and key:
        return Api(_address(url), _key(key))
    if url or key:
        # the key of a local run goes nowhere else, nor the key of somewhere else to a local run
        missing = "--key (or LEADGER_KEY)" if url else "--url (or LEADGER_URL)"
        raise click.UsageError(f"{missing} is missing: address and key belong together")
    local = dev()
    if local is None:
        raise click.UsageError(
            f"Nothing runs on {data_folder()}: start it with 'make run', "
            "or name --url and --key (LEADGER_URL and LEADGER_KEY)"
        )
    return Api(local["api_url"], local["api_key"])


def _address(url: str) -> str:
    try:
        address = urlsplit(url)
        sound = address.scheme in ("http", "https") and address.hostname and (address.port or True)
    except ValueError:
        sound = False
    if not sound or address.query or address.fragment or address.username:
        raise click.UsageError("--url is an address like https://leads.example.de, without key and query")
    if address.scheme == "http" and address.hostname not in ("127.0.0.1", "localhost", "::1"):
        click.echo("Note: the key travels readable over http; use https", err=True)
    return url


def _key(key: str) -> str:
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise click.UsageError("--key is no API key: lk_ and letters")
    return key
