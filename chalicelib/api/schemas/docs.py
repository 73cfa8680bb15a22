"""The pages about the API, in the document that they are about."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Text

HTML = Text("text/html")

OPERATIONS: Mapping[str, Described] = {
    "GET /openapi.json": Described("get_openapi", answers={200: v.Anything, 304: None}, headers=("ETag",)),
    "GET /docs": Described("get_docs", answers={200: HTML, 303: None}, problems={404: ("not_found",)}),
    "GET /docs/assets/{asset}": Described(
        "get_docs_asset", answers={200: Text("text/javascript", "text/css"), 304: None}, headers=("ETag",)
    ),
    "GET /docs/problems": Described("get_problems", answers={200: HTML}),
}
