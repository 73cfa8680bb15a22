"""The scripts in the document."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.api.schemas.description import Described, Text

_SCRIPT: Mapping[int, Text | None] = {200: Text("text/javascript"), 304: None}
OPERATIONS: Mapping[str, Described] = {
    "GET /embed/leadger.js": Described("get_embed_script", answers=_SCRIPT, headers=("ETag",)),
    "GET /embed/captcha.js": Described("get_captcha_script", answers=_SCRIPT, headers=("ETag",)),
    "GET /embed/uploads.js": Described("get_upload_script", answers=_SCRIPT, headers=("ETag",)),
}
