"""What a local run is told by its environment, with the defaults of the contract (API.md, section 1)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
REGION = "eu-central-1"
#: MiniStack's own account id for callers with the dummy credentials test/test.
ACCOUNT = "000000000000"
STACK = "leadger"
MAILBOX = "leads@leadger.test"
FORM_ID = "frm_demo"
CHANNEL_ID = "chn_demo"


class Refused(Exception):
    """The run cannot start or go on; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Settings:
    #: TCP ports on 127.0.0.1: the public API, the AWS endpoint, the mail server.
    http_port: int
    aws_port: int
    smtp_port: int
    #: Everything the run keeps, absolute.
    data: Path
    #: Whether IAM policies are enforced, as on AWS.
    enforce_policies: bool = False
    #: Whether the page /docs is there.
    docs: bool = True

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.http_port}"

    @property
    def aws_endpoint_url(self) -> str:
        return f"http://{HOST}:{self.aws_port}"

    @property
    def dev_file(self) -> Path:
        return self.data / "dev.json"

    @property
    def log_file(self) -> Path:
        return self.data / "leadger.log"


def from_environment() -> Settings:
    """Read LEADGER_PORT, LEADGER_AWS_PORT, LEADGER_SMTP_PORT, LEADGER_DATA, LEADGER_ENFORCE_IAM and LEADGER_DOCS.

    Raises:
        Refused: a port is no port.
    """
    return Settings(
        http_port=_port("LEADGER_PORT", 8000),
        aws_port=_port("LEADGER_AWS_PORT", 4566),
        smtp_port=_port("LEADGER_SMTP_PORT", 2525),
        data=Path(os.environ.get("LEADGER_DATA") or ".local").resolve(),
        enforce_policies=os.environ.get("LEADGER_ENFORCE_IAM", "").lower() in ("1", "true"),
        docs=os.environ.get("LEADGER_DOCS", "on").lower() != "off",
    )


def _port(variable: str, default: int) -> int:
    value = os.environ.get(variable) or str(default)
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        raise Refused(f"{variable}={value} is not a port: set it to a number from 1 to 65535.")
    return int(value)
