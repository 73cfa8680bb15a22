"""The workspace's settings: can everything that reads them work with them?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chalicelib.services import workspace
from cli.checks import Finding
from cli.create import POLICIES


def look(at: datetime) -> Iterator[Finding]:
    """What is stored, laid over the defaults."""
    workspace.forget()
    known, defaults = workspace.settings(at), workspace.DEFAULTS
    wrong = [Finding("settings", "problem", sentence) for sentence in _wrong(known)]
    wrong += [
        Finding("settings", "warning", f"The setting '{name}' is none of this version's: it has no effect")
        for name in sorted(known.keys() - defaults.keys())
    ]
    own = sum(known[name] != default for name, default in defaults.items())
    yield from wrong or [Finding("settings", "ok", f"{own} settings are other than the defaults")]


def _wrong(known: dict[str, Any]) -> Iterator[str]:
    from chalicelib.domain.business_time import Hours

    hours = known["business_hours"]
    try:
        Hours.parse(hours["days"], hours["from"], hours["until"], known["time_zone"], known["holidays"])
    except (ValueError, KeyError, TypeError, LookupError, AttributeError):
        yield "time_zone, business_hours or holidays cannot be read: missed calls get no time to call back"
    if not _is_region(known["default_region"]):
        yield "default_region is no country: numbers without a country code cannot be read"
    if not re.fullmatch("[A-Z]{3}", str(known["currency"])):
        yield "currency is no code of three letters: amounts that name none are refused"
    policies = known["on_duplicate"]
    if not isinstance(policies, dict) or not set(policies.values()) <= set(POLICIES):
        yield "on_duplicate holds something that is no policy: enquiries by that source fail"
    if not known["lost_reasons"]:
        yield "lost_reasons is empty: no lead can be closed as junk"


def _is_region(region: object) -> bool:
    from phonenumbers import SUPPORTED_REGIONS

    return region in SUPPORTED_REGIONS
