"""One change of many leads, over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec

from chalicelib.api import http
from chalicelib.api.http import Answer, Door, Request

door = Door()


class Bulk(msgspec.Struct, forbid_unknown_fields=True):
    """Which leads, by the list's parameters (`{}` is all of them), and a merge patch for each."""

    filters: dict[str, Any]
    set: dict[str, Any]


@door.post("/v1/leads/bulk", scope="leads:write")
def bulk(request: Request) -> Answer:
    """202 with a job that changes every lead that passes the filters."""
    from chalicelib.services import bulk as service

    sent = request.json(Bulk)
    return http.of_write(service.start(sent.filters, sent.set, request.write))
