"""Larger files of website forms in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chalicelib.api.form_uploads import NewUpload
from chalicelib.api.schemas.description import Described


class UploadForm(msgspec.Struct):
    """A form to post: all `fields`, then the file as `file`, as `multipart/form-data`. It expires in 15 minutes."""

    method: Literal["POST"]
    url: Annotated[str, Meta(examples=["https://files.example.de/"])]
    fields: Annotated[dict[str, str], Meta(examples=[{"key": "uploads/frm_demo/x3"}])]


class BegunUpload(msgspec.Struct):
    """A file that may be uploaded."""

    id: Annotated[str, Meta(description="Send it along with the form as `_upload`.", examples=["x3.5242880.cGxhbg.9f"])]
    upload: UploadForm


OPERATIONS: Mapping[str, Described] = {
    "POST /f/{form_id}/uploads": Described(
        "begin_form_upload",
        body=NewUpload,
        example={"name": "Dachplan.pdf", "size": 5_242_880},
        answers={201: BegunUpload},
        problems={
            400: ("broken_json", "invalid_utf8"),
            404: ("not_found",),
            409: ("no_files_asked",),
            410: ("form_off",),
            422: ("validation_failed",),
            429: ("too_many_requests",),
        },
        pages=(400, 404, 409, 410, 413, 422, 429),
    ),
}
