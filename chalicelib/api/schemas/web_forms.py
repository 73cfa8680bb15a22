"""Website forms in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, Form, Text

HTML = Text("text/html")
LANGUAGE = "`de`, `en`, or another one of the form's own; else the browser's first of them."


class Thanks(msgspec.Struct):
    """What a script is told after a post."""

    message: Annotated[str, Meta(examples=["Thank you! We have received your message and will be in touch soon."])]
    redirect_url: Annotated[str | None, Meta(description="Where the visitor may be sent.")]
    receipt_id: v.ReceiptId


OPERATIONS: Mapping[str, Described] = {
    "POST /f/{form_id}": Described(
        "post_form",
        body=Form(
            ("application/x-www-form-urlencoded", "multipart/form-data", "application/json", "text/plain"),
        ),
        example={"name": "Jörg Müller", "email": "joerg@example.de", "message": "Bitte um Rückruf"},
        answers={200: Thanks, 303: None},
        problems={404: ("not_found",), 422: ("validation_failed",), 429: ("too_many_requests",)},
        pages=(404, 413, 422, 429),
    ),
    "GET /f/{form_id}": Described(
        "get_form",
        answers={200: HTML},
        query={"lang": LANGUAGE, "fragment": "Anything: the form without a page around it, for the embed script."},
        problems={404: ("not_found",), 410: ("form_off",)},
        pages=(404, 410),
    ),
    "GET /f/{form_id}/thanks": Described(
        "get_form_thanks", answers={200: HTML}, query={"lang": LANGUAGE}, problems={404: ("not_found",)}, pages=(404,)
    ),
}
