"""What a run tells: dev.json for programs, the ready text for people."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.settings import CHANNEL_ID, FORM_ID, HOST, MAILBOX, REGION, Settings


@dataclass(frozen=True)
class Secrets:
    """Made once per data folder and kept in secrets.json, readable by the owner only."""

    #: Bearer key with every scope.
    api_key: str
    #: The `key` in the address of the demo channel's webhook.
    call_key: str


def secrets_of(settings: Settings) -> Secrets:
    """Read the folder's secrets; make them at its first run."""
    import secrets

    file = settings.data / "secrets.json"
    try:
        return Secrets(**json.loads(file.read_text()))
    except FileNotFoundError:
        made = Secrets(api_key=f"lk_dev_{secrets.token_urlsafe(32)}", call_key=secrets.token_urlsafe(24))
        _write(file, made.__dict__)
        return made


def write_dev_file(settings: Settings, secrets: Secrets, imports_bucket: str, mail_bucket: str) -> dict[str, Any]:
    """Write dev.json (API.md, section 1) and return its content."""
    dev = {
        "api_url": settings.api_url,
        "api_key": secrets.api_key,
        "aws_endpoint_url": settings.aws_endpoint_url,
        "region": REGION,
        "imports_bucket": imports_bucket,
        "mail_bucket": mail_bucket,
        "smtp": f"{HOST}:{settings.smtp_port}",
        "mailbox": MAILBOX,
        "form_id": FORM_ID,
        "call_url": f"{settings.api_url}/hooks/generic/{CHANNEL_ID}?key={secrets.call_key}",
        "pid": os.getpid(),
    }
    _write(settings.dev_file, dev)
    return dev


def _write(file: Any, content: dict[str, Any]) -> None:
    temporary = file.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as out:
        out.write(json.dumps(content, indent=1) + "\n")
    os.replace(temporary, file)


def ready_text(settings: Settings, dev: dict[str, Any]) -> str:
    """The lines printed when everything works, each example to be pasted as it is into a terminal of this folder."""
    api_url, key = dev["api_url"], dev["api_key"]
    folder = "" if settings.data == Path(".local").resolve() else f"LEADGER_DATA={shlex.quote(str(settings.data))} "
    return f"""
Leadger is ready.

  API      {api_url}/v1     Authorization: Bearer {key}
  AWS      {dev["aws_endpoint_url"]}     credentials test/test, region {dev["region"]}
  mail     smtp://{dev["smtp"]}     for {dev["mailbox"]}

Five ways in, to paste into another terminal:

  # the API
  curl -s {api_url}/v1/leads -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
    -d '{{"name": "Änne Öztürk", "phone": "0176 04069012", "email": "aenne@example.de"}}'

  # a website form
  curl -s {api_url}/f/{dev["form_id"]} -d name='Jörg Müller' -d email=joerg@example.de -d message='Bitte um Rückruf'

  # a CSV file, put into the bucket
  printf 'Name;E-Mail;Telefon\\nGörkem Şahin;goerkem@example.de;030 901820\\n' | {folder}.venv/bin/python -m localcloud put leads.csv -

  # an e-mail
  printf 'From: Zoë Weiß <zoe@example.de>\\nTo: {dev["mailbox"]}\\nSubject: Anfrage\\nMessage-ID: <%s@example.de>\\nContent-Type: text/plain; charset=utf-8\\n\\nBitte ein Angebot.\\n' $(date +%s) | \\
    curl -s smtp://{dev["smtp"]} --mail-from zoe@example.de --mail-rcpt {dev["mailbox"]} --crlf -T -

  # a missed call
  curl -s '{dev["call_url"]}' -H 'Content-Type: application/json' \\
    -d '{{"call_id": "demo-1", "event": "missed", "direction": "in", "from": "+493023125000", "to": "+493023125100", "at": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"}}'

  # what became of it
  curl -s {api_url}/v1/leads -H 'Authorization: Bearer {key}'

Ctrl-C stops it; everything is kept in {settings.data} for the next start. What happens is in leadger.log there.
"""  # noqa: E501
