"""Imports in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, page_of

_STATUSES = ["running", "done", "failed"]


class Rows(msgspec.Struct):
    """Rows of a file. total = created + updated + attached + skipped + rejected when it is done."""

    total: v.Count
    done: v.Count
    created: v.Count
    updated: v.Count
    attached: v.Count
    skipped: v.Count
    rejected: v.Count


class FileProblem(msgspec.Struct):
    """Why a file as a whole is none that can be imported."""

    field: Annotated[str, Meta(description="An option, or empty: the file itself.", examples=[""])]
    code: Annotated[str, Meta(description="For machines; stable.", examples=["not_csv"])]
    detail: Annotated[str, Meta(description="For people.", examples=["This is a picture."])]


class ImportSummary(msgspec.Struct):
    """A file, its rows and what became of them."""

    id: v.ImportId
    status: Annotated[str, Meta(examples=["done"], extra_json_schema={"x-extensible-enum": _STATUSES})]
    object_key: Annotated[str, Meta(description="In the imports bucket.", examples=["incoming/messe.csv"])]
    receipt_id: v.ReceiptId
    encoding: Annotated[str, Meta(examples=["utf-8"])]
    delimiter: Annotated[str, Meta(examples=[";"])]
    columns: Annotated[
        dict[str, str | None], Meta(description="Column → lead field, or null.", examples=[{"E-Mail": "emails"}])
    ]
    problems: Annotated[list[FileProblem], Meta(description="Of a failed one.")]
    rows: Rows
    created_at: v.Moment
    updated_at: v.Moment


class Import(ImportSummary):
    """A file, its rows and what became of them, and how often it was delivered."""

    deliveries: v.Count


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/imports": Described("list_imports", answers={200: page_of(ImportSummary)}),
    "GET /v1/imports/{import_id}": Described("get_import", answers={200: Import}, problems={404: ("not_found",)}),
    "GET /v1/imports/{import_id}/errors": Described(
        "get_import_errors", answers={303: None}, problems={404: ("not_found", "no_errors_file")}
    ),
}
