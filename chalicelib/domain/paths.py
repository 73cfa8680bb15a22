"""Where a value stands in a body: as people write it (`phones[0].e164`) and as a JSON pointer (`/phones/0/e164`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[^.\[\]\"]+")
_STEP = re.compile(r"\.?([^.\[\]\"]+)|\[(\d+)\]|\[(\"(?:[^\"\\]|\\.)*\")\]")


def written(steps: Iterable[str | int]) -> str:
    """Names and list positions as one field, e.g. `phones[0].e164`; a name that would be misread as `["a.b"]`."""
    field = ""
    for step in steps:
        if isinstance(step, int):
            field += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            field += f".{step}" if field else step
        else:
            field += f"[{json.dumps(step)}]"
    return field


def pointer(field: str) -> str:
    """The JSON pointer (RFC 6901) of a field as `written` writes it; empty for the whole.

    What was written otherwise is taken as one name, so that an odd field never costs the answer.
    """
    steps = [_step(match) for match in _STEP.finditer(field)]
    if sum(len(match.group()) for match in _STEP.finditer(field)) != len(field):
        steps = [field]
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _step(match: re.Match[str]) -> str:
    name, position, quoted = match.groups()
    if quoted:
        return str(json.loads(quoted, strict=False))
    return name or position
