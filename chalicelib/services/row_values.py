"""What a row of a file may say of a lead: cleaned, and of what names a record only what there is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.errors import Problem
from chalicelib.domain.inbound import Inbound, Reading
from chalicelib.services import enquiries, lead_values, own_fields
from chalicelib.services.enquiries import Standing


def cleaned(
    inbound: Inbound, reading: Reading, settings: Mapping[str, Any], at: datetime
) -> tuple[dict[str, Any], tuple[Problem, ...], Standing | None]:
    """A row's values as a lead stores them, all that could not be used, and whose the lead is if the row says so.

    What a file says of status and source is not the lead's: files start in the first open status, and came as a file.
    """
    values, problems = enquiries.cleaned(inbound, reading, settings["currency"], own_fields.by_name(at))
    values, unknown = own_fields.with_known_users(values, at)
    owner = values.get("owner_id")
    no_owner = lead_values.unknown_owner(owner, at) if owner else []
    standing = None
    if owner and not no_owner:
        standing = Standing(inbound.raw.source, inbound.raw.detail or None, owner=owner)
    rest = {name: value for name, value in values.items() if name not in lead_values.STANDING}
    return rest, (*problems, *unknown, *no_owner), standing
