"""The embed script in the document."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.api.schemas.description import Described, Text

OPERATIONS: Mapping[str, Described] = {
    "GET /embed/leadger.js": Described("get_embed_script", answers={200: Text("text/javascript"), 304: None},
                                       headers=("ETag",)),
}  # fmt: skip
