"""Larger files of website forms: a visitor uploads them to the bucket first, and the post names them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.attachments import safe_name
from chalicelib.domain.errors import Conflict, Gone, Invalid
from chalicelib.domain.form import FILES, Form
from chalicelib.domain.problems import problem
from chalicelib.domain.upload_ids import Upload, sealed
from chalicelib.services import attachments
from chalicelib.store import attachments as store

#: Bytes of one file.
LARGEST = 25 * 1024 * 1024


def begin(form: Form, name: str, size: int, at: datetime) -> Mapping[str, Any]:
    """An id for the post, and how to upload the file: nothing is stored, the id carries what it stands for.

    Raises:
        Gone, Conflict: the form takes no posts, or no files.
        Invalid: the file is too large, or has no size.
        Busy: the secret cannot be read now.
    """
    if not form.active:
        raise Gone("This form is closed", code="form_off")
    if not any(each.field == FILES for each in form.asked):
        raise Conflict("This form asks for no files", code="no_files_asked")
    if not 0 < size <= LARGEST:
        raise Invalid([problem("size", "out_of_range", size, range=f"1 to {LARGEST} bytes")])
    upload = Upload(secrets.token_urlsafe(16), size, safe_name(name))
    post = store.form_for(store.upload_key(form.id, upload.random), size)
    return {
        "id": sealed(upload, form.id, attachments.secret(at)),
        "upload": {"method": "POST", "url": post["url"], "fields": dict(post["fields"])},
    }
