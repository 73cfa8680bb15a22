"""Exports over HTTP: ask for a file of leads, and get it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from chalicelib.api import http
from chalicelib.api.http import Answer, Door, Request

door = Door()


class Export(msgspec.Struct, forbid_unknown_fields=True):
    """Which leads, by the list's parameters (`{}` is all of them), in which form, and what of each.

    Attributes:
        language: of the headers of a CSV file.
    """

    filters: dict[str, Any]
    format: Literal["csv", "jsonl"]
    fields: list[str] | None = None
    language: Literal["de", "en"] = "de"


@door.post("/v1/exports", scope="leads:read")
def create(request: Request) -> Answer:
    """202 with an export that is being made."""
    from chalicelib.services import exports

    sent = request.json(Export)
    return http.of_write(exports.start(sent.filters, sent.format, sent.fields, sent.language, request.write))


@door.get("/v1/exports/{export_id}", scope="leads:read")
def show(request: Request, export_id: str) -> Answer:
    """How far it is; when it is done, a link to the file that expires."""
    from chalicelib.services import exports, work

    return Answer(exports.with_link(work.existing(work.own_part(export_id, "exp"), "export"), request.now))
