"""The check of health in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from chalicelib.api.schemas.description import Described


class Health(msgspec.Struct):
    """The function answers."""

    status: Literal["ok"]


OPERATIONS: Mapping[str, Described] = {"GET /health": Described("get_health", answers={200: Health})}
