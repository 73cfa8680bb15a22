"""The form's own captcha in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.api.schemas.description import Described


class Sum(msgspec.Struct, rename="camel"):
    """What has to be found: the counter behind `nonce`, for which the hash begins with `key_prefix`."""

    algorithm: Annotated[str, Meta(examples=["SHA-256"])]
    cost: Annotated[int, Meta(description="Iterations of the hash.", examples=[1])]
    key_length: Annotated[int, Meta(description="Bytes of the hash.", examples=[32])]
    key_prefix: Annotated[str, Meta(examples=["9f86d081884c7d659a2feaa0c55ad015"])]
    nonce: Annotated[str, Meta(examples=["7f3b2c9d1e5a4b6c8d0e1f2a3b4c5d6e"])]
    salt: Annotated[str, Meta(examples=["0a1b2c3d4e5f60718293a4b5c6d7e8f9"])]
    expires_at: Annotated[int, Meta(description="Unix time, seconds.", examples=[1795421700])]
    data: Annotated[dict[str, str], Meta(description="The form that it is good for.", examples=[{"form": "frm_demo"}])]


class Challenge(msgspec.Struct):
    """A signed sum, in ALTCHA's form (protocol 2). Its solution is sent with the post as `_captcha` or `altcha`."""

    parameters: Sum
    signature: Annotated[str, Meta(examples=["4d2f7a…"])]


OPERATIONS: Mapping[str, Described] = {
    "GET /f/{form_id}/challenge": Described(
        "get_form_challenge", answers={200: Challenge}, problems={404: ("not_found",)}, pages=(404,)
    ),
}
