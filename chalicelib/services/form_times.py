"""When a form was shown, in a way that nobody else can write down: `_t`."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime

from chalicelib.services import workspace

#: What `seconds_since` says of a text that is none of ours.
FORGED = "forged"
LONGEST = 64
#: Bytes of the signature.
_SIGNED = 12
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def stamp(form_id: str, at: datetime) -> str:
    """The moment at which a form is shown, signed: `<Unix ms in base 36>.<signature>`. Raises Busy."""
    moment = _base_36(int(at.timestamp() * 1000))
    return f"{moment}.{_signature(form_id, moment, at)}"


def seconds_since(stamped: str, form_id: str, at: datetime) -> str:
    """Whole seconds since then as text, at least 0; `FORGED` for what was not stamped for this form. Raises Busy."""
    moment, _, signature = stamped[: LONGEST + 1].partition(".")
    expected = _signature(form_id, moment, at)
    if len(stamped) > LONGEST or not hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()):
        return FORGED
    shown_at = datetime.fromtimestamp(int(moment, 36) / 1000, UTC)
    return str(max(0, int((at - shown_at).total_seconds())))


def _signature(form_id: str, moment: str, at: datetime) -> str:
    text = f"{form_id}\n{moment}".encode("utf-8", "replace")
    signed = hmac.digest(workspace.key_for("form time", at), text, "sha256")[:_SIGNED]
    return base64.urlsafe_b64encode(signed).decode()


def _base_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
