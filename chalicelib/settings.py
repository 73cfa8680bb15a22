"""Environment by name, read when asked for, never at import."""

from __future__ import annotations

import os


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise RuntimeError(f"{name} is not set; .chalice/config.json and infra/ set it for every function")
    return value


def table() -> str:
    """Name of the table that is the truth."""
    return _required("LEADGER_TABLE")


def derived_table() -> str:
    """Name of the table that can be rebuilt."""
    return _required("LEADGER_DERIVED_TABLE")


def imports_bucket() -> str:
    """Bucket that files are dropped into, under `incoming/`."""
    return _required("LEADGER_IMPORTS_BUCKET")


def mail_bucket() -> str:
    """Bucket that inbound mail is written to, under `incoming/`."""
    return _required("LEADGER_MAIL_BUCKET")


def files_bucket() -> str:
    """Bucket of everything else that is too large for an item: raws and attachments."""
    return _required("LEADGER_FILES_BUCKET")


def intake_queue() -> str:
    """URL of the queue for what could not be settled at once."""
    return _required("LEADGER_INTAKE_QUEUE_URL")


def imports_queue() -> str:
    """URL of the queue that imports go on by."""
    return _required("LEADGER_IMPORTS_QUEUE_URL")


def work_queue() -> str:
    """URL of the queue that long work goes on by: bulk changes, exports."""
    return _required("LEADGER_WORK_QUEUE_URL")


def dead_letter_queues() -> list[str]:
    """URLs of the dead-letter queues, which the sweep reads."""
    return [url for url in os.environ.get("LEADGER_DEAD_LETTER_QUEUE_URLS", "").split(",") if url]


def shows_docs() -> bool:
    """Whether `/docs` is there; only `off` takes it away."""
    return os.environ.get("LEADGER_DOCS", "on").lower() != "off"


def public_url() -> str:
    """Base URL under which visitors reach us, without trailing slash; empty if the request's own is used."""
    return os.environ.get("LEADGER_PUBLIC_URL", "").rstrip("/")


def turnstile_url() -> str:
    """Base URL of Cloudflare Turnstile, without trailing slash; tests have one of their own."""
    return os.environ.get("LEADGER_TURNSTILE_URL", "https://challenges.cloudflare.com").rstrip("/")


def hcaptcha_url() -> str:
    """Base URL of hCaptcha, without trailing slash; tests have one of their own."""
    return os.environ.get("LEADGER_HCAPTCHA_URL", "https://api.hcaptcha.com").rstrip("/")
